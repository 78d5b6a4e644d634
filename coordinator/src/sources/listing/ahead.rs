//! Which pages to ask for next, so that many are under way and all come out in
//! S3's order: a state machine without requests of its own.
//!
//! The key space is a row of ranges that touch. Each is listed from its
//! beginning, a page after the other; where nothing else is left to do, the
//! foremost that is still long is cut in two. Ranges only ever shrink at their
//! end, to where the next one begins, so each key belongs to exactly one.

use std::collections::VecDeque;

use reseal_core::VersionId;
use reseal_core::ports::{ListEntry, ListPage};
use serde::{Deserialize, Serialize};

use super::keyspace::{Alphabet, Sample, Stretch, cut, to_come};

/// A range is cut while it seems to hold so many pages or more. Each cut
/// costs about half a page that is listed twice.
const WORTH_CUTTING: f64 = 2.0;

/// So many pages for each slot may be under way or wait to be taken.
pub(super) const HELD: usize = 4;

/// A bucket of so few pages costs as many requests as it has pages.
const UNCUT: u32 = 3;

/// One page justifies so many cuts: keys needn't go on as they began, and
/// each cut into nothing is a request for nothing.
const CUTS: u32 = 3;

/// After so many pages the estimate was wrong: cut all the same.
const PATIENCE: u32 = 2;

/// How full a page is meant to be at a cut.
const PAGE_FILL: f64 = 0.96;

/// One key in so many teaches the alphabet.
const TEACHES: usize = 10;

/// Strictly after this key; with a version, this version of it. In cursors as
/// JSON, because keys may hold anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub(super) key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<VersionId>,
}

/// A page to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) ticket: u64,
    pub(super) after: Option<Place>,
}

/// Keys that aren't in S3's order, or not behind where they were to begin:
/// what is cut by keys would be listed twice, or not at all.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OutOfOrder;

/// What is listed, and what is held of it.
#[derive(Debug)]
pub(super) struct Ahead {
    prefix: String,
    /// Rows to a full page.
    page: usize,
    ranges: VecDeque<Range>,
    alphabet: Alphabet,
    tickets: u64,
    answers: u32,
}

#[derive(Debug)]
struct Range {
    after: Option<Place>,
    /// The last key that belongs to it, all its versions included.
    end: Option<String>,
    pages: VecDeque<Vec<ListEntry>>,
    standing: Standing,
    seen: Option<Sample>,
    /// Pages behind `after`, by how densely the newest one lay; one while
    /// nothing is known.
    to_come: f64,
    /// Pages since it was cut.
    served: u32,
    /// Cuts since its newest page.
    cuts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Idle,
    Asked(u64),
    Done,
}

impl Ahead {
    /// From a place on, or from the beginning.
    pub(super) fn new(prefix: String, page: usize, after: Option<Place>) -> Self {
        let ranges = VecDeque::from([Range::new(after, None)]);
        Self { prefix, page, ranges, alphabet: Alphabet::default(), tickets: 0, answers: 0 }
    }

    /// The next page to ask for, with at most `slots` under way, and no more
    /// than twice as many under way or waiting to be taken: memory is bounded.
    /// Only the foremost range may always go on.
    pub(super) fn ask(&mut self, slots: usize) -> Option<Ask> {
        let asked = |range: &&Range| matches!(range.standing, Standing::Asked(_));
        let under_way = self.ranges.iter().filter(asked).count();
        let held = self.held();
        if under_way >= slots.max(1) {
            return None;
        }
        let most = HELD * slots;
        let full = under_way + held >= most;
        let mut before = 0.0;
        for at in 0..self.ranges.len() {
            if at > 0 && (full || before >= most as f64) {
                return None;
            }
            let standing = self.ranges[at].standing;
            match standing {
                Standing::Idle => return Some(self.begin(at)),
                Standing::Asked(_) if !full && self.part(at) => return Some(self.begin(at + 1)),
                Standing::Asked(_) | Standing::Done => {}
            }
            before += self.ranges[at].pages();
        }
        None
    }

    /// Pages that wait to be taken.
    pub(super) fn held(&self) -> usize {
        self.ranges.iter().map(|range| range.pages.len()).sum()
    }

    fn begin(&mut self, at: usize) -> Ask {
        self.tickets += 1;
        let range = &mut self.ranges[at];
        range.standing = Standing::Asked(self.tickets);
        Ask { ticket: self.tickets, after: range.after.clone() }
    }

