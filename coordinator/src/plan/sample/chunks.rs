//! Which chunks are read.

use std::collections::BTreeMap;

use reseal_core::ports::ChunkRecord;
use reseal_core::{BucketName, ChunkDigest, ChunkId, JobId};

use super::CHUNKS;
use super::lowest::{Lowest, rank};
use super::share::{Share, allot};

/// More than these would leave too few chunks for each: buckets are told apart
/// no longer.
const MOST: usize = 50;

/// Chunks of a length, and of a bucket where there aren't too many of them.
type Kind = (Option<BucketName>, u32);

#[derive(Clone, Debug)]
struct Stratum {
    rows: u64,
    chunks: Lowest<(ChunkId, ChunkDigest, u32)>,
}

/// A job's chunks, as they stream by: what is held doesn't grow with them.
#[derive(Debug)]
pub(crate) struct Strata {
    seed: u64,
    /// Whether each bucket has strata of its own.
    by_bucket: bool,
    strata: BTreeMap<Kind, Stratum>,
}

/// What was drawn of one stratum.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) chunks: Vec<(ChunkId, ChunkDigest)>,
    /// How many rows of the job one of theirs stands for.
    pub(crate) each_stands_for: f64,
}

impl Strata {
    /// None so far, of this job.
    pub(crate) fn new(job: &JobId) -> Self {
        let digest = ChunkDigest::of(job.as_str().as_bytes());
        let seed = digest.as_str().get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok());
        Self { seed: seed.unwrap_or_default(), by_bucket: true, strata: BTreeMap::new() }
    }

    /// The seed of all of the job's draws.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// One more chunk.
    pub(crate) fn offer(&mut self, chunk: &ChunkRecord) {
        let rank = rank_of(self.seed, chunk.id);
        let bucket = self.by_bucket.then(|| chunk.bucket.clone());
        let drawn = (chunk.id, chunk.digest.clone(), chunk.rows);
        let stratum = self.strata.entry((bucket, length(chunk.rows))).or_insert_with(Stratum::new);
        stratum.rows += u64::from(chunk.rows);
        stratum.chunks.offer(rank, drawn);
        if self.strata.len() > MOST && self.by_bucket {
            self.by_bucket = false;
            self.forget_buckets();
        }
    }

    fn forget_buckets(&mut self) {
        for ((_, length), stratum) in std::mem::take(&mut self.strata) {
            let merged = self.strata.entry((None, length)).or_insert_with(Stratum::new);
            merged.rows += stratum.rows;
            merged.chunks.join(stratum.chunks);
        }
    }

    /// Those to read, stratum by stratum.
    pub(crate) fn draw(self) -> impl Iterator<Item = Drawn> {
        let share =
            |stratum: &Stratum| Share { available: stratum.chunks.seen(), objects: stratum.rows };
        let given = allot(CHUNKS, &self.strata.values().map(share).collect::<Vec<_>>());
        self.strata.into_values().zip(given).map(|(Stratum { rows, chunks }, given)| {
            let drawn: Vec<_> = chunks.take(given).collect();
            let read: u64 = drawn.iter().map(|(.., rows)| u64::from(*rows)).sum();
            Drawn {
                chunks: drawn.into_iter().map(|(id, digest, _)| (id, digest)).collect(),
                each_stands_for: rows as f64 / read.max(1) as f64,
            }
        })
    }
}

impl Stratum {
    fn new() -> Self {
        Self { rows: 0, chunks: Lowest::new(CHUNKS) }
    }
}

/// A chunk's place in the draw.
pub(super) fn rank_of(seed: u64, chunk: ChunkId) -> u64 {
    rank(rank(seed, u64::from(chunk.source)), chunk.sequence)
}

/// One row is apart: it may be too large to lie with others. The rest by
/// their number's digits.
fn length(rows: u32) -> u32 {
    if rows <= 1 { 0 } else { 1 + rows.ilog10() }
}
