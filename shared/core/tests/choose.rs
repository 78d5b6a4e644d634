//! A test for each row of the action table, and for what no row may do.

use proptest::prelude::*;
use reseal_core::{
    Action, ArchiveState, Archived, Attributes, Capabilities, Currency, Decision, ETag, Encryption,
    Facts, KmsTarget, LockMode, Locked, ObjectHead, ObjectLock, Policy, RestoreTerms, RestoreTier,
    Retention, SkipReason, StorageClass, Strategy as Choice, Target, Timestamp, choose,
};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/new";
const NOW: Timestamp = Timestamp::from_millis(1_000_000);

/// A situation; each test changes what it is about.
struct Case {
    head: ObjectHead,
    currency: Currency,
    target: Target,
    policy: Policy,
    capabilities: Capabilities,
    update_refused: bool,
}

fn kms(bucket_key: bool) -> KmsTarget {
    KmsTarget { key: KEY.parse().expect("an ARN"), bucket_key }
}

fn under(key: &str, bucket_key: bool) -> Encryption {
    Encryption::SseKms { key: Some(key.to_owned()), bucket_key }
}

fn case(encryption: Encryption, target: Target) -> Case {
    let head = ObjectHead {
        version: None,
        etag: ETag::new("9b2cf535f27731c974343645a3985328"),
        size: 10,
        last_modified: Timestamp::from_millis(0),
        encryption,
        archive: ArchiveState::Online,
        lock: ObjectLock::default(),
        tag_count: 0,
        parts_count: None,
        attributes: Attributes::of_class(StorageClass::standard()),
    };
    Case {
        head,
        currency: Currency::Current,
        target,
        policy: Policy::default(),
        capabilities: Capabilities::documented(),
        update_refused: false,
    }
}

fn decide(case: &Case) -> Decision {
    choose(&Facts {
        head: &case.head,
        currency: case.currency,
        target: &case.target,
        policy: &case.policy,
        capabilities: &case.capabilities,
        update_refused: case.update_refused,
        now: NOW,
    })
}

fn to_kms(encryption: Encryption) -> Case {
    case(encryption, Target::SseKms(kms(true)))
}

#[test]
fn row_3_what_is_at_the_target_is_left_alone() {
    assert_eq!(decide(&to_kms(under(KEY, true))), Decision::AlreadyCompliant);
    let mut locked = to_kms(under(KEY, true));
    locked.head.lock.legal_hold = true;
    locked.currency = Currency::Noncurrent;
    assert_eq!(decide(&locked), Decision::AlreadyCompliant);
}

#[test]
fn row_3_another_bucket_key_state_is_not_the_target() {
    assert_eq!(decide(&to_kms(under(KEY, false))), Decision::Act(Action::Update(kms(true))));
}

#[test]
fn row_4_a_customer_key_is_skipped() {
    assert_eq!(decide(&to_kms(Encryption::SseC)), Decision::Skip(SkipReason::SseC));
}

#[test]
fn row_5_holds_and_retentions_are_skipped_until_they_run_out() {
    let mut held = to_kms(Encryption::SseS3);
    held.head.lock.legal_hold = true;
    assert_eq!(decide(&held), Decision::Skip(SkipReason::Locked));
    for mode in [LockMode::Governance, LockMode::Compliance] {
        let mut retained = to_kms(Encryption::SseS3);
        retained.head.lock.retention =
            Some(Retention { mode, until: Timestamp::from_millis(NOW.as_millis() + 1) });
        assert_eq!(decide(&retained), Decision::Skip(SkipReason::Locked));
        retained.head.lock.retention = Some(Retention { mode, until: NOW });
        assert_eq!(decide(&retained), Decision::Act(Action::Update(kms(true))));
    }
}

