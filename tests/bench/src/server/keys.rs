//! The keys of a bucket that exists only as a rule: object `i` of `n`, spread
//! over prefixes in key order, so that any page is found by bisection.

use std::ops::Range;

/// Digits of an object's number in its key.
const DIGITS: usize = 10;

/// The rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) objects: u64,
    pub(super) prefixes: u64,
}

impl Keys {
    /// Object `index`'s key, such as `data003/0000123456`.
    pub(super) fn key(self, index: u64) -> String {
        let prefix = self.prefix_of(index);
        format!("data{prefix:03}/{index:0DIGITS$}")
    }

    fn prefix_of(self, index: u64) -> u64 {
        index * self.prefixes / self.objects.max(1)
    }

    /// The object that a key names, if it is one of ours.
    pub(super) fn index(self, key: &str) -> Option<u64> {
        let (prefix, digits) = key.split_once('/')?;
        if digits.len() != DIGITS {
            return None;
        }
        let index: u64 = digits.parse().ok()?;
        let named: u64 = prefix.strip_prefix("data")?.parse().ok()?;
        (index < self.objects && named == self.prefix_of(index)).then_some(index)
    }

    /// The objects that begin with `prefix` and lie after `after`.
    pub(super) fn range(self, prefix: &str, after: &str) -> Range<u64> {
        let begin = self.first(|key| key >= prefix && key > after);
        let end = self.first(|key| key > prefix && !key.starts_with(prefix));
        begin..end.max(begin)
    }

    /// The first object of the next prefix.
    pub(super) fn after_prefix_of(self, index: u64) -> u64 {
        let next = self.prefix_of(index) + 1;
        let first = (next * self.objects).div_ceil(self.prefixes.max(1));
        first.clamp(index + 1, self.objects.max(index + 1))
    }

    /// The first object for which `reached` holds, which must hold for all
    /// that follow.
    fn first(self, reached: impl Fn(&str) -> bool) -> u64 {
        let (mut low, mut high) = (0, self.objects);
        while low < high {
            let middle = low + (high - low) / 2;
            if reached(&self.key(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_objects_match_one_to_one_and_in_order() {
        let keys = Keys { objects: 1_003, prefixes: 7 };
        let all: Vec<String> = (0..keys.objects).map(|index| keys.key(index)).collect();
        assert!(all.is_sorted());
        for (index, key) in all.iter().enumerate() {
            assert_eq!(keys.index(key), Some(index as u64), "{key}");
        }
        for stranger in
            ["data000/0000001003", "data000/1", "other/0000000001", "data001/0000000001"]
        {
            assert_eq!(keys.index(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn ranges_honour_prefix_and_place() {
        let keys = Keys { objects: 100, prefixes: 4 };
        assert_eq!(keys.range("", ""), 0..100);
        assert_eq!(keys.range("data001/", ""), 25..50);
        assert_eq!(keys.range("data001/", &keys.key(30)), 31..50);
        assert_eq!(keys.range("data001/", &keys.key(49)), 50..50);
        assert_eq!(keys.range(".reseal-probe/", ""), 0..0);
        assert_eq!(keys.range("zzz", ""), 100..100);
        assert!((0..100).all(|i| keys.after_prefix_of(i).is_multiple_of(25)));
        assert_eq!(keys.after_prefix_of(99), 100);
    }
}
