//! Groups: one verb's failure is its own, a failed commit is everybody's.

use std::ffi::c_int;

use reseal_core::ports::{Ledger as _, LedgerErrorKind};
use reseal_testkit::build::{ChunkBuilder, JobBuilder};
use rusqlite::{Connection, ffi};
use tokio::sync::oneshot;

use super::group::{Request, Task, serve};
use super::{Database, DbError, create, tune};
use crate::ledger::SqliteLedger;

type Reply = oneshot::Receiver<Result<(), DbError>>;

fn request(
    verb: impl FnOnce(&Connection) -> Result<(), DbError> + Send + 'static,
) -> (Request, Reply) {
    let (reply, answer) = oneshot::channel();
    (Request { writes: true, task: Box::new(Task::new(verb, reply)) }, answer)
}

fn insert(n: i64) -> impl FnOnce(&Connection) -> Result<(), DbError> + Send + 'static {
    move |db| {
        db.execute("INSERT INTO t VALUES (?1, 1)", [n])?;
        Ok(())
    }
}

/// Serves these as one group; the error of each, and what the table holds.
fn serve_together(requests: Vec<(Request, Reply)>) -> (Vec<Option<LedgerErrorKind>>, Vec<i64>) {
    let folder = std::env::temp_dir().join(format!("reseal-group-{}", unique()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("t.sqlite");
    let db = Connection::open(&path).expect("opens");
    db.execute_batch(
        "PRAGMA foreign_keys = ON;
        CREATE TABLE parents (id INTEGER PRIMARY KEY);
        INSERT INTO parents VALUES (1);
        CREATE TABLE t (n INTEGER, parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);",
    )
    .expect("creates");
    let (inbox, outbox) = tokio::sync::mpsc::channel(requests.len());
    let mut replies = Vec::new();
    for (request, reply) in requests {
        inbox.try_send(request).unwrap_or_else(|_| panic!("room for all"));
        replies.push(reply);
    }
    drop(inbox);
    serve(&db, outbox);
    drop(db);
    let answers = replies
        .into_iter()
        .map(|mut reply| reply.try_recv().expect("an answer").err().map(|error| error.kind))
        .collect();
    let db = Connection::open(&path).expect("opens");
    let mut select = db.prepare("SELECT n FROM t ORDER BY n").expect("prepares");
    let rows = select.query_map([], |row| row.get(0)).expect("selects");
    let found = rows.collect::<Result<_, _>>().expect("reads");
    let _ = std::fs::remove_dir_all(&folder);
    (answers, found)
}

fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn a_refused_verb_undoes_itself_and_no_other() {
    let refused = request(|db| {
        insert(2)(db)?;
        Err(DbError::conflict("after having written"))
    });
    let (answers, found) = serve_together(vec![request(insert(1)), refused, request(insert(3))]);
    assert_eq!(answers, [None, Some(LedgerErrorKind::Conflict), None]);
    assert_eq!(found, [1, 3]);
}

#[test]
fn a_commit_that_fails_is_everybodys() {
    // A broken reference that only the commit finds.
    let orphan = request(|db| {
        db.execute("INSERT INTO t VALUES (2, 99)", [])?;
        Ok(())
    });
    let (answers, found) = serve_together(vec![request(insert(1)), orphan, request(insert(3))]);
    assert_eq!(answers, [Some(LedgerErrorKind::Unavailable); 3]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_transaction_that_vanished_is_everybodys() {
    let vanished = request(|db| {
        // What SQLite does by itself when the disk is full.
        db.execute_batch("ROLLBACK")?;
        Ok(())
    });
    let (answers, found) = serve_together(vec![request(insert(1)), vanished, request(insert(3))]);
    assert_eq!(answers, [Some(LedgerErrorKind::Unavailable); 3]);
    assert!(found.is_empty(), "{found:?}");
}

/// Whether the database takes another write after SQLite gave up a
/// transaction for this.
async fn goes_on_after(code: c_int) -> bool {
    let path = std::env::temp_dir().join(format!("reseal-shut-{}.sqlite", unique()));
    let db = Connection::open(&path).expect("opens");
    db.execute_batch("CREATE TABLE t (n INTEGER, parent INTEGER)").expect("creates");
    let database = Database::start(db, None).expect("starts");
    let failed: Result<(), DbError> = database
        .write(move |db| {
            db.execute_batch("ROLLBACK")?;
            Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into())
        })
        .await;
    assert_eq!(failed.expect_err("gave up").kind, LedgerErrorKind::Unavailable);
    let next = database.write(insert(1)).await;
    drop(database);
    std::fs::remove_file(&path).expect("removes");
    next.is_ok()
}

#[tokio::test]
async fn a_disk_that_failed_is_not_trusted_again_and_a_full_one_is() {
    assert!(!goes_on_after(ffi::SQLITE_IOERR_FSYNC).await);
    assert!(!goes_on_after(ffi::SQLITE_CORRUPT).await);
    assert!(goes_on_after(ffi::SQLITE_FULL).await);
}

#[tokio::test]
async fn a_full_ledger_refuses_and_keeps_what_it_acknowledged() {
    let path = std::env::temp_dir().join(format!("reseal-full-{}.sqlite", unique()));
    let mut db = Connection::open(&path).expect("opens");
    tune(&db).expect("tunes");
    create(&mut db).expect("creates");
    db.pragma_update(None, "max_page_count", 40).expect("limits");
    let ledger = SqliteLedger::new(Database::start(db, None).expect("starts"));
    let job = JobBuilder::new("job-1").build();
    ledger.create_job(&job).await.expect("there is room yet");
    let mut kept = 0;
    let error = loop {
        let chunk = ChunkBuilder::new(&job.id, 0, kept).rows(10_000).build();
        match ledger.bind_chunk(&chunk).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, LedgerErrorKind::Unavailable, "{error}");
    assert!(kept > 3, "{kept}");
    let again = ledger.create_job(&JobBuilder::new("job-1").build()).await;
    assert_eq!(again.expect_err("taken").kind, LedgerErrorKind::Conflict, "reading goes on");
    drop(ledger);

    let db = Connection::open(&path).expect("opens");
    let ledger = SqliteLedger::new(Database::start(db, None).expect("starts"));
    let chunks = ledger.chunks(&job.id, None, 1_000).await.expect("reads");
    assert_eq!(chunks.len() as u64, kept, "what was acknowledged, and no more");
    let chunk = ChunkBuilder::new(&job.id, 0, kept).rows(10_000).build();
    ledger.bind_chunk(&chunk).await.expect("with room it goes on");
    drop(ledger);
    std::fs::remove_file(&path).expect("removes");
}
