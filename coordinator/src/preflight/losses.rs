//! What a bucket's settings would make a copy lose. Refused here, since
//! nothing puts it back afterwards.

use std::collections::BTreeMap;

use reseal_core::ports::{BucketFacts, Setting};
use reseal_core::{Behaviour, BucketName, Locked, Strategy};

use super::PreflightError;
use crate::hazards::Hazard;

/// Refuses a bucket in which copies would lose what reseal doesn't put back.
///
/// # Errors
/// Naming the setting and the flag.
pub(super) fn refuse_losses(
    bucket: &BucketName,
    facts: &BucketFacts,
    behaviour: &Behaviour,
) -> Result<(), PreflightError> {
    match &facts.object_lock {
        Setting::No => {}
        Setting::Yes if facts.default_retention == Setting::No => {}
        Setting::Yes => {
            return refuse(format!(
                "bucket {bucket} gives every new version a retention of its own (Object Lock), which this version doesn't do: copies, and the probe's scratch objects, would be locked by it"
            ));
        }
        Setting::Unreadable(why) => {
            return refuse(format!(
                "whether bucket {bucket} has Object Lock on can't be told ({why}): allow it to be read"
            ));
        }
    }
    if behaviour.policy.strategy == Strategy::Update {
        return Ok(());
    }
    if behaviour.accept_acl_reset {
        return Ok(());
    }
    match &facts.acls {
        // Where they count, copies restate them.
        Setting::No | Setting::Yes => Ok(()),
        Setting::Unreadable(why) => refuse(format!(
            "whether bucket {bucket} uses object ACLs, which a copy resets to private, can't be told ({why}): allow it to be read, use --strategy update, or --accept-acl-reset"
        )),
    }
}

/// What copies make of ACLs and locks where they may.
pub(super) fn hazards(
    facts: &BTreeMap<BucketName, BucketFacts>,
    behaviour: &Behaviour,
) -> Vec<Hazard> {
    let those = |setting: fn(&BucketFacts) -> &Setting| -> Vec<BucketName> {
        let found = facts.iter().filter(|(_, facts)| *setting(facts) == Setting::Yes);
        found.map(|(bucket, _)| bucket.clone()).collect()
    };
    let (acls, locks) = (those(|facts| &facts.acls), those(|facts| &facts.object_lock));
    let mut hazards = Vec::new();
    if !acls.is_empty() {
        hazards.push(match behaviour.accept_acl_reset {
            true => Hazard::AclsReset { buckets: acls },
            false => Hazard::AclsRestated { buckets: acls },
        });
    }
    if !locks.is_empty() && behaviour.policy.locked == Locked::Copy {
        hazards.push(Hazard::LocksDoubled { buckets: locks });
    }
    hazards
}

fn refuse(line: String) -> Result<(), PreflightError> {
    Err(PreflightError::Refused(line))
}
