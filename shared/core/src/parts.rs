//! Cutting a large object into the ranges of a multipart copy.

/// S3's limit on the parts of one upload.
pub const MAX_PARTS: u32 = 10_000;
/// S3's smallest part, but for the last one.
const MIN_PART: u64 = 5 * 1024 * 1024;
/// S3's largest part.
const MAX_PART: u64 = 5 * 1024 * 1024 * 1024;
/// S3's limit on the bytes of one CopyObject: what is larger is copied in parts.
pub const MAX_SINGLE_COPY: u64 = 5 * 1024 * 1024 * 1024;
const MIB: u64 = 1024 * 1024;

/// How large the parts shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartSizing {
    /// Preferred bytes per part. A part copy moves no bytes through us, so
    /// parts are large by default: few requests, and each still far below the
    /// time a single copy may take.
    pub preferred: u64,
}

impl Default for PartSizing {
    fn default() -> Self {
        Self { preferred: 512 * MIB }
    }
}

/// One part: its number from 1 and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRange {
    /// Part number, from 1.
    pub number: u32,
    /// First byte.
    pub first: u64,
    /// Last byte, inclusive, as `x-amz-copy-source-range` wants it.
    pub last: u64,
}

impl PartRange {
    /// Bytes in the part.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.last - self.first + 1
    }

    /// Never true: a part has at least one byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

/// Why an object can't be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartsError {
    /// A multipart upload needs at least one byte to copy.
    #[error("an empty object can't be copied in parts")]
    Empty,
    /// More than 10,000 parts of 5 GiB.
    #[error("{0} bytes exceed what 10,000 parts of 5 GiB can hold")]
    TooLarge(u64),
}

/// The parts of one object: a size and a part size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPlan {
    size: u64,
    part: u64,
}

impl PartPlan {
    /// Cuts `size` bytes into parts of about the preferred size, larger where
    /// 10,000 parts demand it, in whole MiB.
    ///
    /// # Errors
    /// When the object is empty or beyond S3's limits.
    pub fn new(size: u64, sizing: PartSizing) -> Result<Self, PartsError> {
        if size == 0 {
            return Err(PartsError::Empty);
        }
        let needed = size.div_ceil(u64::from(MAX_PARTS)).div_ceil(MIB) * MIB;
        let part = sizing.preferred.clamp(MIN_PART, MAX_PART).max(needed);
        if part > MAX_PART {
            return Err(PartsError::TooLarge(size));
        }
        Ok(Self { size, part })
    }

    /// How many parts.
    #[must_use]
    pub fn count(&self) -> u32 {
        // At most MAX_PARTS by construction.
        u32::try_from(self.size.div_ceil(self.part)).unwrap_or(MAX_PARTS)
    }

    /// The ranges, in order, covering every byte once.
    pub fn ranges(&self) -> impl Iterator<Item = PartRange> + use<> {
        let Self { size, part } = *self;
        (1..=self.count()).map(move |number| {
            let first = u64::from(number - 1) * part;
            PartRange { number, first, last: (first + part).min(size) - 1 }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn six_gib_take_a_dozen_parts() {
        let plan = PartPlan::new(6 * 1024 * MIB, PartSizing::default()).expect("fits");
        assert_eq!(plan.count(), 12);
    }

    #[test]
    fn fifty_tb_fit_into_ten_thousand_parts() {
        let plan = PartPlan::new(50_000_000_000_000, PartSizing::default()).expect("fits");
        assert!(plan.count() <= MAX_PARTS);
        assert_eq!(PartPlan::new(0, PartSizing::default()), Err(PartsError::Empty));
        assert!(PartPlan::new(u64::from(MAX_PARTS) * MAX_PART + 1, PartSizing::default()).is_err());
    }

    proptest! {
        #[test]
        fn ranges_cover_every_byte_once(size in 1u64..=53_687_091_200_000, preferred in 0u64..8_000_000_000) {
            let Ok(plan) = PartPlan::new(size, PartSizing { preferred }) else {
                return Err(TestCaseError::fail("10,000 parts of 5 GiB must fit"));
            };
            let mut next = 0;
            let mut count = 0;
            for range in plan.ranges() {
                prop_assert_eq!(range.first, next);
                prop_assert!(range.len() <= MAX_PART);
                prop_assert!(range.last + 1 == size || range.len() >= MIN_PART);
                next = range.last + 1;
                count += 1;
                prop_assert_eq!(range.number, count);
            }
            prop_assert_eq!(next, size);
            prop_assert!(count <= MAX_PARTS);
        }
    }
}
