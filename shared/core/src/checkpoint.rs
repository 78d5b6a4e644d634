//! Which objects of a chunk are settled.

use serde::{Deserialize, Serialize};

use crate::{FailReason, SegmentRef, Tally};

/// A set of row indices within one chunk. A last-key marker would skip what
/// was still in flight below it; a bit for each row doesn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    len: u32,
    words: Vec<u64>,
}

impl Bitmap {
    /// The empty set over `len` rows.
    #[must_use]
    pub fn new(len: u32) -> Self {
        Self { len, words: vec![0; len.div_ceil(64) as usize] }
    }

    /// How many rows the chunk has.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether the chunk has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a row; true when it wasn't there. Rows beyond the chunk are refused.
    pub fn insert(&mut self, row: u32) -> bool {
        if row >= self.len {
            return false;
        }
        let (word, bit) = (row as usize / 64, 1u64 << (row % 64));
        let fresh = self.words[word] & bit == 0;
        self.words[word] |= bit;
        fresh
    }

    /// Whether the row is in the set.
    #[must_use]
    pub fn contains(&self, row: u32) -> bool {
        row < self.len && self.words[row as usize / 64] & (1u64 << (row % 64)) != 0
    }

    /// How many rows are in the set.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.words.iter().map(|w| w.count_ones()).sum()
    }

    /// Whether every row is in the set.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.count() == self.len
    }

    /// As text: the length, then the words in hexadecimal.
    #[must_use]
    pub fn encode(&self) -> String {
        let words: String = self.words.iter().map(|w| format!("{w:016x}")).collect();
        format!("{}:{words}", self.len)
    }

    /// Reads what `encode` wrote; `None` for anything else, stray bits included.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let (len, words) = text.split_once(':')?;
        let rows: u32 = len.parse().ok().filter(|rows| *rows <= crate::MAX_CHUNK_ROWS)?;
        let mut bitmap = Self::new(rows);
        // Numbers are also read with a sign, leading zeros or in upper case.
        let digits = words.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !digits || words.len() != bitmap.words.len() * 16 || len != rows.to_string() {
            return None;
        }
        for (index, word) in bitmap.words.iter_mut().enumerate() {
            *word = u64::from_str_radix(&words[index * 16..(index + 1) * 16], 16).ok()?;
        }
        let beyond = (bitmap.len..bitmap.words.len() as u32 * 64)
            .any(|row| bitmap.words[row as usize / 64] & (1u64 << (row % 64)) != 0);
        (!beyond).then_some(bitmap)
    }
}

impl Serialize for Bitmap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encode())
    }
}

impl<'de> Deserialize<'de> for Bitmap {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text).ok_or_else(|| serde::de::Error::custom("not a row bitmap"))
    }
}

/// How far a chunk has come. Replaced as a whole by each write of its lease
/// holder, after the segments that it names are durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Rows that are settled: never touched again.
    pub settled: Bitmap,
    /// Their outcomes, counted.
    pub tally: Tally,
    /// Where their report rows are.
    pub segments: Vec<SegmentRef>,
}

impl Checkpoint {
    /// Nothing settled yet.
    #[must_use]
    pub fn start(rows: u32) -> Self {
        Self { settled: Bitmap::new(rows), tally: Tally::default(), segments: Vec::new() }
    }

    /// I4 for one chunk: rows settled, counted and reported are as many.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let settled = u64::from(self.settled.count());
        let reported: u64 = self.segments.iter().map(|s| u64::from(s.rows)).sum();
        settled == self.tally.total() && settled == reported
    }

    /// I18: every row is counted, and those that nobody settled count as
    /// failed by quarantine. Their report rows may be missing: a chunk file
    /// that can't be read names no keys.
    #[must_use]
    pub fn accounts_for_all(&self) -> bool {
        let rows = u64::from(self.settled.len());
        let unsettled = rows - u64::from(self.settled.count());
        let given_up = self.tally.failed.get(&FailReason::Quarantined).copied().unwrap_or(0);
        self.tally.total() == rows && unsettled <= given_up
    }

    /// Whether every row is settled and the counts add up.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.settled.is_full() && self.adds_up()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bitmaps_round_trip(len in 0u32..1000, rows in proptest::collection::vec(0u32..1100, 0..200)) {
            let mut bitmap = Bitmap::new(len);
            for row in &rows {
                bitmap.insert(*row);
            }
            let inside: std::collections::BTreeSet<u32> = rows.into_iter().filter(|r| *r < len).collect();
            prop_assert_eq!(bitmap.count() as usize, inside.len());
            prop_assert_eq!(Bitmap::decode(&bitmap.encode()), Some(bitmap));
        }

        #[test]
        fn hostile_text_never_panics(text in ".{0,80}") {
            let _ = Bitmap::decode(&text);
        }
    }

    #[test]
    fn stray_bits_and_wrong_lengths_are_refused() {
        assert_eq!(Bitmap::decode("1:0000000000000002"), None);
        assert_eq!(Bitmap::decode("65:0000000000000001"), None);
        assert_eq!(Bitmap::decode("4000000000:00"), None);
        for other in ["01:0000000000000001", "+1:0000000000000001", "1:+000000000000001"] {
            assert_eq!(Bitmap::decode(other), None, "{other}");
        }
        assert_eq!(Bitmap::decode("64:000000000000000F"), None);
        assert!(Bitmap::decode("1:0000000000000001").is_some());
    }
}
