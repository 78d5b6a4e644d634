//! What is drawn stands for the whole, however the whole is cut.

use std::collections::BTreeMap;

use proptest::prelude::*;
use reseal_core::{ChunkFile, ChunkId, JobId, MAX_SINGLE_COPY, StorageClass};
use reseal_testkit::build::{ChunkBuilder, RowBuilder, bucket, job_id};

use super::chunks::Drawn;
use super::share::{Share, allot};
use super::*;

const HUGE: u64 = MAX_SINGLE_COPY + 1;

/// Chunks of a job, each of a bucket.
#[derive(Clone, Debug, Default)]
struct Job(Vec<(String, Vec<SourceRow>)>);

impl Job {
    fn chunk(mut self, bucket: &str, rows: impl IntoIterator<Item = SourceRow>) -> Self {
        self.0.push((bucket.to_owned(), rows.into_iter().collect()));
        self
    }

    /// What is looked at when the job has this id.
    fn draw(&self, id: &str) -> Vec<Candidate> {
        let job = job_id(id);
        let files: BTreeMap<ChunkId, ChunkFile> = (0..)
            .zip(&self.0)
            .map(|(sequence, (name, rows))| file(&job, sequence, name, rows))
            .map(|file| (file.chunk, file))
            .collect();
        let mut strata = Strata::new(&job);
        files.values().for_each(|file| strata.offer(&ChunkBuilder::of(file).build()));
        let mut rows = Rows::new(strata.seed());
        let mut read = 0;
        for (stratum, Drawn { chunks, each_stands_for }) in strata.draw().enumerate() {
            for (chunk, _) in chunks {
                rows.offer(stratum, each_stands_for, files[&chunk].clone());
                read += 1;
            }
        }
        let drawn = rows.draw();
        assert!(read <= CHUNKS && drawn.len() as u64 <= OBJECTS, "{read} chunks, {}", drawn.len());
        let whole: usize = self.0.iter().map(|(_, rows)| rows.len()).sum();
        assert_eq!(count(&drawn, |_| true), whole as u64, "they stand for all, and no more");
        drawn
    }
}

fn file(job: &JobId, sequence: u64, name: &str, rows: &[SourceRow]) -> ChunkFile {
    let (chunk, bucket) = (ChunkId { source: 0, sequence }, bucket(name));
    ChunkFile { job: job.clone(), chunk, bucket, rows: rows.to_vec() }
}

fn rows(count: usize, row: RowBuilder) -> Vec<SourceRow> {
    vec![row.build(); count]
}

fn small() -> RowBuilder {
    RowBuilder::new("small").size(1_000)
}

/// How many objects of the job are like this, by the sample.
fn count(drawn: &[Candidate], like: impl Fn(&Candidate) -> bool) -> u64 {
    drawn.iter().filter(|one| like(one)).map(|one| one.stands_for).sum()
}

fn is_dear(one: &Candidate) -> bool {
    one.row.key.as_str() == "dear"
}

#[test]
fn huge_objects_between_full_chunks_are_neither_missed_nor_multiplied() {
    for first in [0, 1] {
        let mut job = Job::default();
        for n in 0..200 {
            job = match (n + first) % 2 {
                0 => job.chunk("bucket", rows(999, small())),
                _ => job.chunk("bucket", rows(1, RowBuilder::new("huge").size(HUGE))),
            };
        }
        let drawn = job.draw("job-1");
        assert_eq!(count(&drawn, |one| one.row.size == Some(HUGE)), 100);
    }
}

#[test]
fn a_dear_bucket_counts_as_many_objects_as_it_has_beside_small_ones() {
    let mut job = Job::default().chunk("dear", rows(1_000, RowBuilder::new("k")));
    for n in 0..99 {
        job = job.chunk(&format!("cheap-{n}"), rows(1, RowBuilder::new("k")));
    }
    let dear = bucket("dear");
    assert_eq!(count(&job.draw("job-1"), |one| one.bucket == dear), 1_000);
    // So many that not every chunk is read.
    for n in 0..300 {
        job = job.chunk(&format!("other-{n}"), rows(1, RowBuilder::new("k")));
    }
    assert_eq!(count(&job.draw("job-1"), |one| one.bucket == dear), 1_000);
}

