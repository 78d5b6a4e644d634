//! What S3 Inventory would say of the bucket: the same rule, as rows of a CSV
//! report.

use super::keys::Keys;
use super::objects::etag;
use super::wire::MODIFIED_ISO;

/// The columns, as a manifest names them.
pub(crate) const SCHEMA: &str =
    "Bucket, Key, Size, LastModifiedDate, ETag, StorageClass, EncryptionStatus";

/// One line for each object of the bucket as a fresh server has it.
pub(crate) fn rows(bucket: &str, objects: u64, size: u64) -> impl Iterator<Item = String> {
    let keys = Keys { objects, prefixes: 1 };
    (0..objects).map(move |index| {
        let (key, etag) = (keys.key(index), etag(index, false));
        let etag = etag.trim_matches('"');
        format!(
            "\"{bucket}\",\"{key}\",\"{size}\",\"{MODIFIED_ISO}\",\"{etag}\",\"STANDARD\",\"SSE-S3\"\n"
        )
    })
}
