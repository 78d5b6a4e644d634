//! A sample of N out of however many come: each with the same chance.

/// Holds the sample while everything streams by. The same seed and the same
/// stream give the same sample.
#[derive(Debug)]
pub(crate) struct Reservoir<T> {
    items: Vec<T>,
    capacity: u64,
    seen: u64,
    state: u64,
}

impl<T> Reservoir<T> {
    pub(crate) fn new(capacity: u64, seed: u64) -> Self {
        Self { items: Vec::new(), capacity, seen: 0, state: seed }
    }

    /// One more goes by.
    pub(crate) fn offer(&mut self, item: T) {
        self.seen += 1;
        if self.seen <= self.capacity {
            self.items.push(item);
            return;
        }
        let slot = self.next() % self.seen;
        if slot < self.capacity
            && let Some(place) = usize::try_from(slot).ok().and_then(|s| self.items.get_mut(s))
        {
            *place = item;
        }
    }

    /// The sample.
    pub(crate) fn into_items(self) -> Vec<T> {
        self.items
    }

    /// `SplitMix64`: a sequence that any seed fixes.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seed: u64) -> Vec<u32> {
        let mut reservoir = Reservoir::new(100, seed);
        (0..10_000).for_each(|n| reservoir.offer(n));
        reservoir.into_items()
    }

    #[test]
    fn a_seed_fixes_the_sample_and_the_sample_spreads() {
        assert_eq!(sample(7), sample(7));
        assert_ne!(sample(7), sample(8));
        let late = sample(7).into_iter().filter(|n| *n >= 5_000).count();
        assert!((30..70).contains(&late), "{late} of 100 from the second half");
        let mut few = Reservoir::new(100, 1);
        (0..5).for_each(|n| few.offer(n));
        assert_eq!(few.into_items(), [0, 1, 2, 3, 4]);
    }
}
