//! Pacing: every request is admitted here first, and its answer is heard here.
//!
//! Owns: which limits a request falls under: the job's rate, its bucket and
//! prefix group by direction, the KMS key; and, in a fleet, our share of each.
//! Never: retries, or judges an answer beyond "taken" and "too fast"; lets a
//! request through without a share that is good at that moment.
//! Next: `lane` for one limit, `pacers` for the jobs; in a fleet `keeper` for
//! the shares and `rebalance` for how large they are.

mod hold;
mod keeper;
mod lane;
mod needs;
mod pacers;
mod rebalance;
mod shares;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reseal_core::ports::{BudgetKey, Clock};
use reseal_core::{BucketName, JobId, ObjectRef, StoreErrorKind, Throttler};

use crate::PaceSettings;
use crate::meter::RequestKind;
use hold::{Hold, Kind};
pub(crate) use keeper::Keeper;
use lane::Lane;
use needs::Needs;
pub(crate) use pacers::Pacers;
pub(crate) use shares::Shares;

/// Prefix groups paced on their own in one bucket; the rest share a lane, so
/// that a million prefixes don't cost a million lanes.
const GROUPS_PER_BUCKET: usize = 256;

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

/// The prefix groups of one bucket, and the budget that they share.
struct Bucket {
    hold: Arc<Hold>,
    groups: BTreeMap<String, Group>,
}

/// All limits of one job.
pub(crate) struct Pacer {
    clock: Arc<dyn Clock>,
    /// Whose it is, and who has its budgets kept; `None` on a single machine.
    fleet: Option<(JobId, Arc<Needs>)>,
    hold: Arc<Hold>,
    objects: Arc<Lane>,
    keys: Arc<Lane>,
    state: Mutex<State>,
}

struct State {
    /// `None` until they are known.
    limits: Option<PaceSettings>,
    buckets: BTreeMap<BucketName, Bucket>,
}

/// A request that was let through: hears how it was answered.
pub(crate) struct Admission {
    lane: Arc<Lane>,
    keys: Option<Arc<Lane>>,
}

impl Pacer {
    /// All of these limits: on a single machine.
    pub(crate) fn alone(clock: &Arc<dyn Clock>, limits: PaceSettings) -> Self {
        Self::new(clock, Hold::alone(clock, limits), Some(limits), None)
    }

    /// Shares of the fleet's limits, as soon as both are known.
    fn shared(clock: &Arc<dyn Clock>, job: &JobId, needs: &Arc<Needs>) -> Self {
        let hold = Hold::shared(BudgetKey::Job(job.clone()), clock, None, needs.clone());
        Self::new(clock, hold, None, Some((job.clone(), needs.clone())))
    }

    fn new(
        clock: &Arc<dyn Clock>,
        hold: Hold,
        limits: Option<PaceSettings>,
        fleet: Option<(JobId, Arc<Needs>)>,
    ) -> Self {
        let (objects, keys) = (hold.lane(Kind::Objects), hold.lane(Kind::Keys));
        let state = Mutex::new(State { limits, buckets: BTreeMap::new() });
        Self { clock: clock.clone(), fleet, hold: Arc::new(hold), objects, keys, state }
    }

    /// Waits until one more object may be begun.
    pub(crate) async fn admit_object(&self) {
        let _using = self.hold.using();
        self.objects.admit().await;
    }

    /// Waits until this request may be sent.
    pub(crate) async fn admit(&self, object: &ObjectRef, cost: Cost) -> Admission {
        let (hold, group) = self.group(object);
        let (lane, times) = match cost {
            Cost::Read => (group.reads, 0),
            Cost::Write => (group.writes, 0),
            Cost::WriteWithKey(times) => (group.writes, times),
        };
        let (_using, _using_keys) = (hold.using(), (times > 0).then(|| self.hold.using()));
        for _ in 0..times {
            self.keys.admit().await;
        }
        lane.admit().await;
        Admission { lane, keys: (times > 0).then(|| self.keys.clone()) }
    }

    fn set_limits(&self, limits: PaceSettings) {
        let mut state = self.state();
        state.limits = Some(limits);
        self.hold.set_limits(limits);
        state.buckets.values().for_each(|bucket| bucket.hold.set_limits(limits));
    }

    /// Admits nothing more.
    fn close(&self) {
        self.hold.close();
        self.state().buckets.values().for_each(|bucket| bucket.hold.close());
    }

    fn group(&self, object: &ObjectRef) -> (Arc<Hold>, Group) {
        let mut state = self.state();
        let limits = state.limits;
        let bucket = state
            .buckets
            .entry(object.bucket.clone())
            .or_insert_with(|| self.new_bucket(&object.bucket, limits));
        let mut name = group_name(object);
        if !bucket.groups.contains_key(name) && bucket.groups.len() >= GROUPS_PER_BUCKET {
            name = "";
        }
        if let Some(group) = bucket.groups.get(name) {
            return (bucket.hold.clone(), group.clone());
        }
        let (reads, writes) = (bucket.hold.lane(Kind::Reads), bucket.hold.lane(Kind::Writes));
        let group = Group { reads, writes };
        bucket.groups.insert(name.to_owned(), group.clone());
        (bucket.hold.clone(), group)
    }

    fn new_bucket(&self, name: &BucketName, limits: Option<PaceSettings>) -> Bucket {
        let hold = match &self.fleet {
            None => Hold::alone(&self.clock, limits.unwrap_or_default()),
            Some((job, needs)) => {
                let key = BudgetKey::Bucket(job.clone(), name.clone());
                Hold::shared(key, &self.clock, limits, needs.clone())
            }
        };
        Bucket { hold: Arc::new(hold), groups: BTreeMap::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn groups(&self) -> usize {
        self.state().buckets.values().map(|bucket| bucket.groups.len()).sum()
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
