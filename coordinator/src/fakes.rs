//! A small cloud for unit tests, with the quirks that a probe must notice.
//! Whole behaviour is the sandbox's to model; this knows what a canary needs.

mod around;
mod blobs;
mod details;
mod roles;
mod uploads;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use reseal_core::ports::{
    AnyRoles, BucketFacts, CopyReceipt, CopyRequest, CopyTags, DestinationGuard, Identity,
    Inspector, KeyFacts, KeyService, KeyStatus, ListEntry, ListPage, ListRequest, Lister,
    ObjectStore, PartReceipt, PartRequest, Scratch, Setting, SourceGuard, UploadId, UploadRef,
    UploadRequest,
};
use reseal_core::{
    AccountId, BucketName, BucketRoles, ETag, Encryption, KmsTarget, ObjectHead, ObjectKey,
    ObjectRef, StoreError, StoreErrorKind, TagSet, Target, VersionId, Versioning, Versions,
};
use reseal_testkit::build::{HeadBuilder, bucket, key_arn};
use reseal_testkit::{SeededRandom, SimClock};

pub(crate) use around::Around;
pub(crate) use roles::ReaderQuirk;

use crate::cloud::Cloud;

pub(crate) const OWNER: &str = "111122223333";

/// What UpdateObjectEncryption does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UpdateQuirk {
    #[default]
    Works,
    Unsupported,
    /// Takes it for PutObject.
    ReplacesTheBody,
    DoesNothing,
    Denied,
}

/// What copies in parts do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PartsQuirk {
    #[default]
    Work,
    Unsupported,
    /// A completion doesn't mind its condition.
    IgnoreTheGuard,
    LoseMetadata,
    /// A completion that was refused takes the upload with it.
    UseUpTheUpload,
    /// The last step never succeeds.
    NeverComplete,
}

/// How it differs from AWS.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quirks {
    pub(crate) ignores_destination_guard: bool,
    pub(crate) hides_bucket_key: bool,
    pub(crate) loses_tags: bool,
    pub(crate) update: UpdateQuirk,
    pub(crate) parts: PartsQuirk,
    pub(crate) reader: ReaderQuirk,
    /// Its policy denies uploads under SSE-S3.
    pub(crate) denies_sse_s3: bool,
    /// A copy's reply doesn't name the version that it made.
    pub(crate) names_no_version: bool,
    pub(crate) versioning: Option<Versioning>,
    /// The verb that is refused with this kind.
    pub(crate) fails: Option<(&'static str, StoreErrorKind)>,
}

#[derive(Clone, Debug)]
struct Stored {
    head: ObjectHead,
    body: Vec<u8>,
    tags: TagSet,
}

#[derive(Debug, Default)]
struct State {
    /// Oldest version first.
    objects: BTreeMap<String, Vec<Stored>>,
    written: u64,
    uploads: BTreeMap<String, uploads::Upload>,
}

/// One bucket called `bucket`, and whatever key is asked for.
#[derive(Debug, Default)]
pub(crate) struct FakeCloud {
    quirks: Quirks,
    pub(crate) facts: Mutex<BTreeMap<BucketName, BucketFacts>>,
    pub(crate) key: Mutex<Option<KeyFacts>>,
    pub(crate) around: Mutex<Around>,
    state: Mutex<State>,
}

impl FakeCloud {
    pub(crate) fn new(quirks: Quirks) -> Arc<Self> {
        let versioning = quirks.versioning.unwrap_or(Versioning::Never);
        let facts = BucketFacts {
            region: "us-east-1".to_owned(),
            versioning,
            default_encryption: None,
            acls: Setting::No,
            object_lock: Setting::No,
            default_retention: Setting::No,
            transitions: Setting::No,
            website: Setting::No,
        };
        let key = KeyFacts {
            arn: key_arn("target"),
            status: KeyStatus::Enabled,
            symmetric_encryption: true,
            aws_managed: false,
        };
        Arc::new(Self {
            quirks,
            facts: Mutex::new(BTreeMap::from([(bucket("bucket"), facts)])),
            key: Mutex::new(Some(key)),
            around: Mutex::default(),
            state: Mutex::default(),
        })
    }

    /// As the coordinator sees it. Make it inside a runtime.
    pub(crate) fn cloud(self: &Arc<Self>) -> Cloud {
        Cloud {
            owner: OWNER.parse().expect("an account"),
            region: "us-east-1".to_owned(),
            endpoint: None,
            accounts: BucketRoles::default(),
            store: self.clone(),
            stores: AnyRoles::over(self.clone()),
            keys: self.clone(),
            key_policies: self.clone(),
            inspector: self.clone(),
            neighbours: self.clone(),
            lister: self.clone(),
            scratch: self.clone(),
            scratch_uploads: self.clone(),
            roles: Arc::new(roles::FakeRoles(self.clone())),
            blobs: self.clone(),
            own_buckets: self.clone(),
            clock: Arc::new(SimClock::new()),
            random: Arc::new(SeededRandom::new(1)),
        }
    }

