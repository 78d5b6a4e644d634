//! Sums, against prices that are worked out by hand.

use super::*;
use crate::price::bill::{BilledTerms, Restated};
use crate::{
    Action, ArchiveState, Archived, Attributes, ETag, Encryption, KmsTarget, Locked, ObjectHead,
    ObjectLock, Policy, RestoreTerms, RestoreTier, StorageClass, Strategy, Target, Timestamp,
};

const DAY: i64 = 86_400_000;
const MILLION: u64 = 1_000_000;
const AS_IT_IS: Policy = Policy {
    strategy: Strategy::Auto,
    single_copy_limit: crate::MAX_SINGLE_COPY,
    locked: Locked::Report,
    archived: Archived::Report,
};

fn head(class: &str, size: u64, days_old: i64, encryption: Encryption) -> ObjectHead {
    ObjectHead {
        version: None,
        etag: ETag::new("e"),
        size,
        last_modified: Timestamp::from_millis((100 - days_old) * DAY),
        encryption,
        archive: ArchiveState::Online,
        lock: ObjectLock::default(),
        tag_count: 0,
        parts_count: None,
        attributes: Attributes::of_class(StorageClass::new(class)),
    }
}

fn terms(target: &Target, keeps_versions: bool) -> BilledTerms<'_> {
    BilledTerms {
        target,
        policy: &AS_IT_IS,
        restated: Restated::default(),
        keeps_versions,
        backed_up: false,
        now: Timestamp::from_millis(100 * DAY),
    }
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

fn price(bill: &Bill, jobs: u64, fleet: bool) -> Estimate {
    let estimate = Estimate::new(bill, &PriceList::built_in(), "us-east-1", jobs, fleet);
    let sum: f64 = estimate.lines.iter().map(|line| line.usd).sum();
    assert!(close(estimate.total_usd(), sum), "not the sum of its lines: {estimate:?}");
    estimate
}

#[test]
fn a_million_plain_copies_cost_what_the_price_list_says() {
    let object = head("STANDARD", 1, 0, Encryption::SseS3);
    let mut bill = Bill::default();
    bill.look(&StorageClass::standard(), 1, MILLION);
    bill.action(&Action::Copy, &object, &terms(&Target::SseS3, true), MILLION);
    let estimate = price(&bill, 1, true);
    // A million copies at $5, a million looks at $0.40, the fleet's $0.042.
    assert!(close(estimate.s3_usd, 5.4), "{estimate:?}");
    assert!(close(estimate.total_usd(), 5.442), "{estimate:?}");
    assert!(close(estimate.batch_operations.total_usd, 0.25 + 1.0 + 5.0), "{estimate:?}");
    for line in &estimate.lines {
        assert!(close(line.usd, line.quantity / line.per * line.usd_each), "{line:?}");
    }
}

#[test]
fn bucket_keys_save_what_they_wrap_only() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/k".parse().expect("an ARN");
    let target = Target::SseKms(KmsTarget { key, bucket_key: true });
    let without = Encryption::SseKms { key: None, bucket_key: false };
    let mut bill = Bill::default();
    bill.action(&Action::Copy, &head("STANDARD", 1, 0, without), &terms(&target, true), 10_000);
    let estimate = price(&bill, 1, false);
    assert_eq!(estimate.kms, 20_000);
    assert!(close(estimate.kms_usd_at_most, 0.06), "{estimate:?}");
    assert!(close(estimate.kms_usd_with_bucket_keys, 0.0303), "{estimate:?}");
}

#[test]
fn a_copy_in_parts_may_take_as_many_as_the_source_has() {
    let gib = 1024 * 1024 * 1024;
    let key = "arn:aws:kms:us-east-1:111122223333:key/k".parse().expect("an ARN");
    let target = Target::SseKms(KmsTarget { key, bucket_key: false });
    let counted = |etag: &str, told: Option<u32>| {
        let under_kms = Encryption::SseKms { key: None, bucket_key: false };
        let mut head = head("STANDARD", 6 * gib, 0, under_kms);
        (head.etag, head.parts_count) = (ETag::new(etag), told);
        let mut bill = Bill::default();
        bill.action(&Action::Multipart, &head, &terms(&target, true), 1);
        let Quantities { writes, kms, .. } = bill.sum();
        (writes, kms)
    };
    // Twelve of 512 MiB, with Create and Complete, read and written under KMS.
    assert_eq!(counted("e", None), (14, 24));
    assert_eq!(counted("e-2", None), (14, 24));
    // In parts of 8 MiB.
    assert_eq!(counted("e-768", None), (770, 1_536));
    assert_eq!(counted("e", Some(768)), (770, 1_536));
    // S3's limit, whatever somebody's entity tag says.
    assert_eq!(counted("e-4000000000", None), (10_002, 20_000));
}

