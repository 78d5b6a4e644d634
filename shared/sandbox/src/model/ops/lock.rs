//! Retention and legal hold, of versions on their own and of new ones.

use super::super::attributes::{Lock, Retention};
use super::super::bucket::Bucket;
use super::super::request::demand::always;
use super::super::{
    Aspect, Caller, Code, Fault, LockMode, Model, Moment, ObjectRef, ObjectVersion, Response,
};
use super::DONE;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What a bucket puts on every new version that doesn't say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct DefaultRetention {
    pub(in super::super) mode: LockMode,
    pub(in super::super) days: u32,
}

impl DefaultRetention {
    fn from(self, now: Moment) -> Retention {
        let Self { mode, days } = self;
        (mode, Moment::from_millis(now.millis() + i64::from(days) * DAY_MILLIS).whole_seconds())
    }
}

impl Model {
    pub(in super::super) fn object_retention(
        &self,
        caller: &Caller,
        object: &ObjectRef,
    ) -> Result<Response, Fault> {
        let lock = self.lock_of(caller, object)?;
        lock.retention.map(Response::Retention).ok_or_else(no_lock)
    }

    pub(in super::super) fn object_legal_hold(
        &self,
        caller: &Caller,
        object: &ObjectRef,
    ) -> Result<Response, Fault> {
        match self.lock_of(caller, object)?.legal_hold {
            true => Ok(Response::LegalHold(true)),
            false => Err(no_lock()),
        }
    }

    fn lock_of(&self, caller: &Caller, object: &ObjectRef) -> Result<Lock, Fault> {
        let bucket = self.bucket(caller, &object.bucket)?;
        check_configured(bucket)?;
        let found = bucket.find(&object.key, object.version.as_deref())?;
        Ok(found.object.lock.as_deref().cloned().unwrap_or_default())
    }

    pub(in super::super) fn put_retention(
        &mut self,
        caller: &Caller,
        object: &ObjectRef,
        retention: Option<Retention>,
        now: Moment,
    ) -> Result<Response, Fault> {
        check_future(retention, now)?;
        let bypass = caller.bypass_governance;
        self.change_lock(caller, object, |lock| {
            if !may_change(lock.retention, retention, bypass, now) {
                return Err(protected());
            }
            lock.retention = retention;
            Ok(())
        })
    }

    pub(in super::super) fn put_legal_hold(
        &mut self,
        caller: &Caller,
        object: &ObjectRef,
        on: bool,
    ) -> Result<Response, Fault> {
        self.change_lock(caller, object, |lock| {
            lock.legal_hold = on;
            Ok(())
        })
    }

    fn change_lock(
        &mut self,
        caller: &Caller,
        object: &ObjectRef,
        change: impl FnOnce(&mut Lock) -> Result<(), Fault>,
    ) -> Result<Response, Fault> {
        let bucket = self.bucket_mut(caller, &object.bucket)?;
        check_configured(bucket)?;
        let (_, version) = bucket.find_mut(&object.key, object.version.as_deref())?;
        let mut lock = version.lock.as_deref().cloned().unwrap_or_default();
        change(&mut lock)?;
        version.lock = lock.boxed();
        DONE
    }

    /// The lock as an answer to HEAD or GET may tell it: each half needs a permission.
    pub(super) fn visible_lock(
        &self,
        caller: &Caller,
        wanted: &ObjectRef,
        object: &ObjectVersion,
    ) -> Option<Lock> {
        let lock = object.lock.as_deref()?;
        let shown = |operation, action| {
            !self.controls.denies(&wanted.bucket, operation)
                && self.may(caller, &always(action, wanted))
        };
        let shows_retention = || shown("GetObjectRetention", "s3:GetObjectRetention");
        let retention = lock.retention.filter(|_| shows_retention());
        let legal_hold = lock.legal_hold && shown("GetObjectLegalHold", "s3:GetObjectLegalHold");
        Some(Lock { retention, legal_hold })
    }
}

/// The lock of a version that is about to be made: as sent, or by the bucket's default.
pub(super) fn new_lock(
    bucket: &Bucket,
    sent: Option<Lock>,
    now: Moment,
) -> Result<Option<Box<Lock>>, Fault> {
    if sent.is_some() {
        check_configured(bucket)?;
    }
    let Lock { retention, legal_hold } = sent.unwrap_or_default();
    check_future(retention, now)?;
    let default = || bucket.default_retention.map(|default| default.from(now));
    Ok(Lock { retention: retention.or_else(default), legal_hold }.boxed())
}

/// Refuses to remove a locked version. Only governance can be overridden, and only on purpose.
pub(super) fn check_removal(
    object: &ObjectVersion,
    bypass: bool,
    now: Moment,
) -> Result<(), Fault> {
    let Some(lock) = object.lock.as_deref() else { return Ok(()) };
    if lock.legal_hold || !may_change(lock.retention, None, bypass, now) {
        return Err(protected());
    }
    Ok(())
}

/// Whether retention may become `after`: a running one may be prolonged or turned into
/// compliance by anybody, and weakened only in governance mode, on purpose.
fn may_change(
    before: Option<Retention>,
    after: Option<Retention>,
    bypass: bool,
    now: Moment,
) -> bool {
    let Some((mode, until)) = before.filter(|(_, until)| *until > now) else { return true };
    let keeps = after.is_some_and(|(new_mode, new_until)| {
        new_until >= until && (new_mode == mode || new_mode == LockMode::Compliance)
    });
    keeps || (mode == LockMode::Governance && bypass)
}

fn check_configured(bucket: &Bucket) -> Result<(), Fault> {
    if bucket.documents.contains_key(&Aspect::ObjectLock) {
        return Ok(());
    }
    Err(Fault::invalid("Bucket is missing Object Lock Configuration"))
}

fn check_future(retention: Option<Retention>, now: Moment) -> Result<(), Fault> {
    match retention {
        Some((_, until)) if until <= now => {
            Err(Fault::argument("The retain until date must be in the future!"))
        }
        _ => Ok(()),
    }
}

fn protected() -> Fault {
    let message = "Access Denied because object protected by object lock.".to_owned();
    Fault { message, ..Fault::access_denied() }
}

fn no_lock() -> Fault {
    Fault::new(
        Code::NoSuchObjectLock,
        "The specified object does not have a ObjectLock configuration",
    )
}