#[test]
fn no_order_of_chunks_or_rows_keeps_step_with_the_draw() {
    type Order = fn(n: usize, of: usize) -> bool;
    let orders: [(Order, u64); 4] = [
        (|n, _| n % 2 == 0, 5_000),
        (|n, _| n % 10 == 0, 1_000),
        (|n, of| n < of / 4, 2_500),
        (|n, of| n >= of - of / 4, 2_500),
    ];
    let row = |is_dear| RowBuilder::new(if is_dear { "dear" } else { "cheap" });
    for (order, truth) in orders {
        let mut by_chunk = Job::default();
        for n in 0..1_000 {
            by_chunk = by_chunk.chunk("bucket", rows(10, row(order(n, 1_000))));
        }
        let each_row = (0..10_000).map(|n| row(order(n, 10_000)).build());
        let by_row = Job::default().chunk("bucket", each_row);
        for job in [by_chunk, by_row] {
            let told = ["job-1", "job-2", "job-3", "job-4"].map(|id| count(&job.draw(id), is_dear));
            let mean = told.iter().sum::<u64>() / told.len() as u64;
            assert!(mean.abs_diff(truth) < truth / 3, "{told:?}, not {truth}");
        }
    }
}

#[test]
fn what_one_row_says_of_its_class_or_size_is_never_lost_among_others() {
    let archived = small().with(|row| row.storage_class = Some(StorageClass::new("DEEP_ARCHIVE")));
    let large = RowBuilder::new("large").size(MAX_SINGLE_COPY);
    let mut all = rows(9_988, small());
    all.extend(rows(1, archived));
    all.extend(rows(11, large));
    for id in ["job-1", "job-2", "job-3"] {
        let drawn = Job::default().chunk("bucket", all.clone()).draw(id);
        assert_eq!(count(&drawn, |one| one.row.storage_class.is_some()), 1);
        assert_eq!(count(&drawn, |one| one.row.size == Some(MAX_SINGLE_COPY)), 11);
    }
}

#[test]
fn a_small_job_is_looked_at_whole_and_a_job_gives_the_same_sample_again() {
    let mut job = Job::default();
    for n in 0..20 {
        job = job.chunk(&format!("bucket-{}", n % 3), rows(40, small()));
    }
    let whole = job.draw("job-1");
    assert!(whole.len() == 800 && whole.iter().all(|one| one.stands_for == 1));
    for n in 0..2_000 {
        let each = (0..7).map(|row| RowBuilder::new(&format!("{n}-{row}")).build());
        job = job.chunk(&format!("bucket-{}", n % 70), each);
    }
    let keys = |id| job.draw(id).into_iter().map(|one| one.row.key).collect::<Vec<_>>();
    assert_eq!(keys("job-1"), keys("job-1"));
    assert_ne!(keys("job-1"), keys("job-2"));
}

#[test]
fn more_kinds_of_rows_than_can_be_told_apart_are_drawn_from_together() {
    let mut job = Job::default();
    for chunk in 0..60 {
        let class = |n: u64| format!("CLASS_{chunk}_{n}");
        let each = (0..50).map(|n| {
            small().with(|row| row.storage_class = Some(StorageClass::new(class(n)))).build()
        });
        job = job.chunk(&format!("bucket-{}", chunk % 40), each);
    }
    let _ = job.draw("job-1");
}

proptest! {
    #[test]
    fn shares_keep_to_the_budget_and_leave_nobody_out(
        budget in 1u64..200,
        shares in proptest::collection::vec((1u64..100, 1u64..1_000_000), 1..60),
    ) {
        let shares: Vec<Share> =
            shares.iter().map(|&(available, objects)| Share { available, objects }).collect();
        let given = allot(budget, &shares);
        let (sum, available) =
            (given.iter().sum::<u64>(), shares.iter().map(|share| share.available).sum::<u64>());
        prop_assert!(given.iter().all(|given| *given >= 1));
        prop_assert!(given.iter().zip(&shares).all(|(given, share)| *given <= share.available));
        prop_assert_eq!(sum, budget.max(shares.len() as u64).min(available));
    }
}
