//! A draw without order: those with the lowest of random ranks.

use std::collections::BTreeMap;

/// Holds so many of whatever streams by. As each one's rank is random, all
/// have the same chance, and two draws put together are a draw of both.
#[derive(Clone, Debug)]
pub(super) struct Lowest<T> {
    capacity: u64,
    seen: u64,
    /// By rank; by arrival where two have the same.
    kept: BTreeMap<(u64, u64), T>,
}

impl<T> Lowest<T> {
    pub(super) fn new(capacity: u64) -> Self {
        Self { capacity, seen: 0, kept: BTreeMap::new() }
    }

    /// One more goes by.
    pub(super) fn offer(&mut self, rank: u64, item: T) {
        self.seen += 1;
        self.keep((rank, self.seen), item);
    }

    /// All of another draw goes by.
    pub(super) fn join(&mut self, other: Self) {
        let before = self.seen;
        self.seen += other.seen;
        for ((rank, arrival), item) in other.kept {
            self.keep((rank, before + arrival), item);
        }
    }

    fn keep(&mut self, place: (u64, u64), item: T) {
        self.kept.insert(place, item);
        if self.kept.len() as u64 > self.capacity {
            self.kept.pop_last();
        }
    }

    /// How many went by.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The lowest `count`, fewer where fewer were held.
    pub(super) fn take(self, count: u64) -> impl Iterator<Item = T> {
        self.kept.into_values().take(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

/// A number that is as good as random, and the same for the same seed and
/// place: `SplitMix64`'s output at that place.
pub(super) fn rank(seed: u64, place: u64) -> u64 {
    let mut z = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
