use reseal_sandbox::model::{
    AttributeName, ChecksumAlgorithm, ChecksumRequest, Code, CompletedPart, Content,
    EncryptionRequest, GetAttributes, ListUploads, ObjectRef, Request, Response, SeedEncryption,
    SeedObject, StorageClass, UploadPart, WriteAttributes,
};

use super::support::*;

const GIB: u64 = 1 << 30;

fn ranges(size: u64, part: u64) -> Vec<(u64, u64)> {
    (0..size.div_ceil(part)).map(|n| (n * part, ((n + 1) * part).min(size) - 1)).collect()
}

#[test]
fn a_six_gib_object_is_copied_onto_itself_in_parts() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "huge", 6 * GIB));
    let before = world.look(PLAIN, "huge").object;
    let attributes = WriteAttributes {
        encryption: EncryptionRequest::kms(NEW, true),
        ..WriteAttributes::default()
    };
    let upload = world.begin(PLAIN, "huge", attributes);
    let parts = world.copy_ranges(&upload, &ranges(6 * GIB, GIB));
    let mut request = complete(&upload, parts);
    request.conditions.if_match = tag(&before.etag);
    request.size = Some(6 * GIB);
    world.write(Request::CompleteUpload(request.clone())).expect("completed");
    let after = world.look(PLAIN, "huge").object;
    assert_eq!(after.content, before.content);
    assert_eq!(after.content.fingerprint(), before.content.fingerprint());
    assert!(after.etag.to_string().ends_with("-6"));
    assert_eq!(after.encryption.inventory_status(), "SSE-KMS");
    assert_eq!(world.refusal(Request::CompleteUpload(request)), Code::NoSuchUpload);
}

#[test]
fn one_wrong_range_shows_in_the_fingerprint() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 20 * MIB));
    let before = world.look(PLAIN, "k").object;
    let upload = world.begin(PLAIN, "k", WriteAttributes::default());
    let mut wrong = ranges(20 * MIB, 5 * MIB);
    wrong.swap(1, 2);
    let parts = world.copy_ranges(&upload, &wrong);
    world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed");
    let after = world.look(PLAIN, "k").object;
    assert_eq!(after.content.len(), before.content.len());
    assert_ne!(after.content, before.content);
}

#[test]
fn a_multipart_copy_inherits_nothing() {
    let mut world = World::new();
    world.seed(decorated(PLAIN, "k"));
    let upload = world.begin(PLAIN, "k", WriteAttributes::default());
    let parts = world.copy_ranges(&upload, &ranges(19 * MIB, 8 * MIB));
    world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed");
    let after = world.look(PLAIN, "k").object;
    assert!(after.headers.is_none() && after.metadata.is_empty() && after.tags.is_empty());
    assert_eq!(after.storage_class, StorageClass::Standard);
    assert_eq!(after.redirect, None);
}

#[test]
fn with_the_same_boundaries_and_no_kms_the_etag_is_the_same() {
    let mut world = World::new();
    world.seed(decorated(PLAIN, "k"));
    let before = world.look(PLAIN, "k").object;
    let mut copied = |part: u64| {
        let upload = world.begin(PLAIN, "k", WriteAttributes::default());
        let parts = world.copy_ranges(&upload, &ranges(19 * MIB, part));
        world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed").etag
    };
    assert_eq!(copied(8 * MIB), before.etag);
    assert_ne!(copied(5 * MIB), before.etag);
}

#[test]
fn parts_are_checked_one_by_one() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 20 * MIB));
    let upload = world.begin(PLAIN, "k", WriteAttributes::default());
    let parts = world.copy_ranges(&upload, &ranges(20 * MIB, 5 * MIB));
    let mut refused = |parts: Vec<CompletedPart>| {
        world.refusal(Request::CompleteUpload(complete(&upload, parts)))
    };
    let mut swapped = parts.clone();
    swapped.swap(0, 1);
    assert_eq!(refused(swapped), Code::InvalidPartOrder);
    let mut wrong = parts.clone();
    wrong[2].etag = "0".repeat(32);
    assert_eq!(refused(wrong), Code::InvalidPart);
    let mut missing = parts.clone();
    missing.push(CompletedPart { number: 9, ..parts[0].clone() });
    assert_eq!(refused(missing), Code::InvalidPart);
    assert_eq!(refused(Vec::new()), Code::MalformedXml);
    let mut resized = complete(&upload, parts.clone());
    resized.size = Some(1);
    assert_eq!(world.refusal(Request::CompleteUpload(resized)), Code::InvalidRequest);
    world.write(Request::CompleteUpload(complete(&upload, parts))).expect("still completable");
}

