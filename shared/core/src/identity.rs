//! Names of things. Each is a type of its own, checked once, so that a bucket
//! can't be passed for a key nor an alias for a key ARN.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a name was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not a bucket name by S3's rules.
    #[error("'{0}' is not a bucket name")]
    Bucket(String),
    /// Empty, or longer than S3's 1,024 bytes.
    #[error("a key must have 1 to 1024 bytes, this one has {0}")]
    Key(usize),
    /// Not the full ARN of a KMS key.
    #[error("'{0}' is not a KMS key ARN (arn:aws:kms:REGION:ACCOUNT:key/ID)")]
    KeyArn(String),
    /// Not twelve digits.
    #[error("'{0}' is not a 12-digit account id")]
    Account(String),
    /// Not a chunk id as reseal writes them.
    #[error("'{0}' is not a chunk id")]
    Chunk(String),
    /// Not a fleet's name.
    #[error("'{0}' is not a fleet's name: 3 to 64 letters, digits, - and _")]
    Fleet(String),
    /// Not a stack's name.
    #[error("'{0}' is not a stack's name: a letter, then up to 127 letters, digits and -")]
    Stack(String),
    /// Not a job id as reseal writes them.
    #[error("'{0}' is not a job id")]
    Job(String),
}

macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Reading a name checks it like everybody else's: chunk files, messages and
/// ledgers are read back by others than those who wrote them.
macro_rules! checked {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

/// Names that are whatever their giver says.
macro_rules! opaque {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self)
            }
        }
    )*};
}

text_name!(
    /// A general-purpose bucket's name.
    BucketName
);
checked!(BucketName, ObjectKey, KeyArn, AccountId, JobId, FleetName);
opaque!(VersionId, WorkerId);
text_name!(
    /// An object's key, exactly as S3 holds it: never normalised, trimmed or decoded.
    ObjectKey
);
text_name!(
    /// A version id as S3 reports it; `null` is the version written while versioning was off.
    VersionId
);
text_name!(
    /// The full ARN of a KMS key: never an id or an alias, which other accounts resolve differently.
    KeyArn
);
text_name!(
    /// A 12-digit AWS account id.
    AccountId
);
text_name!(
    /// A job's id: safe in file names, queue messages and S3 keys.
    JobId
);
text_name!(
    /// A fleet's name: its table's, and what its queues' names begin with.
    FleetName
);
text_name!(
    /// One process that leases chunks.
    WorkerId
);

impl FromStr for BucketName {
    type Err = IdentityError;

    /// S3's naming rules as far as they guard against mistyping: 3 to 63 of
    /// `a-z 0-9 . -`, beginning and ending with a letter or digit. Old
    /// us-east-1 buckets may also hold upper case and `_` up to 255 bytes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let fits = (3..=255).contains(&text.len())
            && text.chars().all(allowed)
            && edge(text.chars().next())
            && edge(text.chars().next_back());
        if fits { Ok(Self(text.to_owned())) } else { Err(IdentityError::Bucket(text.to_owned())) }
    }
}

impl BucketName {
    /// Directory buckets (S3 Express One Zone) are told by their name alone.
    #[must_use]
    pub fn is_directory_bucket(&self) -> bool {
        self.0.ends_with("--x-s3")
    }
}

impl ObjectKey {
    /// Accepts any key that S3 can hold: 1 to 1,024 bytes of UTF-8.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn new(key: impl Into<String>) -> Result<Self, IdentityError> {
        let key = key.into();
        if (1..=1024).contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err(IdentityError::Key(key.len()))
        }
    }
}

impl FromStr for ObjectKey {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl VersionId {
    /// Takes S3's word for it: version ids are opaque.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The version that objects have which were written without versioning.
    #[must_use]
    pub fn null() -> Self {
        Self("null".to_owned())
    }
}

impl FromStr for KeyArn {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let fits = matches!(parts.as_slice(), ["arn", partition, "kms", region, account, resource]
            if partition.starts_with("aws")
                && !region.is_empty()
                && AccountId::from_str(account).is_ok()
                && resource.strip_prefix("key/").is_some_and(|id| !id.is_empty()));
        if fits { Ok(Self(text.to_owned())) } else { Err(IdentityError::KeyArn(text.to_owned())) }
    }
}

impl KeyArn {
    fn field(&self, index: usize) -> &str {
        self.0.split(':').nth(index).unwrap_or_default()
    }

    /// The region in which the key can be used.
    #[must_use]
    pub fn region(&self) -> &str {
        self.field(3)
    }

    /// The account that owns the key.
    #[must_use]
    pub fn account(&self) -> AccountId {
        AccountId(self.field(4).to_owned())
    }
}

impl FromStr for AccountId {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdentityError::Account(text.to_owned()))
        }
    }
}

