//! Accounts, keys, buckets and listings.

use async_trait::async_trait;
use reseal_core::ports::{
    BucketFacts, Identity, Inspector, KeyFacts, KeyService, KeyStatus, ListEntry, ListPage,
    ListRequest, Lister, Setting,
};
use reseal_core::{
    AccountId, BucketName, ETag, Encryption, ObjectKey, StorageClass, StoreError, StoreErrorKind,
    VersionId, Versioning, Versions,
};

use super::errors::{Call, unbuildable, unexpected};
use super::{SandboxPorts, words};
use crate::model::{
    Aspect, KeyManager, KeyState, KmsKey, KmsRequest, KmsResponse, ListObjects, ListVersions,
    ObjectVersion, Request, Response, SYMMETRIC_DEFAULT, Versioning as ModelVersioning,
};

#[async_trait]
impl Identity for SandboxPorts {
    async fn account(&self) -> Result<AccountId, StoreError> {
        self.pass().await;
        self.pass().await;
        SandboxPorts::account(self)
            .parse()
            .map_err(|error: reseal_core::IdentityError| unbuildable(error.to_string()))
    }
}

#[async_trait]
impl KeyService for SandboxPorts {
    async fn describe(&self, key: &str) -> Result<KeyFacts, StoreError> {
        let request = Request::Kms(KmsRequest::DescribeKey(key.to_owned()));
        match self.ask(Call::Kms, None, request).await? {
            Response::Kms(KmsResponse::Key(key)) => facts(&key),
            _ => Err(unexpected()),
        }
    }
}

fn facts(key: &KmsKey) -> Result<KeyFacts, StoreError> {
    Ok(KeyFacts {
        arn: key.arn.parse().map_err(|_| unexpected())?,
        status: match key.state {
            KeyState::Enabled => KeyStatus::Enabled,
            KeyState::Disabled => KeyStatus::Disabled,
            KeyState::PendingDeletion => KeyStatus::PendingDeletion,
            KeyState::PendingImport | KeyState::Unavailable => KeyStatus::Unusable,
        },
        symmetric_encryption: key.spec == SYMMETRIC_DEFAULT && key.usage == "ENCRYPT_DECRYPT",
        aws_managed: key.manager == KeyManager::Aws,
    })
}

#[async_trait]
impl Inspector for SandboxPorts {
    async fn inspect(&self, bucket: &BucketName) -> Result<BucketFacts, StoreError> {
        let name = || bucket.as_str().to_owned();
        let location = self.ask(Call::Read, None, Request::GetBucketLocation(name())).await?;
        let Response::Location(region) = location else { return Err(unexpected()) };
        let versioning = self.ask(Call::Read, None, Request::GetBucketVersioning(name())).await?;
        let Response::Versioning { status: versioning, .. } = versioning else {
            return Err(unexpected());
        };
        Ok(BucketFacts {
            region,
            versioning: match versioning {
                None => Versioning::Never,
                Some(ModelVersioning::Enabled) => Versioning::Enabled,
                Some(ModelVersioning::Suspended) => Versioning::Suspended,
            },
            default_encryption: self.default_encryption(name()).await?,
            acls: self.setting(name(), Aspect::OwnershipControls, counts_acls).await?,
            object_lock: self.setting(name(), Aspect::ObjectLock, |_| true).await?,
            default_retention: self.setting(name(), Aspect::ObjectLock, retains).await?,
            transitions: self.setting(name(), Aspect::Lifecycle, moves_objects).await?,
            website: self.setting(name(), Aspect::Website, |_| true).await?,
        })
    }
}

/// Whether a lock configuration has a default retention.
fn retains(document: Option<&str>) -> bool {
    document.is_some_and(|document| document.contains("<DefaultRetention"))
}