#[test]
fn row_5_locked_copy_copies_and_never_updates_what_somebody_could_unlock() {
    let later = Timestamp::from_millis(NOW.as_millis() + 1);
    let retained =
        |mode| ObjectLock { retention: Some(Retention { mode, until: later }), legal_hold: false };
    let held = ObjectLock { retention: None, legal_hold: true };
    for lock in [held, retained(LockMode::Governance)] {
        let mut case = to_kms(Encryption::SseS3);
        case.policy.locked = Locked::Copy;
        case.head.lock = lock;
        assert_eq!(decide(&case), Decision::Act(Action::Copy));
        case.currency = Currency::Noncurrent;
        assert_eq!(decide(&case), Decision::Skip(SkipReason::Noncurrent));
        case.currency = Currency::Current;
        case.policy.strategy = Choice::Update;
        assert_eq!(decide(&case), Decision::Skip(SkipReason::Locked));
    }
    let mut case = to_kms(Encryption::SseS3);
    case.policy.locked = Locked::Copy;
    case.head.lock = ObjectLock { legal_hold: true, ..retained(LockMode::Compliance) };
    assert_eq!(decide(&case), Decision::Skip(SkipReason::Locked));
}

#[test]
fn row_9_what_only_parts_could_copy_is_left_alone_where_parts_are_not_seen_to_work() {
    let mut case = case(Encryption::None, Target::SseS3);
    case.capabilities.parts = false;
    case.head.size = case.policy.single_copy_limit;
    assert_eq!(decide(&case), Decision::Act(Action::Copy));
    case.head.size += 1;
    assert_eq!(decide(&case), Decision::Skip(SkipReason::NeedsParts));
    let mut updated = to_kms(Encryption::SseS3);
    updated.capabilities.parts = false;
    updated.head.size = updated.policy.single_copy_limit + 1;
    assert_eq!(decide(&updated), Decision::Act(Action::Update(kms(true))));
}

#[test]
fn row_6_sse_s3_and_sse_kms_are_updated_whatever_size_class_or_version() {
    for encryption in [Encryption::SseS3, under("another", false)] {
        let mut case = to_kms(encryption);
        case.head.size = 50_000_000_000_000;
        case.head.archive = ArchiveState::Archived;
        case.head.attributes.storage_class = StorageClass::new("GLACIER");
        case.currency = Currency::Noncurrent;
        assert_eq!(decide(&case), Decision::Act(Action::Update(kms(true))));
    }
}

#[test]
fn row_6_does_not_apply_where_update_is_unfit() {
    let plain = to_kms(Encryption::None);
    let dsse_source = to_kms(Encryption::DsseKms { key: None });
    let dsse_target = case(Encryption::SseS3, Target::DsseKms { key: kms(true).key });
    let mut unseen = to_kms(Encryption::SseS3);
    unseen.capabilities.update = false;
    let mut refused = to_kms(Encryption::SseS3);
    refused.update_refused = true;
    let mut forbidden = to_kms(Encryption::SseS3);
    forbidden.policy.strategy = Choice::Copy;
    for case in [plain, dsse_source, dsse_target, unseen, refused, forbidden] {
        assert_eq!(decide(&case), Decision::Act(Action::Copy));
    }
}

#[test]
fn row_7_a_copy_would_make_a_noncurrent_version_current() {
    let mut case = to_kms(Encryption::None);
    case.currency = Currency::Noncurrent;
    assert_eq!(decide(&case), Decision::Skip(SkipReason::Noncurrent));
}

#[test]
fn update_only_never_copies() {
    let mut case = to_kms(Encryption::None);
    case.policy.strategy = Choice::Update;
    assert_eq!(decide(&case), Decision::Skip(SkipReason::NeedsCopy));
}

#[test]
fn row_8_archived_objects_are_skipped_where_only_a_copy_would_do() {
    for archive in [ArchiveState::Archived, ArchiveState::Restoring, ArchiveState::Restored] {
        let mut case = to_kms(Encryption::None);
        case.head.archive = archive;
        case.head.attributes.storage_class = StorageClass::new("GLACIER");
        assert_eq!(decide(&case), Decision::Skip(SkipReason::Archived), "{archive:?}");
    }
}

