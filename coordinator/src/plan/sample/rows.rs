//! Which rows of the chunks that were read are looked at.

use std::collections::BTreeMap;

use reseal_core::{BucketName, ChunkFile, SourceRow};

use super::chunks::rank_of;
use super::lowest::{Lowest, rank};
use super::share::{Share, allot};
use super::{Candidate, OBJECTS};

/// More than these would leave too few rows for each.
const MOST: usize = 500;

/// What rows say of themselves. What they don't say, or what isn't told apart
/// any more, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    /// Ordinal of the chunks' stratum: in it rows stand for as many others.
    stratum: usize,
    bucket: Option<BucketName>,
    class: Option<String>,
    encryption: Option<&'static str>,
    /// In powers of 16, so that none stands for much larger ones.
    size: Option<u32>,
}

#[derive(Clone, Debug)]
struct Stratum {
    each_stands_for: f64,
    rows: Lowest<(BucketName, SourceRow)>,
}

/// All rows of the chunks that were read.
#[derive(Debug)]
pub(crate) struct Rows {
    seed: u64,
    strata: BTreeMap<Kind, Stratum>,
}

impl Rows {
    /// None so far.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, strata: BTreeMap::new() }
    }

    /// A chunk of the stratum of this ordinal, whose rows stand for so many.
    pub(crate) fn offer(&mut self, stratum: usize, each_stands_for: f64, file: ChunkFile) {
        let seed = rank_of(self.seed, file.chunk);
        for (index, row) in (0..).zip(file.rows) {
            let kind = Kind {
                stratum,
                bucket: Some(file.bucket.clone()),
                class: row.storage_class.as_ref().map(|class| class.as_str().to_owned()),
                encryption: row.encryption_status.map(|status| status.word()),
                size: row.size.map(|size| size.max(1).ilog2() / 4),
            };
            let new = || Stratum { each_stands_for, rows: Lowest::new(OBJECTS) };
            let rows = &mut self.strata.entry(kind).or_insert_with(new).rows;
            rows.offer(rank(seed, index), (file.bucket.clone(), row));
        }
    }

    /// Those to look at, each with how many it stands for: together all rows
    /// of the job.
    pub(crate) fn draw(self) -> Vec<Candidate> {
        let strata: Vec<Stratum> = self.few().into_values().collect();
        let share = |Stratum { each_stands_for, rows }: &Stratum| Share {
            available: rows.seen(),
            objects: (each_stands_for * rows.seen() as f64).round() as u64,
        };
        let given = allot(OBJECTS, &strata.iter().map(share).collect::<Vec<_>>());
        let mut drawn = Vec::new();
        // Whole objects, whose rounding never adds up.
        let (mut exact, mut whole) = (0.0, 0);
        for (Stratum { each_stands_for, rows }, given) in strata.into_iter().zip(given) {
            let stands_for = each_stands_for * rows.seen() as f64 / given.max(1) as f64;
            for (bucket, row) in rows.take(given) {
                exact += stands_for;
                let stands_for = (exact.round() as u64).saturating_sub(whole);
                whole += stands_for;
                drawn.push(Candidate { bucket, row, stands_for });
            }
        }
        drawn
    }

    /// The strata, told apart as finely as their number allows.
    fn few(self) -> BTreeMap<Kind, Stratum> {
        let coarser: [fn(Kind) -> Kind; 3] = [
            |kind| Kind { bucket: None, ..kind },
            |kind| Kind { encryption: None, size: None, ..kind },
            |kind| Kind { class: None, ..kind },
        ];
        let mut strata = self.strata;
        for coarser in coarser {
            if strata.len() <= MOST {
                break;
            }
            let mut merged: BTreeMap<Kind, Stratum> = BTreeMap::new();
            for (kind, Stratum { each_stands_for, rows }) in strata {
                let new = || Stratum { each_stands_for, rows: Lowest::new(OBJECTS) };
                merged.entry(coarser(kind)).or_insert_with(new).rows.join(rows);
            }
            strata = merged;
        }
        strata
    }
}
