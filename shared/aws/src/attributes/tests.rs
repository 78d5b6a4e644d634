//! HEAD's answers become attributes, attributes become requests.

use super::*;
use crate::canned::{Canned, KEY, answer, object};
use reseal_core::ports::{
    CopyRequest, CopyTags, DestinationGuard, ObjectDetails, ObjectStore, SourceGuard, UploadRequest,
};
use reseal_core::{Acl, CanonicalId, Grant, Grantee, KmsTarget, Permission, Protection, Target};

/// The least that S3 always tells.
const BASIC: &[(&str, &str)] = &[
    ("etag", "\"9b2cf535f27731c974343645a3985328\""),
    ("content-length", "7"),
    ("last-modified", "Sat, 21 Nov 2026 20:53:00 GMT"),
];

async fn head(headers: &[(&str, &str)]) -> Result<ObjectHead, StoreError> {
    let server = Canned::serve([answer("200 OK", &[BASIC, headers].concat(), "")]);
    server.store().await.head(&object("k", None)).await
}

#[tokio::test]
async fn a_plain_object_has_the_defaults() {
    let head = head(&[]).await.expect("a head");
    assert_eq!(head.etag.as_str(), "9b2cf535f27731c974343645a3985328");
    assert_eq!((head.size, head.version, head.tag_count), (7, None, 0));
    assert_eq!(head.last_modified.to_string(), "2026-11-21T20:53:00Z");
    assert_eq!(head.encryption, Encryption::None);
    assert_eq!((head.archive, head.lock), (ArchiveState::Online, ObjectLock::default()));
    assert_eq!(head.attributes.storage_class, StorageClass::standard());
    assert_eq!((head.attributes.expires, head.attributes.checksum), (None, None));
}