    /// An object of somebody's.
    pub(crate) fn seed(&self, key: &str, head: ObjectHead) {
        let stored = Stored { head, body: Vec::new(), tags: TagSet::new() };
        self.state().objects.insert(key.to_owned(), vec![stored]);
    }

    /// Somebody deletes it.
    pub(crate) fn forget(&self, key: &str) {
        self.state().objects.remove(key);
    }

    /// All that is stored, versions included.
    pub(crate) fn left(&self) -> usize {
        self.state().objects.values().map(Vec::len).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }

    fn verb(&self, name: &'static str) -> Result<(), StoreError> {
        match self.quirks.fails {
            Some((verb, kind)) if verb == name => {
                Err(StoreError::new(kind, "Injected", format!("{name} fails")))
            }
            _ => Ok(()),
        }
    }

    fn is_versioned(&self) -> bool {
        self.quirks.versioning == Some(Versioning::Enabled)
    }

    fn store(&self, key: &ObjectKey, mut stored: Stored) -> ObjectHead {
        let versioned = self.is_versioned();
        let mut state = self.state();
        state.written += 1;
        stored.head.etag = ETag::new(&format!("{:032x}", state.written));
        stored.head.version = versioned.then(|| VersionId::new(format!("v{}", state.written)));
        stored.head.size = stored.body.len() as u64;
        let head = stored.head.clone();
        let versions = state.objects.entry(key.as_str().to_owned()).or_default();
        if !versioned {
            versions.clear();
        }
        versions.push(stored);
        head
    }

    fn find(&self, object: &ObjectRef) -> Result<Stored, StoreError> {
        let state = self.state();
        let versions = state.objects.get(object.key.as_str());
        let found = versions.and_then(|versions| match &object.version {
            None => versions.last(),
            Some(id) => versions.iter().find(|v| v.head.version.as_ref() == Some(id)),
        });
        found.cloned().ok_or_else(|| StoreError::new(StoreErrorKind::Gone, "NoSuchKey", "gone"))
    }

    fn encryption(&self, target: &Target) -> Encryption {
        match target {
            Target::SseS3 => Encryption::SseS3,
            Target::SseKms(KmsTarget { key, bucket_key }) => Encryption::SseKms {
                key: Some(key.to_string()),
                bucket_key: *bucket_key && !self.quirks.hides_bucket_key,
            },
            Target::DsseKms { key } => Encryption::DsseKms { key: Some(key.to_string()) },
        }
    }
}

fn refused<T>(kind: StoreErrorKind) -> Result<T, StoreError> {
    Err(StoreError::new(kind, "Refused", "refused"))
}

#[async_trait]
impl Scratch for FakeCloud {
    async fn put(
        &self,
        object: &ObjectRef,
        body: &[u8],
        encryption: &Target,
    ) -> Result<Option<VersionId>, StoreError> {
        self.verb("put")?;
        if self.quirks.denies_sse_s3 && *encryption == Target::SseS3 {
            return refused(StoreErrorKind::Denied);
        }
        let head = HeadBuilder::new().encryption(self.encryption(encryption)).build();
        let stored = Stored { head, body: body.to_vec(), tags: TagSet::new() };
        Ok(self.store(&object.key, stored).version)
    }

    async fn sees_locks(&self, _: &ObjectRef) -> Result<Setting, StoreError> {
        self.verb("locks")?;
        Ok(Setting::Yes)
    }

    async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, StoreError> {
        self.verb("get")?;
        Ok(self.find(object)?.body)
    }

    async fn delete(&self, object: &ObjectRef) -> Result<(), StoreError> {
        self.verb("delete")?;
        let mut state = self.state();
        if let Some(versions) = state.objects.get_mut(object.key.as_str()) {
            versions.retain(|v| object.version.is_some() && v.head.version != object.version);
        }
        state.objects.retain(|_, versions| !versions.is_empty());
        Ok(())
    }
}

#[async_trait]
impl Lister for FakeCloud {
    async fn list(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        self.verb("list")?;
        let all = request.versions == Versions::All;
        let state = self.state();
        let keys = state.objects.iter().filter(|(key, _)| key.starts_with(request.prefix));
        let entries = keys.flat_map(|(key, versions)| {
            let shown = if all { versions.len() } else { 1 };
            versions.iter().rev().take(shown).map(move |stored| ListEntry {
                key: ObjectKey::new(key.clone()).expect("a key"),
                version: stored.head.version.clone().filter(|_| all),
                is_latest: true,
                is_delete_marker: false,
                size: Some(stored.head.size),
                etag: Some(stored.head.etag.clone()),
                last_modified: Some(stored.head.last_modified),
                storage_class: Some(stored.head.attributes.storage_class.clone()),
            })
        });
        Ok(ListPage { entries: entries.collect(), truncated: false })
    }
}

