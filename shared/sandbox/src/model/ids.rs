//! Identifiers: opaque to callers, deterministic for a model.
//!
//! Every write takes the next serial. A serial is spread over 64 bits by an
//! invertible mix, so that ids look random, never repeat, and need no storage
//! beyond the number itself.

use std::fmt;

/// Spreads a number over all 64 bits (the splitmix64 finalizer).
pub(crate) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hands out the numbers from which ids are made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Serials(u64);

impl Serials {
    /// The next number, from 1 on.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }

    /// An opaque id of 32 hexadecimal digits.
    pub(crate) fn opaque(&mut self) -> String {
        let serial = self.next();
        format!("{:016x}{:016x}", mix(serial), mix(!serial))
    }

    /// An id in the form of a UUID, as KMS uses for keys.
    pub(crate) fn uuid(&mut self) -> String {
        let id = self.opaque();
        let (a, b, c, d, e) = (&id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..]);
        format!("{a}-{b}-4{c}-8{d}-{e}")
    }
}

/// Names one version of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VersionId {
    /// The version written while versioning was off or suspended.
    Null,
    /// A version written while versioning was on.
    Serial(u64),
}

/// Hides the serial inside a version id; its own inverse.
const VERSION_MASK: u64 = 0x5bd1_e995_a3c5_9ac3;

impl VersionId {
    /// Reads the form that [`fmt::Display`] writes; nothing else is a version id.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let serial = u64::from_str_radix(text.get(16..)?, 16).ok()? ^ VERSION_MASK;
        let id = Self::Serial(serial);
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Serial(serial) => {
                write!(f, "{:016x}{:016x}", mix(*serial), serial ^ VERSION_MASK)
            }
        }
    }
}
