use bytes::Bytes;
use reseal_sandbox::model::{
    AnnotationDirective, AnnotationRef, Caller, ChecksumAlgorithm, ChecksumRequest, Code, Content,
    DeleteAnnotation, EncryptionRequest, ListAnnotations, Lock, LockMode, Moment, ObjectRef,
    PutAnnotation, Request, Response, SeedEncryption, SeedObject, WriteAttributes,
};

use super::support::*;

fn object() -> ObjectRef {
    ObjectRef::current(VERSIONED, "k")
}

fn named(object: ObjectRef, name: &str) -> AnnotationRef {
    AnnotationRef { object, name: name.to_owned() }
}

fn annotate(name: &str, text: &[u8]) -> PutAnnotation {
    PutAnnotation {
        annotation: named(object(), name),
        content: Content::inline(Bytes::copy_from_slice(text)),
        checksum: ChecksumRequest::default(),
        object_if_match: None,
    }
}

fn putting(put: PutAnnotation) -> Request {
    Request::PutAnnotation(Box::new(put))
}

fn delete(name: &str) -> DeleteAnnotation {
    DeleteAnnotation { annotation: named(object(), name), object_if_match: None }
}

fn text(world: &mut World, object: ObjectRef, name: &str) -> Result<String, Code> {
    match world.apply(Request::GetAnnotation(named(object, name))) {
        Ok(Response::Annotation(view)) => Ok(view.annotation.text()),
        Ok(other) => panic!("not an annotation: {other:?}"),
        Err(fault) => Err(fault.code),
    }
}

/// The names of a page, and where the next one starts.
fn names(world: &mut World, list: ListAnnotations) -> (Vec<String>, Option<String>) {
    match world.apply(Request::ListAnnotations(list)) {
        Ok(Response::Annotations(page)) => {
            (page.annotations.into_iter().map(|(name, _)| name).collect(), page.next)
        }
        other => panic!("no list: {other:?}"),
    }
}

fn listing() -> ListAnnotations {
    ListAnnotations { object: object(), prefix: String::new(), after: None, max: None }
}

#[test]
fn an_annotation_is_put_read_replaced_and_removed() {
    let mut world = World::new();
    world.put(VERSIONED, "k", "x");
    let before = world.dump(VERSIONED).remove(0);
    assert_eq!(text(&mut world, object(), "a"), Err(Code::NoSuchAnnotation));
    world.pass_seconds(9);
    for value in ["one", "two"] {
        world.apply(putting(annotate("a", value.as_bytes()))).expect("put");
        assert_eq!(text(&mut world, object(), "a").as_deref(), Ok(value));
    }
    let after = world.dump(VERSIONED).remove(0);
    assert_eq!(after.annotations, [("a".to_owned(), "two".to_owned())].into());
    let without = reseal_sandbox::model::DumpLine { annotations: [].into(), ..after };
    assert_eq!(without, before, "tag, date and all else stay");
    world.apply(Request::DeleteAnnotation(delete("a"))).expect("removed");
    assert_eq!(text(&mut world, object(), "a"), Err(Code::NoSuchAnnotation));
    world.apply(Request::DeleteAnnotation(delete("a"))).expect("again");
}

#[test]
fn names_and_payloads_have_limits() {
    let mut world = World::new();
    world.put(VERSIONED, "k", "x");
    for (name, payload, code) in [
        ("x".repeat(513), b"x".to_vec(), Code::AnnotationNameTooLong),
        (String::new(), b"x".to_vec(), Code::InvalidAnnotationName),
        ("new\nline".to_owned(), b"x".to_vec(), Code::InvalidAnnotationName),
        ("a".to_owned(), Vec::new(), Code::InvalidRequest),
        ("a".to_owned(), vec![b'x'; (1 << 20) + 1], Code::EntityTooLarge),
        ("a".to_owned(), vec![0xff], Code::UnsupportedMediaType),
    ] {
        assert_eq!(world.refusal(putting(annotate(&name, &payload))), code);
    }
    world.apply(putting(annotate(&"x".repeat(512), &vec![b'x'; 1 << 20]))).expect("fits");
    let mut wrong = annotate("a", b"x");
    wrong.checksum.algorithm = Some(ChecksumAlgorithm::Crc32);
    wrong.checksum.value = Some("AAAAAA==".to_owned());
    assert_eq!(world.refusal(putting(wrong)), Code::BadDigest);
    let mut seed = SeedObject::new(VERSIONED, "k", 1);
    seed.annotations = (0..1000).map(|n| (format!("{n:04}"), "x".to_owned())).collect();
    world.seed(seed);
    assert_eq!(world.refusal(putting(annotate("more", b"x"))), Code::AnnotationLimitExceeded);
    world.apply(putting(annotate("0007", b"y"))).expect("one of them anew");
}

