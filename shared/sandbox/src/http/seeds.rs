//! Seeds as JSON: the forms that `POST /_sandbox/objects` and `keys` take.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{Refusal, read};
use crate::model::{
    ArchiveTier, ChecksumAlgorithm, ChecksumType, ContentHeaders, Grant, Grantee, Group, KeyAccess,
    KeyManager, KeyState, Lock, LockMode, Model, Moment, Permission, Restore, RoleRules,
    SYMMETRIC_DEFAULT, SeedContent, SeedEncryption, SeedKey, SeedObject, StorageClass, VersionId,
    canonical_id, parse_canonical_id,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ObjectBody {
    bucket: String,
    key: String,
    size: Option<u64>,
    parts: Option<Vec<u64>>,
    text: Option<String>,
    encryption: Option<String>,
    kms_key: Option<String>,
    #[serde(default)]
    bucket_key: bool,
    customer_key_md5: Option<String>,
    storage_class: Option<String>,
    archive: Option<String>,
    restore: Option<RestoreBody>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    checksum: Option<ChecksumBody>,
    redirect: Option<String>,
    retention: Option<RetentionBody>,
    #[serde(default)]
    legal_hold: bool,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    owner: Option<String>,
    grants: Option<Vec<GrantBody>>,
    last_modified: Option<i64>,
    #[serde(default)]
    delete_marker: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChecksumBody {
    algorithm: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RestoreBody {
    ready: i64,
    expiry: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionBody {
    mode: String,
    until: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantBody {
    to: String,
    permission: String,
}

/// Reads an optional word, or says which field has a wrong one.
pub(super) fn word<T>(
    field: &str,
    text: Option<String>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    match text {
        None => Ok(None),
        Some(text) => match parse(&text) {
            Some(word) => Ok(Some(word)),
            None => Err(Refusal::new(format!("{field} can't be {text:?}"))),
        },
    }
}

impl ObjectBody {
    /// Puts the object, or the delete marker, into the model.
    pub(super) fn plant(self, model: &mut Model, now: Moment) -> Result<VersionId, Refusal> {
        if self.delete_marker {
            let date = self.last_modified.map_or(now, Moment::from_millis);
            return Ok(model.seed_marker(&self.bucket, &self.key, date)?);
        }
        Ok(model.seed_object(self.seed()?, now)?)
    }

    fn seed(self) -> Result<SeedObject, Refusal> {
        let Self {
            bucket,
            key,
            size,
            parts,
            text,
            encryption,
            kms_key,
            bucket_key,
            customer_key_md5,
            storage_class,
            archive,
            restore,
            headers,
            metadata,
            tags,
            checksum,
            redirect,
            retention,
            legal_hold,
            annotations,
            owner,
            grants,
            last_modified,
            delete_marker: _,
        } = self;
        Ok(SeedObject {
            bucket,
            key,
            content: match (size, parts, text) {
                (None, None, Some(text)) => SeedContent::Inline(text.into()),
                (None, Some(parts), None) => SeedContent::Parts(parts),
                (size, None, None) => SeedContent::Generated(size.unwrap_or(0)),
                _ => return Err(Refusal::new("size, parts and text exclude each other")),
            },
            encryption: seed_encryption(
                encryption.as_deref(),
                kms_key,
                bucket_key,
                customer_key_md5,
            )?,
            storage_class: word("storageClass", storage_class, StorageClass::parse)?
                .unwrap_or(StorageClass::Standard),
            archive: word("archive", archive, ArchiveTier::parse)?,
            restore: restore.map(|RestoreBody { ready, expiry }| Restore {
                ready: Moment::from_millis(ready),
                expiry: expiry.map(Moment::from_millis),
            }),
            headers: content_headers(headers)?,
            metadata,
            tags: tags.into_iter().collect(),
            checksum: checksum.as_ref().map(seed_checksum).transpose()?,
            redirect,
            lock: seed_lock(retention, legal_hold)?,
            annotations,
            owner,
            grants: grants.map(seed_grants).transpose()?,
            last_modified: last_modified.map(Moment::from_millis),
        })
    }
}

fn seed_encryption(
    status: Option<&str>,
    key: Option<String>,
    bucket_key: bool,
    key_md5: Option<String>,
) -> Result<SeedEncryption, Refusal> {
    let missing = |what: &str| Refusal::new(format!("this encryption needs {what}"));
    match status.unwrap_or("NOT-SSE") {
        "NOT-SSE" => Ok(SeedEncryption::None),
        "SSE-S3" => Ok(SeedEncryption::SseS3),
        "SSE-KMS" => {
            Ok(SeedEncryption::Kms { key: key.ok_or_else(|| missing("kmsKey"))?, bucket_key })
        }
        "DSSE-KMS" => Ok(SeedEncryption::Dsse { key: key.ok_or_else(|| missing("kmsKey"))? }),
        "SSE-C" => Ok(SeedEncryption::CustomerKey {
            key_md5: key_md5.ok_or_else(|| missing("customerKeyMd5"))?,
        }),
        other => Err(Refusal::new(format!("encryption can't be {other:?}"))),
    }
}

fn content_headers(named: BTreeMap<String, String>) -> Result<ContentHeaders, Refusal> {
    let mut headers = ContentHeaders::default();
    for (name, value) in named {
        let place = match name.as_str() {
            "content-type" => &mut headers.content_type,
            "content-encoding" => &mut headers.content_encoding,
            "content-language" => &mut headers.content_language,
            "content-disposition" => &mut headers.content_disposition,
            "cache-control" => &mut headers.cache_control,
            "expires" => &mut headers.expires,
            other => return Err(Refusal::new(format!("headers can't hold {other:?}"))),
        };
        *place = Some(value);
    }
    Ok(headers)
}

fn seed_checksum(body: &ChecksumBody) -> Result<(ChecksumAlgorithm, ChecksumType), Refusal> {
    let unknown = || Refusal::new("checksum has an unknown algorithm or type");
    let algorithm = ChecksumAlgorithm::parse(&body.algorithm).ok_or_else(unknown)?;
    let kind = ChecksumType::parse(&body.kind).ok_or_else(unknown)?;
    Ok((algorithm, kind))
}

fn seed_lock(retention: Option<RetentionBody>, legal_hold: bool) -> Result<Option<Lock>, Refusal> {
    let retention = match retention {
        None => None,
        Some(RetentionBody { mode, until }) => {
            let mode = word("retention.mode", Some(mode), LockMode::parse)?;
            mode.map(|mode| (mode, Moment::from_millis(until)))
        }
    };
    let lock = Lock { retention, legal_hold };
    Ok((lock != Lock::default()).then_some(lock))
}

/// To an account, to a canonical id, or to a group by the last part of its URI.
fn seed_grants(bodies: Vec<GrantBody>) -> Result<Vec<Grant>, Refusal> {
    let groups = [Group::AllUsers, Group::AuthenticatedUsers, Group::LogDelivery];
    let grant = |GrantBody { to, permission }| {
        let group = groups.into_iter().find(|group| group.as_str().rsplit('/').next() == Some(&to));
        let grantee = match group {
            Some(group) => Grantee::Group(group),
            None => Grantee::User(parse_canonical_id(&to).unwrap_or_else(|| canonical_id(&to))),
        };
        let permission = Permission::parse(&permission)
            .ok_or_else(|| Refusal::new(format!("permission can't be {permission:?}")))?;
        Ok(Grant { grantee, permission })
    };
    bodies.into_iter().map(grant).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KeyBody {
    key: Option<String>,
    id: Option<String>,
    account: Option<String>,
    region: Option<String>,
    alias: Option<String>,
    state: Option<String>,
    spec: Option<String>,
    usage: Option<String>,
    access: Option<String>,
    denied_roles: Option<BTreeSet<String>>,
    only_roles: Option<BTreeSet<String>>,
}

/// Adds a key, or changes the one that the body names.
pub(super) fn key(model: &mut Model, body: &[u8], now: Moment) -> Result<Value, Refusal> {
    let KeyBody {
        key,
        id,
        account,
        region,
        alias,
        state,
        spec,
        usage,
        access,
        denied_roles,
        only_roles,
    } = read(body)?;
    let says_roles = denied_roles.is_some() || only_roles.is_some();
    let roles = RoleRules { denied: denied_roles.unwrap_or_default(), only: only_roles };
    let state = word("state", state, KeyState::parse)?;
    let access = word("access", access, KeyAccess::parse)?;
    let arn = match key {
        Some(key) => {
            if says_roles {
                model.set_key_roles(&key, roles)?;
            }
            model.set_key(&key, state, access)?
        }
        None => {
            let seed = SeedKey {
                id,
                account,
                region,
                alias,
                state: state.unwrap_or(KeyState::Enabled),
                spec: spec.unwrap_or_else(|| SYMMETRIC_DEFAULT.to_owned()),
                usage: usage.unwrap_or_else(|| "ENCRYPT_DECRYPT".to_owned()),
                access: access.unwrap_or(KeyAccess::OwnAccount),
                roles,
                manager: KeyManager::Customer,
            };
            model.seed_key(seed, now)?
        }
    };
    Ok(json!({ "arn": arn.as_ref() }))
}
