//! Somebody else at work on the same objects: retags, overwrites and deletes
//! them at any moment, and remembers what must be found in the end.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use reseal_core::OutcomeRow;
use reseal_core::ports::{Clock, Random as _};
use reseal_sandbox::model::{
    Caller, Content, Model, Moment, ObjectRef, PutObject, Request, Response, SeedObject,
    WriteAttributes, WriteConditions,
};
use reseal_testkit::SeededRandom;

use crate::judge::current;
use crate::wire::lock;

/// Bucket and key.
pub type Name = (String, String);

/// What somebody was just told about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Its tags.
    Tags,
    /// What HEAD tells.
    Head,
    /// That a part of it is copied: there will be more, which takes a while.
    Part,
    /// Anything else.
    Else,
}

/// S3's limit.
const MOST_TAGS: usize = 10;
/// S3's limit.
const MOST_IN_ONE_PUT: u64 = 5 << 30;

/// What somebody left behind at a key.
#[derive(Clone, Debug, Default)]
struct Left {
    /// All the tags that were added since the content was written.
    tags: Option<Vec<(String, String)>>,
    /// How many tags it ever set, so that each has a name of its own.
    names: u32,
    /// The content's fingerprint, where it was overwritten.
    content: Option<String>,
    deleted: bool,
    /// Versions and delete markers that this made.
    versions: u32,
    /// When each tag was set, by its name.
    set_at: BTreeMap<String, Duration>,
}

/// The other client.
pub struct Nemesis {
    names: Vec<Name>,
    random: SeededRandom,
    left: Mutex<BTreeMap<Name, Left>>,
    edits: Mutex<u32>,
}

impl Nemesis {
    /// One that makes so many edits on these objects.
    #[must_use]
    pub fn new(names: Vec<Name>, seed: u64, edits: u32) -> Self {
        let random = SeededRandom::new(seed ^ 0x6e65_6d65);
        Self { names, random, left: Mutex::default(), edits: Mutex::new(edits) }
    }

    /// Edits, with pauses of at most this, until all edits are made.
    pub async fn rage(&self, model: &Mutex<Model>, clock: &dyn Clock, pause: Duration) {
        let pause = (pause.as_millis() as u64).max(1);
        while self.may_go_on() {
            clock.sleep(Duration::from_millis(1 + self.random.next_u64() % pause)).await;
            self.edit(&mut lock(model), clock);
        }
    }

    /// Leaves everything alone from now on.
    pub fn calm_down(&self) {
        *lock(&self.edits) = 0;
    }

    fn may_go_on(&self) -> bool {
        let mut edits = lock(&self.edits);
        *edits = edits.saturating_sub(1);
        *edits > 0
    }

    fn edit(&self, model: &mut Model, clock: &dyn Clock) {
        let dice = self.random.next_u64();
        let name = self.names[(dice >> 8) as usize % self.names.len()].clone();
        self.change(model, clock, &name, dice);
    }

    /// Is faster than whoever was just answered: now and then by a tag, often
    /// when tags were told, and by whatever there is when an object was looked
    /// at, since whoever looked is about to rely on what it saw.
    pub fn strike(&self, model: &mut Model, clock: &dyn Clock, told: Told, name: &Name) {
        if *lock(&self.edits) == 0 {
            return;
        }
        let dice = self.random.next_u64();
        let one_in = match told {
            Told::Tags => 3,
            Told::Head => 16,
            Told::Part => 10,
            Told::Else => 60,
        };
        if !dice.is_multiple_of(one_in) {
            return;
        }
        if matches!(told, Told::Head | Told::Part) {
            self.change(model, clock, name, dice >> 8);
        } else {
            self.retag(model, clock, name, dice);
        }
    }

    /// Comes between S3's read of a copy's source and its write, now and then.
    pub fn interfere(&self, model: &mut Model, clock: &dyn Clock, name: &Name) {
        let dice = self.random.next_u64();
        if *lock(&self.edits) > 0 && dice.is_multiple_of(8) {
            self.change(model, clock, name, dice >> 8);
        }
    }

