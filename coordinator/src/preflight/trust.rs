//! Where `--trust-inventory` isn't safe, because a row doesn't say what a copy
//! would have to put back, or may be outdated without its entity tag showing it.

use reseal_core::BucketName;
use reseal_core::ports::{BucketFacts, Setting};

use super::PreflightError;

/// Refuses a bucket whose rows can't be trusted for a first attempt.
///
/// # Errors
/// Naming the setting and the flag.
pub(super) fn refuse_trust(bucket: &BucketName, facts: &BucketFacts) -> Result<(), PreflightError> {
    let settings = [
        (
            &facts.transitions,
            "lifecycle rules move objects between storage classes",
            "an old class would be written back",
        ),
        (&facts.website, "the bucket is a website", "redirects would be lost"),
        (&facts.acls, "object ACLs count", "a row doesn't tell them"),
        (&facts.object_lock, "Object Lock is on", "a row's locks may be outdated"),
    ];
    for (setting, what, harm) in settings {
        let line = match setting {
            Setting::No => continue,
            Setting::Yes => format!(
                "--trust-inventory isn't safe in bucket {bucket}: {what}, and {harm}: run without it"
            ),
            Setting::Unreadable(why) => format!(
                "--trust-inventory needs to know that this isn't so in bucket {bucket}: {what} ({why}): allow it to be read, or run without it"
            ),
        };
        return Err(PreflightError::Refused(line));
    }
    Ok(())
}
