//! The canary's steps. Each demands what a run would rely on, and reads back
//! what S3 says it did.

use reseal_core::ports::{CopyReceipt, CopyRequest, CopyTags, DestinationGuard, SourceGuard};
use reseal_core::{
    Annotations, Capabilities, ETag, KmsTarget, ObjectHead, ObjectRef, Protection, StoreError,
    StoreErrorKind, Strategy, TagSet, Target, VersionId, Versioning,
};

use super::begin::BODY;
use super::findings::BucketProbe;
use super::{Ground, ProbeError};
use crate::preflight::allows_update;

/// An entity tag that no object of ours has.
pub(super) const NO_SUCH_ETAG: &str = "00000000000000000000000000000000";

impl Ground<'_> {
    /// All steps on fresh scratch objects.
    pub(super) async fn canary(&self) -> Result<BucketProbe, ProbeError> {
        let behaviour = self.prober.behaviour;
        let mut probe = BucketProbe {
            bucket: self.bucket.clone(),
            capabilities: Capabilities {
                update: false,
                destination_guard: false,
                bucket_key_reported: true,
                annotations: Annotations::Unknown,
                parts: false,
                parts_guard: true,
            },
            writer: None,
            findings: Vec::new(),
            refusals: Vec::new(),
        };
        let strategy = behaviour.policy.strategy;
        if strategy != Strategy::Update {
            self.copying(&mut probe).await?;
        }
        if let Target::SseKms(kms) = self.prober.target
            && strategy != Strategy::Copy
        {
            self.updating(kms, &mut probe).await?;
        }
        self.reading(&mut probe).await?;
        self.note_begun(&mut probe);
        probe.refusals = self.refusals(&probe);
        Ok(probe)
    }

    /// What the user's options ask for and this bucket doesn't do.
    fn refusals(&self, probe: &BucketProbe) -> Vec<String> {
        let (bucket, behaviour) = (self.bucket, self.prober.behaviour);
        let Capabilities {
            update,
            destination_guard,
            bucket_key_reported: _,
            annotations: _,
            parts: _,
            parts_guard,
        } = probe.capabilities;
        if behaviour.policy.strategy == Strategy::Update {
            let line = format!(
                "bucket {bucket}: --strategy update needs UpdateObjectEncryption, which doesn't work here; --strategy auto or copy would"
            );
            return if update { Vec::new() } else { vec![line] };
        }
        let or = if update { ", or never copy with --strategy update" } else { "" };
        if (destination_guard && parts_guard) || behaviour.accept_unfenced_copies {
            return Vec::new();
        }
        let which = if destination_guard { "copies in parts" } else { "copies" };
        vec![format!(
            "bucket {bucket}: {which} can't be fenced against a write in the same instant; go on with --accept-unfenced-copies{or}"
        )]
    }

    /// Conditions, encryption and tags of copies.
    async fn copying(&self, probe: &mut BucketProbe) -> Result<(), ProbeError> {
        let object = self.scratch("copy")?;
        let before = self.put(&object).await?;
        let fenced = self.wrong_condition(&object, &before).await?;
        probe.capabilities.destination_guard = fenced;
        probe.note(
            "a copy whose If-Match on the destination is wrong",
            fenced,
            if fenced {
                "refused: copies are fenced"
            } else {
                "not refused: a write by somebody else in the instant of a copy could be lost"
            },
        );
        let tags = TagSet::from([("reseal-probe".to_owned(), "kept".to_owned())]);
        let copied = self.right_copy(&object, fenced, CopyTags::Replace(tags.clone())).await?;
        self.check_copy(&object, &copied, probe).await?;
        let copied = self.right_copy(&object, fenced, CopyTags::Keep).await?;
        if !self.prober.target.is_met_without_bucket_key(&copied.encryption) {
            return self.refuse("a second copy didn't end at the target");
        }
        if self.tags(&object.at(copied.version)).await? != tags {
            return self.refuse(
                "a copy onto itself lost the scratch object's tags: a run would lose yours",
            );
        }
        probe.note("the tags of an object copied onto itself", true, "kept");
        self.locks(&object, probe).await?;
        self.details(&object, fenced, probe).await?;
        self.copying_in_parts(&object, &tags, probe).await
    }

    /// In a bucket that keeps versions, what a copy makes must be one, and its
    /// reply must name it: a run stops at the first that isn't.
    pub(super) fn names_its_version(
        &self,
        before: &ObjectHead,
        made: Option<&VersionId>,
        what: &str,
    ) -> Result<(), ProbeError> {
        let new = made.is_some_and(|made| *made != VersionId::null());
        if self.facts.versioning != Versioning::Enabled || (new && made != before.version.as_ref())
        {
            return Ok(());
        }
        self.refuse(format!(
            "{what} names no new version, though the bucket keeps versions: what a run replaces might be lost"
        ))
    }

    async fn wrong_condition(
        &self,
        object: &ObjectRef,
        head: &ObjectHead,
    ) -> Result<bool, ProbeError> {
        let wrong = DestinationGuard::ETag(ETag::new(NO_SUCH_ETAG));
        match self.copy(object, head, wrong, CopyTags::Keep).await {
            Err(error) if error.kind == StoreErrorKind::PreconditionFailed => Ok(true),
            Ok(_) => Ok(false),
            // An endpoint that doesn't know the header may also say so.
            Err(error)
                if matches!(error.kind, StoreErrorKind::Unsupported | StoreErrorKind::Invalid) =>
            {
                Ok(false)
            }
            Err(error) => Err(self.failed("copying a scratch object", COPY_NEEDS, error)),
        }
    }

    /// A copy whose conditions hold, and the object as it is after it.
    async fn right_copy(
        &self,
        object: &ObjectRef,
        fenced: bool,
        tags: CopyTags,
    ) -> Result<ObjectHead, ProbeError> {
        let head = self.head(object).await?;
        let destination = if fenced {
            DestinationGuard::ETag(head.etag.clone())
        } else {
            DestinationGuard::Unfenced
        };
        match self.copy(object, &head, destination, tags).await {
            Ok(receipt) => {
                self.names_its_version(&head, receipt.version.as_ref(), "a copy")?;
                self.head(object).await
            }
            Err(error) if error.kind == StoreErrorKind::PreconditionFailed => {
                self.refuse("a copy whose conditions hold was refused as if they didn't (412)")
            }
            Err(error) => Err(self.failed("copying a scratch object", COPY_NEEDS, error)),
        }
    }

    /// The copy's encryption as HEAD shows it, and its body.
    async fn check_copy(
        &self,
        object: &ObjectRef,
        copied: &ObjectHead,
        probe: &mut BucketProbe,
    ) -> Result<(), ProbeError> {
        let target = self.prober.target;
        let found = &copied.encryption;
        if !target.is_met_without_bucket_key(found) {
            let key = found.key().map(|key| format!(" under {key}")).unwrap_or_default();
            return self.refuse(format!("a copy to {target} ended as {found}{key}"));
        }
        probe.note("a copy to the target, as HEAD shows it", true, format!("{target}"));
        self.note_bucket_key(target.is_met_by(found), probe);
        if self.get(object).await? != BODY {
            return self.refuse("a copy onto itself changed the scratch object's bytes");
        }
        Ok(())
    }

    fn note_bucket_key(&self, reported: bool, probe: &mut BucketProbe) {
        probe.capabilities.bucket_key_reported = reported;
        if matches!(self.prober.target, Target::SseKms(_)) {
            probe.note(
                "the bucket-key state, as HEAD shows it",
                reported,
                if reported {
                    "as asked for"
                } else {
                    "not reported: objects are compared by type and key alone"
                },
            );
        }
    }

    /// UpdateObjectEncryption. An endpoint that doesn't know it may take it
    /// for an upload and replace the body: noticed here, by reading back, and
    /// the reason why it is first tried on a scratch object.
    async fn updating(&self, kms: &KmsTarget, probe: &mut BucketProbe) -> Result<(), ProbeError> {
        const TRIED: &str = "UpdateObjectEncryption";
        const FALLBACK: &str = "the run copies instead";
        if !allows_update(self.prober.cloud, self.prober.target, self.bucket) {
            let why = "not tried: the key isn't in the account that owns the bucket";
            probe.note(TRIED, false, format!("{why}; {FALLBACK}"));
            return Ok(());
        }
        let object = self.scratch("update")?;
        let before = self.put(&object).await?;
        let store = &self.prober.cloud.store;
        match store.update_encryption(&object.at(before.version.clone()), kms).await {
            Ok(()) => {}
            Err(error) if speaks_of_the_operation(&error) => {
                probe.note(TRIED, false, format!("refused ({error}); {FALLBACK}"));
                return Ok(());
            }
            Err(error) => {
                let needs = "s3:UpdateObjectEncryption (or --strategy copy, which does without)";
                return Err(self.failed("updating a scratch object's encryption", needs, error));
            }
        }
        let after = self.head(&object).await?;
        let problem = self.update_problem(&object, &before, &after, probe).await?;
        probe.capabilities.update = problem.is_none();
        match problem {
            None if self.begun() == Target::SseS3 => {
                probe.note(TRIED, true, "changes the encryption and nothing else");
            }
            None => probe.note(
                TRIED,
                true,
                "changes the bucket-key state and nothing else; from SSE-S3 it couldn't be tried, and is relied on all the same: each object is looked at afterwards",
            ),
            Some(problem) => probe.note(TRIED, false, format!("{problem}; {FALLBACK}")),
        }
        Ok(())
    }

    async fn update_problem(
        &self,
        object: &ObjectRef,
        before: &ObjectHead,
        after: &ObjectHead,
        probe: &mut BucketProbe,
    ) -> Result<Option<&'static str>, ProbeError> {
        if self.get(object).await? != BODY || after.size != before.size {
            return Ok(Some("took it for an upload and replaced the object's bytes"));
        }
        if after.etag != before.etag || after.version != before.version {
            return Ok(Some("made a new object of it"));
        }
        let target = self.prober.target;
        if !target.is_met_without_bucket_key(&after.encryption) {
            return Ok(Some("answered with success and left the encryption as it was"));
        }
        let met = target.is_met_by(&after.encryption);
        let changed = before.encryption != after.encryption;
        if self.begun() != Target::SseS3 && !(met && changed) {
            // All that it had to change here is the bucket-key state.
            return Ok(Some("changed nothing that could be seen, beginning under the same key"));
        }
        if self.prober.behaviour.policy.strategy == Strategy::Update {
            self.note_bucket_key(met, probe);
        } else if probe.capabilities.bucket_key_reported && !met {
            return Ok(Some("ignored the bucket-key setting"));
        }
        Ok(None)
    }

    pub(super) async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, ProbeError> {
        let head = self.prober.cloud.store.head(object).await;
        let head = head.map_err(|e| {
            self.failed("looking at a scratch object", "s3:GetObject (and kms:Decrypt)", e)
        })?;
        self.wrote(object, head.version.clone());
        Ok(head)
    }

    pub(super) async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, ProbeError> {
        let body = self.prober.cloud.scratch.get(object).await;
        body.map_err(|e| self.failed("reading a scratch object", "s3:GetObject and kms:Decrypt", e))
    }

    pub(super) async fn tags(&self, object: &ObjectRef) -> Result<TagSet, ProbeError> {
        let tags = self.prober.cloud.store.tags(object).await;
        tags.map_err(|e| self.failed("reading a scratch object's tags", "s3:GetObjectTagging", e))
    }

    async fn copy(
        &self,
        object: &ObjectRef,
        head: &ObjectHead,
        destination: DestinationGuard,
        tags: CopyTags,
    ) -> Result<CopyReceipt, StoreError> {
        let request = CopyRequest {
            from: object,
            to: object,
            size: head.size,
            source: SourceGuard::ETag(head.etag.clone()),
            destination,
            target: self.prober.target,
            attributes: &head.attributes,
            protection: &Protection::default(),
            tags,
        };
        let receipt = self.prober.cloud.store.copy(&request).await?;
        self.wrote(object, receipt.version.clone());
        Ok(receipt)
    }
}

const COPY_NEEDS: &str = "s3:PutObject, s3:GetObject, s3:PutObjectTagging, s3:GetObjectTagging, kms:GenerateDataKey or kms:Decrypt";

/// Whether the endpoint says that it doesn't do this at all, rather than that
/// this caller or this key may not.
pub(super) fn speaks_of_the_operation(error: &StoreError) -> bool {
    !error.is_transient()
        && !matches!(
            error.kind,
            StoreErrorKind::Denied | StoreErrorKind::Key(_) | StoreErrorKind::Credentials
        )
}
