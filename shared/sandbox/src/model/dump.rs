//! Everything that a bucket holds, for oracles that compare before with after.

use std::collections::BTreeMap;

use serde::Serialize;

use super::version::{Entry, Version};
use super::{Encryption, Model, Moment, ObjectVersion};

/// One version with every attribute. Absent ones are left out of the JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct DumpLine {
    /// The key.
    pub key: String,
    /// The version id, `null` included.
    pub version_id: String,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// Whether it is a delete marker: then nothing but the date follows.
    pub is_delete_marker: bool,
    /// Its date in milliseconds since the epoch.
    pub last_modified: i64,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The same exactly when the bytes are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Entity tag without quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// NOT-SSE, SSE-S3, SSE-KMS, DSSE-KMS or SSE-C.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<&'static str>,
    /// The KMS key's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// Whether the bucket's key is used, for SSE-KMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_key: Option<bool>,
    /// The encryption context as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_context: Option<String>,
    /// Storage class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<&'static str>,
    /// Archive tier of Intelligent-Tiering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<&'static str>,
    /// When the last restore is ready, in milliseconds, and when its copy goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<(i64, Option<i64>)>,
    /// Content headers by their names in lower case.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<&'static str, String>,
    /// User metadata.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Tags in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// Algorithm, type and, where it was given, value of the checksum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<(&'static str, &'static str, Option<String>)>,
    /// Number and size of its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(u32, u64)>,
    /// Website redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// Retention mode, and its end in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<(&'static str, i64)>,
    /// Whether a legal hold is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_hold: Option<bool>,
    /// Texts of the annotations by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The owner's canonical id, unless the object is the bucket owner's and private.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Grantee (`id=…` or `uri=…`) and permission of every grant, in the same case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<(String, &'static str)>,
}

impl Model {
    /// The versions of up to `keys` keys after `after`, newest first within a key.
    /// `None` if there is no such bucket.
    pub fn dump(&self, bucket: &str, after: Option<&str>, keys: usize) -> Option<Vec<DumpLine>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        let range = self.buckets.get(bucket)?.objects.range::<str, _>((from, Unbounded));
        let mut lines = Vec::new();
        for (key, stack) in range.take(keys) {
            for (index, version) in stack.newest_first().enumerate() {
                lines.push(line(key, version, index == 0));
            }
        }
        Some(lines)
    }

    /// The names of all buckets.
    pub fn bucket_names(&self) -> Vec<String> {
        self.buckets.keys().cloned().collect()
    }

    /// How many unfinished uploads a bucket has.
    pub fn unfinished_uploads(&self, bucket: &str) -> usize {
        self.buckets.get(bucket).map_or(0, |bucket| bucket.uploads.len())
    }
}

fn line(key: &str, version: &Version, is_latest: bool) -> DumpLine {
    let start = DumpLine {
        key: key.to_owned(),
        version_id: version.id.to_string(),
        is_latest,
        ..DumpLine::default()
    };
    match &version.entry {
        Entry::DeleteMarker(date) => {
            DumpLine { is_delete_marker: true, last_modified: date.millis(), ..start }
        }
        Entry::Object(object) => describe(object, start),
    }
}

fn describe(object: &ObjectVersion, start: DumpLine) -> DumpLine {
    // Destructured in full: a new attribute must be dumped, or the oracles miss it.
    let ObjectVersion {
        content,
        etag,
        last_modified,
        encryption,
        storage_class,
        archive,
        restore,
        headers,
        metadata,
        tags,
        checksum,
        parts,
        redirect,
        lock,
        annotations,
        access,
    } = object;
    let (bucket_key, context) = match encryption {
        Encryption::Kms { bucket_key, context, .. } => (Some(*bucket_key), context.as_ref()),
        Encryption::Dsse { context, .. } => (None, context.as_ref()),
        Encryption::None | Encryption::SseS3 | Encryption::CustomerKey { .. } => (None, None),
    };
    DumpLine {
        last_modified: last_modified.millis(),
        size: Some(content.len()),
        fingerprint: Some(content.fingerprint()),
        etag: Some(etag.to_string()),
        encryption: Some(encryption.inventory_status()),
        kms_key: encryption.kms_key().map(ToString::to_string),
        bucket_key,
        encryption_context: context.map(ToString::to_string),
        storage_class: Some(storage_class.as_str()),
        archive: archive.map(|tier| tier.as_str()),
        restore: restore
            .as_deref()
            .map(|restore| (restore.ready.millis(), restore.expiry.map(Moment::millis))),
        headers: headers.as_deref().map(|headers| headers.named()).unwrap_or_default(),
        metadata: metadata.clone(),
        tags: tags.clone(),
        checksum: checksum.as_deref().map(|checksum| {
            let value = checksum.known_value().map(str::to_owned);
            (checksum.algorithm.as_str(), checksum.kind.as_str(), value)
        }),
        parts: parts.iter().flatten().map(|part| (part.number, part.size)).collect(),
        redirect: redirect.as_deref().map(str::to_owned),
        retention: lock
            .as_ref()
            .and_then(|lock| lock.retention)
            .map(|(mode, until)| (mode.as_str(), until.millis())),
        legal_hold: lock.as_ref().map(|lock| lock.legal_hold),
        annotations: annotations
            .iter()
            .flat_map(|all| all.iter())
            .map(|(name, annotation)| (name.clone(), annotation.text()))
            .collect(),
        owner: access.as_deref().map(|access| access.owner.to_string()),
        grants: access
            .iter()
            .flat_map(|access| &access.grants)
            .map(|grant| (grant.grantee.to_string(), grant.permission.as_str()))
            .collect(),
        ..start
    }
}
