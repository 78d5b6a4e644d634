//! A seed in the model's words.

use reseal_core::{
    Attributes, Checksum, Encryption, Grant, Grantee, LockMode, ObjectLock, Permission,
};
use reseal_sandbox::model::{
    self, ChecksumAlgorithm, ChecksumType, ContentHeaders, Lock, Moment, SeedContent,
    SeedEncryption, SeedObject, StorageClass,
};
use reseal_testkit::conformance::object_store::{Content, Doubt, Seed};

/// The account of a model with default settings.
const OWNER: &str = "111122223333";

fn unknown(what: impl std::fmt::Display) -> Doubt {
    Doubt::CannotBeAsked(format!("the model has no {what}"))
}

pub(crate) fn seed_object(seed: Seed) -> Result<SeedObject, Doubt> {
    let Seed { bucket, key, content, encryption, attributes, tags, lock, grants, annotations } =
        seed;
    let Attributes {
        storage_class,
        metadata,
        missing_metadata: _,
        content_type,
        content_encoding,
        content_language,
        content_disposition,
        cache_control,
        expires,
        website_redirect,
        checksum,
    } = attributes;
    let class = StorageClass::parse(storage_class.as_str());
    let mut object = SeedObject::new(bucket.as_str(), key, 0).encrypted(encrypted(encryption)?);
    object.content = match content {
        Content::Text(text) => SeedContent::Inline(text.into()),
        Content::Bytes(size) => SeedContent::Generated(size),
        Content::Parts(sizes) => SeedContent::Parts(sizes),
    };
    object.storage_class = class.ok_or_else(|| unknown(&storage_class))?;
    object.headers = ContentHeaders {
        content_type,
        content_encoding,
        content_language,
        content_disposition,
        cache_control,
        expires,
    };
    object.metadata = metadata;
    object.tags = tags.into_iter().collect();
    object.checksum = checksum.as_ref().map(summed).transpose()?;
    object.redirect = website_redirect;
    object.lock = locked(lock);
    object.annotations = annotations;
    object.grants = granted(&grants)?;
    Ok(object)
}

fn encrypted(encryption: Encryption) -> Result<SeedEncryption, Doubt> {
    Ok(match encryption {
        Encryption::None => SeedEncryption::None,
        Encryption::SseS3 => SeedEncryption::SseS3,
        Encryption::SseKms { key: Some(key), bucket_key } => {
            SeedEncryption::Kms { key, bucket_key }
        }
        Encryption::DsseKms { key: Some(key) } => SeedEncryption::Dsse { key },
        Encryption::SseC => SeedEncryption::CustomerKey { key_md5: "a2V5".to_owned() },
        Encryption::SseKms { key: None, .. } | Encryption::DsseKms { key: None } => {
            return Err(unknown("such key"));
        }
    })
}

fn summed(checksum: &Checksum) -> Result<(ChecksumAlgorithm, ChecksumType), Doubt> {
    let Checksum { algorithm, full_object, value: _ } = checksum;
    let kind = if *full_object { ChecksumType::FullObject } else { ChecksumType::Composite };
    Ok((ChecksumAlgorithm::parse(algorithm).ok_or_else(|| unknown(algorithm))?, kind))
}

fn locked(lock: ObjectLock) -> Option<Lock> {
    let ObjectLock { retention, legal_hold } = lock;
    let retention = retention.map(|retention| {
        let mode = match retention.mode {
            LockMode::Governance => model::LockMode::Governance,
            LockMode::Compliance => model::LockMode::Compliance,
        };
        (mode, Moment::from_millis(retention.until.as_millis()))
    });
    let lock = Lock { retention, legal_hold };
    (lock != Lock::default()).then_some(lock)
}

/// Nothing where the owner's own grant is the only one.
fn granted(grants: &[Grant]) -> Result<Option<Vec<model::Grant>>, Doubt> {
    if grants.is_empty() {
        return Ok(None);
    }
    let own = model::Grant {
        grantee: model::Grantee::User(model::canonical_id(OWNER)),
        permission: model::Permission::FullControl,
    };
    let granted = grants.iter().map(|Grant { grantee, permission }| {
        let grantee = match grantee {
            Grantee::Account(id) => model::Grantee::User(id.0.as_str().into()),
            Grantee::Group(uri) => {
                model::Grantee::Group(model::Group::parse(uri).ok_or_else(|| unknown(uri))?)
            }
        };
        let permission = match permission {
            Permission::FullControl => model::Permission::FullControl,
            Permission::Read => model::Permission::Read,
            Permission::ReadAcp => model::Permission::ReadAcp,
            Permission::WriteAcp => model::Permission::WriteAcp,
        };
        Ok(model::Grant { grantee, permission })
    });
    std::iter::once(Ok(own)).chain(granted).collect::<Result<_, Doubt>>().map(Some)
}

/// A policy that lets everybody do everything in a bucket.
pub(crate) fn everybody_is_let_in(bucket: &str) -> String {
    let resources = [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")];
    let allowance = serde_json::json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": resources,
    });
    serde_json::json!({ "Version": "2012-10-17", "Statement": [allowance] }).to_string()
}
