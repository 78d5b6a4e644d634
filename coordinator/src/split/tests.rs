//! Splitting is deterministic, whoever splits and however often it is killed.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use proptest::prelude::*;
use reseal_core::ports::{ChunkStore, Queue};
use reseal_core::{BucketName, JobId, ObjectKey, SourceSpec};
use reseal_testkit::build::{JobBuilder, bucket};
use reseal_testkit::{MemoryChunks, MemoryLedger, MemoryQueue, SeededRandom, SimClock};
use reseal_worker::stop_channel;

use super::*;
use crate::sources::{Batch, Pulled};

mod world;
use world::World;

/// A source over rows in memory, whose cursor is the last row's key.
pub(super) struct Rows {
    spec: SourceSpec,
    rows: Mutex<Vec<(BucketName, String)>>,
    page: usize,
    moves: bool,
}

impl Rows {
    fn new(rows: &[(&str, &str)], page: usize) -> Self {
        let rows = rows.iter().map(|(b, k)| (bucket(b), (*k).to_owned())).collect();
        let spec = SourceSpec::Listing { bucket: bucket("bucket"), prefix: String::new() };
        Self { spec, rows: Mutex::new(rows), page, moves: false }
    }

    fn numbered(count: u32, page: usize) -> Self {
        let keys: Vec<String> = (0..count).map(|n| format!("key-{n:05}")).collect();
        let rows: Vec<(&str, &str)> = keys.iter().map(|key| ("bucket", key.as_str())).collect();
        Self::new(&rows, page)
    }
}

#[async_trait]
impl Source for Rows {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    async fn pull(&self, from: &Cursor) -> Result<Batch, SourceError> {
        let rows = self.rows.lock().expect("not poisoned");
        let place = |(bucket, key): &(BucketName, String)| Cursor(format!("{bucket}/{key}"));
        let start = match from.0.as_str() {
            "" => 0,
            // Listings go on after a key even when that key is gone.
            _ => rows.iter().position(|row| place(row).0 > from.0).unwrap_or(rows.len()),
        };
        let page: Vec<Pulled> = rows[start..]
            .iter()
            .take(self.page)
            .map(|row| Pulled {
                bucket: row.0.clone(),
                row: SourceRow::of_key(ObjectKey::new(row.1.clone()).expect("a key")),
                after: place(row),
            })
            .collect();
        let more = start + page.len() < rows.len();
        let next = page.last().filter(|_| more).map(|last| last.after.clone());
        Ok(Batch { rows: page, next })
    }

    fn cursor_after(&self, row: &SourceRow) -> Option<Cursor> {
        self.moves.then(|| Cursor(format!("bucket/{}", row.key)))
    }
}

fn sources(rows: Rows) -> Vec<Box<dyn Source>> {
    vec![Box::new(rows)]
}

