//! Pacing: every request is admitted here first, and its answer is heard here.
//!
//! Owns: which limits a request falls under: the job's rate, its bucket and
//! prefix group by direction, the KMS key.
//! Never: retries, or judges an answer beyond "taken" and "too fast".
//! Next: `lane` for one limit.

mod lane;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use reseal_core::ports::Clock;
use reseal_core::{BucketName, ObjectRef, StoreErrorKind, Throttler};

use crate::PaceSettings;
use crate::meter::RequestKind;
use lane::Lane;

/// Prefix groups paced on their own in one bucket; the rest share a lane, so
/// that a million prefixes don't cost a million lanes.
const GROUPS_PER_BUCKET: usize = 256;
/// Where KMS is believed to be while nobody names a rate and it doesn't
/// throttle: the largest quota of any region, 100,000 requests a second.
const KMS_AT_MOST: f64 = 100_000.0;

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// GET or HEAD.
    Read,
    /// PUT, COPY or POST that needs no key.
    Write,
    /// PUT, COPY or POST that makes S3 call KMS so many times.
    WriteWithKey(u32),
}

impl Cost {
    pub(crate) fn kind(self) -> RequestKind {
        match self {
            Self::Read => RequestKind::Read,
            Self::Write | Self::WriteWithKey(_) => RequestKind::Write,
        }
    }
}

/// The lanes of one prefix group.
#[derive(Clone)]
struct Group {
    reads: Arc<Lane>,
    writes: Arc<Lane>,
}

type Groups = BTreeMap<String, Group>;

/// All limits of one engine.
pub(crate) struct Pacer {
    clock: Arc<dyn Clock>,
    settings: PaceSettings,
    objects: Option<Lane>,
    keys: Arc<Lane>,
    buckets: Mutex<BTreeMap<BucketName, Groups>>,
}

/// A request that was let through: hears how it was answered.
pub(crate) struct Admission {
    lane: Arc<Lane>,
    keys: Option<Arc<Lane>>,
}

impl Pacer {
    pub(crate) fn new(clock: &Arc<dyn Clock>, settings: PaceSettings) -> Self {
        let keys = settings.kms_per_second.unwrap_or(KMS_AT_MOST);
        Self {
            clock: clock.clone(),
            settings,
            objects: settings.objects_per_second.map(|rate| Lane::fixed(clock, rate)),
            keys: Arc::new(Lane::believing(clock, keys)),
            buckets: Mutex::default(),
        }
    }

    /// Waits until one more object may be begun.
    pub(crate) async fn admit_object(&self) {
        if let Some(lane) = &self.objects {
            lane.admit().await;
        }
    }

    /// Waits until this request may be sent.
    pub(crate) async fn admit(&self, object: &ObjectRef, cost: Cost) -> Admission {
        let group = self.group(object);
        let (lane, times) = match cost {
            Cost::Read => (group.reads, 0),
            Cost::Write => (group.writes, 0),
            Cost::WriteWithKey(times) => (group.writes, times),
        };
        for _ in 0..times {
            self.keys.admit().await;
        }
        lane.admit().await;
        Admission { lane, keys: (times > 0).then(|| self.keys.clone()) }
    }

    fn group(&self, object: &ObjectRef) -> Group {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(&object.bucket) {
            buckets.insert(object.bucket.clone(), Groups::new());
        }
        let Some(groups) = buckets.get_mut(&object.bucket) else { return self.new_group() };
        let mut name = group_name(object);
        if !groups.contains_key(name) && groups.len() >= GROUPS_PER_BUCKET {
            name = "";
        }
        if let Some(group) = groups.get(name) {
            return group.clone();
        }
        let group = self.new_group();
        groups.insert(name.to_owned(), group.clone());
        group
    }

    fn new_group(&self) -> Group {
        let lane = |ceiling| Arc::new(Lane::looking(&self.clock, ceiling));
        Group {
            reads: lane(self.settings.reads_per_prefix),
            writes: lane(self.settings.writes_per_prefix),
        }
    }

    #[cfg(test)]
    fn groups(&self) -> usize {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.values().map(BTreeMap::len).sum()
    }
}

impl Admission {
    /// How it was answered: `None` for a success.
    pub(crate) fn answered(self, error: Option<StoreErrorKind>) {
        match error {
            Some(StoreErrorKind::Throttled(Throttler::ObjectStore)) => self.lane.throttled(),
            Some(StoreErrorKind::Throttled(Throttler::KeyService)) => match self.keys {
                Some(keys) => keys.throttled(),
                None => self.lane.throttled(),
            },
            // Whatever else went wrong, it wasn't the pace.
            _ => {
                self.lane.accepted();
                if let Some(keys) = self.keys {
                    keys.accepted();
                }
            }
        }
    }
}

/// Keys that S3 may keep in one partition, as far as a name tells: those
/// below the same first path component.
fn group_name(object: &ObjectRef) -> &str {
    object.key.as_str().split_once('/').map_or("", |(first, _)| first)
}
