//! A page of versions. The SDK gives versions and delete markers as two lists
//! and loses S3's order between them, which resuming depends on: so it is
//! restored here.

use std::cmp::Reverse;

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{DeleteMarkerEntry, EncodingType, ObjectVersion};
use reseal_core::ports::{ListEntry, ListPage};
use reseal_core::{ETag, StorageClass, StoreError, VersionId};

use crate::attributes::{timestamp, unsigned};
use crate::list::{decode_key, page};

/// The page in S3's order: by key, newest first.
pub(crate) fn versions_page(answer: &ListObjectVersionsOutput) -> Result<ListPage, StoreError> {
    let encoding = answer.encoding_type();
    let versions = answer.versions().iter().map(|v| version(v, encoding));
    let markers = answer.delete_markers().iter().map(|m| delete_marker(m, encoding));
    let mut entries = versions.chain(markers).collect::<Result<Vec<ListEntry>, StoreError>>()?;
    entries.sort_by(|a, b| {
        let order = |e: &ListEntry| (Reverse(e.is_latest), Reverse(e.last_modified));
        a.key.cmp(&b.key).then_with(|| order(a).cmp(&order(b)))
    });
    if let Some(last) = answer.next_version_id_marker() {
        move_to_end(&mut entries, last);
    }
    page(entries, answer.is_truncated())
}

/// S3 names the version that its page ended with. Within one second the dates
/// don't tell which that was, and a listing resumed after another one would
/// skip or repeat versions.
fn move_to_end(entries: &mut [ListEntry], version: &str) {
    let Some(key) = entries.last().map(|entry| entry.key.clone()) else { return };
    let found = entries.iter().rposition(|entry| {
        entry.key == key && entry.version.as_ref().is_some_and(|v| v.as_str() == version)
    });
    if let Some(at) = found {
        entries[at..].rotate_left(1);
    }
}

fn version(
    version: &ObjectVersion,
    encoding: Option<&EncodingType>,
) -> Result<ListEntry, StoreError> {
    Ok(ListEntry {
        key: decode_key(version.key(), encoding)?,
        version: version.version_id().map(VersionId::new),
        is_latest: version.is_latest() == Some(true),
        is_delete_marker: false,
        size: unsigned(version.size()),
        etag: version.e_tag().map(ETag::new),
        last_modified: timestamp(version.last_modified()),
        storage_class: version.storage_class().map(|class| StorageClass::new(class.as_str())),
    })
}

fn delete_marker(
    marker: &DeleteMarkerEntry,
    encoding: Option<&EncodingType>,
) -> Result<ListEntry, StoreError> {
    Ok(ListEntry {
        key: decode_key(marker.key(), encoding)?,
        version: marker.version_id().map(VersionId::new),
        is_latest: marker.is_latest() == Some(true),
        is_delete_marker: true,
        size: None,
        etag: None,
        last_modified: timestamp(marker.last_modified()),
        storage_class: None,
    })
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    fn written(key: &str, id: &str, secs: i64, latest: bool) -> ObjectVersion {
        let date = DateTime::from_secs(secs);
        let version = ObjectVersion::builder().key(key).version_id(id);
        version.last_modified(date).is_latest(latest).build()
    }

    fn deleted(key: &str, id: &str, secs: i64, latest: bool) -> DeleteMarkerEntry {
        let date = DateTime::from_secs(secs);
        let marker = DeleteMarkerEntry::builder().key(key).version_id(id);
        marker.last_modified(date).is_latest(latest).build()
    }

    fn order(page: &ListPage) -> Vec<&str> {
        page.entries.iter().filter_map(|e| e.version.as_ref().map(VersionId::as_str)).collect()
    }

    #[test]
    fn versions_and_markers_stand_newest_first() {
        let answer = ListObjectVersionsOutput::builder()
            .versions(written("a", "1", 10, false))
            .versions(written("b", "4", 5, true))
            .versions(written("a", "null", 30, false))
            .delete_markers(deleted("a", "2", 20, false))
            .delete_markers(deleted("a", "3", 30, true))
            .build();
        let page = versions_page(&answer).expect("a page");
        assert_eq!(order(&page), ["3", "null", "2", "1", "4"]);
        assert!(!page.truncated);
        assert!(page.entries[0].is_delete_marker && page.entries[0].size.is_none());
    }

    /// All in one second: only S3's marker tells where the page ended.
    #[test]
    fn the_page_ends_where_s3_says() {
        let answer = ListObjectVersionsOutput::builder()
            .versions(written("a", "1", 10, false))
            .versions(written("a", "3", 10, false))
            .delete_markers(deleted("a", "2", 10, false))
            .is_truncated(true)
            .next_key_marker("a")
            .next_version_id_marker("1")
            .build();
        let page = versions_page(&answer).expect("a page");
        assert_eq!(order(&page).last(), Some(&"1"));
        assert!(page.truncated && page.entries.len() == 3);
    }
}
