use reseal_sandbox::model::{
    ChecksumAlgorithm, ChecksumType, Code, ContentHeaders, Directive, Encryption,
    EncryptionRequest, Moment, ObjectRef, ReadConditions, SeedEncryption, SeedObject, StorageClass,
    TagCondition, WriteConditions,
};

use super::support::*;

#[test]
fn a_copy_keeps_metadata_headers_and_tags_and_resets_the_rest() {
    let mut world = World::new();
    world.seed(decorated(PLAIN, "k"));
    let before = world.look(PLAIN, "k").object;
    let copy = onto_itself(PLAIN, "k", EncryptionRequest::kms(NEW, true));
    world.write(copying(copy)).expect("copied");
    let after = world.look(PLAIN, "k").object;
    assert_eq!(after.content, before.content);
    assert_eq!(after.headers, before.headers);
    assert_eq!(after.metadata, before.metadata);
    assert_eq!(after.tags, before.tags);
    assert_eq!(after.storage_class, StorageClass::Standard, "the class is reset");
    assert_eq!(after.redirect, None, "the redirect is lost");
    assert_eq!(after.last_modified, world.now.whole_seconds(), "the date is reset");
    assert!(before.etag.to_string().ends_with("-3"));
    assert!(!after.etag.to_string().contains('-'), "the number of parts is lost");
    assert_eq!(after.parts, None);
}

#[test]
fn what_is_sent_with_a_copy_is_put_back() {
    let mut world = World::new();
    world.seed(decorated(PLAIN, "k"));
    let mut copy = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    copy.attributes.storage_class = Some(StorageClass::StandardIa);
    copy.attributes.redirect = Some("/elsewhere".to_owned());
    world.write(copying(copy)).expect("copied");
    let after = world.look(PLAIN, "k").object;
    assert_eq!(after.storage_class, StorageClass::StandardIa);
    assert_eq!(after.redirect.as_deref(), Some("/elsewhere"));
}

#[test]
fn a_lock_is_lost_unless_sent() {
    let mut world = World::new();
    world.allow_locks("");
    let mut seed = SeedObject::new(VERSIONED, "k", 9);
    seed.lock = Some(reseal_sandbox::model::Lock { retention: None, legal_hold: true });
    world.seed(seed);
    let copy = onto_itself(VERSIONED, "k", EncryptionRequest::sse_s3());
    world.write(copying(copy)).expect("copied");
    assert_eq!(world.look(VERSIONED, "k").object.lock, None);
}

#[test]
fn replace_takes_metadata_and_tags_from_the_request() {
    let mut world = World::new();
    world.seed(decorated(PLAIN, "k"));
    let mut copy = onto_itself(PLAIN, "k", EncryptionRequest::default());
    copy.metadata = Directive::Replace;
    copy.tagging = Directive::Replace;
    copy.attributes.tags = vec![("marker".to_owned(), "true".to_owned())];
    world.write(copying(copy)).expect("copied");
    let after = world.look(PLAIN, "k").object;
    assert!(after.metadata.is_empty());
    assert_eq!(after.headers.as_deref().cloned().unwrap_or_default(), ContentHeaders::default());
    assert_eq!(after.tags, [("marker".to_owned(), "true".to_owned())]);
}

#[test]
fn a_self_copy_that_changes_nothing_is_refused() {
    let mut world = World::new();
    world.seed(decorated(PLAIN, "k"));
    let copy = onto_itself(PLAIN, "k", EncryptionRequest::default());
    let fault = world.apply(copying(copy.clone())).expect_err("illegal");
    assert_eq!(fault.code, Code::InvalidRequest);
    assert!(fault.message.contains("without changing the object's metadata"), "{fault}");
    let mut with_tags_only = copy.clone();
    with_tags_only.tagging = Directive::Replace;
    assert_eq!(world.refusal(copying(with_tags_only)), Code::InvalidRequest);
    let mut elsewhere = copy.clone();
    elsewhere.key = "other".to_owned();
    world.write(copying(elsewhere)).expect("another key is fine");
    let mut class = copy;
    class.attributes.storage_class = Some(StorageClass::Standard);
    world.write(copying(class)).expect("a class counts as a change");
}

