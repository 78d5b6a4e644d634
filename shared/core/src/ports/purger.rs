//! Deleting old versions for good: for `purge` alone, on explicit request.
//! Workers never get this port, nor does any other command (I14).

use std::fmt;

use async_trait::async_trait;

use super::Setting;
use crate::{BucketName, ObjectLock, ObjectRef, StoreError, VersionId, Versioning};

/// One version of one object, named. An [`ObjectRef`] without a version means
/// whichever is current, and a delete of that hides the object from everybody:
/// so there is no way to say it here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionRef {
    object: ObjectRef,
    version: VersionId,
}

impl VersionRef {
    /// `None` where the object isn't named with a version.
    #[must_use]
    pub fn new(object: &ObjectRef) -> Option<Self> {
        let version = object.version.clone().filter(|version| !version.as_str().is_empty())?;
        Some(Self { object: object.clone(), version })
    }

    /// The same name for ports that take any.
    #[must_use]
    pub fn object(&self) -> &ObjectRef {
        &self.object
    }

    /// The version, which is always named.
    #[must_use]
    pub fn version(&self) -> &VersionId {
        &self.version
    }
}

impl fmt::Display for VersionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.object.fmt(f)
    }
}

/// What decides whether versions of a bucket may be deleted at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeTerms {
    /// Its versioning now.
    pub versioning: Versioning,
    /// Whether its owner demands a second factor for every such delete.
    pub mfa_delete: bool,
    /// Whether its versions can be locked.
    pub object_lock: Setting,
}

/// What became of a delete that S3 answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The version is gone for good, or was before.
    Deleted,
    /// A retention or a hold protects it: it is still there.
    Locked,
}

/// Deletes old versions. One attempt per call; the caller proves again, by
/// looks of its own, before each.
#[async_trait]
pub trait Purger: Send + Sync {
    /// GetBucketVersioning, GetObjectLockConfiguration.
    async fn terms(&self, bucket: &BucketName) -> Result<PurgeTerms, StoreError>;

    /// GetObjectRetention and GetObjectLegalHold: a HEAD leaves locks out for
    /// whoever may not see them, these are refused then. Only where the bucket
    /// has Object Lock.
    async fn lock(&self, version: &VersionRef) -> Result<ObjectLock, StoreError>;

    /// DeleteObject of this version, never with a bypass of governance. An
    /// answer that speaks of anything but this version is an error of the kind
    /// [`Invalid`](crate::StoreErrorKind::Invalid): whoever gets
    /// [`WRONG_DELETE`] must stop, since the endpoint does not do what it is told.
    async fn delete_version(&self, version: &VersionRef) -> Result<Deletion, StoreError>;
}

/// The code of the error for a delete that was answered as of something else.
pub const WRONG_DELETE: &str = "NotTheVersion";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ObjectKey;

    #[test]
    fn only_a_named_version_can_be_meant() {
        let object = ObjectRef {
            bucket: "bucket".parse().expect("a bucket"),
            key: ObjectKey::new("key").expect("a key"),
            version: None,
        };
        assert_eq!(VersionRef::new(&object), None);
        assert_eq!(VersionRef::new(&object.at(Some(VersionId::new("")))), None);
        let named = object.at(Some(VersionId::new("null")));
        let version = VersionRef::new(&named).expect("named");
        assert_eq!((version.object(), version.version().as_str()), (&named, "null"));
    }
}