impl SandboxPorts {
    /// Nothing where it may not be read: it is for the report alone.
    async fn default_encryption(&self, bucket: String) -> Result<Option<Encryption>, StoreError> {
        match self.ask(Call::Read, None, Request::GetBucketEncryption(bucket)).await {
            Ok(Response::BucketEncryption(default)) => Ok(Some(words::default_encryption(default))),
            Ok(_) => Err(unexpected()),
            Err(error) if error.kind == StoreErrorKind::Denied => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Absent settings say no, but for ownership controls: ACLs count without them.
    pub(super) async fn setting(
        &self,
        bucket: String,
        aspect: Aspect,
        is_set: fn(Option<&str>) -> bool,
    ) -> Result<Setting, StoreError> {
        let request = Request::GetBucketDocument { bucket, aspect };
        match self.ask(Call::Read, None, request).await {
            Ok(Response::Document(document, _)) if is_set(document.as_deref()) => Ok(Setting::Yes),
            Ok(Response::Document(..)) => Ok(Setting::No),
            Ok(_) => Err(unexpected()),
            Err(error) if error.kind == StoreErrorKind::Denied => {
                Ok(Setting::Unreadable(error.to_string()))
            }
            Err(error) if error.code == "OwnershipControlsNotFoundError" => Ok(Setting::Yes),
            Err(error) if error.code == "NoSuchBucket" || error.is_transient() => Err(error),
            Err(_) => Ok(Setting::No),
        }
    }

    async fn list_current(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let list = ListObjects {
            bucket: request.bucket.as_str().to_owned(),
            prefix: request.prefix.to_owned(),
            delimiter: None,
            after: request.after.map(|(key, _)| key.to_owned()),
            max: Some(request.limit.max(1) as usize),
        };
        let answer = self.ask(Call::Read, None, Request::ListObjects(list)).await?;
        let Response::Objects(page) = answer else { return Err(unexpected()) };
        let entries = page
            .objects
            .into_iter()
            .map(|listed| {
                Ok(object_entry(object_key(listed.key.to_string())?, None, true, &listed.object))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(ListPage { entries, truncated: page.next.is_some() })
    }

    async fn list_versions(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        let (key, version) = request.after.unzip();
        let list = ListVersions {
            bucket: request.bucket.as_str().to_owned(),
            prefix: request.prefix.to_owned(),
            delimiter: None,
            key_marker: key.map(str::to_owned),
            version_marker: version.flatten().map(|version| version.as_str().to_owned()),
            max: Some(request.limit.max(1) as usize),
        };
        let answer = self.ask(Call::Read, None, Request::ListVersions(list)).await?;
        let Response::Versions(page) = answer else { return Err(unexpected()) };
        let entries = page
            .versions
            .into_iter()
            .map(|listed| {
                let key = object_key(listed.key.to_string())?;
                let version = Some(VersionId::new(listed.version_id.to_string()));
                Ok(match listed.entry {
                    Ok(object) => object_entry(key, version, listed.is_latest, &object),
                    Err(date) => ListEntry {
                        last_modified: Some(words::timestamp(date)),
                        ..marker_entry(key, version, listed.is_latest)
                    },
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(ListPage { entries, truncated: page.next.is_some() })
    }
}

/// S3's default document enforces the bucket's owner.
fn counts_acls(document: Option<&str>) -> bool {
    document.is_some_and(|document| !document.contains("BucketOwnerEnforced"))
}

fn moves_objects(document: Option<&str>) -> bool {
    document.is_some_and(|document| document.contains("Transition>"))
}

#[async_trait]
impl Lister for SandboxPorts {
    async fn list(&self, request: &ListRequest<'_>) -> Result<ListPage, StoreError> {
        match request.versions {
            Versions::Current => self.list_current(request).await,
            Versions::All => self.list_versions(request).await,
        }
    }
}

fn object_key(key: String) -> Result<ObjectKey, StoreError> {
    ObjectKey::new(key).map_err(|error| unbuildable(error.to_string()))
}

fn marker_entry(key: ObjectKey, version: Option<VersionId>, is_latest: bool) -> ListEntry {
    ListEntry {
        key,
        version,
        is_latest,
        is_delete_marker: true,
        size: None,
        etag: None,
        last_modified: None,
        storage_class: None,
    }
}

fn object_entry(
    key: ObjectKey,
    version: Option<VersionId>,
    is_latest: bool,
    object: &ObjectVersion,
) -> ListEntry {
    ListEntry {
        key,
        version,
        is_latest,
        is_delete_marker: false,
        size: Some(object.content.len()),
        etag: Some(ETag::new(&object.etag.to_string())),
        last_modified: Some(words::timestamp(object.last_modified)),
        storage_class: Some(StorageClass::new(object.storage_class.as_str())),
    }
}
