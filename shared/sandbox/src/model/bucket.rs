//! One bucket: its settings, its keys, its unfinished uploads.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::acl::{Access, Ownership};
use super::attributes::{ObjectVersion, TagSet, words};
use super::encryption::DefaultEncryption;
use super::fault::{Code, Fault, MarkerNote};
use super::ids::VersionId;
use super::keys::KeyScope;
use super::moment::Moment;
use super::ops::DefaultRetention;
use super::policy::Policy;
use super::upload::Upload;
use super::version::{Entry, Version, VersionStack};

words! {
    /// A bucket's versioning, once it was ever switched on.
    Versioning {
        Enabled = "Enabled",
        Suspended = "Suspended",
    }
}

words! {
    /// Bucket settings that travel as documents, named as in the query string. The model
    /// acts on some of them and keeps the others.
    Aspect {
        OwnershipControls = "ownershipControls",
        ObjectLock = "object-lock",
        Lifecycle = "lifecycle",
        Replication = "replication",
        Notification = "notification",
        Website = "website",
        RequestPayment = "requestPayment",
        Policy = "policy",
        PolicyStatus = "policyStatus",
        PublicAccessBlock = "publicAccessBlock",
        Cors = "cors",
        Logging = "logging",
        Accelerate = "accelerate",
    }
}

impl Aspect {
    /// The answer to a question about a setting that nobody made, where S3 answers
    /// with an error. The others have a default document.
    pub(crate) fn absent(self) -> Option<Fault> {
        let (code, message) = match self {
            Self::ObjectLock => (
                Code::ObjectLockNotFound,
                "Object Lock configuration does not exist for this bucket",
            ),
            Self::Lifecycle => {
                (Code::NoSuchLifecycleConfiguration, "The lifecycle configuration does not exist")
            }
            Self::Replication => {
                (Code::ReplicationNotFound, "The replication configuration was not found")
            }
            Self::Website => (
                Code::NoSuchWebsiteConfiguration,
                "The specified bucket does not have a website configuration",
            ),
            Self::Policy | Self::PolicyStatus => {
                (Code::NoSuchBucketPolicy, "The bucket policy does not exist")
            }
            Self::PublicAccessBlock => (
                Code::NoSuchPublicAccessBlock,
                "The public access block configuration was not found",
            ),
            Self::Cors => (Code::NoSuchCorsConfiguration, "The CORS configuration does not exist"),
            Self::OwnershipControls => {
                (Code::OwnershipControlsNotFound, "The bucket ownership controls were not found")
            }
            Self::Notification | Self::RequestPayment | Self::Logging | Self::Accelerate => {
                return None;
            }
        };
        Some(Fault::new(code, message))
    }
}

/// One bucket.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// Owner's account and the bucket's region: also where its KMS keys are looked up.
    pub(crate) home: KeyScope,
    pub(crate) created: Moment,
    pub(crate) versioning: Option<Versioning>,
    /// Whether deletes of versions need a second factor, which nobody has here.
    pub(crate) mfa_delete: bool,
    pub(crate) encryption: DefaultEncryption,
    pub(crate) tags: TagSet,
    /// Whether ACLs count. Absent, as in old buckets: they do.
    pub(crate) ownership: Option<Ownership>,
    /// The bucket's own ACL. Absent: its owner's alone.
    pub(crate) access: Option<Box<Access>>,
    /// What a new version is locked with that doesn't say otherwise.
    pub(crate) default_retention: Option<DefaultRetention>,
    /// Whether callers of other accounts pay for their requests, and must say that they know.
    pub(crate) requester_pays: bool,
    /// What its policy's document means.
    pub(crate) policy: Option<Policy>,
    pub(crate) documents: BTreeMap<Aspect, String>,
    /// Inventory configurations by their ids, as they came.
    pub(crate) inventories: BTreeMap<String, String>,
    pub(crate) objects: BTreeMap<Arc<str>, VersionStack>,
    pub(crate) uploads: BTreeMap<String, Upload>,
}

/// A version found by a read.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) id: VersionId,
    pub(crate) object: Arc<ObjectVersion>,
}

impl Bucket {
    pub(crate) fn new(name: String, home: KeyScope, created: Moment) -> Self {
        Self {
            name,
            home,
            created,
            versioning: None,
            mfa_delete: false,
            encryption: DefaultEncryption::default(),
            tags: TagSet::new(),
            ownership: Some(Ownership::BucketOwnerEnforced),
            access: None,
            default_retention: None,
            requester_pays: false,
            policy: None,
            documents: BTreeMap::new(),
            inventories: BTreeMap::new(),
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        }
    }

