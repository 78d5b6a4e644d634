//! Our reader and the SDK's, on the same answers through the same client.

use aws_sdk_s3::types::{DeleteMarkerEntry, Object, ObjectVersion};
use proptest::prelude::*;

use super::tests::{last, listed};
use super::*;
use crate::canned::{Canned, answer};

/// What the SDK makes of a page: the versions first, then the delete markers.
async fn by_the_sdk(store: &S3Store, versions: Versions) -> ListPage {
    let client = &store.home.client;
    let (entries, truncated) = match versions {
        Versions::Current => {
            let page = client.list_objects_v2().bucket("my-bucket").send().await.expect("read");
            let url = page.encoding_type();
            let objects = page.contents().iter().map(|object| of_object(object, url));
            (objects.collect(), page.is_truncated())
        }
        Versions::All => {
            let page =
                client.list_object_versions().bucket("my-bucket").send().await.expect("read");
            let url = page.encoding_type();
            let versions = page.versions().iter().map(|version| of_version(version, url));
            let markers = page.delete_markers().iter().map(|marker| of_marker(marker, url));
            (versions.chain(markers).collect(), page.is_truncated())
        }
    };
    ListPage { entries, truncated: truncated.expect("told") }
}

fn of_object(object: &Object, url: Option<&EncodingType>) -> ListEntry {
    ListEntry {
        key: decode_key(object.key(), url).expect("a key"),
        version: None,
        is_latest: true,
        is_delete_marker: false,
        size: unsigned(object.size()),
        etag: object.e_tag().map(ETag::new),
        last_modified: timestamp(object.last_modified()),
        storage_class: object.storage_class().map(|class| StorageClass::new(class.as_str())),
    }
}

fn of_version(version: &ObjectVersion, url: Option<&EncodingType>) -> ListEntry {
    ListEntry {
        key: decode_key(version.key(), url).expect("a key"),
        version: version.version_id().map(VersionId::new),
        is_latest: version.is_latest() == Some(true),
        is_delete_marker: false,
        size: unsigned(version.size()),
        etag: version.e_tag().map(ETag::new),
        last_modified: timestamp(version.last_modified()),
        storage_class: version.storage_class().map(|class| StorageClass::new(class.as_str())),
    }
}

fn of_marker(marker: &DeleteMarkerEntry, url: Option<&EncodingType>) -> ListEntry {
    ListEntry {
        key: decode_key(marker.key(), url).expect("a key"),
        version: marker.version_id().map(VersionId::new),
        is_latest: marker.is_latest() == Some(true),
        is_delete_marker: true,
        size: None,
        etag: None,
        last_modified: timestamp(marker.last_modified()),
        storage_class: None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

prop_compose! {
    fn some_fields()(
        // What XML can carry: the SDK refuses a page with anything else.
        key in "[ -~éß☃🦀]{1,40}",
        version in proptest::option::of("null|[A-Za-z0-9._-]{1,32}"),
        latest in proptest::option::of(any::<bool>()),
        size in proptest::option::of(-1_i64..1 << 50),
        etag in proptest::option::of("\"?[0-9a-f-]{0,40}\"?"),
        // To 2100, where no leap second was ever written.
        millis in proptest::option::of(-1_000_000_000_000_i64..4_102_444_800_000),
        class in proptest::option::of("STANDARD|GLACIER|A_NEW_ONE"),
    ) -> String {
        let date = millis.map(|millis| {
            let date = aws_smithy_types::DateTime::from_millis(millis);
            date.fmt(aws_smithy_types::date_time::Format::DateTime).expect("a date")
        });
        let fields = [
            ("Key", Some(escaped(&key))),
            ("VersionId", version),
            ("IsLatest", latest.map(|latest| latest.to_string())),
            ("LastModified", date),
            ("ETag", etag.map(|etag| escaped(&etag))),
            ("Size", size.map(|size| size.to_string())),
            ("StorageClass", class),
        ];
        let fields = fields.into_iter().filter_map(|(name, text)| {
            Some(format!("<{name}>{}</{name}>", text?))
        });
        fields.collect::<String>()
    }
}

fn both_ways(versions: Versions, contents: &str) -> (ListPage, ListPage) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let answer = answer("200 OK", &[], &last(versions, contents));
    runtime.expect("a runtime").block_on(async {
        let server = Canned::serve([answer.clone(), answer]);
        let store = server.store().await;
        let ours = listed(&store, versions).await.expect("a page");
        (ours, by_the_sdk(&store, versions).await)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_whole_reads_as_the_sdk_reads_it(
        objects in proptest::collection::vec(some_fields(), 0..20),
    ) {
        let contents: String =
            objects.iter().map(|fields| format!("<Contents>{fields}</Contents>")).collect();
        let (ours, theirs) = both_ways(Versions::Current, &contents);
        prop_assert_eq!(ours, theirs);
    }

    /// But for the order, which the SDK loses.
    #[test]
    fn whatever_is_whole_of_versions_reads_as_the_sdk_reads_it(
        entries in proptest::collection::vec((some_fields(), any::<bool>()), 0..20),
    ) {
        let contents: String = entries
            .iter()
            .map(|(fields, deleted)| match deleted {
                true => format!("<DeleteMarker>{fields}</DeleteMarker>"),
                false => format!("<Version>{fields}</Version>"),
            })
            .collect();
        let (mut ours, mut theirs) = both_ways(Versions::All, &contents);
        for page in [&mut ours, &mut theirs] {
            page.entries.sort_by_cached_key(|entry| format!("{entry:?}"));
        }
        prop_assert_eq!(ours, theirs);
    }
}