    /// Overwrites, deletes or retags.
    fn change(&self, model: &mut Model, clock: &dyn Clock, name: &Name, dice: u64) {
        let mut left = lock(&self.left);
        let mut was = left.get(name).cloned().unwrap_or_default();
        if was.deleted {
            return;
        }
        match (dice >> 4) % 8 {
            0 => {
                let request = Request::DeleteObject(reference(name));
                model.apply(&Caller::default(), request, now(clock)).expect("nobody refuses");
                was.deleted = true;
            }
            1 | 2 => {
                overwrite(model, name, dice, now(clock));
                was.tags = Some(Vec::new());
                was.content = current(model, name).and_then(|line| line.fingerprint);
            }
            _ => {
                drop(left);
                return self.retag(model, clock, name, dice);
            }
        }
        was.versions += 1;
        left.insert(name.clone(), was);
    }

    fn retag(&self, model: &mut Model, clock: &dyn Clock, name: &Name, dice: u64) {
        let mut left = lock(&self.left);
        let mut was = left.get(name).cloned().unwrap_or_default();
        let request = one_more_tag(model, reference(name), &mut was, (dice, now(clock)));
        let Some(request) = request.filter(|_| !was.deleted) else { return };
        if model.apply(&Caller::default(), request, now(clock)).is_ok() {
            if let Some((name, _)) = was.tags.iter().flatten().next_back() {
                was.set_at.insert(name.clone(), clock.monotonic());
            }
            left.insert(name.clone(), was);
        }
    }

    /// What of it was lost, one line each (I2).
    #[must_use]
    pub fn grievances(&self, model: &Model, rows: &[OutcomeRow]) -> Vec<String> {
        let mut grievances = Vec::new();
        for (name, left) in lock(&self.left).iter() {
            let now = current(model, name);
            let is_it = |row: &&OutcomeRow| {
                (row.object.bucket.as_str(), row.object.key.as_str()) == (&*name.0, &*name.1)
            };
            // No row claims nothing: whether one may be missing is I3's.
            let said = rows.iter().find(is_it).is_none_or(|row| row.drift);
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
            if left.tags.as_ref().is_some_and(|tags| !are_same(tags, &now.tags)) && !said {
                lost("tags lost without a word");
            }
        }
        grievances
    }

    /// Doesn't miss tags that were set at this time or later: nothing can find
    /// them any more.
    pub fn forgive_tags(&self, name: &Name, since: Duration) {
        let mut left = lock(&self.left);
        let Some(left) = left.get_mut(name) else { return };
        let Left { tags: Some(tags), set_at, .. } = left else { return };
        tags.retain(|(tag, _)| set_at.get(tag).is_none_or(|at| *at < since));
    }

    /// Versions and delete markers that it made of this object.
    #[must_use]
    pub fn versions_of(&self, name: &Name) -> u32 {
        lock(&self.left).get(name).map_or(0, |left| left.versions)
    }

    /// Whether it left something there.
    #[must_use]
    pub fn touched(&self, name: &Name) -> bool {
        lock(&self.left).contains_key(name)
    }

    /// Whether it deleted it.
    #[must_use]
    pub fn deleted(&self, name: &Name) -> bool {
        lock(&self.left).get(name).is_some_and(|left| left.deleted)
    }
}

/// Tags have no order.
fn are_same(some: &[(String, String)], others: &[(String, String)]) -> bool {
    let set = |tags: &[(String, String)]| tags.iter().cloned().collect::<BTreeMap<_, _>>();
    set(some) == set(others)
}

fn now(clock: &dyn Clock) -> Moment {
    Moment::from_millis(clock.now().as_millis())
}

/// With something small, or with as much as is there.
fn overwrite(model: &mut Model, name: &Name, dice: u64, now: Moment) {
    let ObjectRef { bucket, key, .. } = reference(name);
    let there = current(model, name).and_then(|line| line.size).unwrap_or_default();
    if there > MOST_IN_ONE_PUT && (dice >> 7).is_multiple_of(2) {
        // As uploaded in parts, which may take any time.
        model.seed_object(SeedObject::new(&bucket, &key, there), now).expect("seeded");
        return;
    }
    let put = PutObject {
        bucket,
        key,
        content: Content::generated(dice, 1 + dice % 50_000),
        attributes: WriteAttributes::default(),
        conditions: WriteConditions::default(),
    };
    model.apply(&Caller::default(), Request::PutObject(put), now).expect("nobody refuses");
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
    let tag = (format!("edit{}", was.names), dice.to_string());
    was.names += 1;
    known.push(tag.clone());
    tags.push(tag);
    Some(Request::PutTagging { object, tags })
}