    /// A version id as answers carry it: buckets that never had versions tell none.
    pub(crate) fn reported(&self, id: VersionId) -> Option<VersionId> {
        self.versioning.map(|_| id)
    }

    /// The id that the next write gets.
    pub(crate) fn next_version(&self, serial: u64) -> VersionId {
        match self.versioning {
            Some(Versioning::Enabled) => VersionId::Serial(serial),
            Some(Versioning::Suspended) | None => VersionId::Null,
        }
    }

    /// Adds `object`, whose writing began at `serial`, to the versions of `key`.
    pub(crate) fn store(&mut self, key: &str, object: ObjectVersion, serial: u64) -> VersionId {
        let id = self.next_version(serial);
        self.push(key, Version { id, order: serial, entry: Entry::Object(Arc::new(object)) });
        id
    }

    pub(crate) fn push(&mut self, key: &str, version: Version) {
        match self.objects.get_mut(key) {
            Some(stack) => stack.push(version),
            None => {
                let mut stack = VersionStack::default();
                stack.push(version);
                self.objects.insert(key.into(), stack);
            }
        }
    }

    /// The current object under `key`, if there is one.
    pub(crate) fn current(&self, key: &str) -> Option<&Arc<ObjectVersion>> {
        Some(self.objects.get(key)?.current()?.1)
    }

    /// The version that a read of `key` (and `version`, if named) means.
    pub(crate) fn find(&self, key: &str, version: Option<&str>) -> Result<Found, Fault> {
        let found = match version {
            None => self.latest(key)?,
            Some(text) => self.named(key, text)?,
        };
        match &found.entry {
            Entry::Object(object) => Ok(Found { id: found.id, object: Arc::clone(object) }),
            Entry::DeleteMarker(date) => Err(self.marker_fault(key, found.id, version, *date)),
        }
    }

    fn latest(&self, key: &str) -> Result<&Version, Fault> {
        let stack = self.objects.get(key).ok_or_else(|| Fault::no_such_key(key))?;
        stack.latest().ok_or_else(|| Fault::no_such_key(key))
    }

    fn named(&self, key: &str, text: &str) -> Result<&Version, Fault> {
        if text.is_empty() {
            return Err(Fault::argument("Version id cannot be the empty string"));
        }
        let id = VersionId::parse(text)
            .ok_or_else(|| Fault::argument("Invalid version id specified"))?;
        let stack = self.objects.get(key);
        stack.and_then(|stack| stack.find(id)).ok_or_else(|| Fault::no_such_version(key, text))
    }

    fn marker_fault(&self, key: &str, id: VersionId, named: Option<&str>, date: Moment) -> Fault {
        let (mut fault, last_modified) = match named {
            None => (Fault::no_such_key(key), None),
            Some(_) => (
                Fault::new(
                    Code::MethodNotAllowed,
                    "The specified method is not allowed against this resource.",
                )
                .with("ResourceType", "DeleteMarker"),
                Some(date),
            ),
        };
        fault.marker = Some(MarkerNote { version_id: self.reported(id), last_modified });
        fault
    }

    /// The same version as [`Bucket::find`], to change its attributes in place.
    pub(crate) fn find_mut(
        &mut self,
        key: &str,
        version: Option<&str>,
    ) -> Result<(VersionId, &mut ObjectVersion), Fault> {
        let Found { id, object: _ } = self.find(key, version)?;
        let place = self.objects.get_mut(key).and_then(|stack| stack.find_mut(id));
        match place.map(|version| &mut version.entry) {
            Some(Entry::Object(object)) => Ok((id, Arc::make_mut(object))),
            _ => Err(Fault::no_such_key(key)),
        }
    }

    /// Removes one version; the key goes with its last one.
    pub(crate) fn remove(&mut self, key: &str, id: VersionId) -> Option<Version> {
        let stack = self.objects.get_mut(key)?;
        let removed = stack.remove(id);
        if stack.is_empty() {
            self.objects.remove(key);
        }
        removed
    }

    /// The upload `id` of `key`.
    pub(crate) fn upload(&self, key: &str, id: &str) -> Result<&Upload, Fault> {
        self.uploads.get(id).filter(|upload| upload.key == key).ok_or_else(no_such_upload)
    }

    /// The same, to add parts.
    pub(crate) fn upload_mut(&mut self, key: &str, id: &str) -> Result<&mut Upload, Fault> {
        self.uploads.get_mut(id).filter(|upload| upload.key == key).ok_or_else(no_such_upload)
    }
}

fn no_such_upload() -> Fault {
    Fault::new(
        Code::NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may \
         have been aborted or completed.",
    )
}
