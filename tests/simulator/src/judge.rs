//! What must hold after every effect.
//!
//! The judge sees the services from behind, without wires: what the model of
//! S3 and the ledger really hold at the instant of an effect. It knows who
//! holds which lease, which rows are on record as settled, and what somebody
//! else did to the objects.

mod leases;
mod shares;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use reseal_core::ports::{ChunkRecord, ChunkStore as _, Clock, Ledger as _, OpenUpload, UploadRef};
use reseal_core::{
    ActionKind, ChunkFile, ChunkId, ChunkState, Epoch, JobId, JobState, ObjectRef, Outcome,
    OutcomeRow, StoreError, StoreErrorKind, Versioning, WorkerId,
};
use reseal_sandbox::model::{DumpLine, Model};
use reseal_testkit::{MemoryChunks, MemoryLedger};
use tokio::sync::Notify;

use crate::mutants::Mutant;
use crate::nemesis::{Name, Nemesis, Told};
use crate::node::CONCURRENCY;
use crate::plan::Plan;
use crate::wire::{Step, lock};

/// How long a disabled key may be tried before the job stands still (I10).
const PAUSES_WITHIN: Duration = Duration::from_secs(30);
/// How long objects in flight may take when the job stands still.
const GRACE: Duration = Duration::from_secs(25);
/// The window of I12.
const WINDOW: Duration = Duration::from_secs(5);

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Of the invariants of `docs/reliability.md`.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

/// What the judge looks at.
pub(crate) struct Scene {
    pub(crate) plan: Plan,
    pub(crate) job: JobId,
    pub(crate) versioning: BTreeMap<String, Versioning>,
    pub(crate) backups: String,
    pub(crate) target: String,
    pub(crate) model: Arc<Mutex<Model>>,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) chunks: Arc<MemoryChunks>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) nemesis: Arc<Nemesis>,
    pub(crate) mutant: Mutant,
}

pub(crate) struct Judge {
    pub(crate) scene: Scene,
    seen: Mutex<Seen>,
    /// Told at the first violation.
    pub(crate) guilty: Notify,
}

#[derive(Default)]
struct Seen {
    violations: Vec<Violation>,
    /// When each member of a budget last wrote its share.
    shares: BTreeMap<(String, WorkerId), Duration>,
    /// Where each object stands in the job.
    places: BTreeMap<Name, (ChunkId, u32)>,
    /// Rows whose checkpoint was acknowledged.
    recorded: BTreeSet<(ChunkId, u32)>,
    /// Each process's lease on a chunk, and when it was last renewed.
    leases: BTreeMap<(Arc<str>, ChunkId), (Epoch, Duration)>,
    /// When anybody last gave a sign of life for a chunk.
    signs: BTreeMap<ChunkId, Duration>,
    /// Versions that we made.
    ours: BTreeMap<Name, u32>,
    /// What was begun by which process, and when.
    begun: BTreeSet<(Arc<str>, Name)>,
    begun_at: Vec<Duration>,
    /// Since when which process has heard that the target key is refused.
    refused_since: BTreeMap<Arc<str>, Duration>,
    /// When the job's state was last set.
    state_set_at: Duration,
    /// When tags were last told.
    tags_told: BTreeMap<Name, Duration>,
    uploads: u32,
    uploads_with_parts: BTreeSet<String>,
}

/// Whether the holder of a lease is who the ledger says.
#[derive(Clone, Copy)]
pub(crate) struct Held(bool);

impl Judge {
    pub(crate) fn new(scene: Scene) -> Self {
        Self { scene, seen: Mutex::default(), guilty: Notify::new() }
    }

    pub(crate) fn mutant(&self) -> Mutant {
        self.scene.mutant
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        lock(&self.seen).violations.clone()
    }

    /// Convicts.
    pub(crate) fn convict(&self, invariant: &'static str, what: impl Into<String>) {
        lock(&self.seen).violations.push(Violation { invariant, what: what.into() });
        self.guilty.notify_one();
    }

    /// The chunk as the ledger holds it.
    pub(crate) fn chunk(&self, id: ChunkId) -> Option<ChunkRecord> {
        let read = self.scene.ledger.chunk(&self.scene.job, id).now_or_never();
        read.expect("in memory").expect("it never fails")
    }

