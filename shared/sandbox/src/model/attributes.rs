//! Everything that a stored version carries, in one place.

use std::collections::BTreeMap;

use super::acl::{Access, AclRequest};
use super::annotation::Annotations;
use super::checksum::{Checksum, ChecksumRequest};
use super::content::Content;
use super::encryption::{Encryption, EncryptionRequest};
use super::etag::ETag;
use super::fault::{Code, Fault};
use super::moment::Moment;
use super::restore::Restore;

/// Pairs of tag key and value, in the order they were given.
pub type TagSet = Vec<(String, String)>;

/// One stored object version with all its attributes.
///
/// A new kind of attribute becomes a field here; the
/// places that build one name every field, so that none forgets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The bytes, or what stands for them.
    pub content: Content,
    /// The entity tag.
    pub etag: ETag,
    /// When it was written, to the second.
    pub last_modified: Moment,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// Its storage class.
    pub storage_class: StorageClass,
    /// The archive tier of Intelligent-Tiering that it sank to, if any.
    pub archive: Option<ArchiveTier>,
    /// The last restore that was asked for.
    pub restore: Option<Box<Restore>>,
    /// Content headers. Absent: all at their defaults.
    pub headers: Option<Box<ContentHeaders>>,
    /// User metadata, names in lower case.
    pub metadata: BTreeMap<String, String>,
    /// Tags.
    pub tags: TagSet,
    /// The additional checksum. Absent on objects from before S3 added one.
    pub checksum: Option<Box<Checksum>>,
    /// The parts it was uploaded in. Absent: in one piece.
    pub parts: Option<Box<[PartRecord]>>,
    /// Where the bucket's website redirects its readers to.
    pub redirect: Option<Box<str>>,
    /// Retention and legal hold.
    pub lock: Option<Box<Lock>>,
    /// Annotations by name. Absent: none.
    pub annotations: Option<Box<Annotations>>,
    /// Owner and grants. Absent: the bucket owner's, and nobody else's.
    pub access: Option<Box<Access>>,
}

/// One part of a finished multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRecord {
    /// Its number.
    pub number: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Its checksum value, where the upload asked for checksums.
    pub checksum: Option<Box<str>>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = concat!("`", $text, "`.")] $variant,)* }

        impl $name {
            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Reads the word on the wire.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Storage classes of general purpose buckets.
    StorageClass {
        Standard = "STANDARD",
        ReducedRedundancy = "REDUCED_REDUNDANCY",
        StandardIa = "STANDARD_IA",
        OneZoneIa = "ONEZONE_IA",
        IntelligentTiering = "INTELLIGENT_TIERING",
        Glacier = "GLACIER",
        DeepArchive = "DEEP_ARCHIVE",
        GlacierIr = "GLACIER_IR",
    }
}

words! {
    /// The archive tiers of Intelligent-Tiering.
    ArchiveTier {
        Archive = "ARCHIVE_ACCESS",
        DeepArchive = "DEEP_ARCHIVE_ACCESS",
    }
}

words! {
    /// Modes of object lock retention.
    LockMode {
        Governance = "GOVERNANCE",
        Compliance = "COMPLIANCE",
    }
}

/// Mode and end of a retention period.
pub type Retention = (LockMode, Moment);

/// Object lock on one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The retention period.
    pub retention: Option<Retention>,
    /// Whether a legal hold is on. One taken off is as if it had never been.
    pub legal_hold: bool,
}

impl Lock {
    pub(crate) fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }

    /// Whether the version may not be deleted or re-keyed at `now`.
    pub fn holds(&self, now: Moment) -> bool {
        self.legal_hold || self.retention.is_some_and(|(_, until)| until > now)
    }
}

/// The headers that describe the content, as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContentHeaders {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`, without `aws-chunked`.
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Expires`, the raw string: S3 keeps what was sent, date or not.
    pub expires: Option<String>,
}

impl ContentHeaders {
    /// Those that are set, by their names in lower case.
    pub fn named(&self) -> BTreeMap<&'static str, String> {
        let Self {
            content_type,
            content_encoding,
            content_language,
            content_disposition,
            cache_control,
            expires,
        } = self;
        let all = [
            ("content-type", content_type),
            ("content-encoding", content_encoding),
            ("content-language", content_language),
            ("content-disposition", content_disposition),
            ("cache-control", cache_control),
            ("expires", expires),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }

    pub(crate) fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// What a write says about the version that it makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteAttributes {
    /// Content headers.
    pub headers: ContentHeaders,
    /// User metadata, names in lower case.
    pub metadata: BTreeMap<String, String>,
    /// Tags.
    pub tags: TagSet,
    /// Storage class; absent means STANDARD.
    pub storage_class: Option<StorageClass>,
    /// Website redirect.
    pub redirect: Option<String>,
    /// Retention and legal hold.
    pub lock: Option<Lock>,
    /// ACL; absent means private.
    pub acl: Option<Box<AclRequest>>,
    /// Encryption.
    pub encryption: EncryptionRequest,
    /// Checksum.
    pub checksum: ChecksumRequest,
}

impl WriteAttributes {
    /// Refuses what S3 refuses whatever the object: too many tags, too much metadata.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        check_tags(&self.tags)?;
        let size: usize = self.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        if size > 2048 {
            return Err(Fault::new(
                Code::MetadataTooLarge,
                "Your metadata headers exceed the maximum allowed metadata size",
            ));
        }
        Ok(())
    }
}

/// S3 allows this many tags on an object.
const MOST_TAGS: usize = 10;

pub(crate) fn check_tags(tags: &TagSet) -> Result<(), Fault> {
    if tags.len() > MOST_TAGS {
        return Err(Fault::new(Code::BadRequest, "Object tags cannot be greater than 10"));
    }
    for (index, (key, value)) in tags.iter().enumerate() {
        if key.is_empty() || key.chars().count() > 128 {
            return Err(Fault::new(Code::InvalidTag, "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 {
            return Err(Fault::new(Code::InvalidTag, "The TagValue you have provided is invalid"));
        }
        if tags[..index].iter().any(|(earlier, _)| earlier == key) {
            return Err(Fault::new(
                Code::InvalidTag,
                "Cannot provide multiple Tags with the same key",
            ));
        }
    }
    Ok(())
}
