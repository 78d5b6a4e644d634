//! What must be as before after a multipart copy, which inherits nothing.

use reseal_core::ports::UploadSource;
use reseal_core::{Attributes, Checksum, ObjectHead};

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
        // HEAD leaves it out: `checksum_differs` has its own look.
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

/// How the copy's checksum differs from the source's, where they must agree:
/// over the whole object always, over parts where those are the same.
pub(crate) fn checksum_differs(
    before: &Checksum,
    after: Option<&Checksum>,
    same_parts: bool,
) -> Option<String> {
    let Some(after) = after else {
        return Some(format!("the copy has no {} checksum", before.algorithm));
    };
    if before.algorithm != after.algorithm {
        return Some(format!("the checksum is {} after the copy", after.algorithm));
    }
    let comparable = match (before.full_object, after.full_object) {
        (true, true) => true,
        (false, false) => same_parts,
        _ => false,
    };
    let differs = comparable && before.value != after.value;
    differs.then(|| format!("{} is {} after the copy", before.value, after.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(algorithm: &str, full_object: bool, value: &str) -> Checksum {
        Checksum { algorithm: algorithm.to_owned(), full_object, value: value.to_owned() }
    }

    #[test]
    fn checksums_must_agree_wherever_they_can() {
        let whole = checksum("CRC32", true, "a");
        assert_eq!(checksum_differs(&whole, Some(&whole), false), None);
        assert!(checksum_differs(&whole, Some(&checksum("CRC32", true, "b")), false).is_some());
        assert!(checksum_differs(&whole, Some(&checksum("SHA1", true, "a")), false).is_some());
        assert!(checksum_differs(&whole, None, false).is_some());
    }

    #[test]
    fn of_other_parts_no_composite_is_expected_to_agree() {
        let (one, other) = (checksum("SHA256", false, "a-2"), checksum("SHA256", false, "b-3"));
        assert!(checksum_differs(&one, Some(&other), true).is_some());
        assert_eq!(checksum_differs(&one, Some(&other), false), None);
        assert_eq!(checksum_differs(&checksum("SHA256", true, "c"), Some(&one), true), None);
    }
}