    fn chunks(&self) -> Vec<ChunkRecord> {
        let read = self.scene.ledger.chunks(&self.scene.job, None, u32::MAX).now_or_never();
        read.expect("in memory").expect("it never fails")
    }

    /// A chunk is on record: its rows are the job's.
    pub(crate) fn bound(&self, id: ChunkId) {
        let Some(record) = self.chunk(id) else {
            return self.convict("I13", format!("chunk {id} was bound and isn't there"));
        };
        let file = self.scene.chunks.get(&self.scene.job, id).now_or_never().expect("in memory");
        let decoded = file.ok().and_then(|bytes| ChunkFile::decode(&bytes, &record.digest).ok());
        // Damaged meanwhile: nothing of it will be worked on.
        let Some(file) = decoded else { return };
        let mut seen = lock(&self.seen);
        for (row, source) in (0u32..).zip(&file.rows) {
            let name = (file.bucket.to_string(), source.key.as_str().to_owned());
            let place = (id, row);
            let first = *seen.places.entry(name.clone()).or_insert(place);
            if first != place {
                let what = format!("{name:?} is taken in twice: at {first:?} and {place:?}");
                seen.violations.push(Violation { invariant: "I3", what });
                self.guilty.notify_one();
            }
        }
    }

    /// Somebody begins with an object, or looks at it again: not at one whose
    /// row was recorded, as whoever did it was told (I8).
    pub(crate) fn looks(&self, who: &Arc<str>, object: &ObjectRef) {
        if self.is_recorded(&name_of(object)) {
            self.convict("I8", format!("{who} looks at {object} again, which is on record"));
        }
        let Some(rate) = self.scene.plan.rate else { return };
        if name_of(object).0 == self.scene.backups {
            return;
        }
        let at = self.scene.clock.monotonic();
        let mut seen = lock(&self.seen);
        if !seen.begun.insert((who.clone(), name_of(object))) {
            return;
        }
        seen.begun_at.push(at);
        let since = at.saturating_sub(WINDOW);
        let begun = seen.begun_at.iter().rev().take_while(|begun| **begun > since).count();
        // An object is let through by the job's limit before it waits for its
        // bucket's: those that wait there may come at once.
        let waiting = self.scene.plan.workers as f64 * f64::from(CONCURRENCY);
        let most = rate * WINDOW.as_secs_f64() * 1.02 + 1.0 + waiting;
        if begun as f64 > most {
            let what = format!("{begun} objects begun in 5 s at a limit of {rate}/s");
            drop(seen);
            self.convict("I12", what);
        }
    }

    /// After an answer: somebody else may act on it first.
    pub(crate) fn answered(&self, step: Step, object: &ObjectRef) {
        let Scene { nemesis, model, clock, .. } = &self.scene;
        let name = name_of(object);
        if step == Step::TAGS {
            lock(&self.seen).tags_told.insert(name.clone(), clock.monotonic());
        }
        if self.scene.versioning.contains_key(&name.0) {
            let told = match step {
                Step::TAGS => Told::Tags,
                Step::HEAD => Told::Head,
                Step::PART => Told::Part,
                _ => Told::Else,
            };
            nemesis.strike(&mut lock(model), clock.as_ref(), told, &name);
        }
    }

