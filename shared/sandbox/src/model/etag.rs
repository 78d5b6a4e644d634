//! Entity tags, and the conditions that name them.

use std::fmt;
use std::num::NonZeroU32;

use md5::{Digest as _, Md5};

use super::content::{Content, hex_into};
use super::encryption::Encryption;

/// An object's entity tag, without the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ETag {
    digest: [u8; 16],
    parts: Option<NonZeroU32>,
}

impl ETag {
    /// The tag of content written in one piece.
    ///
    /// It is the content's MD5 where no KMS key is involved. Under a KMS key
    /// (or a customer's) it also depends on `serial`, the write: such tags say
    /// nothing about the content.
    pub(crate) fn of(content: &Content, encryption: &Encryption, serial: u64) -> Self {
        let mut digest = content.md5();
        if !encryption.etag_is_md5() {
            let mut hash = Md5::new();
            hash.update(digest);
            hash.update(serial.to_le_bytes());
            digest = hash.finalize().into();
        }
        Self { digest, parts: None }
    }

    /// The tag of content put together from parts with the tags `parts`.
    pub(crate) fn of_parts<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut hash = Md5::new();
        let mut count = 0;
        for part in parts {
            hash.update(part.digest);
            count += 1;
        }
        Self { digest: hash.finalize().into(), parts: NonZeroU32::new(count) }
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 32];
        f.write_str(hex_into(&self.digest, &mut text))?;
        match self.parts {
            Some(parts) => write!(f, "-{parts}"),
            None => Ok(()),
        }
    }
}

/// What an `If-Match` or `If-None-Match` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagCondition {
    /// `*`: any object at all.
    Any,
    /// This entity tag, without the quotes.
    Tag(String),
}

impl TagCondition {
    /// Reads a header's value; quotes are optional, as S3 has it.
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "*" => Self::Any,
            tag => Self::Tag(tag.trim_matches('"').to_owned()),
        }
    }

    pub(crate) fn matches(&self, etag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::Tag(tag) => *tag == etag.to_string(),
        }
    }
}
