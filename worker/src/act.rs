//! The actions of one request: update, single copy, restore; with their proof.

use reseal_core::ports::{CopyReceipt, CopyRequest, CopyTags, DestinationGuard, SourceGuard};
use reseal_core::{
    ActionKind, FailReason, KmsTarget, ObjectHead, ObjectRef, Outcome, PauseReason, Proof,
    RestoreTerms, SkipReason, Snapshot, StoreErrorKind, VersionId, Versioning,
};

use crate::look::{Look, failed, head as look_head};
use crate::object::{Halt, Step, Task, Trouble, keeps_etag};
use crate::pace::Cost;

/// KMS calls that an update makes S3 do: decrypt under one key, encrypt under
/// the other.
const KMS_CALLS_OF_UPDATE: u32 = 2;

impl Task<'_> {
    /// UpdateObjectEncryption, then a HEAD: the reply itself proves nothing.
    pub(crate) async fn update(
        &mut self,
        kms: &KmsTarget,
        head: &ObjectHead,
    ) -> Result<Step, Trouble> {
        self.has_room_for_the_tag(head).await?;
        self.tries(ActionKind::Update);
        let context = self.chunk.context;
        let object = self.object.at(head.version.clone());
        let cost = Cost::WriteWithKey(KMS_CALLS_OF_UPDATE);
        let call = || context.store.update_encryption(&object, kms);
        context.write(&object, cost, &mut self.patience, call).await?;
        // No receipt says what the object is now: only a change shows a rewrite.
        let untouched = |after: &ObjectHead| {
            after.etag == head.etag && after.last_modified == head.last_modified
        };
        Ok(self.prove(&object, untouched).await?)
    }

    /// CopyObject onto itself, conditional on both ends.
    pub(crate) async fn copy(&mut self, head: &ObjectHead) -> Result<Step, Trouble> {
        let kept = self.keep(head, false).await?;
        self.tries(ActionKind::Copy);
        let context = self.chunk.context;
        let object = self.object.current();
        let request = CopyRequest {
            from: &object,
            to: &object,
            size: head.size,
            source: source_guard(head, self),
            destination: self.destination_guard(head),
            target: &self.chunk.job.spec.target,
            attributes: &head.attributes,
            protection: &kept.protection,
            tags: match &kept.tags {
                Some(tags) => CopyTags::Replace(tags.sent.clone()),
                None => CopyTags::Keep,
            },
        };
        let call = || context.store.copy(&request);
        let result = context.write(&object, self.write_cost(), &mut self.patience, call).await;
        // Compared even if the reply is lost and the next look finds the copy.
        self.kept = Some(kept);
        let receipt = result?;
        let made = receipt.version.clone();
        let step = self.prove_copy(&object, head, receipt).await?;
        if matches!(step, Step::Proved(..)) {
            self.compare_kept(made.as_ref()).await;
        }
        Ok(step)
    }

    /// RestoreObject: what it brings back is for a later run.
    pub(crate) async fn restore(
        &mut self,
        terms: &RestoreTerms,
        head: &ObjectHead,
    ) -> Result<Step, Trouble> {
        let context = self.chunk.context;
        let object = self.object.at(head.version.clone());
        // Intelligent-Tiering brings objects back for good.
        let days = head.attributes.storage_class.is_archive().then_some(terms.days);
        let call = || context.store.restore(&object, days, terms.tier);
        context.write(&object, Cost::Write, &mut self.patience, call).await?;
        self.tries(ActionKind::Restore);
        let for_days = days.map(|days| format!(" for {days} days")).unwrap_or_default();
        let detail = format!(
            "{} restore requested{for_days}: run again when it is done",
            terms.tier.as_str()
        );
        Ok(Step::Settled(Outcome::Skipped(SkipReason::Restoring), Some(detail)))
    }

    /// S3's own reply proves a copy, where it names the encryption.
    async fn prove_copy(
        &mut self,
        object: &ObjectRef,
        head: &ObjectHead,
        receipt: CopyReceipt,
    ) -> Result<Step, Halt> {
        let CopyReceipt { etag, last_modified, version, source_version, encryption } = receipt;
        self.keeps_versions(version.as_ref())?;
        // The same tag on another version: somebody wrote the same content
        // with other metadata in between, and S3 copied that.
        if head.version.is_some() && source_version.is_some() && source_version != head.version {
            self.drifted("rewritten with the same content: the newer one was copied".to_owned());
        }
        match encryption {
            Some(encryption) if self.chunk.is_met_by(&encryption) => {
                let storage_class = head.attributes.storage_class.clone();
                let size = head.size;
                let after = Snapshot {
                    version,
                    etag,
                    size,
                    last_modified,
                    storage_class,
                    // The reply doesn't tell them.
                    attributes: None,
                    encryption,
                };
                Ok(Step::Proved(Proof::Reply, after))
            }
            _ => self.prove(&object.at(version), |after| after.etag == etag).await,
        }
    }

    /// Every copy in a bucket that keeps versions makes one. Where it didn't,
    /// versioning was switched off since the job began, and what further
    /// copies replace would be lost.
    pub(crate) fn keeps_versions(&self, made: Option<&VersionId>) -> Result<(), Halt> {
        let lost = made.is_none_or(|version| *version == VersionId::null());
        if lost && self.chunk.versioning() == Versioning::Enabled {
            return Err(Halt::Pause(PauseReason::Versioning));
        }
        Ok(())
    }

    /// Proof by HEAD. `ours` tells what we left there from a later write of
    /// somebody else's.
    async fn prove(
        &mut self,
        object: &ObjectRef,
        ours: impl Fn(&ObjectHead) -> bool,
    ) -> Result<Step, Halt> {
        let after = match look_head(self.chunk.context, object).await {
            Ok(after) => after,
            Err(error) if error.kind == StoreErrorKind::Gone => return Ok(self.changed()),
            Err(error) => {
                return match failed(&error) {
                    Look::Pause(reason) => Err(Halt::Pause(reason)),
                    // Not "skipped": something was done, and it isn't proved.
                    Look::Seen(_) | Look::Settled(..) => Ok(Step::Settled(
                        Outcome::Failed(FailReason::NotProved),
                        Some(error.to_string()),
                    )),
                };
            }
        };
        if self.chunk.is_met_by(&after.encryption) {
            return Ok(Step::Proved(Proof::Head, Snapshot::from(&after)));
        }
        if !ours(&after) {
            return Ok(self.changed());
        }
        Ok(not_proved(&after))
    }

    pub(crate) fn destination_guard(&self, head: &ObjectHead) -> DestinationGuard {
        if self.chunk.capabilities().destination_guard {
            DestinationGuard::ETag(head.etag.clone())
        } else {
            DestinationGuard::Unfenced
        }
    }

    /// The same for a completion of parts.
    pub(crate) fn completion_guard(&self, head: &ObjectHead) -> DestinationGuard {
        if self.chunk.capabilities().parts_guard {
            DestinationGuard::ETag(head.etag.clone())
        } else {
            DestinationGuard::Unfenced
        }
    }

    pub(crate) fn write_cost(&self) -> Cost {
        if self.target().key().is_some() { Cost::WriteWithKey(1) } else { Cost::Write }
    }
}

/// It is what we left there, and not what was wanted: repeating won't help.
pub(crate) fn not_proved(after: &ObjectHead) -> Step {
    let detail = format!("S3 reported success, but HEAD shows {}", after.encryption);
    Step::Settled(Outcome::Failed(FailReason::NotProved), Some(detail))
}

/// The condition that tells this source from anything written later.
pub(crate) fn source_guard(head: &ObjectHead, task: &Task<'_>) -> SourceGuard {
    if keeps_etag(head, task.target()) {
        SourceGuard::UnmodifiedSince(head.last_modified)
    } else {
        SourceGuard::ETag(head.etag.clone())
    }
}