#[test]
fn listings_come_in_pages_and_by_prefix() {
    let mut world = World::new();
    let mut seed = SeedObject::new(VERSIONED, "k", 1);
    seed.annotations = ["a", "b1", "b2", "b3", "c"].map(|n| (n.to_owned(), n.to_owned())).into();
    world.seed(seed);
    assert_eq!(names(&mut world, listing()).0, ["a", "b1", "b2", "b3", "c"]);
    let page = ListAnnotations { prefix: "b".to_owned(), max: Some(2), ..listing() };
    let (first, next) = names(&mut world, page.clone());
    assert_eq!((first.as_slice(), next.as_deref()), (&["b1".into(), "b2".into()][..], Some("b2")));
    let (second, end) = names(&mut world, ListAnnotations { after: next, ..page });
    assert_eq!((second, end), (vec!["b3".to_owned()], None));
}

#[test]
fn copies_take_annotations_along_unless_told_not_to_and_uploads_lose_them() {
    let mut world = World::new();
    let mut seed = SeedObject::new(VERSIONED, "k", 10);
    seed.annotations = [("a".to_owned(), "text".to_owned())].into();
    let old = world.seed(seed);
    world.pass_seconds(5);
    let copy = onto_itself(VERSIONED, "k", EncryptionRequest::kms(NEW, true));
    world.write(copying(copy.clone())).expect("copied");
    assert_eq!(text(&mut world, object(), "a").as_deref(), Ok("text"));
    assert_eq!(world.dump(VERSIONED)[0].annotations, world.dump(VERSIONED)[1].annotations);
    for (bucket, denied) in [(VERSIONED, "GetObjectAnnotation"), (VERSIONED, "PutObjectAnnotation")]
    {
        world.model.deny(Some(bucket), [denied.to_owned()]);
        assert_eq!(world.refusal(copying(copy.clone())), Code::AccessDenied, "{denied}");
        world.model.deny(Some(bucket), []);
    }
    let upload = world.begin(VERSIONED, "k", WriteAttributes::default());
    let parts = world.copy_ranges(&upload, &[(0, 9)]);
    world.write(Request::CompleteUpload(complete(&upload, parts))).expect("completed");
    assert_eq!(names(&mut world, listing()).0, Vec::<String>::new());
    assert_eq!(text(&mut world, object().version(old.clone()), "a").as_deref(), Ok("text"));
    let mut without = copy;
    without.source.object = object().version(old);
    without.annotations = AnnotationDirective::Exclude;
    world.write(copying(without)).expect("copied");
    assert_eq!(names(&mut world, listing()).0, Vec::<String>::new());
}

#[test]
fn they_are_encrypted_as_their_object_is() {
    let mut world = World::new();
    let mut seed = SeedObject::new(VERSIONED, "k", 10).encrypted(kms(OLD, false));
    seed.annotations = [("a".to_owned(), "text".to_owned())].into();
    world.seed(seed);
    world.model.set_key(OLD, None, Some(reseal_sandbox::model::KeyAccess::Nobody)).expect("set");
    assert_eq!(text(&mut world, object(), "a"), Err(Code::AccessDenied));
    assert_eq!(world.refusal(putting(annotate("b", b"x"))), Code::AccessDenied);
    assert_eq!(names(&mut world, listing()).0, ["a"], "names need no key");
    let customer = SeedEncryption::CustomerKey { key_md5: "x".to_owned() };
    world.seed(SeedObject::new(VERSIONED, "k", 10).encrypted(customer));
    assert_eq!(world.refusal(putting(annotate("b", b"x"))), Code::InvalidRequest);
}

#[test]
fn the_objects_tag_guards_changes_and_a_lock_forbids_removals() {
    let mut world = World::new();
    world.allow_locks("");
    let etag = world.put(VERSIONED, "k", "x").etag;
    let mut put = annotate("a", b"x");
    put.object_if_match = tag(&"another");
    assert_eq!(world.refusal(putting(put.clone())), Code::PreconditionFailed);
    put.object_if_match = tag(&etag);
    world.apply(putting(put)).expect("matches");
    let stale = DeleteAnnotation { object_if_match: tag(&"another"), ..delete("a") };
    assert_eq!(world.refusal(Request::DeleteAnnotation(stale)), Code::PreconditionFailed);
    let mut seed = SeedObject::new(VERSIONED, "k", 1);
    let until = Moment::from_millis(world.now.millis() + 1000);
    seed.lock = Some(Lock { retention: Some((LockMode::Governance, until)), legal_hold: false });
    seed.annotations = [("a".to_owned(), "text".to_owned())].into();
    world.seed(seed);
    let request = Request::DeleteAnnotation(delete("a"));
    assert_eq!(world.refusal(request.clone()), Code::AccessDenied);
    let caller = Caller { bypass_governance: true, ..Caller::default() };
    world.model.apply(&caller, request, world.now).expect("on purpose");
}