#[test]
fn only_the_last_part_may_be_small() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 11 * MIB));
    let upload = world.begin(PLAIN, "k", WriteAttributes::default());
    let small_first = [(0, MIB - 1), (MIB, 11 * MIB - 1)];
    let parts = world.copy_ranges(&upload, &small_first);
    let request = Request::CompleteUpload(complete(&upload, parts));
    assert_eq!(world.refusal(request), Code::EntityTooSmall);
    let small_last = [(0, 10 * MIB - 1), (10 * MIB, 11 * MIB - 1)];
    let parts = world.copy_ranges(&upload, &small_last);
    world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed");
}

#[test]
fn part_numbers_and_ranges_have_limits() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 11 * MIB));
    let upload = world.begin(PLAIN, "k", WriteAttributes::default());
    for number in [0, 10_001] {
        let part = part_copy(&upload, number, None);
        assert_eq!(world.refusal(Request::UploadPartCopy(part)), Code::InvalidArgument);
    }
    let beyond = part_copy(&upload, 1, Some((0, 11 * MIB)));
    assert_eq!(world.refusal(Request::UploadPartCopy(beyond)), Code::InvalidArgument);
    world.seed(SeedObject::new(PLAIN, "k", 6 * GIB));
    let whole = part_copy(&upload, 1, None);
    assert_eq!(world.refusal(Request::UploadPartCopy(whole)), Code::InvalidRequest);
}

#[test]
fn every_part_can_be_pinned_to_a_version_and_an_etag() {
    let mut world = World::new();
    let old = world.seed(SeedObject::new(VERSIONED, "k", 6 * MIB));
    let etag = world.look(VERSIONED, "k").object.etag;
    let upload = world.begin(VERSIONED, "k", WriteAttributes::default());
    world.put(VERSIONED, "k", "rewritten");
    let mut part = part_copy(&upload, 1, Some((0, 6 * MIB - 1)));
    part.source.conditions.if_match = tag(&etag);
    assert_eq!(world.refusal(Request::UploadPartCopy(part.clone())), Code::PreconditionFailed);
    part.source.object = ObjectRef::current(VERSIONED, "k").version(old.clone());
    let written = world.write(Request::UploadPartCopy(part)).expect("pinned");
    assert_eq!(written.source_version_id.map(|id| id.to_string()), Some(old));
}

#[test]
fn completing_over_another_writers_version_is_refused() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 6 * MIB));
    let seen = world.look(PLAIN, "k").object.etag;
    let upload = world.begin(PLAIN, "k", WriteAttributes::default());
    let parts = world.copy_ranges(&upload, &[(0, 6 * MIB - 1)]);
    let mut request = complete(&upload, parts);
    request.conditions.if_match = tag(&seen);
    world.put(PLAIN, "k", "newer");
    assert_eq!(world.refusal(Request::CompleteUpload(request.clone())), Code::PreconditionFailed);
    world.apply(Request::DeleteObject(ObjectRef::current(PLAIN, "k"))).expect("deleted");
    assert_eq!(world.refusal(Request::CompleteUpload(request)), Code::NoSuchKey);
    assert_eq!(world.dump(PLAIN), [], "what was deleted stays deleted");
}

#[test]
fn an_upload_is_dated_and_ordered_by_its_beginning() {
    let mut world = World::new();
    world.seed(SeedObject::new(VERSIONED, "k", 6 * MIB));
    let begun = world.now.whole_seconds();
    let upload = world.begin(VERSIONED, "k", WriteAttributes::default());
    let parts = world.copy_ranges(&upload, &[(0, 6 * MIB - 1)]);
    world.pass_seconds(60);
    world.put(VERSIONED, "k", "written in between");
    world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed");
    let dump = world.dump(VERSIONED);
    let sizes: Vec<_> = dump.iter().map(|line| line.size.expect("no markers")).collect();
    assert_eq!(sizes, [18, 6 * MIB, 6 * MIB], "the write in between stays current");
    assert_eq!(dump[1].last_modified, begun.millis());
}