    /// Cuts the range in two, if that is worth it.
    fn part(&mut self, at: usize) -> bool {
        let range = &mut self.ranges[at];
        let worth = range.to_come >= WORTH_CUTTING || range.served >= PATIENCE;
        if self.answers < UNCUT || range.cuts >= CUTS || !worth {
            return false;
        }
        let Some(seen) = &range.seen else { return false };
        let share = share(range.to_come);
        let cut = range.stretch(&self.prefix).and_then(|it| cut(&it, seen, share, &self.alphabet));
        let Some(middle) = cut else { return false };
        let right = Place { key: middle.clone(), version: None };
        let right = Range::new(Some(right), range.end.replace(middle));
        range.served = 0;
        range.estimate(&self.prefix, self.page, &self.alphabet);
        range.cuts += 1;
        self.ranges.insert(at + 1, right);
        true
    }

    /// Takes in what S3 answered.
    pub(super) fn answer(&mut self, ticket: u64, page: ListPage) -> Result<(), OutOfOrder> {
        let Some(range) = asked(&mut self.ranges, ticket) else { return Ok(()) };
        if !in_order(range.after.as_ref(), &page.entries) {
            return Err(OutOfOrder);
        }
        self.answers += 1;
        let ListPage { mut entries, truncated } = page;
        let listed = entries.len();
        if let Some(end) = &range.end {
            entries.retain(|entry| entry.key.as_str() <= end.as_str());
        }
        let ended = !truncated || entries.len() < listed;
        range.standing = if ended { Standing::Done } else { Standing::Idle };
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(()) };
        let (first, key) = (first.key.as_str().to_owned(), last.key.as_str().to_owned());
        range.after = Some(Place { key: key.clone(), version: last.version.clone() });
        range.seen = Some(Sample { first, last: key, keys: entries.len() });
        range.served += 1;
        range.cuts = 0;
        for entry in entries.iter().step_by(TEACHES) {
            self.alphabet.learn(entry.key.as_str());
        }
        range.pages.push_back(entries);
        range.estimate(&self.prefix, self.page, &self.alphabet);
        Ok(())
    }

    /// The page will be asked for once more.
    pub(super) fn failed(&mut self, ticket: u64) {
        if let Some(range) = asked(&mut self.ranges, ticket) {
            range.standing = Standing::Idle;
        }
    }

    /// The next page in S3's order, once it is there.
    pub(super) fn take(&mut self) -> Option<Vec<ListEntry>> {
        loop {
            let foremost = self.ranges.front_mut()?;
            if let Some(page) = foremost.pages.pop_front() {
                return Some(page);
            }
            if foremost.standing != Standing::Done {
                return None;
            }
            self.ranges.pop_front();
        }
    }

    /// Whether everything was taken.
    pub(super) fn is_over(&self) -> bool {
        let over = |range: &Range| range.standing == Standing::Done && range.pages.is_empty();
        self.ranges.iter().all(over)
    }
}

impl Range {
    fn new(after: Option<Place>, end: Option<String>) -> Self {
        Self {
            after,
            end,
            pages: VecDeque::new(),
            standing: Standing::Idle,
            seen: None,
            to_come: 1.0,
            served: 0,
            cuts: 0,
        }
    }

    /// What is still to be listed of it; none before its first page.
    fn stretch<'a>(&'a self, prefix: &'a str) -> Option<Stretch<'a>> {
        let after = self.after.as_ref()?;
        Some(Stretch { after: &after.key, end: self.end.as_deref(), prefix })
    }

    fn estimate(&mut self, prefix: &str, page: usize, alphabet: &Alphabet) {
        let (Some(stretch), Some(seen)) = (self.stretch(prefix), &self.seen) else { return };
        self.to_come = to_come(&stretch, seen, alphabet) / page as f64;
    }

    /// Pages that lie before whatever comes after it.
    fn pages(&self) -> f64 {
        let to_come = if self.standing == Standing::Done { 0.0 } else { self.to_come };
        self.pages.len() as f64 + to_come
    }
}

/// Where to cut a range of so many pages: in the middle, and a little before
/// the end of a page, so that the left one isn't left with a crumb.
fn share(pages: f64) -> f64 {
    if !pages.is_finite() {
        return 0.5;
    }
    let left = (pages / 2.0).round().max(1.0);
    (left * PAGE_FILL / pages).min(0.9)
}

fn in_order(after: Option<&Place>, entries: &[ListEntry]) -> bool {
    let begins = after.map_or("", |place| place.key.as_str());
    let keys = entries.iter().map(|entry| entry.key.as_str());
    std::iter::once(begins).chain(keys).is_sorted()
}

fn asked(ranges: &mut VecDeque<Range>, ticket: u64) -> Option<&mut Range> {
    ranges.iter_mut().find(|range| range.standing == Standing::Asked(ticket))
}
