//! Where to cut a range of keys in two. Nothing here decides what is listed:
//! a bad cut costs a request, never an object.

use std::collections::BTreeSet;

/// So many characters of a key are reckoned with, and so many different ones
/// at each place.
const PLACES: usize = 256;
const LETTERS: usize = 256;

/// A page tells nothing of a stretch that would hold more than so many like it.
const BLIND: f64 = 1e5;

/// S3's limit on keys, in bytes, which markers must keep to.
const MAX_KEY: usize = 1_024;

/// The characters that keys were seen to use at each place, in S3's order,
/// which is that of code points. Keys are numbers by them, so that what looks
/// like dates is cut by dates, and what always stands there costs nothing.
#[derive(Debug, Default)]
pub(super) struct Alphabet(Vec<BTreeSet<char>>);

/// A stretch of the key space: after `after`, up to and with `end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'a> {
    pub(super) after: &'a str,
    pub(super) end: Option<&'a str>,
    /// Every key begins so.
    pub(super) prefix: &'a str,
}

/// First and last key of a page.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) first: String,
    pub(super) last: String,
    pub(super) keys: usize,
}

impl Alphabet {
    pub(super) fn learn(&mut self, key: &str) {
        for (place, letter) in key.chars().take(PLACES).enumerate() {
            if self.0.len() == place {
                self.0.push(BTreeSet::new());
            }
            let known = &mut self.0[place];
            if !known.contains(&letter) && known.len() < LETTERS {
                known.extend(kin(letter));
            }
        }
    }

    /// The key's place among all keys that begin as it does for this many
    /// characters: from 0, 1 being behind all that are made of known ones.
    fn value(&self, key: &str, depth: usize) -> f64 {
        let (mut value, mut unit) = (0.0, 1.0);
        for (letter, known) in key.chars().zip(&self.0).skip(depth) {
            unit /= known.len() as f64;
            value += known.range(..letter).count() as f64 * unit;
            if !known.contains(&letter) || unit < f64::EPSILON {
                break;
            }
        }
        value
    }

    /// The key of this place, not more precise than `grain`.
    fn key(&self, head: String, mut value: f64, grain: f64) -> String {
        let (mut key, mut unit) = (head, 1.0);
        for known in self.0.iter().skip(key.chars().count()) {
            if unit <= grain.max(f64::EPSILON) {
                break;
            }
            value *= known.len() as f64;
            unit /= known.len() as f64;
            let Some(letter) = known.iter().nth(value as usize) else { break };
            key.push(*letter);
            value = value.fract();
        }
        key
    }
}

/// The letters that are to be expected where this one stands: the first pages
/// of a bucket show a counter's zeros only.
fn kin(letter: char) -> std::ops::RangeInclusive<char> {
    match letter {
        '0'..='9' => '0'..='9',
        'a'..='f' => 'a'..='f',
        'A'..='F' => 'A'..='F',
        _ => letter..=letter,
    }
}

/// A key strictly inside the stretch, about `share` of what is still to come,
/// where one was found. `seen` is the newest page of it.
pub(super) fn cut(
    stretch: &Stretch<'_>,
    seen: &Sample,
    share: f64,
    alphabet: &Alphabet,
) -> Option<String> {
    let inside = |key: &String| {
        key.as_str() > stretch.after
            && stretch.end.is_none_or(|end| key.as_str() < end)
            && key.len() <= MAX_KEY
    };
    let pages = to_come(stretch, seen, alphabet) / seen.keys as f64;
    let along = along(stretch, seen, share, alphabet).filter(inside);
    let branch = branch(stretch, seen).filter(inside);
    if (1.0..BLIND).contains(&pages) { along.or(branch) } else { branch.or(along) }
}

/// Where the page can't tell what is behind it, keys share much more with each
/// other than the stretch's ends do, and halving would take hundreds of
/// requests: cut behind the branch that lies half as deep.
fn branch(stretch: &Stretch<'_>, seen: &Sample) -> Option<String> {
    let depth = stretch.depth().midpoint(common(&seen.first, &seen.last));
    let mut branch: String = seen.last.chars().take(depth).collect();
    branch.push(successor(seen.last.chars().nth(depth)?)?);
    Some(branch)
}

/// So much of the way from the newest page's end to the stretch's end.
fn along(stretch: &Stretch<'_>, seen: &Sample, share: f64, alphabet: &Alphabet) -> Option<String> {
    let depth = stretch.depth();
    let (first, last) = (alphabet.value(&seen.first, depth), alphabet.value(&seen.last, depth));
    let end = stretch.end.map_or(1.0, |end| alphabet.value(end, depth));
    let head = stretch.after.chars().take(depth).collect();
    // Finer than this, a cut is no better.
    let grain = (last - first) / 32.0;
    Some(alphabet.key(head, last + (end - last) * share, grain))
}

/// About how many keys of the stretch are still to come, by how densely the
/// newest page lay. Infinite where the page is too narrow to tell.
pub(super) fn to_come(stretch: &Stretch<'_>, seen: &Sample, alphabet: &Alphabet) -> f64 {
    let depth = stretch.depth().min(common(&seen.first, &seen.last));
    let (first, last) = (alphabet.value(&seen.first, depth), alphabet.value(&seen.last, depth));
    let end = stretch.end.map_or(1.0, |end| alphabet.value(end, depth));
    if last > first {
        seen.keys as f64 * (end - last).max(0.0) / (last - first)
    } else {
        f64::INFINITY
    }
}

impl Stretch<'_> {
    /// Characters that every key in it begins with.
    fn depth(&self) -> usize {
        let prefix = self.prefix.chars().count();
        self.end.map_or(prefix, |end| common(self.after, end).max(prefix))
    }
}

/// Characters that two keys have in common at their beginning.
fn common(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}

/// The next code point that is a character.
fn successor(letter: char) -> Option<char> {
    (u32::from(letter) + 1..=u32::from(char::MAX)).find_map(char::from_u32)
}
