//! Rolling keys up at a delimiter, and skipping over what was rolled up.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// What a listing shows for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rolled<'a> {
    /// The key itself.
    Key(&'a str),
    /// The common prefix that it falls under.
    Prefix(&'a str),
}

impl<'a> Rolled<'a> {
    /// Rolls `key`, which begins with `prefix`, up at the first delimiter after it.
    pub(super) fn of(key: &'a str, prefix: &str, delimiter: Option<&str>) -> Self {
        let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty());
        match delimiter.and_then(|d| Some((d, key[prefix.len()..].find(d)?))) {
            Some((delimiter, at)) => Self::Prefix(&key[..prefix.len() + at + delimiter.len()]),
            None => Self::Key(key),
        }
    }
}

/// The first string after all that begin with `prefix`; none if there is nothing after them.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // UTF-8 sorts like code points; the surrogates are no code points of it.
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// Walks the keys of a map that begin with a prefix, able to jump over a subtree.
pub(super) struct Walk<'m, V> {
    map: &'m BTreeMap<Arc<str>, V>,
    prefix: &'m str,
    /// Where the next key is looked for; `None` once there is nothing more.
    from: Option<Bound<String>>,
}

impl<'m, V> Walk<'m, V> {
    /// Starts at the prefix, or after `after` if that is later.
    ///
    /// A marker that is itself a rolled-up prefix skips all that it stands for.
    pub(super) fn new(
        map: &'m BTreeMap<Arc<str>, V>,
        prefix: &'m str,
        delimiter: Option<&str>,
        after: Option<&str>,
    ) -> Self {
        let from = match after {
            Some(after) if after.starts_with(prefix) => {
                match Rolled::of(after, prefix, delimiter) {
                    Rolled::Prefix(rolled) if rolled == after => {
                        after_prefix(after).map(Bound::Included)
                    }
                    _ => Some(Bound::Excluded(after.to_owned())),
                }
            }
            Some(after) if after > prefix => Some(Bound::Excluded(after.to_owned())),
            _ => Some(Bound::Included(prefix.to_owned())),
        };
        Self { map, prefix, from }
    }

    /// Also visits the start itself, when the walk resumes inside a key.
    pub(super) fn resume_at(mut self, key: &str) -> Self {
        self.from = Some(Bound::Included(key.to_owned()));
        self
    }

    /// Leaves out everything under `prefix`.
    pub(super) fn skip(&mut self, prefix: &str) {
        self.from = after_prefix(prefix).map(Bound::Included);
    }

    /// The next stretch of keys, up to the next jump.
    pub(super) fn stretch(&self) -> impl Iterator<Item = (&'m Arc<str>, &'m V)> + use<'m, V> {
        let prefix = self.prefix;
        let range = self.from.as_ref().map(|from| {
            let from = match from {
                Bound::Included(key) => Bound::Included(key.as_str()),
                Bound::Excluded(key) => Bound::Excluded(key.as_str()),
                Bound::Unbounded => Bound::Unbounded,
            };
            self.map.range::<str, _>((from, Bound::Unbounded))
        });
        range.into_iter().flatten().take_while(move |(key, _)| key.starts_with(prefix))
    }
}
