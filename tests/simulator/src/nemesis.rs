//! Somebody else at work on the same objects: retags, overwrites and deletes
//! them at any moment, and remembers what must be found in the end.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use reseal_core::OutcomeRow;
use reseal_core::ports::{Clock, Random as _};
use reseal_sandbox::model::{
    Caller, Content, Model, Moment, ObjectRef, PutObject, Request, Response, WriteAttributes,
    WriteConditions,
};
use reseal_testkit::SeededRandom;

use crate::judge::{Name, current};
use crate::wire::lock;

/// S3's limit.
const MOST_TAGS: usize = 10;

/// What somebody left behind at a key.
#[derive(Clone, Debug, Default)]
struct Left {
    /// All the tags that were added since the content was written.
    tags: Option<Vec<(String, String)>>,
    /// The content's fingerprint, where it was overwritten.
    content: Option<String>,
    deleted: bool,
    /// Versions and delete markers that this made.
    versions: u32,
    /// When the tags were last edited.
    tagged_at: Duration,
}

/// The other client.
pub(crate) struct Nemesis {
    names: Vec<Name>,
    random: SeededRandom,
    left: Mutex<BTreeMap<Name, Left>>,
    edits: Mutex<u32>,
}

impl Nemesis {
    /// One that makes so many edits on these objects.
    pub(crate) fn new(names: Vec<Name>, seed: u64, edits: u32) -> Self {
        let random = SeededRandom::new(seed ^ 0x6e65_6d65);
        Self { names, random, left: Mutex::default(), edits: Mutex::new(edits) }
    }

    /// Edits, at irregular intervals, until all are made.
    pub(crate) async fn rage(&self, model: &Mutex<Model>, clock: &dyn Clock, storm: Duration) {
        let edits = u64::from(*lock(&self.edits)).max(1);
        let pause = (storm.as_millis() as u64 / edits).max(1) * 2;
        while self.may_go_on() {
            clock.sleep(Duration::from_millis(1 + self.random.next_u64() % pause)).await;
            self.edit(&mut lock(model), clock);
        }
    }

    /// Leaves everything alone from now on.
    pub(crate) fn calm_down(&self) {
        *lock(&self.edits) = 0;
    }

    fn may_go_on(&self) -> bool {
        let mut edits = lock(&self.edits);
        *edits = edits.saturating_sub(1);
        *edits > 0
    }

    fn edit(&self, model: &mut Model, clock: &dyn Clock) {
        let (now, at) = (now(clock), clock.monotonic());
        let mut left = lock(&self.left);
        let dice = self.random.next_u64();
        let name = self.names[(dice >> 8) as usize % self.names.len()].clone();
        let object = reference(&name);
        let mut was = left.get(&name).cloned().unwrap_or_default();
        if was.deleted {
            return;
        }
        let request = match (dice >> 4) % 8 {
            0 => {
                (was.deleted, was.versions) = (true, was.versions + 1);
                Request::DeleteObject(object)
            }
            1 | 2 => {
                (was.tags, was.versions) = (Some(Vec::new()), was.versions + 1);
                Request::PutObject(PutObject {
                    bucket: object.bucket,
                    key: object.key,
                    content: Content::generated(dice, 1 + dice % 50_000),
                    attributes: WriteAttributes::default(),
                    conditions: WriteConditions::default(),
                })
            }
            _ => match one_more_tag(model, object, &mut was, (dice, now)) {
                Some(request) => request,
                None => return,
            },
        };
        let overwrites = matches!(request, Request::PutObject(_));
        model.apply(&Caller::default(), request, now).expect("nobody refuses");
        if overwrites {
            was.content = current(model, &name).and_then(|line| line.fingerprint);
        }
        was.tagged_at = at;
        left.insert(name, was);
    }

    /// Retags an object just after a call of ours on it was answered: now and
    /// then, but often when it told the tags, since whoever read them is about
    /// to rely on them.
    pub(crate) fn strike(
        &self,
        model: &mut Model,
        clock: &dyn Clock,
        told_tags: bool,
        name: &Name,
    ) {
        let (now, at) = (now(clock), clock.monotonic());
        if *lock(&self.edits) == 0 {
            return;
        }
        let dice = self.random.next_u64();
        if !dice.is_multiple_of(if told_tags { 3 } else { 60 }) {
            return;
        }
        let mut left = lock(&self.left);
        let mut was = left.get(name).cloned().unwrap_or_default();
        let Some(request) = one_more_tag(model, reference(name), &mut was, (dice, now)) else {
            return;
        };
        // It may be deleted by now.
        if model.apply(&Caller::default(), request, now).is_ok() {
            was.tagged_at = at;
            left.insert(name.clone(), was);
        }
    }

    /// What of it was lost, one line each (I2).
    pub(crate) fn grievances(&self, model: &Model, rows: &[OutcomeRow]) -> Vec<String> {
        let mut grievances = Vec::new();
        for (name, left) in lock(&self.left).iter() {
            let now = current(model, name);
            let is_it = |row: &&OutcomeRow| {
                (row.object.bucket.as_str(), row.object.key.as_str()) == (&*name.0, &*name.1)
            };
            let said = rows.iter().find(is_it).is_some_and(|row| row.drift);
            let mut lost = |what: &str| {
                grievances.push(format!("{}/{}: {what}: {left:?} {now:?}", name.0, name.1));
            };
            let Some(now) = now.as_ref().filter(|line| !line.is_delete_marker) else {
                if !left.deleted {
                    lost("vanished");
                }
                continue;
            };
            if left.deleted {
                lost("rose from the dead");
            }
            if left.content.is_some() && left.content != now.fingerprint {
                lost("content lost");
            }
            if left.tags.as_ref().is_some_and(|tags| *tags != now.tags) && !said {
                lost("tags lost without a word");
            }
        }
        grievances
    }

    /// Doesn't miss tags that were edited at this time or later: nothing can
    /// find them any more.
    pub(crate) fn forgive_tags(&self, name: &Name, since: Duration) {
        if let Some(left) = lock(&self.left).get_mut(name).filter(|left| left.tagged_at >= since) {
            left.tags = None;
        }
    }

    /// Versions and delete markers that it made of this object.
    pub(crate) fn versions_of(&self, name: &Name) -> u32 {
        lock(&self.left).get(name).map_or(0, |left| left.versions)
    }

    /// Whether it left something there.
    pub(crate) fn touched(&self, name: &Name) -> bool {
        lock(&self.left).contains_key(name)
    }

    /// Whether it deleted it.
    pub(crate) fn deleted(&self, name: &Name) -> bool {
        lock(&self.left).get(name).is_some_and(|left| left.deleted)
    }
}

fn now(clock: &dyn Clock) -> Moment {
    Moment::from_millis(clock.now().as_millis())
}

fn reference((bucket, key): &Name) -> ObjectRef {
    ObjectRef { bucket: bucket.clone(), key: key.clone(), version: None }
}

/// One tag more than are there, so that a lost one stays lost.
fn one_more_tag(
    model: &mut Model,
    object: ObjectRef,
    was: &mut Left,
    (dice, now): (u64, Moment),
) -> Option<Request> {
    let read = model.apply(&Caller::default(), Request::GetTagging(object.clone()), now);
    let Ok(Response::Tags(_, mut tags)) = read else { return None };
    let known = was.tags.get_or_insert_default();
    if known.len() == MOST_TAGS {
        return None;
    }
    let tag = (format!("edit{}", known.len()), dice.to_string());
    known.push(tag.clone());
    tags.push(tag);
    Some(Request::PutTagging { object, tags })
}