#[test]
fn an_old_version_may_be_copied_onto_its_own_key() {
    let mut world = World::new();
    let old = world.seed(SeedObject::new(VERSIONED, "k", 1));
    world.seed(SeedObject::new(VERSIONED, "k", 2));
    let mut copy = onto_itself(VERSIONED, "k", EncryptionRequest::default());
    copy.source.object = ObjectRef::current(VERSIONED, "k").version(old.clone());
    let written = world.write(copying(copy)).expect("brings it back");
    assert_eq!(written.source_version_id.map(|id| id.to_string()), Some(old));
    assert_eq!(world.look(VERSIONED, "k").object.content.len(), 1);
}

#[test]
fn without_encryption_headers_the_bucket_default_applies() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 5));
    let mut copy = onto_itself(PLAIN, "k", EncryptionRequest::default());
    copy.metadata = Directive::Replace;
    world.write(copying(copy)).expect("copied");
    assert_eq!(world.look(PLAIN, "k").object.encryption, Encryption::SseS3);
}

#[test]
fn the_etag_survives_without_kms_and_not_with_it() {
    let mut world = World::new();
    let md5 = "5d41402abc4b2a76b9719d911017c592";
    assert_eq!(world.put(PLAIN, "k", "hello").etag.to_string(), md5);
    let plain = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    assert_eq!(world.write(copying(plain)).expect("copied").etag.to_string(), md5);
    let kms = || copying(onto_itself(PLAIN, "k", EncryptionRequest::kms(NEW, true)));
    let first = world.write(kms()).expect("copied").etag;
    let second = world.write(kms()).expect("copied").etag;
    assert_ne!(first.to_string(), md5);
    assert_ne!(first, second, "each write has its own");
}

#[test]
fn source_conditions_answer_412_and_a_matching_tag_beats_the_date() {
    let mut world = World::new();
    let etag = world.put(PLAIN, "k", "hello").etag;
    let long_ago = Some(Moment::from_millis(0));
    let mut copy = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    let mut refused = |conditions: ReadConditions, hold: bool| {
        copy.source.conditions = conditions;
        match world.apply(copying(copy.clone())) {
            Ok(_) => assert!(hold, "{:?} must not hold", copy.source.conditions),
            Err(fault) => {
                assert_eq!(fault.code, Code::PreconditionFailed);
                assert!(!hold, "{:?} must hold", copy.source.conditions);
            }
        }
    };
    let none = ReadConditions::default;
    refused(ReadConditions { if_match: tag(&"wrong"), ..none() }, false);
    refused(ReadConditions { if_unmodified_since: long_ago, ..none() }, false);
    refused(ReadConditions { if_match: tag(&etag), if_unmodified_since: long_ago, ..none() }, true);
    refused(ReadConditions { if_none_match: tag(&etag), ..none() }, false);
    refused(
        ReadConditions { if_none_match: tag(&etag), if_modified_since: long_ago, ..none() },
        false,
    );
    refused(ReadConditions { if_none_match: tag(&"other"), ..none() }, true);
}

#[test]
fn destination_conditions_guard_against_another_writer() {
    let mut world = World::new();
    let seen = world.put(PLAIN, "k", "first").etag;
    world.put(PLAIN, "k", "second");
    let mut copy = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    copy.conditions.if_match = tag(&seen);
    assert_eq!(world.refusal(copying(copy)), Code::PreconditionFailed);
    let mut absent = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    absent.conditions = WriteConditions { if_none_match: Some(TagCondition::Any), if_match: None };
    assert_eq!(world.refusal(copying(absent)), Code::PreconditionFailed);
    let mut gone = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    gone.key = "never-written".to_owned();
    gone.conditions.if_match = tag(&seen);
    assert_eq!(world.refusal(copying(gone)), Code::NoSuchKey);
}