#[tokio::test]
async fn every_header_finds_its_field() {
    let head = head(&[
        ("x-amz-version-id", "null"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-meta-a", "1"),
        ("x-amz-meta-b", "=?UTF-8?B?w6k=?="),
        ("x-amz-missing-meta", "2"),
        ("content-type", "text/plain"),
        ("content-encoding", "gzip"),
        ("content-language", "de"),
        ("content-disposition", "attachment"),
        ("cache-control", "no-cache"),
        ("expires", "not a date"),
        ("x-amz-website-redirect-location", "/elsewhere"),
        ("x-amz-tagging-count", "3"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        ("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"),
        ("x-amz-object-lock-legal-hold", "ON"),
    ])
    .await
    .expect("a head");
    assert_eq!(head.version, Some(VersionId::null()));
    assert_eq!(head.encryption, Encryption::SseKms { key: Some(KEY.to_owned()), bucket_key: true });
    let retention = head.lock.retention.expect("a retention");
    assert_eq!(retention.mode, LockMode::Governance);
    assert_eq!(retention.until.to_string(), "2030-01-01T00:00:00Z");
    assert!(head.lock.legal_hold);
    assert_eq!(head.tag_count, 3);
    assert_eq!(head.attributes, Attributes { checksum: None, missing_metadata: 2, ..full() });
}

fn full() -> Attributes {
    let text = |text: &str| Some(text.to_owned());
    Attributes {
        storage_class: StorageClass::new("STANDARD_IA"),
        metadata: [("a", "1"), ("b", "=?UTF-8?B?w6k=?=")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        missing_metadata: 0,
        content_type: text("text/plain"),
        content_encoding: text("gzip"),
        content_language: text("de"),
        content_disposition: text("attachment"),
        cache_control: text("no-cache"),
        expires: text("not a date"),
        website_redirect: text("/elsewhere"),
        checksum: Some(Checksum {
            algorithm: "SHA256".to_owned(),
            full_object: false,
            value: "AAAA-2".to_owned(),
        }),
    }
}

fn locked() -> Protection {
    let grantee = Grantee::Account(CanonicalId("me".to_owned()));
    let grant = Grant { grantee, permission: Permission::Read };
    let until = Timestamp::from_millis(1_795_294_380_000);
    Protection {
        acl: Some(Acl { owner: CanonicalId("me".to_owned()), grants: [grant].into() }),
        lock: ObjectLock {
            retention: Some(Retention { mode: LockMode::Compliance, until }),
            legal_hold: true,
        },
    }
}

/// What both kinds of copy send of it.
const LOCKED: [(&str, Option<&str>); 5] = [
    ("x-amz-grant-read", Some("id=\"me\"")),
    ("x-amz-grant-full-control", None),
    ("x-amz-object-lock-mode", Some("COMPLIANCE")),
    ("x-amz-object-lock-retain-until-date", Some("2026-11-21T20:53:00Z")),
    ("x-amz-object-lock-legal-hold", Some("ON")),
];

#[tokio::test]
async fn archive_states() {
    let (class, tier, restore) = ("x-amz-storage-class", "x-amz-archive-status", "x-amz-restore");
    let done = "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2030 00:00:00 GMT\"";
    let ongoing = "ongoing-request=\"true\"";
    for (headers, state) in [
        (vec![(class, "GLACIER_IR")], ArchiveState::Online),
        (vec![(class, "GLACIER")], ArchiveState::Archived),
        (vec![(class, "DEEP_ARCHIVE"), (restore, ongoing)], ArchiveState::Restoring),
        (vec![(class, "GLACIER"), (restore, done)], ArchiveState::Restored),
        (vec![(class, "INTELLIGENT_TIERING")], ArchiveState::Online),
        (vec![(class, "INTELLIGENT_TIERING"), (tier, "ARCHIVE_ACCESS")], ArchiveState::Archived),
        (
            vec![(class, "INTELLIGENT_TIERING"), (tier, "ARCHIVE_ACCESS"), (restore, ongoing)],
            ArchiveState::Restoring,
        ),
    ] {
        assert_eq!(head(&headers).await.expect("a head").archive, state, "{headers:?}");
    }
}

#[tokio::test]
async fn doubt_about_locks_and_ciphers_is_on_the_safe_side() {
    let odd = head(&[("x-amz-object-lock-mode", "NEW"), ("x-amz-object-lock-event-hold", "ON")]);
    let lock = odd.await.expect("a head").lock;
    assert_eq!(lock.retention.map(|r| r.mode), Some(LockMode::Compliance));
    assert_eq!(lock.retention.map(|r| r.until.as_millis()), Some(i64::MAX));
    assert!(lock.legal_hold);
    let unknown = head(&[("x-amz-server-side-encryption", "aws:new")]).await.expect_err("unknown");
    assert_eq!(unknown.kind, StoreErrorKind::Invalid);
    let ours = head(&[("x-amz-server-side-encryption-customer-algorithm", "AES256")]).await;
    assert_eq!(ours.expect("a head").encryption, Encryption::SseC);
}

/// The SDK alone would fail over the first three and panic over the last.
#[tokio::test]
async fn unreadable_headers_are_counted_and_harm_nothing() {
    let mut bytes = answer("200 OK", &[BASIC, &[("x-amz-missing-meta", "1")]].concat(), "");
    let more = b"x-amz-meta-latin: caf\xe9\r\nx-amz-meta-fine: yes\r\n\
        content-disposition: caf\xe9\r\nx-amz-meta-two: \xff\r\nexpires: \xe9\r\n\r\n";
    bytes.truncate(bytes.len() - 2);
    bytes.extend_from_slice(more);
    let server = Canned::serve([bytes]);
    let head = server.store().await.head(&object("k", None)).await.expect("a head");
    assert_eq!(head.attributes.missing_metadata, 5);
    assert_eq!(head.attributes.metadata.len(), 1);
    assert_eq!((head.attributes.expires, head.attributes.content_disposition), (None, None));
}

fn kms(bucket_key: bool) -> Target {
    Target::SseKms(KmsTarget { key: KEY.parse().expect("an ARN"), bucket_key })
}

const COPIED: &str = "<CopyObjectResult><LastModified>2026-11-21T20:53:01.000Z</LastModified>\
    <ETag>&quot;new&quot;</ETag></CopyObjectResult>";

#[tokio::test]
async fn a_copy_sends_what_s3_would_drop_and_nothing_it_keeps() {
    let told = [
        ("x-amz-version-id", "v2"),
        ("x-amz-copy-source-version-id", "v1"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
    ];
    let server = Canned::serve([answer("200 OK", &told, COPIED)]);
    let request = CopyRequest {
        from: &object("k?versionId=x", Some("ignored")),
        to: &object("k?versionId=x", Some("ignored")),
        size: 5,
        source: SourceGuard::ETag(ETag::new("old")),
        destination: DestinationGuard::ETag(ETag::new("old")),
        target: &kms(false),
        attributes: &full(),
        protection: &locked(),
        tags: CopyTags::Keep,
    };
    let receipt = server.store().await.copy(&request).await.expect("copied");
    assert_eq!(receipt.etag, ETag::new("new"));
    assert_eq!(receipt.last_modified.map(Timestamp::as_secs), Some(1_795_294_381));
    assert_eq!(receipt.version, Some(VersionId::new("v2")));
    assert_eq!(receipt.source_version, Some(VersionId::new("v1")));
    let key = Some(KEY.to_owned());
    assert_eq!(receipt.encryption, Some(Encryption::SseKms { key, bucket_key: false }));

    let sent = &server.sent()[0];
    for (name, value) in LOCKED {
        assert_eq!(sent.header(name), value, "{name}");
    }
    assert_eq!(sent.method, "PUT");
    assert_eq!(sent.target, "/my-bucket/k%3FversionId%3Dx?x-id=CopyObject");
    for (name, value) in [
        ("x-amz-copy-source", Some("my-bucket/k%3FversionId%3Dx")),
        ("x-amz-copy-source-if-match", Some("\"old\"")),
        ("x-amz-copy-source-if-unmodified-since", None),
        ("if-match", Some("\"old\"")),
        ("x-amz-metadata-directive", Some("COPY")),
        ("x-amz-object-annotation-directive", Some("COPY")),
        ("x-amz-tagging-directive", Some("COPY")),
        ("x-amz-tagging", None),
        ("x-amz-storage-class", Some("STANDARD_IA")),
        ("x-amz-website-redirect-location", Some("/elsewhere")),
        ("x-amz-server-side-encryption", Some("aws:kms")),
        ("x-amz-server-side-encryption-aws-kms-key-id", Some(KEY)),
        ("x-amz-server-side-encryption-bucket-key-enabled", Some("false")),
        ("x-amz-expected-bucket-owner", Some("111122223333")),
        ("x-amz-source-expected-bucket-owner", Some("111122223333")),
        ("x-amz-checksum-algorithm", None),
        ("x-amz-sdk-checksum-algorithm", None),
        ("x-amz-meta-a", None),
        ("expires", None),
    ] {
        assert_eq!(sent.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn a_copy_with_a_marker_tag_guarded_by_time() {
    let server = Canned::serve([answer("200 OK", &[], COPIED)]);
    let tags = [("a b", "1&2"), ("reseal", "é+")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let request = CopyRequest {
        from: &object("k", None),
        to: &object("k", None),
        size: 5,
        source: SourceGuard::UnmodifiedSince(Timestamp::from_millis(1_795_294_380_999)),
        destination: DestinationGuard::Unfenced,
        target: &Target::SseS3,
        attributes: &full(),
        protection: &Protection::default(),
        tags: CopyTags::Replace(tags.into()),
    };
    let receipt = server.store().await.copy(&request).await.expect("copied");
    assert_eq!(receipt.encryption, None, "a reply without headers proves nothing");
    let sent = &server.sent()[0];
    for (name, value) in [
        ("x-amz-copy-source-if-unmodified-since", Some("Sat, 21 Nov 2026 20:53:00 GMT")),
        ("x-amz-copy-source-if-match", None),
        ("if-match", None),
        ("x-amz-tagging-directive", Some("REPLACE")),
        ("x-amz-tagging", Some("a%20b=1%262&reseal=%C3%A9%2B")),
        ("x-amz-server-side-encryption", Some("AES256")),
        ("x-amz-server-side-encryption-aws-kms-key-id", None),
        ("x-amz-server-side-encryption-bucket-key-enabled", None),
    ] {
        assert_eq!(sent.header(name), value, "{name}");
    }
}

const CREATED: &str = "<InitiateMultipartUploadResult><UploadId>up</UploadId>\
    </InitiateMultipartUploadResult>";

async fn create(attributes: &Attributes, target: &Target) -> crate::canned::Sent {
    let server = Canned::serve([answer("200 OK", &[], CREATED)]);
    let tags = [("a".to_owned(), "1".to_owned())].into();
    let request = UploadRequest {
        to: &object("k", None),
        target,
        attributes,
        protection: &locked(),
        tags: &tags,
    };
    assert_eq!(server.store().await.create_upload(&request).await.expect("created").0, "up");
    server.sent().remove(0)
}

#[tokio::test]
async fn an_upload_restates_everything() {
    let key = KEY.parse().expect("an ARN");
    let mut attributes = full();
    attributes.metadata.insert("raw".to_owned(), "né".to_owned());
    let sent = create(&attributes, &Target::DsseKms { key }).await;
    assert_eq!((sent.method.as_str(), sent.target.as_str()), ("POST", "/my-bucket/k?uploads"));
    for (name, value) in [
        ("x-amz-meta-a", Some("1")),
        ("x-amz-meta-b", Some("=?UTF-8?B?w6k=?=")),
        ("x-amz-meta-raw", Some("né")),
        ("content-type", Some("text/plain")),
        ("content-encoding", Some("gzip")),
        ("content-language", Some("de")),
        ("content-disposition", Some("attachment")),
        ("cache-control", Some("no-cache")),
        ("expires", Some("not a date")),
        ("x-amz-website-redirect-location", Some("/elsewhere")),
        ("x-amz-storage-class", Some("STANDARD_IA")),
        ("x-amz-tagging", Some("a=1")),
        ("x-amz-checksum-algorithm", Some("SHA256")),
        ("x-amz-checksum-type", Some("COMPOSITE")),
        ("x-amz-server-side-encryption", Some("aws:kms:dsse")),
        ("x-amz-server-side-encryption-aws-kms-key-id", Some(KEY)),
        ("x-amz-server-side-encryption-bucket-key-enabled", None),
        ("x-amz-expected-bucket-owner", Some("111122223333")),
    ] {
        assert_eq!(sent.header(name), value, "{name}");
    }
    for (name, value) in LOCKED {
        assert_eq!(sent.header(name), value, "{name}");
    }
    let signed = sent.header("authorization").expect("signed");
    assert!(signed.contains("expires;"), "{signed}");
}

#[tokio::test]
async fn whole_object_sums_are_asked_for_only_where_parts_can_make_them() {
    for (algorithm, full_object, kind) in [
        ("CRC64NVME", true, "FULL_OBJECT"),
        ("CRC32", true, "FULL_OBJECT"),
        ("CRC32", false, "COMPOSITE"),
        ("SHA256", true, "COMPOSITE"),
    ] {
        let (algorithm_name, value) = (algorithm.to_owned(), String::new());
        let checksum = Some(Checksum { algorithm: algorithm_name, full_object, value });
        let sent = create(&Attributes { checksum, ..full() }, &kms(true)).await;
        assert_eq!(sent.header("x-amz-checksum-algorithm"), Some(algorithm));
        assert_eq!(sent.header("x-amz-checksum-type"), Some(kind));
    }
}

#[tokio::test]
async fn the_checksum_is_asked_for_by_a_look_of_its_own() {
    let checksum = [("x-amz-checksum-crc32", "AAAAAA==-3"), ("x-amz-checksum-type", "COMPOSITE")];
    let server = Canned::serve([answer("200 OK", &[BASIC, &checksum].concat(), "")]);
    let found = server.store().await.checksum(&object("k", Some("v1"))).await.expect("a head");
    let value = "AAAAAA==-3".to_owned();
    let wanted = Checksum { algorithm: "CRC32".to_owned(), full_object: false, value };
    assert_eq!(found, Some(wanted));
    let sent = server.sent();
    assert_eq!(sent[0].header("x-amz-checksum-mode"), Some("ENABLED"));
    assert_eq!(sent[0].target, "/my-bucket/k?versionId=v1");
}

#[tokio::test]
async fn an_upload_that_would_lose_metadata_is_not_begun() {
    let server = Canned::serve([]);
    let attributes = Attributes { missing_metadata: 1, ..full() };
    let request = UploadRequest {
        to: &object("k", None),
        target: &kms(true),
        attributes: &attributes,
        protection: &Protection::default(),
        tags: &TagSet::new(),
    };
    let error = server.store().await.create_upload(&request).await.expect_err("refused");
    assert_eq!((error.kind, error.code.as_str()), (StoreErrorKind::Invalid, "UnreadableMetadata"));
}
