//! Annotations: named texts beside a version's bytes.

use std::collections::BTreeMap;

use super::checksum::Checksum;
use super::content::Content;
use super::encryption::Encryption;
use super::etag::ETag;
use super::fault::{Code, Fault};
use super::moment::Moment;

/// A version has at most this many.
pub(crate) const MOST_ANNOTATIONS: usize = 1000;

/// Names are at most this many bytes of UTF-8.
const LONGEST_NAME: usize = 512;

/// Payloads are at most this many bytes.
const LARGEST_PAYLOAD: u64 = 1 << 20;

/// A version's annotations by name.
pub type Annotations = BTreeMap<String, Annotation>;

/// One annotation. It is encrypted as its version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The payload, UTF-8.
    pub content: Content,
    /// Its own entity tag.
    pub etag: ETag,
    /// Its own date.
    pub last_modified: Moment,
    /// Its own checksum.
    pub checksum: Checksum,
}

impl Annotation {
    /// The payload as text.
    pub fn text(&self) -> String {
        let bytes = self.content.read(0, self.content.len());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The same beside another version, to which a copy takes it.
    pub(crate) fn copied(&self, encryption: &Encryption, serial: u64, now: Moment) -> Self {
        Self {
            etag: ETag::of(&self.content, encryption, serial),
            last_modified: now.whole_seconds(),
            ..self.clone()
        }
    }
}

/// Refuses names and payloads that no annotation may have.
pub(crate) fn check(name: &str, content: &Content) -> Result<(), Fault> {
    if name.len() > LONGEST_NAME {
        return Err(Fault::new(
            Code::AnnotationNameTooLong,
            "The annotation name exceeds 512 bytes.",
        ));
    }
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Fault::new(
            Code::InvalidAnnotationName,
            "The annotation name you provided is invalid.",
        ));
    }
    if content.is_empty() {
        return Err(Fault::invalid("The annotation payload must not be empty."));
    }
    if content.len() > LARGEST_PAYLOAD {
        let message = "The annotation payload exceeds the maximum allowed size";
        return Err(Fault::new(Code::EntityTooLarge, message)
            .with("MaxSizeAllowed", LARGEST_PAYLOAD.to_string()));
    }
    if std::str::from_utf8(&content.read(0, content.len())).is_err() {
        return Err(Fault::new(
            Code::UnsupportedMediaType,
            "The annotation payload must be valid UTF-8 encoded text.",
        ));
    }
    Ok(())
}
