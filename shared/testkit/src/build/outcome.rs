//! Outcomes, and checkpoints that add up.

use reseal_core::ports::{OpenUpload, UploadId, UploadSource};
use reseal_core::{
    Bitmap, Checkpoint, ChunkDigest, Epoch, Outcome, OutcomeRow, SegmentRef, Snapshot, Tally,
};

use super::{DAY_ZERO, HeadBuilder, object};

/// A row of the report about an object of 1 KiB in `bucket`.
#[derive(Clone, Debug)]
pub struct OutcomeBuilder(OutcomeRow);

impl OutcomeBuilder {
    /// The row of this index, whose key is `key-<index>`.
    #[must_use]
    pub fn new(index: u32, outcome: Outcome) -> Self {
        Self(OutcomeRow {
            index,
            object: object("bucket", &format!("key-{index}")),
            outcome,
            action: None,
            before: Some(Snapshot::from(&HeadBuilder::new().build())),
            after: None,
            proof: None,
            recovered: false,
            drift: false,
            backup: None,
            attempts: 0,
            detail: None,
            settled_at: DAY_ZERO,
        })
    }

    /// Whatever else it shall say.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut OutcomeRow)) -> Self {
        change(&mut self.0);
        self
    }

    /// The row.
    #[must_use]
    pub fn build(self) -> OutcomeRow {
        self.0
    }
}

/// The checkpoint of a chunk of `rows` rows whose first rows ended so, in one
/// segment of this epoch. The segment is made up: no file lies behind it.
#[must_use]
pub fn checkpoint(rows: u32, epoch: Epoch, outcomes: &[Outcome]) -> Checkpoint {
    let reported: Vec<OutcomeRow> = (0..)
        .zip(outcomes)
        .map(|(index, outcome)| OutcomeBuilder::new(index, *outcome).build())
        .collect();
    let mut settled = Bitmap::new(rows);
    for row in &reported {
        settled.insert(row.index);
    }
    let segment = SegmentRef {
        epoch,
        ordinal: 0,
        rows: settled.count(),
        digest: ChunkDigest::of(format!("{outcomes:?}").as_bytes()),
    };
    Checkpoint { settled, tally: Tally::of(&reported), segments: vec![segment] }
}

/// An upload of this id, begun on the default object.
#[must_use]
pub fn open_upload(id: &str) -> OpenUpload {
    let head = HeadBuilder::new().build();
    OpenUpload {
        id: UploadId(id.to_owned()),
        to: object("bucket", "key"),
        source: UploadSource::new(
            &head,
            reseal_core::Protection::default(),
            reseal_core::TagSet::new(),
        ),
        part_bytes: 512 * 1024 * 1024,
        cut_as_source: false,
    }
}
