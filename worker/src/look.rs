//! Looking at an object: HEAD, and whether the version is the current one.

use reseal_core::{
    BucketName, Currency, FailReason, ObjectHead, ObjectRef, Outcome, PauseReason, Proof,
    SkipReason, Snapshot, SourceRow, StoreError, StoreErrorKind, VersionId,
};

use crate::context::Context;

/// What a look found.
pub(crate) enum Look {
    /// The object.
    Seen(Box<Seen>),
    /// Nothing that can be worked on.
    Settled(Outcome, Option<String>),
    /// Nobody's object can be looked at now.
    Pause(PauseReason),
}

/// An object as it is now.
pub(crate) struct Seen {
    pub(crate) head: ObjectHead,
    pub(crate) currency: Currency,
    /// What says so.
    pub(crate) evidence: Proof,
}

impl Seen {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let snapshot = Snapshot::from(&self.head);
        match self.evidence {
            // A row tells none.
            Proof::Inventory => Snapshot { attributes: None, ..snapshot },
            Proof::Head | Proof::Reply | Proof::Found => snapshot,
        }
    }
}

/// Looks at the object that a row names.
pub(crate) async fn look(context: &Context<'_>, bucket: &BucketName, row: &SourceRow) -> Look {
    if row.is_delete_marker {
        return Look::Settled(Outcome::Skipped(SkipReason::DeleteMarker), None);
    }
    match find(context, &row.object(bucket), row.is_latest).await {
        Ok(seen) => Look::Seen(Box::new(seen)),
        Err(error) => failed(&error),
    }
}

async fn find(
    context: &Context<'_>,
    object: &ObjectRef,
    may_be_current: bool,
) -> Result<Seen, StoreError> {
    let Some(version) = &object.version else {
        let head = head(context, object).await?;
        return Ok(Seen { head, currency: Currency::Current, evidence: Proof::Head });
    };
    if may_be_current {
        match head(context, &object.current()).await {
            Ok(head) if is_version(&head, version) => {
                return Ok(Seen { head, currency: Currency::Current, evidence: Proof::Head });
            }
            // A newer version or a delete marker lies above it by now.
            Ok(_) => {}
            Err(error) if error.kind == StoreErrorKind::Gone => {}
            Err(error) => return Err(error),
        }
    }
    let head = head(context, object).await?;
    Ok(Seen { head, currency: Currency::Noncurrent, evidence: Proof::Head })
}

/// Buckets that never were versioned list the version `null`, but don't name
/// it on HEAD.
fn is_version(head: &ObjectHead, version: &VersionId) -> bool {
    match &head.version {
        Some(found) => found == version,
        None => *version == VersionId::null(),
    }
}

pub(crate) async fn head(
    context: &Context<'_>,
    object: &ObjectRef,
) -> Result<ObjectHead, StoreError> {
    context.read(object, || context.store.head(object)).await
}

/// What a failed read means for the object.
pub(crate) fn failed(error: &StoreError) -> Look {
    let outcome = match error.kind {
        StoreErrorKind::Gone => Outcome::Skipped(SkipReason::Gone),
        StoreErrorKind::CustomerKey => Outcome::Skipped(SkipReason::SseC),
        StoreErrorKind::Archived => Outcome::Skipped(SkipReason::Archived),
        StoreErrorKind::Denied | StoreErrorKind::Key(_) => Outcome::Failed(FailReason::Denied),
        StoreErrorKind::Credentials => return Look::Pause(PauseReason::Credentials),
        StoreErrorKind::Throttled(_)
        | StoreErrorKind::Unavailable
        | StoreErrorKind::Ambiguous
        | StoreErrorKind::Conflict => Outcome::Failed(FailReason::Exhausted),
        StoreErrorKind::UploadGone
        | StoreErrorKind::BucketGone
        | StoreErrorKind::PreconditionFailed
        | StoreErrorKind::UpdateRefused
        | StoreErrorKind::TooLarge
        | StoreErrorKind::Unsupported
        | StoreErrorKind::Invalid => Outcome::Failed(FailReason::Refused),
    };
    let detail = match outcome {
        Outcome::Failed(_) => Some(error.to_string()),
        _ => None,
    };
    Look::Settled(outcome, detail)
}
