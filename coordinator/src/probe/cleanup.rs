//! Removing the scratch objects, all versions of them, and their uploads.

use std::collections::BTreeSet;

use reseal_core::ports::{ListRequest, UploadId, UploadRef};
use reseal_core::{ObjectRef, StoreErrorKind, Strategy, Versioning, Versions};

use super::findings::Finding;
use super::{Ground, ProbeError};

/// Rounds of list-and-delete before it is given up: one suffices unless
/// something keeps writing into the folder.
const ROUNDS: u32 = 5;
const LIST_UPLOADS: &str = "s3:ListBucketMultipartUploads";

impl Ground<'_> {
    /// Deletes every version that was written, then whatever a listing still
    /// finds in the folder: versions whose id was lost with a reply, and what
    /// an earlier probe of the same job left behind when it was killed. What
    /// couldn't be looked for is told.
    pub(super) async fn clean_up(&self) -> Result<Option<Finding>, ProbeError> {
        // First, since an upload that is completed late would make an object.
        let finding = self.remove_uploads().await?;
        let versioned = self.facts.versioning != Versioning::Never;
        let known: BTreeSet<ObjectRef> = self.take_written().into_iter().collect();
        // Without its version, a versioned object would only be hidden.
        for object in known.iter().filter(|o| !versioned || o.version.is_some()) {
            self.delete(object).await?;
        }
        for _ in 0..ROUNDS {
            let left = self.list(versioned).await?;
            if left.is_empty() {
                return Ok(finding);
            }
            for object in &left {
                self.delete(object).await?;
            }
        }
        self.refuse(format!("scratch objects under {} can't be removed for good", self.folder))
    }

    /// The uploads that were begun, then whatever is still listed: one whose
    /// id was lost with a reply, or that a killed probe of this job left.
    async fn remove_uploads(&self) -> Result<Option<Finding>, ProbeError> {
        for (object, id) in self.take_uploads() {
            self.abort(&object, &id).await?;
        }
        if self.prober.behaviour.policy.strategy == Strategy::Update {
            return Ok(None);
        }
        let cloud = self.prober.cloud;
        let list = || cloud.scratch_uploads.uploads(self.bucket, &self.folder);
        match cloud.patience().retry(list).await {
            Ok(left) => {
                for (object, id) in left {
                    self.abort(&object, &id).await?;
                }
                Ok(None)
            }
            Err(error) if error.is_transient() || error.kind == StoreErrorKind::Credentials => {
                Err(self.failed("listing uploads", LIST_UPLOADS, error))
            }
            Err(error) => Ok(Some(Finding {
                tried: "looking for uploads that an earlier probe left",
                as_documented: false,
                seen: format!(
                    "not possible ({error}): allow {LIST_UPLOADS}, or have a lifecycle rule abort incomplete uploads"
                ),
            })),
        }
    }

    async fn abort(&self, object: &ObjectRef, id: &UploadId) -> Result<(), ProbeError> {
        let cloud = self.prober.cloud;
        let upload = UploadRef { object, id };
        match cloud.patience().retry(|| cloud.store.abort_upload(&upload)).await {
            Ok(()) => Ok(()),
            Err(error)
                if matches!(error.kind, StoreErrorKind::UploadGone | StoreErrorKind::Gone) =>
            {
                Ok(())
            }
            Err(error) => {
                let what = "removing an upload from .reseal-probe/";
                Err(self.failed(what, "s3:AbortMultipartUpload", error))
            }
        }
    }

    async fn delete(&self, object: &ObjectRef) -> Result<(), ProbeError> {
        let cloud = self.prober.cloud;
        match cloud.patience().retry(|| cloud.scratch.delete(object)).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind == StoreErrorKind::Gone => Ok(()),
            Err(error) => Err(self.failed(
                "removing a scratch object from .reseal-probe/",
                "s3:DeleteObject and s3:DeleteObjectVersion, and no default retention on the bucket,",
                error,
            )),
        }
    }

    async fn list(&self, versioned: bool) -> Result<Vec<ObjectRef>, ProbeError> {
        let cloud = self.prober.cloud;
        let request = ListRequest {
            bucket: self.bucket,
            prefix: &self.folder,
            versions: if versioned { Versions::All } else { Versions::Current },
            after: None,
            limit: 1_000,
        };
        let page = cloud.patience().retry(|| cloud.lister.list(&request)).await;
        let page = page.map_err(|e| {
            self.failed(
                "listing scratch objects under .reseal-probe/",
                "s3:ListBucket and, on versioned buckets, s3:ListBucketVersions",
                e,
            )
        })?;
        let object = |entry: reseal_core::ports::ListEntry| ObjectRef {
            bucket: self.bucket.clone(),
            key: entry.key,
            version: entry.version.filter(|_| versioned),
        };
        Ok(page.entries.into_iter().map(object).collect())
    }
}