#[test]
fn a_single_copy_ends_at_five_gib() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "limit", 5 << 30));
    world.seed(SeedObject::new(PLAIN, "above", (5 << 30) + 1));
    let copy = |key| copying(onto_itself(PLAIN, key, EncryptionRequest::sse_s3()));
    world.write(copy("limit")).expect("at the limit");
    let fault = world.apply(copy("above")).expect_err("above it");
    assert_eq!(fault.code, Code::InvalidRequest);
    assert!(fault.message.contains("maximum allowable size for a copy source: 5368709120"));
}

#[test]
fn archived_sources_are_refused() {
    let mut world = World::new();
    for class in [StorageClass::Glacier, StorageClass::DeepArchive] {
        let mut seed = SeedObject::new(PLAIN, "cold", 5);
        seed.storage_class = class;
        world.seed(seed);
        let copy = onto_itself(PLAIN, "cold", EncryptionRequest::sse_s3());
        assert_eq!(world.refusal(copying(copy)), Code::InvalidObjectState);
    }
}

#[test]
fn a_missing_or_deleted_source_is_no_such_key() {
    let mut world = World::new();
    world.put(VERSIONED, "k", "x");
    let marker = world.model.seed_marker(VERSIONED, "k", world.now).expect("hidden");
    let mut copy = onto_itself(VERSIONED, "k", EncryptionRequest::sse_s3());
    assert_eq!(world.refusal(copying(copy.clone())), Code::NoSuchKey);
    copy.source.object = ObjectRef::current(VERSIONED, "k").version(marker.to_string());
    assert_eq!(world.refusal(copying(copy)), Code::InvalidRequest);
    let missing = onto_itself(VERSIONED, "nothing", EncryptionRequest::sse_s3());
    assert_eq!(world.refusal(copying(missing)), Code::NoSuchKey);
}

#[test]
fn customer_encrypted_sources_need_the_customers_key() {
    let mut world = World::new();
    let key_md5 = "c2VjcmV0".to_owned();
    let encryption = SeedEncryption::CustomerKey { key_md5: key_md5.clone() };
    world.seed(SeedObject::new(PLAIN, "k", 5).encrypted(encryption));
    let mut copy = onto_itself(PLAIN, "k", EncryptionRequest::sse_s3());
    assert_eq!(world.refusal(copying(copy.clone())), Code::InvalidRequest);
    copy.source.customer_key_md5 = Some(key_md5);
    world.write(copying(copy)).expect("with the key");
}

#[test]
fn checksums_become_full_object_and_nobody_stays_without() {
    let mut world = World::new();
    let mut composite = decorated(PLAIN, "composite");
    composite.checksum = Some((ChecksumAlgorithm::Sha256, ChecksumType::Composite));
    world.seed(composite);
    world.seed(SeedObject::new(PLAIN, "none", 5));
    for (key, algorithm) in
        [("composite", ChecksumAlgorithm::Sha256), ("none", ChecksumAlgorithm::Crc64Nvme)]
    {
        world.write(copying(onto_itself(PLAIN, key, EncryptionRequest::sse_s3()))).expect("copied");
        let checksum = world.look(PLAIN, key).object.checksum.clone().expect("has one");
        assert_eq!((checksum.algorithm, checksum.kind), (algorithm, ChecksumType::FullObject));
    }
}

#[test]
fn on_a_versioned_bucket_a_copy_makes_a_version_and_keeps_the_old_one() {
    let mut world = World::new();
    let old = world.seed(SeedObject::new(VERSIONED, "k", 5));
    let copy = onto_itself(VERSIONED, "k", EncryptionRequest::kms(NEW, true));
    let written = world.write(copying(copy)).expect("copied");
    assert_eq!(written.source_version_id.map(|id| id.to_string()), Some(old.clone()));
    let dump = world.dump(VERSIONED);
    assert_eq!(dump.len(), 2);
    assert_eq!(dump[0].encryption, Some("SSE-KMS"));
    assert!(dump[0].is_latest);
    assert_eq!((dump[1].version_id.as_str(), dump[1].encryption), (old.as_str(), Some("NOT-SSE")));
    assert_eq!(dump[0].fingerprint, dump[1].fingerprint);
}
