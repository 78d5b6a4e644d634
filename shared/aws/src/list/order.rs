//! The order of versions within a page, which resuming depends on: whoever
//! goes on after one of them is given all that S3 lists behind it.

use std::cmp::Reverse;

use reseal_core::ports::ListEntry;

/// Puts a page into S3's order: by key, newest first.
///
/// S3 writes it so, and then nothing is moved: its dates don't tell the order,
/// since an upload in parts is dated by its beginning. An endpoint that gives
/// versions and delete markers as two lists leaves only the dates to go by,
/// and the version that it says its page ended with.
pub(super) fn restore(entries: &mut [ListEntry], last_version: Option<&str>) {
    let in_order = |a: &ListEntry, b: &ListEntry| {
        (&a.key, Reverse(a.is_latest)) <= (&b.key, Reverse(b.is_latest))
    };
    if !entries.is_sorted_by(in_order) {
        entries.sort_by(|a, b| {
            let order = |e: &ListEntry| (Reverse(e.is_latest), Reverse(e.last_modified));
            a.key.cmp(&b.key).then_with(|| order(a).cmp(&order(b)))
        });
    }
    if let Some(last) = last_version {
        move_to_end(entries, last);
    }
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

#[cfg(test)]
mod tests {
    use reseal_core::{ObjectKey, Timestamp, VersionId};

    use super::*;

    fn entry(key: &str, id: &str, secs: i64, is_latest: bool) -> ListEntry {
        ListEntry {
            key: ObjectKey::new(key).expect("a key"),
            version: Some(VersionId::new(id)),
            is_latest,
            is_delete_marker: false,
            size: None,
            etag: None,
            last_modified: Some(Timestamp::from_millis(secs * 1_000)),
            storage_class: None,
        }
    }

    fn order(entries: &[ListEntry]) -> Vec<&str> {
        entries.iter().filter_map(|e| e.version.as_ref().map(VersionId::as_str)).collect()
    }

    #[test]
    fn two_lists_become_one_newest_first() {
        let mut entries = [
            entry("a", "1", 10, false),
            entry("b", "4", 5, true),
            entry("a", "null", 30, false),
            entry("a", "2", 20, false),
            entry("a", "3", 30, true),
        ];
        restore(&mut entries, None);
        assert_eq!(order(&entries), ["3", "null", "2", "1", "4"]);
    }

    /// The second one of `a` is an upload in parts that took long.
    #[test]
    fn what_s3_wrote_in_order_stays_whatever_the_dates_say() {
        let mut entries = [
            entry("a", "4", 40, true),
            entry("a", "3", 10, false),
            entry("a", "2", 20, false),
            entry("b", "6", 5, true),
            entry("b", "5", 30, false),
        ];
        let written = entries.clone();
        restore(&mut entries, Some("5"));
        assert_eq!(entries, written);
    }

    /// All in one second: only S3's marker tells where the page ended.
    #[test]
    fn the_page_ends_where_s3_says() {
        let mut entries =
            [entry("a", "1", 10, false), entry("a", "3", 10, false), entry("a", "2", 10, false)];
        restore(&mut entries, Some("1"));
        assert_eq!(order(&entries).last(), Some(&"1"));
    }
}
