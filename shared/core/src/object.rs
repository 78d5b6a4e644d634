//! What one HEAD tells of an object, and what a copy of it must put back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ChunkDigest, Encryption, Timestamp, VersionId};

/// An entity tag without its quotes. Opaque: an MD5 only for single-part
/// objects without KMS, so never proof of content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ETag(String);

impl ETag {
    /// From a header or a listing, with or without quotes.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim_matches('"').to_owned())
    }

    /// Without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of a plain MD5. Such a tag survives a copy
    /// without KMS, and so can't tell our own copy from its source.
    #[must_use]
    pub fn looks_like_md5(&self) -> bool {
        self.0.len() == 32 && self.0.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// How many parts it was completed from, as the `-N` at its end says.
    #[must_use]
    pub fn parts(&self) -> Option<u32> {
        self.0.rsplit_once('-').and_then(|(_, count)| count.parse().ok())
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A storage class in S3's own word. Open, because S3 adds classes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StorageClass(String);

impl StorageClass {
    /// S3's word; HEAD omits the header for STANDARD.
    #[must_use]
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }

    /// The class that HEAD leaves out.
    #[must_use]
    pub fn standard() -> Self {
        Self::new("STANDARD")
    }

    /// S3's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Classes whose bytes must be restored before they can be read.
    #[must_use]
    pub fn is_archive(&self) -> bool {
        matches!(self.as_str(), "GLACIER" | "DEEP_ARCHIVE")
    }

    /// Classes whose bytes are surely readable: Intelligent-Tiering has archive
    /// tiers, which change without a trace in the class.
    #[must_use]
    pub fn is_always_readable(&self) -> bool {
        !self.is_archive() && self.as_str() != "INTELLIGENT_TIERING"
    }

    /// Classes that charge for reading, which a copy does.
    #[must_use]
    pub fn charges_retrieval(&self) -> bool {
        matches!(self.as_str(), "STANDARD_IA" | "ONEZONE_IA" | "GLACIER_IR")
    }

    /// Days that S3 bills at least, however soon an object is replaced: its
    /// user guide's table of storage classes.
    #[must_use]
    pub fn minimum_days(&self) -> u64 {
        match self.as_str() {
            "STANDARD_IA" | "ONEZONE_IA" => 30,
            "GLACIER_IR" | "GLACIER" => 90,
            "DEEP_ARCHIVE" => 180,
            _ => 0,
        }
    }

    /// Bytes that S3 bills at least for an object, by the same table.
    #[must_use]
    pub fn minimum_bytes(&self) -> u64 {
        if self.charges_retrieval() { 128 * 1024 } else { 0 }
    }
}

impl fmt::Display for StorageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the bytes can be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveState {
    /// Readable.
    Online,
    /// In an archive class or tier, not restored.
    Archived,
    /// A restore was requested and isn't done.
    Restoring,
    /// A restored copy is readable for now.
    Restored,
}

/// The mode of an Object Lock retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockMode {
    /// Can be bypassed with a permission, which reseal never uses.
    Governance,
    /// Can't be lifted by anybody.
    Compliance,
}

/// An Object Lock retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Its mode.
    pub mode: LockMode,
    /// Until when.
    pub until: Timestamp,
}

/// The Object Lock state of a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLock {
    /// A retention, if one is set (it may have run out).
    pub retention: Option<Retention>,
    /// Whether a legal hold is on.
    pub legal_hold: bool,
}

impl ObjectLock {
    /// What of it is still in force: a retention that ran out can't be set again.
    #[must_use]
    pub fn still_holds(&self, now: Timestamp) -> Self {
        Self { retention: self.retention.filter(|r| r.until > now), legal_hold: self.legal_hold }
    }
}

/// An object's additional checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// S3's word, such as `CRC64NVME` or `SHA256`.
    pub algorithm: String,
    /// Over the whole object, rather than over the parts' checksums.
    pub full_object: bool,
    /// As S3 writes it: in base 64, of composites with `-N` for the parts.
    #[serde(default)]
    pub value: String,
}

/// What a copy must put back: everything about an object that S3 drops or
/// resets when it is copied onto itself, or that a multipart copy has to
/// restate. Adapters destructure it without `..`, so that a new field here
/// breaks the build until each says what it does with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Reset to STANDARD by every copy that doesn't name it.
    pub storage_class: StorageClass,
    /// User metadata, names without `x-amz-meta-`, in lower case as S3 returns them.
    pub metadata: BTreeMap<String, String>,
    /// How many metadata entries HEAD could not return (`x-amz-missing-meta`).
    /// They would be lost where metadata must be restated.
    pub missing_metadata: u32,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Expires`, raw: S3 stores any text here, not only dates.
    pub expires: Option<String>,
    /// `x-amz-website-redirect-location`, lost by every copy.
    pub website_redirect: Option<String>,
    /// The checksum to ask for again, where one is kept.
    pub checksum: Option<Checksum>,
}

impl Attributes {
    /// SHA-256 over what every copy must keep as it is, in hexadecimal: for
    /// comparing with later. Not the class, which a restore changes, nor the
    /// checksum, which HEAD doesn't tell.
    #[must_use]
    pub fn digest(&self) -> String {
        let Self {
            storage_class: _,
            metadata,
            missing_metadata,
            content_type,
            content_encoding,
            content_language,
            content_disposition,
            cache_control,
            expires,
            website_redirect,
            checksum: _,
        } = self;
        let texts = [
            content_type,
            content_encoding,
            content_language,
            content_disposition,
            cache_control,
            expires,
            website_redirect,
        ];
        let mut canonical = format!("{missing_metadata}\0");
        for (name, value) in metadata {
            canonical.extend([name, "\0", value, "\0"]);
        }
        for text in texts {
            canonical.push_str(text.as_ref().map_or("-", |_| "+"));
            canonical.push_str(text.as_deref().unwrap_or_default());
            canonical.push('\0');
        }
        ChunkDigest::of(canonical.as_bytes()).as_str().to_owned()
    }

    /// A class and nothing else.
    #[must_use]
    pub fn of_class(storage_class: StorageClass) -> Self {
        Self {
            storage_class,
            metadata: BTreeMap::new(),
            missing_metadata: 0,
            content_type: None,
            content_encoding: None,
            content_language: None,
            content_disposition: None,
            cache_control: None,
            expires: None,
            website_redirect: None,
            checksum: None,
        }
    }
}

/// All that one HEAD says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectHead {
    /// Absent in buckets that were never versioned.
    pub version: Option<VersionId>,
    /// The entity tag that conditions are built on.
    pub etag: ETag,
    /// Bytes.
    pub size: u64,
    /// To the second.
    pub last_modified: Timestamp,
    /// How it is encrypted now.
    pub encryption: Encryption,
    /// Whether its bytes can be read now.
    pub archive: ArchiveState,
    /// Its lock, as far as the caller may see it.
    pub lock: ObjectLock,
    /// How many tags it has; the tags themselves need a call of their own.
    pub tag_count: u32,
    /// Parts it was uploaded in, where the endpoint tells.
    pub parts_count: Option<u32>,
    /// What a copy must put back.
    pub attributes: Attributes,
}

/// Object tags, at most ten, in the order of their names.
pub type TagSet = BTreeMap<String, String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_lose_their_quotes_and_tell_md5_from_the_rest() {
        let plain = ETag::new("\"9b2cf535f27731c974343645a3985328\"");
        assert_eq!(plain.as_str(), "9b2cf535f27731c974343645a3985328");
        assert!(plain.looks_like_md5());
        assert!(!ETag::new("9b2cf535f27731c974343645a3985328-3").looks_like_md5());
    }
}
