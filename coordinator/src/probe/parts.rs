//! A copy in parts, of one small part: S3 takes a last part of any size. What
//! it must restate, and whether its completion can be fenced.

use reseal_core::ports::{
    CopyReceipt, DestinationGuard, PartReceipt, PartRequest, SourceGuard, UploadId, UploadRef,
    UploadRequest,
};
use reseal_core::{
    Attributes, ETag, ObjectHead, ObjectRef, PartRange, Protection, StoreError, StoreErrorKind,
    TagSet,
};

use super::begin::BODY;
use super::canary::{NO_SUCH_ETAG, speaks_of_the_operation};
use super::findings::BucketProbe;
use super::{Ground, ProbeError};

const NEEDS: &str = "s3:PutObject, s3:GetObject, s3:PutObjectTagging, s3:AbortMultipartUpload, kms:GenerateDataKey and kms:Decrypt";
const WHAT: &str = "copying a scratch object in parts";

/// An object that is copied in parts, and all that must be the same afterwards.
struct Whole<'a> {
    object: &'a ObjectRef,
    head: ObjectHead,
    /// With a piece of metadata more, which only the upload restates.
    attributes: Attributes,
    tags: &'a TagSet,
}

/// An upload with its one part.
struct Begun {
    id: UploadId,
    part: PartReceipt,
}

impl Ground<'_> {
    /// Copies a scratch object with these tags onto itself, in parts.
    pub(super) async fn copying_in_parts(
        &self,
        object: &ObjectRef,
        tags: &TagSet,
        probe: &mut BucketProbe,
    ) -> Result<(), ProbeError> {
        const TRIED: &str = "a copy in parts";
        const FALLBACK: &str = "the run leaves objects alone that are too large for one copy";
        let head = self.head(object).await?;
        let mut attributes = head.attributes.clone();
        attributes.metadata.insert("reseal-probe".to_owned(), "kept".to_owned());
        let whole = Whole { object, head, attributes, tags };
        let begun = match self.begin_upload(&whole).await {
            Ok(begun) => begun,
            Err(error) if speaks_of_the_operation(&error) => {
                let seen = format!("refused ({error}); {FALLBACK}");
                probe.note(TRIED, false, seen);
                return Ok(());
            }
            Err(error) => return Err(self.failed(WHAT, NEEDS, error)),
        };
        let (fenced, receipt) = self.complete(&whole, begun).await?;
        self.note_fence(fenced, probe);
        self.names_its_version(&whole.head, receipt.version.as_ref(), "a copy in parts")?;
        match self.lost_in_parts(&whole).await? {
            None => {
                probe.capabilities.parts = true;
                probe.note(TRIED, true, "kept size, metadata and tags");
            }
            Some(lost) => probe.note(TRIED, false, format!("{lost}; {FALLBACK}")),
        }
        Ok(())
    }

    fn note_fence(&self, fenced: bool, probe: &mut BucketProbe) {
        probe.capabilities.parts_guard = fenced;
        probe.note(
            "a completion of parts whose If-Match is wrong",
            fenced,
            if fenced {
                "refused: copies in parts are fenced"
            } else {
                "not refused: a write by somebody else during such a copy could be lost"
            },
        );
    }

    async fn begin_upload(&self, whole: &Whole<'_>) -> Result<Begun, StoreError> {
        let Whole { object, head, attributes, tags } = whole;
        let store = &self.prober.cloud.store;
        let target = self.prober.target;
        let from = object.at(head.version.clone());
        let protection = &Protection::default();
        let request = UploadRequest { to: object, target, attributes, protection, tags };
        let id = store.create_upload(&request).await?;
        self.began_upload(object, &id);
        let request = PartRequest {
            upload: UploadRef { object, id: &id },
            from: &from,
            target,
            source: SourceGuard::ETag(head.etag.clone()),
            range: PartRange { number: 1, first: 0, last: head.size.saturating_sub(1) },
        };
        let part = store.copy_part(&request).await?;
        Ok(Begun { id, part })
    }

    /// With a wrong condition, which should fail, then with the right one.
    /// Whether the wrong one was refused comes first.
    async fn complete(
        &self,
        whole: &Whole<'_>,
        begun: Begun,
    ) -> Result<(bool, CopyReceipt), ProbeError> {
        let wrong = DestinationGuard::ETag(ETag::new(NO_SUCH_ETAG));
        let fenced = match self.try_to_complete(whole, &begun, wrong).await {
            Ok(receipt) => return Ok((false, receipt)),
            Err(error) if error.kind == StoreErrorKind::PreconditionFailed => true,
            // An endpoint that doesn't know the header may also say so.
            Err(error) if speaks_of_the_operation(&error) => false,
            Err(error) => return Err(self.failed(WHAT, NEEDS, error)),
        };
        let right = || match fenced {
            true => DestinationGuard::ETag(whole.head.etag.clone()),
            false => DestinationGuard::Unfenced,
        };
        let mut completed = self.try_to_complete(whole, &begun, right()).await;
        if completed.as_ref().is_err_and(|error| error.kind == StoreErrorKind::UploadGone) {
            // A completion that was refused may use the upload up.
            let again = self.begin_upload(whole).await.map_err(|e| self.failed(WHAT, NEEDS, e))?;
            completed = self.try_to_complete(whole, &again, right()).await;
        }
        match completed {
            Ok(receipt) => Ok((fenced, receipt)),
            Err(error) if error.kind == StoreErrorKind::PreconditionFailed => self.refuse(
                "a completion of parts whose conditions hold was refused as if they didn't (412)",
            ),
            Err(error) => Err(self.failed(WHAT, NEEDS, error)),
        }
    }

    async fn try_to_complete(
        &self,
        whole: &Whole<'_>,
        begun: &Begun,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        let Begun { id, part } = begun;
        let upload = UploadRef { object: whole.object, id };
        let parts = std::slice::from_ref(part);
        let store = &self.prober.cloud.store;
        let receipt = store.complete_upload(&upload, parts, whole.head.size, destination).await?;
        self.wrote(whole.object, receipt.version.clone());
        Ok(receipt)
    }

    /// What isn't as before, or as it was asked for.
    async fn lost_in_parts(&self, whole: &Whole<'_>) -> Result<Option<&'static str>, ProbeError> {
        let after = self.head(whole.object).await?;
        // The checksum is asked for by the adapter, which knows the source's.
        let kept = |attributes: &Attributes| Attributes { checksum: None, ..attributes.clone() };
        if after.size != whole.head.size || self.get(whole.object).await? != BODY {
            return Ok(Some("changed the scratch object's bytes"));
        }
        if !self.prober.target.is_met_without_bucket_key(&after.encryption) {
            return Ok(Some("didn't end at the target"));
        }
        if kept(&after.attributes) != kept(&whole.attributes) {
            return Ok(Some("lost metadata or headers of the scratch object"));
        }
        if self.tags(&whole.object.at(after.version)).await? != *whole.tags {
            return Ok(Some("lost the scratch object's tags"));
        }
        Ok(None)
    }
}
