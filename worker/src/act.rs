//! The two actions of one request: update and single copy, with their proof.

use reseal_core::ports::{CopyReceipt, CopyRequest, CopyTags, DestinationGuard, SourceGuard};
use reseal_core::{
    FailReason, KmsTarget, ObjectHead, ObjectRef, Outcome, Proof, Snapshot, StoreErrorKind,
};

use crate::look::{Look, failed, head as look_head};
use crate::object::{Halt, Step, Task, keeps_etag};
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
    ) -> Result<Step, Halt> {
        let context = self.chunk.context;
        let object = self.object.at(head.version.clone());
        let cost = Cost::WriteWithKey(KMS_CALLS_OF_UPDATE);
        let call = || context.ports.store.update_encryption(&object, kms);
        match context.write(&object, cost, &mut self.patience, call).await {
            Ok(()) => self.prove(&object, head).await,
            Err(error) => self.after_error(&error, head).await,
        }
    }

    /// CopyObject onto itself, conditional on both ends.
    pub(crate) async fn copy(&mut self, head: &ObjectHead) -> Result<Step, Halt> {
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
            tags: CopyTags::Keep,
        };
        let call = || context.ports.store.copy(&request);
        let result = context.write(&object, self.write_cost(), &mut self.patience, call).await;
        match result {
            Ok(receipt) => self.prove_copy(&object, head, receipt).await,
            Err(error) => self.after_error(&error, head).await,
        }
    }

    /// S3's own reply proves a copy, where it names the encryption.
    async fn prove_copy(
        &mut self,
        object: &ObjectRef,
        head: &ObjectHead,
        receipt: CopyReceipt,
    ) -> Result<Step, Halt> {
        let CopyReceipt { etag, last_modified, version, source_version, encryption } = receipt;
        // The same tag on another version: somebody wrote the same content
        // with other metadata in between, and S3 copied that.
        if head.version.is_some() && source_version.is_some() && source_version != head.version {
            self.drifted("rewritten with the same content: the newer one was copied".to_owned());
        }
        match encryption {
            Some(encryption) if self.chunk.is_met_by(&encryption) => {
                let storage_class = head.attributes.storage_class.clone();
                let size = head.size;
                let after =
                    Snapshot { version, etag, size, last_modified, storage_class, encryption };
                Ok(Step::Proved(Proof::Reply, after))
            }
            _ => self.prove(&object.at(version), head).await,
        }
    }

    /// Proof by HEAD.
    pub(crate) async fn prove(
        &mut self,
        object: &ObjectRef,
        before: &ObjectHead,
    ) -> Result<Step, Halt> {
        let after = match look_head(self.chunk.context, object, &mut self.patience).await {
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
        let rewritten = after.etag != before.etag || after.last_modified != before.last_modified;
        if self.chunk.is_met_by(&after.encryption) {
            return Ok(Step::Proved(Proof::Head, Snapshot::from(&after)));
        }
        if rewritten {
            return Ok(self.changed());
        }
        let detail = format!("S3 reported success, but HEAD shows {}", after.encryption);
        Ok(Step::Settled(Outcome::Failed(FailReason::NotProved), Some(detail)))
    }

    pub(crate) fn destination_guard(&self, head: &ObjectHead) -> DestinationGuard {
        if self.chunk.capabilities().destination_guard {
            DestinationGuard::ETag(head.etag.clone())
        } else {
            DestinationGuard::Unfenced
        }
    }

    pub(crate) fn write_cost(&self) -> Cost {
        if self.target().key().is_some() { Cost::WriteWithKey(1) } else { Cost::Write }
    }
}

/// The condition that tells this source from anything written later.
pub(crate) fn source_guard(head: &ObjectHead, task: &Task<'_>) -> SourceGuard {
    if keeps_etag(head, task.target()) {
        SourceGuard::UnmodifiedSince(head.last_modified)
    } else {
        SourceGuard::ETag(head.etag.clone())
    }
}