    /// Just before an effect on an object.
    pub(crate) fn works(&self, who: &Arc<str>, step: Step, object: &ObjectRef) {
        let (name, at) = (name_of(object), self.scene.clock.monotonic());
        if name.0 == self.scene.backups {
            return;
        }
        let accuse = |invariant, what: &str| {
            self.convict(invariant, format!("{who} {} {name:?}: {what}", step.name));
        };
        if !self.scene.versioning.contains_key(&name.0) {
            return accuse("I13", "a bucket that the job doesn't name");
        }
        let (place, lease, refused_since) = {
            let seen = lock(&self.seen);
            let place = seen.places.get(&name).copied();
            let lease =
                place.and_then(|(chunk, _)| seen.leases.get(&(who.clone(), chunk)).copied());
            (place, lease, seen.refused_since.get(who).copied())
        };
        let Some((chunk, row)) = place else {
            return accuse("I13", "an object that no chunk names");
        };
        let Some((epoch, renewed)) = lease else { return accuse("I11", "without a lease") };
        if at > renewed + self.scene.plan.lease {
            accuse("I9", &format!("on a lease of {renewed:?} that must have lapsed by {at:?}"));
        }
        let Some(record) = self.chunk(chunk) else { return accuse("I13", "its chunk is gone") };
        if record.epoch != epoch || record.state != ChunkState::Leased {
            accuse(
                "I11",
                &format!("at {epoch:?}, its chunk is {:?} at {:?}", record.state, record.epoch),
            );
        }
        if record.checkpoint.settled.contains(row) {
            accuse("I8", "it is on record as settled");
        }
        let is_running = self.is_running();
        if refused_since.is_some_and(|since| at > since + PAUSES_WITHIN) && is_running {
            accuse("I10", "the target key has been refused for more than 30 s");
        }
        // Whoever holds a chunk looks at its job with every renewal, and may
        // finish what it has begun.
        let stands_since = lock(&self.seen).state_set_at;
        let most = self.scene.plan.lease + GRACE + 4 * self.scene.plan.travel;
        if !is_running && at > stands_since + most {
            accuse("I17", &format!("the job stands still since {stands_since:?}"));
        }
    }

    fn is_running(&self) -> bool {
        let job = self.scene.ledger.job(&self.scene.job).now_or_never().expect("in memory");
        job.expect("it never fails").is_some_and(|job| job.state == JobState::Running)
    }

    /// How an effect was answered.
    pub(crate) fn heard<T>(&self, who: &Arc<str>, step: Step, result: &Result<T, StoreError>) {
        let (at, is_running) = (self.scene.clock.monotonic(), self.is_running());
        let mut seen = lock(&self.seen);
        match result {
            Err(error) if matches!(error.kind, StoreErrorKind::Key(_)) && is_running => {
                seen.refused_since.entry(who.clone()).or_insert(at);
            }
            Ok(_) if step.writes => seen.refused_since.clear(),
            _ => {}
        }
    }

    /// The job was set to another state: what was refused before says nothing.
    pub(crate) fn state_is_set(&self) {
        let mut seen = lock(&self.seen);
        seen.refused_since.clear();
        seen.state_set_at = self.scene.clock.monotonic();
    }

    /// The job couldn't be read or written, so a pause wasn't: whoever goes on
    /// finds out anew.
    pub(crate) fn cannot_pause(&self, who: &Arc<str>) {
        lock(&self.seen).refused_since.remove(who);
    }

    /// Whether its bucket does.
    pub(crate) fn keeps_versions(&self, object: &ObjectRef) -> bool {
        self.scene.versioning.get(object.bucket.as_str()) == Some(&Versioning::Enabled)
    }

    fn is_recorded(&self, name: &Name) -> bool {
        let seen = lock(&self.seen);
        seen.places.get(name).is_some_and(|place| seen.recorded.contains(place))
    }

    /// The newest version, as S3 holds it.
    pub(crate) fn peek(&self, object: &ObjectRef) -> Option<DumpLine> {
        current(&lock(&self.scene.model), &name_of(object))
    }

    /// S3 has read what it is about to copy: the instant for somebody else.
    pub(crate) fn is_read(&self, object: &ObjectRef) {
        let Scene { nemesis, model, clock, .. } = &self.scene;
        let name = name_of(object);
        if self.scene.versioning.contains_key(&name.0) {
            nemesis.interfere(&mut lock(model), clock.as_ref(), &name);
        }
    }

    /// A copy was written of what S3 had read earlier. The model copies in an
    /// instant, S3 doesn't: what came in between would be lost.
    pub(crate) fn copied(
        &self,
        object: &ObjectRef,
        read: Option<&DumpLine>,
        at: Option<&DumpLine>,
    ) {
        let content = |line: Option<&DumpLine>| line.and_then(|line| line.fingerprint.clone());
        if content(read) != content(at) {
            let name = name_of(object);
            self.convict("I2", format!("{name:?}: a copy of {read:?} is written over {at:?}"));
        }
        self.replaced(object, at);
    }

