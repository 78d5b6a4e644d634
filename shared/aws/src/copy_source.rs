//! The value of `x-amz-copy-source`. The SDK sends it as it is given, and S3
//! decodes it once: so the encoding is ours, and it is here and nowhere else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reseal_core::{BucketName, ObjectKey, VersionId};

/// Everything but RFC 3986's unreserved characters and `/`.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// `bucket/key`, encoded, and `?versionId=` behind it where a version is
/// named. A `?` of the key is encoded, so that a key which contains
/// `?versionId=` addresses itself.
pub(crate) fn copy_source(
    bucket: &BucketName,
    key: &ObjectKey,
    version: Option<&VersionId>,
) -> String {
    let bucket = utf8_percent_encode(bucket.as_str(), ENCODED);
    let key = utf8_percent_encode(key.as_str(), ENCODED);
    match version {
        Some(version) => {
            let version = utf8_percent_encode(version.as_str(), ENCODED);
            format!("{bucket}/{key}?versionId={version}")
        }
        None => format!("{bucket}/{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(key: &str, version: Option<&str>) -> String {
        let bucket = "my-bucket".parse().expect("a bucket");
        let key = ObjectKey::new(key).expect("a key");
        copy_source(&bucket, &key, version.map(VersionId::new).as_ref())
    }

    #[test]
    fn hostile_keys_address_themselves() {
        for (key, encoded) in [
            ("plain/key.txt", "plain/key.txt"),
            ("a b+c%d", "a%20b%2Bc%25d"),
            ("%2F", "%252F"),
            ("k?versionId=other", "k%3FversionId%3Dother"),
            ("/leading//and/../dots/", "/leading//and/../dots/"),
            ("new\nline\u{7f}", "new%0Aline%7F"),
            ("é🚀", "%C3%A9%F0%9F%9A%80"),
            ("#&=;'\"<>", "%23%26%3D%3B%27%22%3C%3E"),
            ("~tilde-dot.under_", "~tilde-dot.under_"),
        ] {
            assert_eq!(source(key, None), format!("my-bucket/{encoded}"), "{key:?}");
        }
    }

    #[test]
    fn the_version_stands_outside_the_encoding() {
        assert_eq!(source("k?v", Some("null")), "my-bucket/k%3Fv?versionId=null");
        assert_eq!(source("k", Some("a+b/c")), "my-bucket/k?versionId=a%2Bb/c");
    }
}