#[test]
fn the_key_is_fixed_at_the_beginning_and_must_last_until_the_end() {
    use reseal_sandbox::model::KeyState;
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "k", 6 * MIB).encrypted(SeedEncryption::SseS3));
    let attributes = WriteAttributes {
        encryption: EncryptionRequest::kms(NEW, false),
        ..WriteAttributes::default()
    };
    let upload = world.begin(PLAIN, "k", attributes);
    world.model.set_key(NEW, Some(KeyState::Disabled), None).expect("known");
    let part = part_copy(&upload, 1, Some((0, 6 * MIB - 1)));
    assert_eq!(world.refusal(Request::UploadPartCopy(part)), Code::KmsDisabled);
}

#[test]
fn composite_checksums_must_be_repeated_on_completion() {
    let mut world = World::new();
    let mut attributes = WriteAttributes::default();
    attributes.checksum.algorithm = Some(ChecksumAlgorithm::Sha256);
    let upload = world.begin(PLAIN, "k", attributes);
    let part = UploadPart {
        upload: upload.clone(),
        number: 1,
        content: Content::inline("hello".into()),
        checksum: ChecksumRequest::default(),
    };
    let written = world.write(Request::UploadPart(part)).expect("uploaded");
    let checksum = written.checksum.expect("asked for").value;
    assert_eq!(checksum, "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    let mut named = CompletedPart { number: 1, etag: written.etag.to_string(), checksum: None };
    let request = Request::CompleteUpload(complete(&upload, vec![named.clone()]));
    assert_eq!(world.refusal(request), Code::InvalidRequest);
    named.checksum = Some(checksum);
    let done = world.write(Request::CompleteUpload(complete(&upload, vec![named]))).expect("done");
    assert!(done.checksum.expect("composite").value.ends_with("-1"));
    let attributes = Request::GetAttributes(GetAttributes {
        object: ObjectRef::current(PLAIN, "k"),
        wanted: vec![AttributeName::ObjectParts, AttributeName::ObjectSize],
        customer_key_md5: None,
        part_marker: 0,
        max_parts: None,
    });
    let Ok(Response::Attributes(view)) = world.apply(attributes) else { panic!("no attributes") };
    assert_eq!((view.size, view.etag), (Some(5), None));
    assert_eq!(view.parts.expect("has parts").page.len(), 1);
}

#[test]
fn uploads_and_parts_are_listed_in_pages_and_vanish_when_aborted() {
    let mut world = World::new();
    world.seed(SeedObject::new(PLAIN, "a/1", 20 * MIB));
    let first = world.begin(PLAIN, "a/1", WriteAttributes::default());
    let second = world.begin(PLAIN, "a/1", WriteAttributes::default());
    world.begin(PLAIN, "b", WriteAttributes::default());
    world.copy_ranges(&first, &ranges(20 * MIB, 5 * MIB));
    let mut page = |marker| match world
        .apply(Request::ListParts { upload: first.clone(), marker, max: Some(3) })
        .expect("listed")
    {
        Response::Parts(page) => {
            (page.parts.iter().map(|p| p.number).collect::<Vec<_>>(), page.next)
        }
        other => panic!("not parts: {other:?}"),
    };
    assert_eq!(page(0), (vec![1, 2, 3], Some(3)));
    assert_eq!(page(3), (vec![4], None));
    let mut list = ListUploads { bucket: PLAIN.to_owned(), max: Some(1), ..ListUploads::default() };
    let mut seen = Vec::new();
    loop {
        let Ok(Response::Uploads(page)) = world.apply(Request::ListUploads(list.clone())) else {
            panic!("not uploads");
        };
        seen.extend(page.uploads.into_iter().map(|upload| (upload.key, upload.upload_id)));
        let Some((key, upload)) = page.next else { break };
        (list.key_marker, list.upload_marker) = (Some(key), upload);
    }
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[1], ("a/1".to_owned(), second.upload_id.clone()));
    world.apply(Request::AbortUpload(first.clone())).expect("aborted");
    assert_eq!(world.refusal(Request::AbortUpload(first)), Code::NoSuchUpload);
    assert_eq!(world.model.unfinished_uploads(PLAIN), 2);
}
