//! RestoreObject.

use super::super::{
    ArchiveTier, Caller, Code, Fault, Model, Moment, ObjectVersion, Readiness, Response, Restore,
    RestoreObject, RestoreTier, StorageClass,
};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

impl Model {
    pub(in super::super) fn restore_object(
        &mut self,
        caller: &Caller,
        restore: &RestoreObject,
        now: Moment,
    ) -> Result<Response, Fault> {
        let RestoreObject { object: wanted, days, tier } = restore;
        let duration = self.restore_millis;
        let bucket = self.bucket_mut(caller, &wanted.bucket)?;
        let (_, object) = bucket.find_mut(&wanted.key, wanted.version.as_deref())?;
        let readiness = object.readiness(now);
        match readiness {
            Readiness::Online => {
                let message = "Restore is not allowed for the object's current storage class";
                return Err(object.wrong_class(message));
            }
            Readiness::Restoring => {
                let message = "Object restore is already in progress";
                return Err(Fault::new(Code::RestoreAlreadyInProgress, message));
            }
            Readiness::Archived | Readiness::Restored(_) => {}
        }
        check_tier(object, *tier)?;
        check_days(object, *days)?;
        let again = matches!(readiness, Readiness::Restored(_));
        let ready = if again { now } else { Moment::from_millis(now.millis() + duration) };
        let expiry = days.map(|days| expiry(ready, days));
        object.restore = Some(Box::new(Restore { ready, expiry }));
        Ok(Response::RestoreStarted { again })
    }

    /// How long every restore takes that is asked for from now on, in milliseconds.
    pub fn set_restore_duration(&mut self, millis: u32) {
        self.restore_millis = i64::from(millis);
    }
}

/// Some days later, at the next midnight.
fn expiry(from: Moment, days: u32) -> Moment {
    let end = from.millis() + i64::from(days) * DAY_MILLIS;
    Moment::from_millis(end.div_euclid(DAY_MILLIS) * DAY_MILLIS + DAY_MILLIS)
}

fn check_tier(object: &ObjectVersion, tier: Option<RestoreTier>) -> Result<(), Fault> {
    let deep = object.storage_class == StorageClass::DeepArchive
        || object.archive == Some(ArchiveTier::DeepArchive);
    if deep && tier == Some(RestoreTier::Expedited) {
        return Err(Fault::argument("Retrieval option is not supported by this storage class"));
    }
    Ok(())
}

/// A copy from an archive class is there for some days; an archive tier is left for good.
fn check_days(object: &ObjectVersion, days: Option<u32>) -> Result<(), Fault> {
    match (object.archive, days) {
        (Some(_), Some(_)) => Err(Fault::argument(
            "Days must not be specified for objects in the INTELLIGENT_TIERING storage class",
        )),
        (None, Some(0)) => {
            Err(Fault::argument("restoration days should be at least 1 and at most 2147483647"))
        }
        (None, None) => Err(Fault::new(
            Code::MalformedXml,
            "The XML you provided was not well-formed or did not validate against our published \
             schema",
        )),
        (Some(_), None) | (None, Some(_)) => Ok(()),
    }
}
