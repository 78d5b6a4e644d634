//! What must be as before after a multipart copy, which inherits nothing.

use reseal_core::ports::UploadSource;
use reseal_core::{Attributes, ObjectHead};

/// The first thing that the copy should have and hasn't.
pub(crate) fn difference(source: &UploadSource, after: &ObjectHead) -> Option<&'static str> {
    let have = &after.attributes;
    // Without `..`: a new attribute must be compared here.
    let Attributes {
        storage_class,
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
    } = &source.attributes;
    let pairs = [
        ("size", source.size == after.size),
        ("storage class", *storage_class == have.storage_class),
        ("user metadata", *metadata == have.metadata),
        ("unreadable metadata", *missing_metadata == have.missing_metadata),
        ("content type", *content_type == have.content_type),
        ("content encoding", *content_encoding == have.content_encoding),
        ("content language", *content_language == have.content_language),
        ("content disposition", *content_disposition == have.content_disposition),
        ("cache control", *cache_control == have.cache_control),
        ("expires", *expires == have.expires),
        ("website redirect", *website_redirect == have.website_redirect),
    ];
    pairs.into_iter().find(|(_, same)| !same).map(|(name, _)| name)
}
