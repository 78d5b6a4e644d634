//! Parquet's runs: small numbers, either one many times over or packed.

/// Stands in bytes that its owner holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hybrid {
    at: usize,
    end: usize,
    /// Bits of a number.
    width: u8,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Same { value: u32, left: u64 },
    Packed { bit: usize, left: u64 },
}

impl Default for Run {
    fn default() -> Self {
        Self::Same { value: 0, left: 0 }
    }
}

impl Hybrid {
    /// In these places of some bytes; `None` when numbers can't be so wide.
    pub(super) fn new(at: usize, end: usize, width: u8) -> Option<Self> {
        (width <= 32 && at <= end).then_some(Self { at, end, width, run: Run::default() })
    }

    /// The next number; `None` when the bytes end before.
    #[inline]
    pub(super) fn next(&mut self, bytes: &[u8]) -> Option<u32> {
        loop {
            match &mut self.run {
                Run::Same { value, left } if *left > 0 => {
                    *left -= 1;
                    return Some(*value);
                }
                Run::Packed { bit, left } if *left > 0 => {
                    *left -= 1;
                    let value = packed(bytes.get(..self.end)?, *bit, self.width)?;
                    *bit += usize::from(self.width);
                    return Some(value);
                }
                _ => self.run = self.begin(bytes.get(..self.end)?)?,
            }
        }
    }

    /// Passes over all that repeat the number that came last; how many.
    #[inline]
    pub(super) fn take_same(&mut self) -> u64 {
        match &mut self.run {
            Run::Same { left, .. } => std::mem::take(left),
            Run::Packed { .. } => 0,
        }
    }

    fn begin(&mut self, bytes: &[u8]) -> Option<Run> {
        let head = self.varint(bytes)?;
        let count = head >> 1;
        if head & 1 == 0 {
            let length = usize::from(self.width.div_ceil(8));
            let value = bytes.get(self.at..)?.get(..length)?;
            self.at += length;
            let value = value.iter().rev().fold(0, |all, byte| all << 8 | u32::from(*byte));
            return Some(Run::Same { value, left: count });
        }
        let length = count.checked_mul(u64::from(self.width))?;
        let bit = self.at * 8;
        // The last run may claim more than there is; what is missing is missed
        // when it is asked for.
        self.at = self.at.saturating_add(usize::try_from(length).ok()?).min(self.end);
        Some(Run::Packed { bit, left: count.checked_mul(8)? })
    }

    fn varint(&mut self, bytes: &[u8]) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *bytes.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// The number of so many bits that begins at this bit, the lowest first.
#[inline]
fn packed(bytes: &[u8], bit: usize, width: u8) -> Option<u32> {
    let (from, shift) = (bit / 8, bit % 8);
    let mask = (1_u64 << width) - 1;
    if let Some(eight) = bytes.get(from..).and_then(|rest| rest.first_chunk::<8>()) {
        return u32::try_from(u64::from_le_bytes(*eight) >> shift & mask).ok();
    }
    let to = (bit + usize::from(width)).div_ceil(8);
    let few = bytes.get(from..to)?;
    let value = few.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
    u32::try_from(value >> shift & mask).ok()
}