impl FromStr for JobId {
    type Err = IdentityError;

    /// Letters, digits and `-`, at most 64: nothing that could climb out of a folder.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(IdentityError::Job(text.to_owned())) }
    }
}

impl FromStr for FleetName {
    type Err = IdentityError;

    /// What DynamoDB and SQS both take, short enough for the queues' endings.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (3..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if fits { Ok(Self(text.to_owned())) } else { Err(IdentityError::Fleet(text.to_owned())) }
    }
}

impl JobId {
    /// What ties the log lines of all processes that touch this job together:
    /// a trace id by W3C's rules (32 hexadecimal digits), made of the job's id.
    #[must_use]
    pub fn trace_id(&self) -> String {
        let digest = crate::ChunkDigest::of(self.0.as_bytes());
        digest.as_str().chars().take(32).collect()
    }
}

impl WorkerId {
    /// Any label; it is for people, never compared for safety (epochs are).
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self(label.into())
    }
}

/// One object, or one version of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Its bucket.
    pub bucket: BucketName,
    /// Its key.
    pub key: ObjectKey,
    /// The version; `None` addresses whichever is current.
    pub version: Option<VersionId>,
}

impl ObjectRef {
    /// The current version of this object.
    #[must_use]
    pub fn current(&self) -> Self {
        Self { version: None, ..self.clone() }
    }

    /// This object at one version.
    #[must_use]
    pub fn at(&self, version: Option<VersionId>) -> Self {
        Self { version, ..self.clone() }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = crate::escape_control(self.key.as_str());
        write!(f, "s3://{}/{key}", self.bucket)?;
        match &self.version {
            Some(version) => write!(f, " (version {version})"),
            None => Ok(()),
        }
    }
}

/// A chunk's name within its job: the source it came from and its ordinal
/// there. Splitting is deterministic, so two coordinators that split the same
/// source give the same name to the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId {
    /// Index of the source in the job's list.
    pub source: u32,
    /// Ordinal within the source, from 0.
    pub sequence: u64,
}

impl fmt::Display for ChunkId {
    /// Zero-padded, so that text order is numeric order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{:04}-{:010}", self.source, self.sequence)
    }
}

impl FromStr for ChunkId {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (source, sequence) = text.strip_prefix('s')?.split_once('-')?;
            let id = Self { source: source.parse().ok()?, sequence: sequence.parse().ok()? };
            (id.to_string() == text).then_some(id)
        };
        parse().ok_or_else(|| IdentityError::Chunk(text.to_owned()))
    }
}

impl Serialize for ChunkId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChunkId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Counts the claims of a chunk. Every write of a lease holder carries it, and
/// a write with an older one is refused.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch of the next claim.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_ids_round_trip_and_sort_as_text() {
        let (two, ten) = (ChunkId { source: 0, sequence: 2 }, ChunkId { source: 0, sequence: 10 });
        assert_eq!(two.to_string().parse(), Ok(two));
        assert!(two.to_string() < ten.to_string());
        for hostile in ["", "s0-1", "s0000-000000000x", "../s0000-0000000001"] {
            assert!(hostile.parse::<ChunkId>().is_err(), "{hostile}");
        }
    }

    #[test]
    fn only_full_key_arns_pass() {
        let arn: KeyArn = "arn:aws:kms:eu-west-1:111122223333:key/abcd".parse().expect("an ARN");
        assert_eq!(arn.region(), "eu-west-1");
        assert_eq!(arn.account().as_str(), "111122223333");
        for wrong in [
            "alias/x",
            "abcd",
            "arn:aws:kms:eu-west-1:111122223333:alias/x",
            "arn:aws:s3:eu-west-1:111122223333:key/x",
            "arn:aws:kms::111122223333:key/x",
        ] {
            assert!(wrong.parse::<KeyArn>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn job_ids_cannot_climb_out_of_a_folder() {
        assert!("20261121-ab12".parse::<JobId>().is_ok());
        for wrong in ["", "..", "a/b", "a\\b", "a b"] {
            assert!(wrong.parse::<JobId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn fleet_names_fit_tables_and_queues() {
        for good in ["abc", "reseal-prod_1"] {
            assert!(good.parse::<FleetName>().is_ok(), "{good}");
        }
        for wrong in ["", "ab", "a b c", "a/b", "a.b.c", &"x".repeat(65)] {
            assert!(wrong.parse::<FleetName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn bucket_names() {
        for good in ["abc", "my.bucket-1", "Old_Bucket"] {
            assert!(good.parse::<BucketName>().is_ok(), "{good}");
        }
        for wrong in ["ab", "-abc", "abc.", "a/b/c", "a b c", ""] {
            assert!(wrong.parse::<BucketName>().is_err(), "{wrong}");
        }
    }
}
