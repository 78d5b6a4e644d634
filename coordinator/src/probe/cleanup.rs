//! Removing the scratch objects, all versions of them.

use std::collections::BTreeSet;

use reseal_core::ports::ListRequest;
use reseal_core::{ObjectRef, StoreErrorKind, Versioning, Versions};

use super::{Ground, ProbeError};

/// Rounds of list-and-delete before it is given up: one suffices unless
/// something keeps writing into the folder.
const ROUNDS: u32 = 5;

impl Ground<'_> {
    /// Deletes every version that was written, then whatever a listing still
    /// finds in the folder: versions whose id was lost with a reply, and what
    /// an earlier probe of the same job left behind when it was killed.
    pub(super) async fn clean_up(&self) -> Result<(), ProbeError> {
        let versioned = self.facts.versioning != Versioning::Never;
        let known: BTreeSet<ObjectRef> = self.take_written().into_iter().collect();
        // Without its version, a versioned object would only be hidden.
        for object in known.iter().filter(|o| !versioned || o.version.is_some()) {
            self.delete(object).await?;
        }
        for _ in 0..ROUNDS {
            let left = self.list(versioned).await?;
            if left.is_empty() {
                return Ok(());
            }
            for object in &left {
                self.delete(object).await?;
            }
        }
        self.refuse(format!("scratch objects under {} can't be removed for good", self.folder))
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
