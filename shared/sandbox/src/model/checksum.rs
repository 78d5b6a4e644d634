//! Additional checksums: stored as given, or worked out from the content when asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crc_fast::CrcAlgorithm;

use super::content::Content;
use super::fault::{Code, Fault};

/// The checksum algorithms that the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChecksumAlgorithm {
    /// CRC-32.
    Crc32,
    /// CRC-32C.
    Crc32c,
    /// CRC-64/NVME, what S3 adds by itself.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ChecksumAlgorithm {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The name in `x-amz-checksum-algorithm`, and after `Checksum` in XML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// Reads a name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str().eq_ignore_ascii_case(text))
    }

    /// The type that a multipart upload gets when it names none.
    pub fn default_multipart_type(self) -> ChecksumType {
        match self {
            Self::Crc64Nvme => ChecksumType::FullObject,
            _ => ChecksumType::Composite,
        }
    }

    fn size(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// What a checksum covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumType {
    /// The whole object.
    FullObject,
    /// The checksums of the parts.
    Composite,
}

impl ChecksumType {
    /// The name in `x-amz-checksum-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::FullObject, Self::Composite].into_iter().find(|t| t.as_str() == text)
    }
}

/// The checksum headers of a write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChecksumRequest {
    /// The algorithm asked for.
    pub algorithm: Option<ChecksumAlgorithm>,
    /// The value sent, base64.
    pub value: Option<String>,
    /// The type asked for, on multipart uploads.
    pub kind: Option<ChecksumType>,
}

/// The checksum of one stored version or part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// The algorithm.
    pub algorithm: ChecksumAlgorithm,
    /// What it covers.
    pub kind: ChecksumType,
    /// The value, if anybody has said it yet.
    pub(crate) value: Option<Box<str>>,
}

impl Checksum {
    /// A full-object checksum whose value follows from the content.
    pub fn derived(algorithm: ChecksumAlgorithm) -> Self {
        Self { algorithm, kind: ChecksumType::FullObject, value: None }
    }

    /// A checksum with its value, base64 (and `-N` after a composite one).
    pub fn given(algorithm: ChecksumAlgorithm, kind: ChecksumType, value: &str) -> Self {
        Self { algorithm, kind, value: Some(value.into()) }
    }

    /// The value, worked out from `content` if need be.
    pub fn value(&self, content: &Content) -> String {
        match &self.value {
            Some(value) => value.to_string(),
            None => BASE64.encode(digest(self.algorithm, content)),
        }
    }

    /// The value if somebody gave it; working one out may be costly.
    pub fn known_value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// The checksum that a write of `content` in one piece stores.
    pub(crate) fn for_write(request: &ChecksumRequest, content: &Content) -> Result<Self, Fault> {
        let algorithm = request.algorithm.unwrap_or(ChecksumAlgorithm::Crc64Nvme);
        let Some(value) = &request.value else {
            return Ok(Self::derived(algorithm));
        };
        if content.is_inline() && *value != BASE64.encode(digest(algorithm, content)) {
            return Err(Fault::new(
                Code::BadDigest,
                format!(
                    "The {} you specified did not match the calculated checksum.",
                    algorithm.as_str()
                ),
            ));
        }
        Ok(Self::given(algorithm, ChecksumType::FullObject, value))
    }

    /// The composite checksum of parts, whose values are in `parts`.
    pub(crate) fn composite(algorithm: ChecksumAlgorithm, parts: &[String]) -> Self {
        let mut raw = Vec::new();
        for part in parts {
            // A value that isn't base64 was refused when the part came in.
            raw.extend(BASE64.decode(part).unwrap_or_default());
        }
        let value = BASE64.encode(digest(algorithm, &Content::inline(raw.into())));
        Self::given(algorithm, ChecksumType::Composite, &format!("{value}-{}", parts.len()))
    }
}

/// Beyond this size a generated content gets a stand-in: nobody reads it all to compare.
const LARGEST_REAL_DIGEST: u64 = 64 << 20;
const CHUNK: u64 = 1 << 20;

fn digest(algorithm: ChecksumAlgorithm, content: &Content) -> Vec<u8> {
    if !content.is_inline() && content.len() > LARGEST_REAL_DIGEST {
        let mut stand_in = content.md5().repeat(2);
        stand_in.truncate(algorithm.size());
        return stand_in;
    }
    match algorithm {
        ChecksumAlgorithm::Crc32 => crc(CrcAlgorithm::Crc32IsoHdlc, content, algorithm.size()),
        ChecksumAlgorithm::Crc32c => crc(CrcAlgorithm::Crc32Iscsi, content, algorithm.size()),
        ChecksumAlgorithm::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme, content, algorithm.size()),
        ChecksumAlgorithm::Sha1 => hash::<sha1::Sha1>(content),
        ChecksumAlgorithm::Sha256 => hash::<sha2::Sha256>(content),
    }
}

fn chunks(content: &Content) -> impl Iterator<Item = bytes::Bytes> + '_ {
    (0..content.len().div_ceil(CHUNK)).map(|index| content.read(index * CHUNK, CHUNK))
}

fn crc(algorithm: CrcAlgorithm, content: &Content, size: usize) -> Vec<u8> {
    let mut digest = crc_fast::Digest::new(algorithm);
    for chunk in chunks(content) {
        digest.update(&chunk);
    }
    digest.finalize().to_be_bytes()[8 - size..].to_vec()
}

fn hash<D: sha2::Digest>(content: &Content) -> Vec<u8> {
    let mut hash = D::new();
    for chunk in chunks(content) {
        hash.update(&chunk);
    }
    hash.finalize().to_vec()
}