#[test]
fn row_8_archived_restore_restores_waits_and_copies_into_the_chosen_class() {
    let terms =
        RestoreTerms { days: 3, tier: RestoreTier::Bulk, class: StorageClass::new("STANDARD_IA") };
    for (archive, decision) in [
        (ArchiveState::Archived, Decision::Act(Action::Restore(terms.clone()))),
        (ArchiveState::Restoring, Decision::Skip(SkipReason::Restoring)),
        (ArchiveState::Restored, Decision::Act(Action::Copy)),
    ] {
        let mut case = to_kms(Encryption::None);
        case.policy.archived = Archived::Restore(terms.clone());
        case.head.archive = archive;
        case.head.attributes.storage_class = StorageClass::new("DEEP_ARCHIVE");
        assert_eq!(decide(&case), decision, "{archive:?}");
        let restored = archive == ArchiveState::Restored;
        let class = if restored { "STANDARD_IA" } else { "DEEP_ARCHIVE" };
        assert_eq!(case.policy.class_of_copy(&case.head).as_str(), class);
        case.policy.archived = Archived::Report;
        assert_eq!(case.policy.class_of_copy(&case.head).as_str(), "DEEP_ARCHIVE");
        case.currency = Currency::Noncurrent;
        assert_eq!(decide(&case), Decision::Skip(SkipReason::Noncurrent));
    }
}

#[test]
fn row_9_the_single_copy_limit_decides_between_copy_and_multipart() {
    let mut case = to_kms(Encryption::None);
    let limit = case.policy.single_copy_limit;
    assert_eq!(limit, 5 << 30);
    for (size, action) in [(0, Action::Copy), (limit, Action::Copy), (limit + 1, Action::Multipart)]
    {
        case.head.size = size;
        assert_eq!(decide(&case), Decision::Act(action), "{size}");
    }
}

#[test]
fn metadata_that_nobody_can_read_is_not_thrown_away() {
    let mut case = to_kms(Encryption::None);
    case.head.attributes.missing_metadata = 1;
    assert_eq!(decide(&case), Decision::Act(Action::Copy));
    case.head.size = case.policy.single_copy_limit + 1;
    assert_eq!(decide(&case), Decision::Skip(SkipReason::UnreadableMetadata));
}

fn any_encryption() -> impl Strategy<Value = Encryption> {
    prop_oneof![
        Just(Encryption::None),
        Just(Encryption::SseS3),
        Just(Encryption::SseC),
        (any::<bool>(), any::<bool>())
            .prop_map(|(ours, bk)| under(if ours { KEY } else { "old" }, bk)),
        any::<bool>().prop_map(|ours| Encryption::DsseKms { key: ours.then(|| KEY.to_owned()) }),
    ]
}

proptest! {
    /// Whatever the situation: content is never moved for a noncurrent,
    /// locked, archived or customer-keyed object, nor under update-only.
    #[test]
    fn nothing_dangerous_is_ever_chosen(
        encryption in any_encryption(),
        target in prop_oneof![
            Just(Target::SseS3),
            any::<bool>().prop_map(|bk| Target::SseKms(kms(bk))),
            Just(Target::DsseKms { key: kms(true).key }),
        ],
        noncurrent in any::<bool>(),
        hold in any::<bool>(),
        archived in any::<bool>(),
        strategy in prop_oneof![Just(Choice::Auto), Just(Choice::Update), Just(Choice::Copy)],
        update_works in any::<bool>(),
        size in any::<u64>(),
    ) {
        let mut case = case(encryption, target);
        case.head.size = size;
        case.head.lock.legal_hold = hold;
        case.policy.strategy = strategy;
        case.capabilities.update = update_works;
        if noncurrent {
            case.currency = Currency::Noncurrent;
        }
        if archived {
            case.head.archive = ArchiveState::Archived;
        }
        match decide(&case) {
            Decision::Act(Action::Copy | Action::Multipart) => {
                prop_assert!(!noncurrent && !hold && !archived);
                prop_assert!(strategy != Choice::Update);
                prop_assert!(case.head.encryption != Encryption::SseC);
            }
            Decision::Act(Action::Update(_)) => {
                prop_assert!(!hold && update_works && strategy != Choice::Copy);
            }
            Decision::AlreadyCompliant => {
                prop_assert!(case.target.is_met_by(&case.head.encryption));
            }
            Decision::Act(Action::Restore(_)) => prop_assert!(false, "nobody asked for it"),
            Decision::Skip(_) => {}
        }
    }
}

#[test]
fn a_lock_that_head_does_not_show_is_no_lock() {
    // Preflight, not this function, must know whether the bucket has locks at all.
    let mut case = to_kms(Encryption::None);
    case.head.lock = ObjectLock::default();
    assert_eq!(decide(&case), Decision::Act(Action::Copy));
}
