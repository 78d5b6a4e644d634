//! What a report's rows come to, counted while they are verified.

use reseal_core::ports::SCRATCH_PREFIX;
use reseal_core::{BucketKeyStatus, EncryptionStatus};

use super::line::Line;
use crate::census::{Band, Count};

/// More classes than S3 has. A report that names more isn't counted on the
/// way: its words would be held in memory.
const CLASSES: usize = 64;
const STATUSES: [EncryptionStatus; 5] = [
    EncryptionStatus::NotSse,
    EncryptionStatus::SseS3,
    EncryptionStatus::SseKms,
    EncryptionStatus::DsseKms,
    EncryptionStatus::SseC,
];
const BUCKET_KEYS: [Option<BucketKeyStatus>; 3] =
    [None, Some(BucketKeyStatus::Enabled), Some(BucketKeyStatus::Disabled)];
/// Cells of one class.
const WIDTH: usize = STATUSES.len() * BUCKET_KEYS.len() * 2 * Band::ALL.len();

/// Objects that have all of this in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alike<'a> {
    pub(crate) storage_class: Option<&'a str>,
    pub(crate) encryption_status: EncryptionStatus,
    pub(crate) bucket_key_status: Option<BucketKeyStatus>,
    pub(crate) is_latest: bool,
    pub(crate) band: Band,
}

/// Counts of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    classes: Vec<Option<String>>,
    /// By class, then status, bucket key, layer and band.
    cells: Vec<Count>,
    pub(crate) delete_markers: u64,
    /// Rows that don't tell the encryption, or couldn't be counted.
    pub(crate) untold: u64,
}

impl Counts {
    /// Counts a row. Objects of the probe are no business of a job.
    pub(super) fn take(&mut self, line: &Line<'_>) {
        if line.key.starts_with(SCRATCH_PREFIX) {
            return;
        }
        if line.is_delete_marker {
            self.delete_markers += 1;
            return;
        }
        let status = line.encryption_status;
        let (Some(status), Some(class)) = (status, self.class(line.storage_class)) else {
            self.untold += 1;
            return;
        };
        let bucket_key = match line.bucket_key_status {
            None => 0,
            Some(BucketKeyStatus::Enabled) => 1,
            Some(BucketKeyStatus::Disabled) => 2,
        };
        let cell = class * STATUSES.len() + status as usize;
        let cell = cell * BUCKET_KEYS.len() + bucket_key;
        let cell = cell * 2 + usize::from(line.is_latest);
        let cell = cell * Band::ALL.len() + Band::of(line.size) as usize;
        let count = &mut self.cells[cell];
        count.objects += 1;
        count.bytes = count.bytes.saturating_add(line.size.unwrap_or(0));
    }

    fn class(&mut self, word: Option<&str>) -> Option<usize> {
        let known = self.classes.iter().position(|class| class.as_deref() == word);
        if known.is_none() && self.classes.len() < CLASSES {
            self.classes.push(word.map(str::to_owned));
            self.cells.resize(self.classes.len() * WIDTH, Count::default());
            return Some(self.classes.len() - 1);
        }
        known
    }

    /// Each group that there is, and how many are in it.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (Alike<'_>, Count)> {
        let filled = self.cells.iter().enumerate().filter(|(_, count)| count.objects > 0);
        filled.map(|(cell, count)| {
            let (cell, band) = (cell / Band::ALL.len(), cell % Band::ALL.len());
            let (cell, is_latest) = (cell / 2, cell % 2 == 1);
            let (cell, bucket_key) = (cell / BUCKET_KEYS.len(), cell % BUCKET_KEYS.len());
            let (class, status) = (cell / STATUSES.len(), cell % STATUSES.len());
            let alike = Alike {
                storage_class: self.classes[class].as_deref(),
                encryption_status: STATUSES[status],
                bucket_key_status: BUCKET_KEYS[bucket_key],
                is_latest,
                band: Band::ALL[band],
            };
            (alike, *count)
        })
    }
}