#[test]
fn a_copy_from_an_infrequent_class_pays_for_reading_and_for_leaving_early() {
    let gib = 1024 * 1024 * 1024;
    let young = head("STANDARD_IA", gib, 10, Encryption::None);
    let mut replaced = Bill::default();
    replaced.action(&Action::Copy, &young, &terms(&Target::SseS3, false), 1);
    let estimate = price(&replaced, 1, false);
    assert!(close(estimate.retrieval_usd, 0.01), "{estimate:?}");
    // Twenty of thirty days are left.
    assert!(close(estimate.early_deletion_usd, 0.0125 * 20.0 / 30.0), "{estimate:?}");
    let mut kept = Bill::default();
    kept.action(&Action::Copy, &young, &terms(&Target::SseS3, true), 1);
    let estimate = price(&kept, 1, false);
    assert!(close(estimate.early_deletion_usd, 0.0) && estimate.superseded_bytes == gib);
    assert!(close(estimate.superseded_usd_per_month, 0.0125), "{estimate:?}");
}

#[test]
fn a_restore_costs_by_its_tier_and_for_the_days_that_its_copy_is_kept() {
    let gib = 1024 * 1024 * 1024;
    let restore = |class: &str, tier: RestoreTier| {
        let terms = RestoreTerms { days: 15, tier, class: StorageClass::standard() };
        let mut bill = Bill::default();
        let archived = head(class, gib, 0, Encryption::None);
        bill.action(&Action::Restore(terms), &archived, &terms_of_restores(), 1_000);
        price(&bill, 1, false)
    };
    // Half a month of 1,000 GiB in STANDARD, beside what the tier costs.
    let kept = 500.0 * 0.023;
    for (class, tier, usd) in [
        ("GLACIER", RestoreTier::Standard, 0.05 + 10.0 + kept),
        ("GLACIER", RestoreTier::Bulk, kept),
        ("GLACIER", RestoreTier::Expedited, 10.0 + 30.0 + kept),
        ("DEEP_ARCHIVE", RestoreTier::Standard, 0.1 + 20.0 + kept),
        ("DEEP_ARCHIVE", RestoreTier::Bulk, 0.025 + 2.5 + kept),
        ("INTELLIGENT_TIERING", RestoreTier::Bulk, 0.0),
        ("INTELLIGENT_TIERING", RestoreTier::Expedited, 10.0 + 30.0),
    ] {
        let estimate = restore(class, tier);
        assert!(close(estimate.restore_usd, usd), "{class} {tier:?}: {estimate:?}");
        assert!(close(estimate.total_usd(), usd) && estimate.unpriced_restores == 0);
    }
    assert_eq!(restore("DEEP_ARCHIVE", RestoreTier::Expedited).unpriced_restores, 1_000);
}

fn terms_of_restores() -> BilledTerms<'static> {
    terms(&Target::SseS3, true)
}

#[test]
fn a_tag_on_what_is_at_the_target_costs_a_write() {
    let mut bill = Bill::default();
    bill.look(&StorageClass::standard(), 1, MILLION);
    bill.mark(&StorageClass::standard(), MILLION);
    let estimate = price(&bill, 0, false);
    assert!(close(estimate.total_usd(), 5.0 + 4.0 * 0.4), "{estimate:?}");
}

#[test]
fn batch_operations_pay_kms_for_their_own_copies_alone() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/k".parse().expect("an ARN");
    let target = Target::SseKms(KmsTarget { key, bucket_key: false });
    let terms = BilledTerms { backed_up: true, ..terms(&target, false) };
    let mut bill = Bill::default();
    let small = head("STANDARD", 1, 0, Encryption::None);
    bill.action(&Action::Copy, &small, &terms, MILLION);
    let large = head("STANDARD", 6 << 30, 0, Encryption::None);
    bill.action(&Action::Multipart, &large, &terms, MILLION);
    let theirs = price(&bill, 1, false).batch_operations;
    // A million copies at $5 and as many KMS requests at $3: no backups, no parts.
    assert!(close(theirs.total_usd, 0.25 + 1.0 + 5.0 + 3.0), "{theirs:?}");
    assert_eq!((theirs.objects, theirs.too_large), (MILLION, MILLION));
}