    /// A copy is there: of what was there the instant before, and the only one.
    pub(crate) fn replaced(&self, object: &ObjectRef, before: Option<&DumpLine>) {
        let name = name_of(object);
        if name.0 == self.scene.backups {
            return;
        }
        let after = self.peek(object);
        let accuse = |invariant, what: &str| {
            self.convict(invariant, format!("{name:?}: {what}: {before:?} became {after:?}"));
        };
        let Some(before) = before.filter(|line| !line.is_delete_marker) else {
            return accuse("I2", "rose from the dead");
        };
        let Some(after) = &after else { return accuse("I1", "vanished") };
        if before.fingerprint != after.fingerprint {
            accuse("I2", "other bytes");
        }
        // S3 gives an upload that names no content type one of its own.
        let kept =
            before.headers.iter().all(|(name, value)| after.headers.get(name) == Some(value));
        if before.metadata != after.metadata || !kept {
            accuse("I1", "other metadata");
        }
        let made = {
            let mut seen = lock(&self.seen);
            let made = seen.ours.entry(name.clone()).or_default();
            *made += 1;
            *made
        };
        if made > 1 + self.scene.nemesis.versions_of(&name) {
            accuse("I5", &format!("{made} copies"));
        }
    }

    /// Tags that were edited after they were last read, and before the copy in
    /// parts that replaced them: S3 has no condition for that. Where the old
    /// version stays they are found there; elsewhere nothing can find them, as
    /// `docs/objects.md` says.
    pub(crate) fn completed(&self, object: &ObjectRef) {
        let name = name_of(object);
        let told = lock(&self.seen).tags_told.get(&name).copied();
        let versioning = self.scene.versioning.get(&name.0);
        if versioning != Some(&Versioning::Enabled) {
            self.scene.nemesis.forgive_tags(&name, told.unwrap_or_default());
        }
    }

    pub(crate) fn began_upload(&self) {
        lock(&self.seen).uploads += 1;
    }

    /// Uploads whose id may have been lost with the reply: they have no part.
    pub(crate) fn partless_uploads(&self) -> usize {
        let seen = lock(&self.seen);
        seen.uploads as usize - seen.uploads_with_parts.len()
    }

    /// Just before a part: its upload must be on record (I7).
    pub(crate) fn adds_part(&self, upload: &UploadRef<'_>) {
        lock(&self.seen).uploads_with_parts.insert(upload.id.to_string());
        let is_it = |open: &OpenUpload| open.id == *upload.id;
        if !self.chunks().iter().any(|chunk| chunk.uploads.values().any(is_it)) {
            let what = format!("a part of {} of {}, not on record", upload.id, upload.object);
            self.convict("I7", what);
        }
    }

    /// Rows go on record: what they claim must be so (I6).
    pub(crate) fn claims(&self, rows: &[OutcomeRow]) {
        for row in rows {
            let name = name_of(&row.object);
            let copied = matches!(row.action, Some(ActionKind::Copy | ActionKind::Multipart));
            let is_ours = row.outcome == Outcome::ReEncrypted && copied && !row.recovered;
            if is_ours && !lock(&self.seen).ours.contains_key(&name) {
                self.convict("I6", format!("{name:?} is said to be copied, and nobody did"));
            }
            let claims = matches!(row.outcome, Outcome::ReEncrypted | Outcome::AlreadyCompliant);
            if !claims || self.scene.nemesis.touched(&name) {
                continue;
            }
            let now = self.peek(&row.object);
            if !now.as_ref().is_some_and(|line| self.is_at_target(line)) {
                self.convict("I6", format!("{name:?} is said to be {:?}: {now:?}", row.outcome));
            }
        }
    }

    pub(crate) fn is_at_target(&self, line: &DumpLine) -> bool {
        line.kms_key.as_deref() == Some(self.scene.target.as_str()) && line.bucket_key == Some(true)
    }
}

pub(crate) fn name_of(object: &ObjectRef) -> Name {
    (object.bucket.to_string(), object.key.as_str().to_owned())
}

/// The newest version of an object.
pub(crate) fn current(model: &Model, (bucket, key): &Name) -> Option<DumpLine> {
    // The dump goes on after a key: after the one that is just before this.
    let before = key.char_indices().next_back().map(|(index, last)| {
        let less = char::from_u32(last as u32 - 1).unwrap_or(' ');
        format!("{}{less}\u{10ffff}", &key[..index])
    });
    let lines = model.dump(bucket, before.as_deref(), 1)?;
    lines.into_iter().find(|line| line.is_latest && line.key == *key)
}