#[tokio::test(start_paused = true)]
async fn chunks_are_cut_at_the_limit_and_where_the_bucket_changes() {
    let world = World::new(2);
    let rows = [("aaa", "1"), ("aaa", "2"), ("aaa", "3"), ("bbb", "4"), ("ccc", "5"), ("ccc", "6")];
    assert_eq!(world.split(&sources(Rows::new(&rows, 4))).await, SplitEnd::Whole);
    let files = world.files().await;
    let shape: Vec<(String, Vec<String>)> = files
        .iter()
        .map(|f| (f.bucket.to_string(), f.rows.iter().map(|r| r.key.as_str().to_owned()).collect()))
        .collect();
    let expected: Vec<(String, Vec<String>)> =
        [("aaa", vec!["1", "2"]), ("aaa", vec!["3"]), ("bbb", vec!["4"]), ("ccc", vec!["5", "6"])]
            .into_iter()
            .map(|(b, k)| (b.to_owned(), k.into_iter().map(str::to_owned).collect()))
            .collect();
    assert_eq!(shape, expected);
    assert_eq!(world.counts.read().rows, 6);
    assert_eq!(world.queue.depth(), 4);
    assert!(world.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn what_the_selection_leaves_out_is_counted_and_in_no_chunk() {
    let mut world = World::new(2);
    world.job.spec.selection.exclude_prefixes = vec!["no".to_owned()];
    let rows = [("aaa", "no1"), ("aaa", "x"), ("aaa", "no2"), ("aaa", "y"), ("aaa", "no3")];
    world.split(&sources(Rows::new(&[rows[0], rows[2], rows[4], rows[1], rows[3]], 2))).await;
    let read = world.counts.read();
    assert_eq!((read.rows, read.filtered), (2, 3));
    assert_eq!(world.files().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn splitting_twice_changes_nothing() {
    let world = World::new(3);
    world.split(&sources(Rows::numbered(10, 4))).await;
    let first = world.files().await;
    assert_eq!(world.split(&sources(Rows::numbered(10, 4))).await, SplitEnd::Whole);
    assert_eq!(world.files().await, first);
}

#[tokio::test(start_paused = true)]
async fn a_stop_leaves_the_source_open() {
    let world = World::new(3);
    let (stopper, stop) = stop_channel();
    stopper.stop();
    let sources = sources(Rows::numbered(10, 4));
    let ended = world.splitter(&sources).split(&stop).await.expect("splits");
    assert_eq!(ended, SplitEnd::Stopped);
    assert!(!world.is_closed().await);
}

/// The file was written, the process died before it was bound, and meanwhile
/// the bucket's contents changed.
#[tokio::test(start_paused = true)]
async fn a_moved_listing_goes_on_from_the_file_that_was_first() {
    let world = World::new(2);
    let theirs = ChunkFile {
        job: world.job.id.clone(),
        chunk: ChunkId { source: 0, sequence: 0 },
        bucket: bucket("bucket"),
        rows: ["a", "c"].map(|k| SourceRow::of_key(ObjectKey::new(k).expect("a key"))).to_vec(),
    };
    let bytes = theirs.encode().expect("encodes");
    let id = ChunkId { source: 0, sequence: 0 };
    world.chunks.put(&world.job.id, id, &bytes).await.expect("stores");
    let mut rows = Rows::new(&[("bucket", "a"), ("bucket", "b"), ("bucket", "d")], 10);
    rows.moves = true;
    world.split(&sources(rows)).await;
    let keys: Vec<Vec<String>> = world
        .files()
        .await
        .iter()
        .map(|f| f.rows.iter().map(|r| r.key.as_str().to_owned()).collect())
        .collect();
    // `b` came too late for the first chunk: it is behind the cursor.
    assert_eq!(keys, [vec!["a", "c"], vec!["d"]]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_differs_from_its_file_is_an_error() {
    let world = World::new(2);
    let theirs = ChunkFile {
        job: world.job.id.clone(),
        chunk: ChunkId { source: 0, sequence: 0 },
        bucket: bucket("bucket"),
        rows: vec![SourceRow::of_key(ObjectKey::new("other").expect("a key"))],
    };
    let id = ChunkId { source: 0, sequence: 0 };
    let bytes = theirs.encode().expect("encodes");
    world.chunks.put(&world.job.id, id, &bytes).await.expect("stores");
    let sources = sources(Rows::numbered(3, 10));
    let (_stopper, stop) = stop_channel();
    let ended = world.splitter(&sources).split(&stop).await;
    assert!(matches!(ended, Err(SplitError::Differs { .. })));
}

/// Nothing is bound yet, so that no digest tells: the file says itself where it
/// belongs.
#[tokio::test(start_paused = true)]
async fn another_chunks_file_is_not_taken_for_this_one() {
    let bucket_of = bucket;
    let here = ChunkId { source: 0, sequence: 0 };
    let foreign = [
        ("job-of-another", here, "bucket"),
        ("", ChunkId { source: 0, sequence: 1 }, "bucket"),
        ("", here, "another"),
    ];
    for (job, chunk, bucket) in foreign {
        let world = World::new(2);
        let theirs = ChunkFile {
            job: if job.is_empty() { world.job.id.clone() } else { job.parse().expect("an id") },
            chunk,
            bucket: bucket_of(bucket),
            rows: ["a", "c"].map(|k| SourceRow::of_key(ObjectKey::new(k).expect("a key"))).to_vec(),
        };
        let bytes = theirs.encode().expect("encodes");
        world.chunks.put(&world.job.id, here, &bytes).await.expect("stores");
        let mut rows = Rows::new(&[("bucket", "a"), ("bucket", "b")], 10);
        rows.moves = true;
        let (_stopper, stop) = stop_channel();
        let sources = sources(rows);
        let ended = world.splitter(&sources).split(&stop).await;
        assert!(matches!(ended, Err(SplitError::Differs { .. })), "{ended:?}");
    }
}

proptest! {
    /// Killed before or after any effect, any number of times, and run by two
    /// at once: the chunks are those of a splitter that nobody disturbed.
    #[test]
    fn crashes_leave_no_trace(
        count in 0u32..40,
        chunk_rows in 1u32..8,
        page in 1usize..12,
        crashes in proptest::collection::vec(0u32..12, 0..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let calm = World::new(chunk_rows);
            calm.split(&sources(Rows::numbered(count, page))).await;
            let world = World::new(chunk_rows);
            for steps in crashes {
                world.crash_after(steps);
                let sources = sources(Rows::numbered(count, page));
                let (_stopper, stop) = stop_channel();
                // A crash: the future is dropped where it waits.
                let _ = world.splitter(&sources).split(&stop).now_or_never();
            }
            world.never_crash();
            let sources = sources(Rows::numbered(count, page));
            let (_stopper, stop) = stop_channel();
            let (one, other) = (world.splitter(&sources), world.splitter(&sources));
            let (one, other) = tokio::join!(biased; one.split(&stop), other.split(&stop));
            assert_eq!((one.expect("splits"), other.expect("splits")), (SplitEnd::Whole, SplitEnd::Whole));
            assert_eq!(world.files().await, calm.files().await);
            assert!(world.is_closed().await);
        });
    }
}
