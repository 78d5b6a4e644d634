//! What a failed mutation means for its object: look again, settle, or stop
//! the job.

use reseal_core::{
    Encryption, FailReason, KeyTrouble, ObjectHead, Outcome, PauseReason, SkipReason, StoreError,
    StoreErrorKind,
};

use crate::object::{Halt, Step, Task};

impl Task<'_> {
    /// What to do after it.
    pub(crate) async fn after_error(
        &mut self,
        error: &StoreError,
        head: &ObjectHead,
    ) -> Result<Step, Halt> {
        let settled = |outcome| Ok(Step::Settled(outcome, Some(error.to_string())));
        match error.kind {
            StoreErrorKind::Throttled(_)
            | StoreErrorKind::Unavailable
            | StoreErrorKind::Ambiguous
            | StoreErrorKind::Conflict
            | StoreErrorKind::UploadGone => {
                self.in_doubt |= error.kind == StoreErrorKind::Ambiguous;
                self.certainly_without_effect();
                if self.chunk.context.pause(&mut self.patience, error.kind).await {
                    Ok(Step::LookAgain)
                } else {
                    settled(Outcome::Failed(FailReason::Exhausted))
                }
            }
            StoreErrorKind::PreconditionFailed => {
                self.certainly_without_effect();
                Ok(self.changed())
            }
            StoreErrorKind::Gone => settled(Outcome::Skipped(SkipReason::Gone)),
            StoreErrorKind::UpdateRefused | StoreErrorKind::Unsupported if !self.update_refused => {
                self.update_refused = true;
                self.certainly_without_effect();
                Ok(Step::LookAgain)
            }
            StoreErrorKind::TooLarge
                if (1..=self.policy.single_copy_limit).contains(&head.size) =>
            {
                self.policy.single_copy_limit = head.size.saturating_sub(1);
                Ok(Step::LookAgain)
            }
            StoreErrorKind::Archived => settled(Outcome::Skipped(SkipReason::Archived)),
            StoreErrorKind::CustomerKey => settled(Outcome::Skipped(SkipReason::SseC)),
            StoreErrorKind::Denied => settled(Outcome::Failed(FailReason::Denied)),
            StoreErrorKind::Credentials => {
                tracing::error!(error = %error, "no usable credentials for this bucket");
                Err(Halt::Pause(PauseReason::Credentials))
            }
            StoreErrorKind::Key(trouble) => {
                if self.blames_target(error, head).await {
                    return Err(Halt::Pause(PauseReason::Key(trouble)));
                }
                settled(Outcome::Failed(key_failure(trouble)))
            }
            StoreErrorKind::BucketGone
            | StoreErrorKind::UpdateRefused
            | StoreErrorKind::TooLarge
            | StoreErrorKind::Unsupported
            | StoreErrorKind::Invalid => settled(Outcome::Failed(FailReason::Refused)),
        }
    }

    /// The attempt did nothing: what is found next is another's. Unless an
    /// earlier one may have.
    fn certainly_without_effect(&mut self) {
        if !self.in_doubt {
            self.tried = None;
        }
    }

    /// Whether trouble with a key is trouble with the *target* key, which
    /// stops the job, or with the key that this one object is under now. S3
    /// names the key in its message; where it doesn't, KMS is asked.
    async fn blames_target(&self, error: &StoreError, head: &ObjectHead) -> bool {
        let Some(target) = self.target().key() else { return false };
        let source = head.encryption.key();
        if source == Some(target.as_str()) || error.message.contains(target.as_str()) {
            return true;
        }
        let plain = matches!(head.encryption, Encryption::None | Encryption::SseS3);
        if plain || source.is_some_and(|key| error.message.contains(key)) {
            return plain;
        }
        let ports = self.chunk.context.ports;
        let described = crate::retry::read(ports.clock.as_ref(), ports.random.as_ref(), || {
            ports.keys.describe(target.as_str())
        })
        .await;
        described.is_ok_and(|facts| facts.status != reseal_core::ports::KeyStatus::Enabled)
    }
}

fn key_failure(trouble: KeyTrouble) -> FailReason {
    match trouble {
        KeyTrouble::Denied => FailReason::Denied,
        KeyTrouble::NotFound | KeyTrouble::Disabled | KeyTrouble::InvalidState => {
            FailReason::Refused
        }
    }
}
