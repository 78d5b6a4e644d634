//! Before a copy replaces an object for good: the backup, where one is asked
//! for, and the refusal where somebody's older version would be replaced.
//!
//! A backup has no condition on its destination: its key belongs to the job.
//! Its source is fenced like the copy's own, so that what is backed up is
//! what is replaced.

use reseal_core::ports::{CopyRequest, CopyTags, DestinationGuard, UploadSource};
use reseal_core::{
    BackupTo, ETag, FailReason, ObjectHead, ObjectRef, Outcome, Protection, SkipReason, StoreError,
    StoreErrorKind, VersionId, Versioning,
};

use crate::act::source_guard;
use crate::look::head as look_head;
use crate::multipart::{Transfer, difference};
use crate::object::{Halt, Step, Task, Trouble};

/// A backup that is in place.
#[derive(Clone, Debug)]
pub(crate) struct Backup {
    pub(crate) place: ObjectRef,
    /// The object's entity tag when it was made.
    of: ETag,
}

impl Task<'_> {
    /// What must happen before this object's content is written anew; a step
    /// instead of `None` means that it must not be.
    pub(crate) async fn before_replacing(
        &mut self,
        head: &ObjectHead,
    ) -> Result<Option<Step>, Halt> {
        let versioning = self.chunk.versioning();
        if versioning == Versioning::Suspended && !is_null(head) {
            return self.keep_null_version(head).await;
        }
        let Some(to) = self.chunk.job.spec.behaviour.backup_to.clone() else { return Ok(None) };
        let made = self.backup.as_ref().is_some_and(|backup| backup.of == head.etag);
        if versioning == Versioning::Enabled || made {
            return Ok(None);
        }
        self.back_up(&to, head).await
    }

    /// Versioning is suspended and the current version has an id: a copy would
    /// become the version `null`, in the place of an older one that is so named.
    async fn keep_null_version(&mut self, head: &ObjectHead) -> Result<Option<Step>, Halt> {
        let null = self.object.at(Some(VersionId::null()));
        match look_head(self.chunk.context, &null).await {
            Ok(_) => {
                let reason = SkipReason::ReplacesVersion;
                Ok(Some(Step::Settled(Outcome::Skipped(reason), None)))
            }
            Err(error) if error.kind == StoreErrorKind::Gone => Ok(None),
            Err(error) => self.after_error(&error, head).await.map(Some),
        }
    }

    async fn back_up(&mut self, to: &BackupTo, head: &ObjectHead) -> Result<Option<Step>, Halt> {
        let place = match to.place(&self.chunk.job.id, &self.object) {
            Ok(place) => place,
            Err(error) => {
                let detail = format!("no backup, so left alone: {error}");
                return Ok(Some(Step::Settled(Outcome::Failed(FailReason::Refused), Some(detail))));
            }
        };
        let doubts = self.in_doubt;
        let made = self.ensure_backup(&place, head).await;
        let step = match made {
            Ok(None) => {
                self.backup = Some(Backup { place, of: head.etag.clone() });
                return Ok(None);
            }
            Ok(Some(what)) => {
                let detail = format!("the backup at {place} isn't what it should be: {what}");
                Step::Settled(Outcome::Failed(FailReason::NotProved), Some(detail))
            }
            Err(Trouble::Halt(halt)) => return Err(halt),
            Err(Trouble::Settled(outcome, detail)) => Step::Settled(outcome, detail),
            Err(Trouble::Store(mut error)) => {
                error.message = format!("{} (backup to {place})", error.message);
                self.after_error(&error, head).await?
            }
        };
        // A doubtful backup leaves no doubt about the object itself.
        self.in_doubt = doubts;
        Ok(Some(step))
    }

    /// Makes it, unless an earlier claim did and nobody removed it since.
    async fn ensure_backup(
        &mut self,
        place: &ObjectRef,
        head: &ObjectHead,
    ) -> Result<Option<String>, Trouble> {
        if self.was_backed_up(head) && self.compare_backup(place, head, None).await?.is_none() {
            return Ok(None);
        }
        self.make_backup(place, head).await
    }

    /// Whether an earlier claim made the backup of this very object: it did
    /// before it began the upload that is on record.
    fn was_backed_up(&self, head: &ObjectHead) -> bool {
        self.chunk.open_upload_of(self.index).is_some_and(|open| {
            open.to == self.object.current()
                && open.source.etag == head.etag
                && open.source.last_modified == head.last_modified
        })
    }

    /// Copies it and looks at the copy; what is wrong with it, if anything is.
    async fn make_backup(
        &mut self,
        place: &ObjectRef,
        head: &ObjectHead,
    ) -> Result<Option<String>, Trouble> {
        if head.size <= self.policy.single_copy_limit {
            self.copy_to(place, head).await?;
            return Ok(self.compare_backup(place, head, None).await?);
        }
        let source = self.copy_to_in_parts(place, head).await?;
        Ok(self.compare_backup(place, head, Some(&source)).await?)
    }

    /// Whether all bytes are there, encrypted as the target wants it, with
    /// everything that a copy in parts had to restate.
    async fn compare_backup(
        &mut self,
        place: &ObjectRef,
        head: &ObjectHead,
        restated: Option<&UploadSource>,
    ) -> Result<Option<String>, StoreError> {
        match look_head(self.chunk.context, place).await {
            Ok(copy) if copy.size != head.size => Ok(Some(format!("{} bytes", copy.size))),
            Ok(copy) if !self.chunk.is_met_by(&copy.encryption) => {
                Ok(Some(copy.encryption.to_string()))
            }
            Ok(copy) => match restated {
                Some(source) => self.compare_restated(place, source, &copy).await,
                None => Ok(None),
            },
            // The backup, not the object.
            Err(error) if error.kind == StoreErrorKind::Gone => Ok(Some("it is gone".to_owned())),
            Err(error) => Err(error),
        }
    }

    async fn compare_restated(
        &mut self,
        place: &ObjectRef,
        source: &UploadSource,
        copy: &ObjectHead,
    ) -> Result<Option<String>, StoreError> {
        if let Some(lost) = difference(source, copy) {
            return Ok(Some(format!("its {lost} differs")));
        }
        let tags = self.read_tags(place).await?;
        Ok((tags != source.tags).then(|| "its tags differ".to_owned()))
    }

    async fn copy_to(&mut self, place: &ObjectRef, head: &ObjectHead) -> Result<(), StoreError> {
        let context = self.chunk.context;
        let from = self.object.current();
        let request = CopyRequest {
            from: &from,
            to: place,
            size: head.size,
            source: source_guard(head, self),
            destination: DestinationGuard::Unfenced,
            target: &self.chunk.job.spec.target,
            attributes: &head.attributes,
            // Private, and free to be deleted.
            protection: &Protection::default(),
            tags: CopyTags::Keep,
        };
        let call = || context.store.copy(&request);
        context.write(place, self.write_cost(), &mut self.patience, call).await.map(|_| ())
    }

    async fn copy_to_in_parts(
        &mut self,
        place: &ObjectRef,
        head: &ObjectHead,
    ) -> Result<UploadSource, Trouble> {
        let from = self.object.at(head.version.clone());
        let head = &self.with_checksum(&from, head).await?;
        let cut = self.cut(&from, head).await?;
        let tags = self.read_tags(&from).await?;
        let transfer = Transfer {
            from,
            to: place.clone(),
            source: UploadSource::new(head, Protection::default(), tags.clone()),
            tags,
            cut,
            source_guard: source_guard(head, self),
            destination: DestinationGuard::Unfenced,
        };
        let (open, parts) = self.copy_in_parts(&transfer).await?;
        self.complete(&transfer, &open.id, &parts).await?;
        self.chunk.close_upload(self.index).await?;
        Ok(transfer.source)
    }

    /// After an interruption: whether an earlier claim made a backup of what
    /// it replaced. Only for the report, so trouble with it is none.
    pub(crate) async fn find_backup(&mut self, head: &ObjectHead) {
        let Some(to) = self.chunk.job.spec.behaviour.backup_to.clone() else { return };
        let Ok(place) = to.place(&self.chunk.job.id, &self.object) else { return };
        let found = look_head(self.chunk.context, &place).await;
        let is_one =
            |copy: ObjectHead| copy.size == head.size && self.chunk.is_met_by(&copy.encryption);
        if found.is_ok_and(is_one) {
            self.backup = Some(Backup { place, of: head.etag.clone() });
        }
    }
}

/// Whether a copy would replace this very version.
fn is_null(head: &ObjectHead) -> bool {
    head.version.as_ref().is_none_or(|version| *version == VersionId::null())
}
