//! Somebody else at work on the same objects: retags, overwrites and deletes
//! them at any moment, and remembers what must be found in the end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reseal_core::OutcomeRow;
use reseal_core::ports::{Clock, Random as _};
use reseal_sandbox::model::{
    Caller, Content, DumpLine, Model, Moment, ObjectRef, PutObject, Request, Response,
    WriteAttributes, WriteConditions,
};
use reseal_testkit::SeededRandom;

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
    versions: usize,
}

/// The other client.
pub(crate) struct Nemesis {
    bucket: &'static str,
    keys: Vec<String>,
    random: SeededRandom,
    left: Mutex<BTreeMap<String, Left>>,
    edits: Mutex<u32>,
}

impl Nemesis {
    /// One that makes so many edits on these keys.
    pub(crate) fn new(bucket: &'static str, keys: Vec<String>, seed: u64, edits: u32) -> Self {
        let random = SeededRandom::new(seed ^ 0x6e65_6d65);
        Self { bucket, keys, random, left: Mutex::default(), edits: Mutex::new(edits) }
    }

    /// Edits, at irregular intervals, until all are made; then waits for ever.
    pub(crate) async fn rage(&self, model: &Arc<Mutex<Model>>, clock: &Arc<dyn Clock>) {
        while self.may_go_on() {
            clock.sleep(Duration::from_millis(1 + self.random.next_u64() % 100)).await;
            let now = Moment::from_millis(clock.now().as_millis());
            self.edit(&mut model.lock().expect("not poisoned"), now);
        }
        std::future::pending::<()>().await;
    }

    fn may_go_on(&self) -> bool {
        let mut edits = self.edits.lock().expect("not poisoned");
        *edits = edits.saturating_sub(1);
        *edits > 0
    }

    fn edit(&self, model: &mut Model, now: Moment) {
        let mut left = self.left.lock().expect("not poisoned");
        let dice = self.random.next_u64();
        let key = self.keys[(dice >> 8) as usize % self.keys.len()].clone();
        let object = ObjectRef { bucket: self.bucket.to_owned(), key: key.clone(), version: None };
        let mut was = left.get(&key).cloned().unwrap_or_default();
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
                    bucket: self.bucket.to_owned(),
                    key: key.clone(),
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
            was.content = current(model, self.bucket, &key).and_then(|line| line.fingerprint);
        }
        left.insert(key, was);
    }

    /// Retags an object just after a call of ours on it was answered: now and
    /// then, but often when it told the tags, since whoever read them is about
    /// to rely on them.
    pub(crate) fn strike(&self, model: &mut Model, now: Moment, call: &str, key: &str) {
        let dice = self.random.next_u64();
        let one_in = if call == "tags" { 3 } else { 60 };
        if *self.edits.lock().expect("not poisoned") == 0 || !dice.is_multiple_of(one_in) {
            return;
        }
        let mut left = self.left.lock().expect("not poisoned");
        let mut was = left.get(key).cloned().unwrap_or_default();
        let object =
            ObjectRef { bucket: self.bucket.to_owned(), key: key.to_owned(), version: None };
        let Some(request) = one_more_tag(model, object, &mut was, (dice, now)) else { return };
        // It may be deleted by now.
        if model.apply(&Caller::default(), request, now).is_ok() {
            left.insert(key.to_owned(), was);
        }
    }

    /// What of it was lost, one line each (I2), and where more versions are
    /// than its and one of ours (I5).
    pub(crate) fn grievances(&self, model: &Model, rows: &[OutcomeRow]) -> Vec<String> {
        let mut grievances = Vec::new();
        for (key, left) in self.left.lock().expect("not poisoned").iter() {
            let now = current(model, self.bucket, key);
            let row = rows.iter().find(|row| row.object.key.as_str() == key.as_str());
            let said = row.is_some_and(|row| row.drift);
            let mut lost = |what: &str| grievances.push(format!("{key}: {what}: {left:?} {now:?}"));
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

    /// Versions and delete markers that it made of this key.
    pub(crate) fn versions_of(&self, key: &str) -> usize {
        self.left.lock().expect("not poisoned").get(key).map_or(0, |left| left.versions)
    }

    pub(crate) fn touched(&self, key: &str) -> bool {
        self.left.lock().expect("not poisoned").contains_key(key)
    }
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

fn current(model: &Model, bucket: &str, key: &str) -> Option<DumpLine> {
    let lines = model.dump(bucket, None, usize::MAX).expect("the bucket");
    lines.into_iter().find(|line| line.is_latest && line.key == key)
}
