//! What must be true of both versions for the old one to be deleted: pure
//! functions of what the looks told.

use reseal_core::{Capabilities, ObjectHead, ObjectLock, Snapshot, Target, Timestamp};

use super::candidate::Candidate;

/// Why a version was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Left {
    /// Its bucket doesn't allow it.
    BucketRefused,
    /// Under a retention or a legal hold.
    Locked,
    /// Not as the job found it.
    Changed,
    /// At the target by now: no old encryption to be rid of.
    AtTarget,
    /// Somebody's edit during the job may be on it alone.
    Drift,
    /// The reply to the copy was lost: perhaps the new version is somebody
    /// else's write.
    Unproved,
    /// The version that the job made is gone or not as the job left it.
    NotSuperseded,
    /// Readers get a version that isn't at the target.
    CurrentNotAtTarget,
    /// The key is deleted: versions are all that could bring it back.
    DeleteMarker,
    /// 403.
    Denied,
    /// Refused in a way that repeating won't cure.
    Refused,
    /// Throttled or unreachable to the end of the patience.
    Unreachable,
}

impl Left {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::BucketRefused => "left: the bucket doesn't allow it, see above",
            Self::Locked => "left: under a retention or a legal hold",
            Self::Changed => "left: not as the job found it",
            Self::AtTarget => "left: at the target by now",
            Self::Drift => "left: edited by somebody during the job (drift)",
            Self::Unproved => "left: the copy's answer was lost, so it may be another's write",
            Self::NotSuperseded => "left: the version that the job made is gone or has changed",
            Self::CurrentNotAtTarget => "left: what readers get isn't at the target",
            Self::DeleteMarker => "left: the key is deleted (delete marker)",
            Self::Denied => "left: denied",
            Self::Refused => "left: refused by S3",
            Self::Unreachable => "left: throttled or unreachable",
        }
    }
}

/// Why a version stays, with a line for people.
pub(crate) type Reason = (Left, String);

/// The job's target, as far as its endpoint tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal<'a> {
    pub(crate) target: &'a Target,
    pub(crate) capabilities: Capabilities,
}

impl Goal<'_> {
    fn is_met_by(&self, head: &ObjectHead) -> bool {
        self.capabilities.meets(self.target, &head.encryption)
    }

    /// The old version must be what the job found, in the encryption of then.
    pub(crate) fn check_old(
        &self,
        candidate: &Candidate,
        old: &ObjectHead,
        lock: ObjectLock,
        now: Timestamp,
    ) -> Result<(), Reason> {
        if self.is_met_by(old) {
            return Err((Left::AtTarget, old.encryption.to_string()));
        }
        if let Some(what) = differs(&candidate.before, old) {
            return Err((Left::Changed, what));
        }
        for lock in [old.lock, lock].map(|lock| lock.still_holds(now)) {
            if lock.legal_hold {
                return Err((Left::Locked, "legal hold".to_owned()));
            }
            if let Some(retention) = lock.retention {
                return Err((Left::Locked, format!("retained until {}", retention.until)));
            }
        }
        Ok(())
    }

    /// The new version must be what the job left, at the target, with the
    /// size, metadata and headers of the old one.
    pub(crate) fn check_new(
        &self,
        candidate: &Candidate,
        old: &ObjectHead,
        new: Option<&ObjectHead>,
    ) -> Result<(), Reason> {
        let wrong = |what: String| Err((Left::NotSuperseded, what));
        let Some(new) = new else { return wrong("the version that the job made is gone".into()) };
        if !self.is_met_by(new) {
            return wrong(format!("the version that the job made is {} now", new.encryption));
        }
        match differs(&candidate.after, new) {
            Some(what) => wrong(format!("of the version that the job made: {what}")),
            None if new.size != old.size => {
                wrong(format!("{} bytes supersede {}", new.size, old.size))
            }
            None if new.attributes.digest() != old.attributes.digest() => {
                wrong("metadata, headers or redirect of the two differ".to_owned())
            }
            None => Ok(()),
        }
    }

    /// Whatever readers get must be at the target, and not the old version.
    pub(crate) fn check_current(
        &self,
        candidate: &Candidate,
        current: Option<&ObjectHead>,
    ) -> Result<(), Reason> {
        let Some(current) = current else {
            return Err((Left::DeleteMarker, String::new()));
        };
        if current.version.as_ref() == Some(candidate.old.version()) {
            return Err((Left::NotSuperseded, "it is current again".to_owned()));
        }
        if current.version.is_none() || !self.is_met_by(current) {
            let what = format!("a newer version is {}", current.encryption);
            return Err((Left::CurrentNotAtTarget, what));
        }
        Ok(())
    }
}

/// How a version differs from what the report says of it.
fn differs(then: &Snapshot, now: &ObjectHead) -> Option<String> {
    if now.version != then.version {
        return Some("another version answers to its name".to_owned());
    }
    if now.etag != then.etag {
        return Some(format!("ETag {} was {}", now.etag, then.etag));
    }
    if now.size != then.size {
        return Some(format!("{} bytes were {}", now.size, then.size));
    }
    if then.last_modified.is_some_and(|then| then != now.last_modified) {
        return Some(format!("written at {}", now.last_modified));
    }
    // A trusted report's row names no key; then the type must do.
    let (was, is) = (&then.encryption, &now.encryption);
    let same_key = was.key().is_none() || was.key() == is.key();
    (was.kind() != is.kind() || !same_key).then(|| format!("{is} was {was}"))
}

#[cfg(test)]
mod tests;
