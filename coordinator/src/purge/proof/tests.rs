//! Each thing that keeps a version, one at a time.

use reseal_core::{ETag, Encryption, LockMode, ObjectRef, Retention, StorageClass, VersionId};
use reseal_core::{KmsTarget, ports::VersionRef};
use reseal_testkit::build::{HeadBuilder, key_arn, object};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn old() -> ObjectHead {
    HeadBuilder::new().version("old").etag("one").metadata("a", "b").build()
}

fn new() -> ObjectHead {
    let (key, head) = (key_arn("target"), HeadBuilder::new().version("new").etag("two"));
    head.metadata("a", "b").sse_kms(&key, true).build()
}

fn candidate() -> Candidate {
    let named =
        |head: &ObjectHead| -> ObjectRef { object("bucket", "key").at(head.version.clone()) };
    Candidate {
        old: VersionRef::new(&named(&old())).expect("named"),
        before: Snapshot::from(&old()),
        new: named(&new()),
        after: Snapshot { attributes: None, ..Snapshot::from(&new()) },
        doubt: None,
    }
}

fn target() -> Target {
    Target::SseKms(KmsTarget { key: key_arn("target"), bucket_key: true })
}

fn with(mut head: ObjectHead, change: impl FnOnce(&mut ObjectHead)) -> ObjectHead {
    change(&mut head);
    head
}

fn left(result: Result<(), Reason>) -> Option<Left> {
    result.err().map(|(left, _)| left)
}

fn of_old(change: impl FnOnce(&mut ObjectHead)) -> Option<Left> {
    let (target, old) = (target(), with(old(), change));
    let goal = Goal { target: &target, capabilities: Capabilities::documented() };
    left(goal.check_old(&candidate(), &old, ObjectLock::default(), NOW))
}

fn later(head: &mut ObjectHead) {
    head.last_modified = Timestamp::from_millis(head.last_modified.as_millis() + 1_000);
}

#[test]
fn the_old_version_must_be_what_the_job_found() {
    assert_eq!(of_old(|_| {}), None);
    assert_eq!(of_old(|head| head.etag = ETag::new("other")), Some(Left::Changed));
    assert_eq!(of_old(|head| head.size += 1), Some(Left::Changed));
    assert_eq!(of_old(later), Some(Left::Changed));
    assert_eq!(of_old(|head| head.version = Some(VersionId::new("x"))), Some(Left::Changed));
    assert_eq!(of_old(|head| head.encryption = Encryption::None), Some(Left::Changed));
    assert_eq!(of_old(|head| head.encryption = new().encryption), Some(Left::AtTarget));
    // A lifecycle rule may have moved it: what it costs there is no reason to keep it.
    assert_eq!(of_old(|h| h.attributes.storage_class = StorageClass::new("GLACIER")), None);
}

#[test]
fn a_lock_keeps_it_wherever_it_is_told() {
    let until = |millis| Timestamp::from_millis(NOW.as_millis() + millis);
    let retained = |millis| ObjectLock {
        retention: Some(Retention { mode: LockMode::Governance, until: until(millis) }),
        legal_hold: false,
    };
    let held = ObjectLock { retention: None, legal_hold: true };
    assert_eq!(of_old(|head| head.lock = held), Some(Left::Locked));
    assert_eq!(of_old(|head| head.lock = retained(1)), Some(Left::Locked));
    assert_eq!(of_old(|head| head.lock = retained(0)), None, "it ran out");
    let target = target();
    let goal = Goal { target: &target, capabilities: Capabilities::documented() };
    for lock in [held, retained(1)] {
        let told = goal.check_old(&candidate(), &old(), lock, NOW);
        assert_eq!(left(told), Some(Left::Locked));
    }
}

#[test]
fn the_new_version_must_be_the_jobs_copy_of_it() {
    let target = target();
    let goal = Goal { target: &target, capabilities: Capabilities::documented() };
    let of_new = |change: fn(&mut ObjectHead)| {
        left(goal.check_new(&candidate(), &old(), Some(&with(new(), change))))
    };
    assert_eq!(of_new(|_| {}), None);
    assert_eq!(left(goal.check_new(&candidate(), &old(), None)), Some(Left::NotSuperseded));
    let changes: [fn(&mut ObjectHead); 6] = [
        |head| head.encryption = Encryption::SseS3,
        |head| head.etag = ETag::new("other"),
        |head| head.size += 1,
        |head| head.version = Some(VersionId::new("x")),
        |head| head.attributes.metadata.clear(),
        later,
    ];
    for change in changes {
        assert_eq!(of_new(change), Some(Left::NotSuperseded));
    }
    // Both as the report says, and yet not of one size.
    let (mut larger, mut of_larger) = (candidate(), new());
    larger.after.size += 1;
    of_larger.size += 1;
    assert_eq!(left(goal.check_new(&larger, &old(), Some(&of_larger))), Some(Left::NotSuperseded));
}

#[test]
fn what_readers_get_must_be_at_the_target() {
    let target = target();
    let goal = Goal { target: &target, capabilities: Capabilities::documented() };
    let of = |current: Option<ObjectHead>| left(goal.check_current(&candidate(), current.as_ref()));
    assert_eq!(of(Some(new())), None);
    let newer = with(new(), |head| head.version = Some(VersionId::new("newer")));
    assert_eq!(of(Some(newer.clone())), None, "somebody's, and at the target");
    let plain = with(newer, |head| head.encryption = Encryption::SseS3);
    assert_eq!(of(Some(plain)), Some(Left::CurrentNotAtTarget));
    assert_eq!(of(Some(old())), Some(Left::NotSuperseded));
    assert_eq!(of(None), Some(Left::DeleteMarker));
}

#[test]
fn a_row_that_named_no_key_is_compared_by_its_type() {
    let encryption =
        |key: Option<&str>| Encryption::SseKms { key: key.map(str::to_owned), bucket_key: false };
    let snapshot = |key| Snapshot { encryption: encryption(key), ..Snapshot::from(&old()) };
    let now = |key| with(old(), |head| head.encryption = encryption(key));
    assert_eq!(differs(&snapshot(None), &now(Some("k"))), None);
    assert_eq!(differs(&snapshot(Some("k")), &now(Some("k"))), None);
    assert!(differs(&snapshot(Some("k")), &now(Some("other"))).is_some());
}