#[test]
fn what_was_restored_is_written_at_the_price_of_the_class_that_it_gets() {
    let class = StorageClass::new("STANDARD_IA");
    let restore = RestoreTerms { days: 15, tier: RestoreTier::Bulk, class };
    let policy = Policy { archived: Archived::Restore(restore), ..AS_IT_IS };
    let mut restored = head("GLACIER", 1, 200, Encryption::None);
    restored.archive = ArchiveState::Restored;
    let terms = BilledTerms { policy: &policy, ..terms(&Target::SseS3, false) };
    let mut bill = Bill::default();
    bill.action(&Action::Copy, &restored, &terms, 1_000);
    let estimate = price(&bill, 1, false);
    assert!(close(estimate.s3_usd, 0.01), "not $0.03: {estimate:?}");
    assert_eq!(estimate.batch_operations.objects, 1_000);
    // What is replaced was in the archive, and too young for it.
    restored.last_modified = Timestamp::from_millis(100 * DAY);
    let mut bill = Bill::default();
    bill.action(&Action::Copy, &restored, &terms, 1 << 30);
    assert!(close(price(&bill, 1, false).early_deletion_usd, 0.0036 * 3.0));
}

#[test]
fn dsse_is_counted_at_both_ends_where_its_price_is_given_and_said_where_it_is_not() {
    let gib = 1 << 30;
    let key: crate::KeyArn = "arn:aws:kms:us-east-1:111122223333:key/k".parse().expect("an ARN");
    let under_dsse = Encryption::DsseKms { key: None };
    let dsse = Target::DsseKms { key };
    let mut given = PriceList::built_in();
    let prices = given.regions.get_mut("us-east-1").expect("it is built in");
    prices.dsse_per_gib = Some(0.5);
    for (from, to, gibs) in [
        (Encryption::SseS3, &dsse, 1),
        (under_dsse.clone(), &dsse, 2),
        (under_dsse, &Target::SseS3, 1),
        (Encryption::SseS3, &Target::SseS3, 0),
    ] {
        let mut bill = Bill::default();
        bill.action(&Action::Copy, &head("STANDARD", gib, 0, from), &terms(to, true), 10);
        let not_known = price(&bill, 0, false);
        assert_eq!(not_known.unpriced_dsse_bytes, 10 * gibs * gib);
        assert!(close(not_known.dsse_usd, 0.0));
        let known = Estimate::new(&bill, &given, "us-east-1", 0, false);
        assert_eq!(known.unpriced_dsse_bytes, 0);
        assert!(close(known.total_usd() - not_known.total_usd(), 5.0 * gibs as f64), "{known:?}");
    }
}

#[test]
fn backups_that_stay_cost_by_the_month_in_their_class() {
    let kept = |size: u64, objects: u64| {
        let terms = BilledTerms { backed_up: true, ..terms(&Target::SseS3, false) };
        let mut bill = Bill::default();
        bill.action(
            &Action::Copy,
            &head("STANDARD_IA", size, 90, Encryption::None),
            &terms,
            objects,
        );
        price(&bill, 0, false)
    };
    let estimate = kept(1 << 30, 8);
    assert_eq!(estimate.backup_bytes, 8 << 30);
    assert!(close(estimate.backup_usd_per_month, 8.0 * 0.0125), "{estimate:?}");
    // The class bills no less than 128 KiB.
    assert_eq!(kept(1, 8).backup_bytes, 8 * 128 * 1024);
}

#[test]
fn a_class_without_a_price_is_named_and_counted() {
    let odd = head("OUTPOSTS", 10, 0, Encryption::None);
    let mut bill = Bill::default();
    bill.look(&odd.attributes.storage_class, odd.size, 7);
    bill.action(&Action::Copy, &odd, &terms(&Target::SseS3, true), 5);
    bill.look(&StorageClass::standard(), 1, 1);
    let estimate = price(&bill, 0, false);
    let named = UnpricedClass { class: "OUTPOSTS".to_owned(), objects: 7, bytes: 70 };
    assert_eq!(estimate.unpriced_classes, [named]);
    assert!(close(estimate.total_usd(), 8.0 * 0.0004 / 1_000.0 + 5.0 * 0.005 / 1_000.0));
}

#[test]
fn another_regions_prices_are_said_to_be_so() {
    let estimate = Estimate::new(&Bill::default(), &PriceList::built_in(), "eu-west-9", 0, false);
    assert_eq!(estimate.stands_in_for.as_deref(), Some("eu-west-9"));
}