#[async_trait]
impl ObjectStore for FakeCloud {
    async fn head(&self, object: &ObjectRef) -> Result<ObjectHead, StoreError> {
        self.verb("head")?;
        Ok(self.find(object)?.head)
    }

    async fn update_encryption(
        &self,
        object: &ObjectRef,
        target: &KmsTarget,
    ) -> Result<(), StoreError> {
        let stored = self.find(object)?;
        let encryption = self.encryption(&Target::SseKms(target.clone()));
        match self.quirks.update {
            UpdateQuirk::Works => {
                let mut state = self.state();
                let versions = state.objects.get_mut(object.key.as_str());
                let found = versions.and_then(|v| v.last_mut());
                found.expect("was found").head.encryption = encryption;
            }
            UpdateQuirk::Unsupported => return refused(StoreErrorKind::Unsupported),
            UpdateQuirk::ReplacesTheBody => {
                self.store(&object.key, Stored { body: b"<xml/>".to_vec(), ..stored });
            }
            UpdateQuirk::DoesNothing => {}
            UpdateQuirk::Denied => return refused(StoreErrorKind::Denied),
        }
        Ok(())
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<CopyReceipt, StoreError> {
        self.verb("copy")?;
        let stored = self.find(request.from)?;
        let holds = |etag: &ETag| *etag == stored.head.etag;
        let source = match &request.source {
            SourceGuard::ETag(etag) => holds(etag),
            SourceGuard::UnmodifiedSince(_) => true,
        };
        let destination = match &request.destination {
            DestinationGuard::ETag(etag) => holds(etag) || self.quirks.ignores_destination_guard,
            DestinationGuard::Unfenced => true,
        };
        if !source || !destination {
            return refused(StoreErrorKind::PreconditionFailed);
        }
        let tags = match &request.tags {
            CopyTags::Replace(tags) => tags.clone(),
            CopyTags::Keep if self.quirks.loses_tags => TagSet::new(),
            CopyTags::Keep => stored.tags.clone(),
        };
        let mut copied = Stored { tags, ..stored };
        copied.head.encryption = self.encryption(request.target);
        let head = self.store(&request.to.key, copied);
        Ok(CopyReceipt {
            etag: head.etag,
            last_modified: None,
            version: head.version.filter(|_| !self.quirks.names_no_version),
            source_version: None,
            encryption: None,
        })
    }

    async fn create_upload(&self, request: &UploadRequest<'_>) -> Result<UploadId, StoreError> {
        self.begin_upload(request)
    }

    async fn copy_part(&self, request: &PartRequest<'_>) -> Result<PartReceipt, StoreError> {
        self.put_part(request)
    }

    async fn list_parts(&self, _: &UploadRef<'_>) -> Result<Vec<PartReceipt>, StoreError> {
        refused(StoreErrorKind::Unsupported)
    }

    async fn complete_upload(
        &self,
        upload: &UploadRef<'_>,
        _: &[PartReceipt],
        _: u64,
        destination: DestinationGuard,
    ) -> Result<CopyReceipt, StoreError> {
        self.end_upload(upload, &destination)
    }

    async fn abort_upload(&self, upload: &UploadRef<'_>) -> Result<(), StoreError> {
        self.drop_upload(upload)
    }
}

#[async_trait]
impl Inspector for FakeCloud {
    async fn inspect(&self, bucket: &BucketName) -> Result<BucketFacts, StoreError> {
        self.verb("inspect")?;
        let facts = self.facts.lock().expect("not poisoned").get(bucket).cloned();
        facts.ok_or_else(|| StoreError::new(StoreErrorKind::BucketGone, "NoSuchBucket", "gone"))
    }
}

#[async_trait]
impl KeyService for FakeCloud {
    async fn describe(&self, _: &str) -> Result<KeyFacts, StoreError> {
        self.verb("describe")?;
        let facts = self.key.lock().expect("not poisoned").clone();
        let gone = StoreErrorKind::Key(reseal_core::KeyTrouble::NotFound);
        facts.ok_or_else(|| StoreError::new(gone, "NotFoundException", "gone"))
    }
}

#[async_trait]
impl Identity for FakeCloud {
    async fn account(&self) -> Result<AccountId, StoreError> {
        self.verb("account")?;
        Ok(OWNER.parse().expect("an account"))
    }
}
