//! Rows come back byte for byte, and wrong counts are noticed.

use proptest::prelude::*;
use reseal_core::ports::SegmentName;
use reseal_core::{
    Checkpoint, ChunkId, Epoch, JobState, ObjectKey, Outcome, OutcomeRow, SkipReason, Tally,
};
use reseal_testkit::build::{ChunkBuilder, JobBuilder, OutcomeBuilder};
use reseal_testkit::{MemoryLedger, MemoryReport, SeededRandom, SimClock};

use super::*;

/// What a reader of the CSV does.
fn unescape(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

fn keys_of(csv: &[u8]) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv);
    let index = reader.headers().expect("has headers").iter().position(|name| name == "key");
    let index = index.expect("has keys");
    let records = reader.records().map(|record| record.expect("reads"));
    records.map(|record| unescape(&record[index]).to_owned()).collect()
}

fn row(index: u32, key: &str, outcome: Outcome) -> OutcomeRow {
    let change = |row: &mut OutcomeRow| row.object.key = ObjectKey::new(key).expect("a key");
    OutcomeBuilder::new(index, outcome).with(change).build()
}

fn csv_of(rows: &[OutcomeRow]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = RowWriter::new(&mut out, RowKind::Objects).expect("writes");
    for row in rows {
        writer.write(row).expect("writes");
    }
    writer.finish().expect("flushes");
    out
}

proptest! {
    #[test]
    fn any_key_round_trips(keys in proptest::collection::vec("(?s)['=+@\t\r\n\",-]?.{1,30}", 1..20)) {
        let rows: Vec<OutcomeRow> =
            keys.iter().map(|key| row(0, key, Outcome::ReEncrypted)).collect();
        prop_assert_eq!(keys_of(&csv_of(&rows)), keys);
    }
}

#[test]
fn formulas_are_defused_and_columns_are_named() {
    let skipped = row(0, "=cmd()", Outcome::Skipped(SkipReason::Archived));
    let csv = String::from_utf8(csv_of(&[skipped])).expect("is text");
    let (head, line) = csv.split_once('\n').expect("two lines");
    assert_eq!(head.split(',').count(), 29);
    assert!(line.starts_with("bucket,'=cmd(),,skipped,archived,"), "{line}");
}

/// A job of one done chunk, whose checkpoint says `counted`.
async fn job_with(rows: &[OutcomeRow], counted: Tally) -> (MemoryLedger, MemoryReport, JobRecord) {
    let (ledger, sink) = (MemoryLedger::new(), MemoryReport::new());
    let job = JobBuilder::new("job").state(JobState::Finished).build();
    ledger.create_job(&job).await.expect("creates");
    let count = u32::try_from(rows.len()).expect("few");
    let chunk = ChunkBuilder::new(&job.id, 0, 0).rows(count).build();
    ledger.bind_chunk(&chunk).await.expect("binds");
    let id = ChunkId { source: 0, sequence: 0 };
    let worker = reseal_core::WorkerId::new("w");
    let grounds = reseal_core::ports::Claim::Pending;
    let claimed = ledger.claim(&job.id, id, grounds, &worker, job.created_at).await;
    let (lease, _) = claimed.expect("claims");
    let name = SegmentName { job: job.id.clone(), chunk: id, epoch: lease.epoch, ordinal: 0 };
    let segment = sink.append(&name, rows).await.expect("stores");
    let mut checkpoint = Checkpoint::start(count);
    for index in 0..count {
        checkpoint.settled.insert(index);
    }
    checkpoint.tally = counted;
    checkpoint.segments.push(segment);
    ledger.complete(&lease, &checkpoint).await.expect("completes");
    assert_eq!(lease.epoch, Epoch(1));
    (ledger, sink, job)
}

async fn report(ledger: &MemoryLedger, sink: &MemoryReport, job: &JobRecord) -> (Totals, Vec<u8>) {
    let (clock, random) = (SimClock::new(), SeededRandom::new(1));
    let patience = Patience { clock: &clock, random: &random };
    let mut out = Vec::new();
    let totals =
        write_rows(ledger, sink, job, RowKind::Objects, &mut out, patience).await.expect("reports");
    (totals, out)
}

#[tokio::test(start_paused = true)]
async fn a_finished_job_adds_up() {
    let rows = [
        row(1, "b", Outcome::AlreadyCompliant),
        row(0, "a\nb", Outcome::ReEncrypted),
        row(2, "c", Outcome::Skipped(SkipReason::Gone)),
    ];
    let (ledger, sink, job) = job_with(&rows, Tally::of(&rows)).await;
    let (totals, csv) = report(&ledger, &sink, &job).await;
    assert!(totals.add_up(), "{:?}", totals.contradictions);
    assert_eq!((totals.taken_in, totals.open, totals.overall.total()), (3, 0, 3));
    assert_eq!(keys_of(&csv), ["a\nb", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_that_counts_otherwise_is_noticed() {
    let rows = [row(0, "a", Outcome::ReEncrypted)];
    let counted = Tally::of(&[row(0, "a", Outcome::AlreadyCompliant)]);
    let (ledger, sink, job) = job_with(&rows, counted).await;
    let (totals, _) = report(&ledger, &sink, &job).await;
    assert_eq!(totals.contradictions.len(), 2, "{totals:?}");
}

#[tokio::test(start_paused = true)]
async fn counts_that_differ_are_noticed() {
    let rows = [row(0, "a", Outcome::ReEncrypted), row(0, "a", Outcome::ReEncrypted)];
    let (ledger, sink, job) = job_with(&rows, Tally::of(&rows)).await;
    let (totals, _) = report(&ledger, &sink, &job).await;
    assert!(!totals.add_up());
    assert!(totals.contradictions.iter().any(|line| line.contains("twice")), "{totals:?}");
}

#[tokio::test(start_paused = true)]
async fn the_latest_job_is_found_unless_one_is_named() {
    let ledger = MemoryLedger::new();
    let (clock, random) = (SimClock::new(), SeededRandom::new(1));
    let patience = Patience { clock: &clock, random: &random };
    assert!(matches!(find_job(&ledger, None, patience).await, Err(ReportError::NoJobs)));
    for id in ["job-1", "job-2"] {
        ledger.create_job(&JobBuilder::new(id).build()).await.expect("creates");
    }
    let one = "job-1".parse().expect("an id");
    assert_eq!(find_job(&ledger, Some(&one), patience).await.expect("is there").id, one);
    let none = "job-3".parse().expect("an id");
    let missing = find_job(&ledger, Some(&none), patience).await;
    assert!(matches!(missing, Err(ReportError::NoSuchJob(_))));
}
