//! Every refusal is one line that says what to change.

mod around;

use std::collections::BTreeSet;

use reseal_core::ports::{KeyFacts, KeyStatus, Setting};
use reseal_core::{KeyTrouble, Policy};
use reseal_testkit::build::{bucket, key_arn};

use super::*;
use crate::fakes::{FakeCloud, Quirks};

fn behaviour(strategy: Strategy) -> Behaviour {
    let policy = Policy { strategy, ..Policy::default() };
    Behaviour { policy, ..Behaviour::default() }
}

fn kms(key: &str) -> TargetRequest {
    TargetRequest::SseKms { key: key.to_owned(), bucket_key: true }
}

async fn check(
    fake: &std::sync::Arc<FakeCloud>,
    buckets: &[&str],
    target: &TargetRequest,
) -> Result<Preflight, String> {
    let buckets: BTreeSet<BucketName> = buckets.iter().map(|name| bucket(name)).collect();
    let checked = preflight(
        &fake.cloud(),
        &buckets,
        target,
        Selection::default(),
        &behaviour(Strategy::Auto),
    )
    .await;
    checked.map_err(|error| {
        let line = error.to_string();
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    })
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_frozen_to_its_arn() {
    let fake = FakeCloud::new(Quirks::default());
    let checked = check(&fake, &["bucket"], &kms("alias/k")).await.expect("passes");
    assert_eq!(checked.target.key(), Some(&key_arn("target")));
    assert!(allows_update(&fake.cloud(), &checked.target, &bucket("bucket")));
}

#[tokio::test(start_paused = true)]
async fn keys_that_can_not_be_used_are_refused() {
    let good = KeyFacts {
        arn: key_arn("target"),
        status: KeyStatus::Enabled,
        symmetric_encryption: true,
        aws_managed: false,
    };
    let elsewhere = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let cases = [
        (KeyFacts { status: KeyStatus::Disabled, ..good.clone() }, "disabled"),
        (KeyFacts { status: KeyStatus::PendingDeletion, ..good.clone() }, "pending deletion"),
        (KeyFacts { status: KeyStatus::Unusable, ..good.clone() }, "can't be used"),
        (KeyFacts { symmetric_encryption: false, ..good.clone() }, "symmetric"),
        (KeyFacts { arn: elsewhere.parse().expect("an ARN"), ..good }, "eu-west-1"),
    ];
    for (facts, said) in cases {
        let fake = FakeCloud::new(Quirks::default());
        *fake.key.lock().expect("not poisoned") = Some(facts);
        let line = check(&fake, &["bucket"], &kms("alias/k")).await.expect_err(said);
        assert!(line.contains(said) && line.contains("--kms-key"), "{line}");
    }
    let fake = FakeCloud::new(Quirks::default());
    let line = check(&fake, &["bucket"], &kms(elsewhere)).await.expect_err("other region");
    assert!(line.contains("eu-west-1"), "{line}");
    *fake.key.lock().expect("not poisoned") = None;
    let line = check(&fake, &["bucket"], &kms("alias/none")).await.expect_err("missing");
    assert!(line.contains("does not exist"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn describe_denied_names_the_permission() {
    let denied = StoreErrorKind::Key(KeyTrouble::Denied);
    let fake = FakeCloud::new(Quirks { fails: Some(("describe", denied)), ..Quirks::default() });
    let line = check(&fake, &["bucket"], &kms("alias/k")).await.expect_err("denied");
    assert!(line.contains("kms:DescribeKey"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn buckets_that_can_not_be_worked_on_are_refused() {
    let fake = FakeCloud::new(Quirks::default());
    let line = check(&fake, &["nowhere"], &TargetRequest::SseS3).await.expect_err("unknown");
    assert!(line.contains("nowhere does not exist"), "{line}");
    let line = check(&fake, &["x--use1-az1--x-s3"], &TargetRequest::SseS3).await;
    assert!(line.expect_err("directory bucket").contains("directory bucket"));
    for facts in fake.facts.lock().expect("not poisoned").values_mut() {
        facts.region = "eu-west-1".to_owned();
    }
    let line = check(&fake, &["bucket"], &TargetRequest::SseS3).await.expect_err("elsewhere");
    assert!(line.contains("--region"), "{line}");
    let denied = Some(("inspect", StoreErrorKind::Denied));
    let fake = FakeCloud::new(Quirks { fails: denied, ..Quirks::default() });
    let line = check(&fake, &["bucket"], &TargetRequest::SseS3).await.expect_err("denied");
    assert!(line.contains("--bucket-owner"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn hazards_follow_from_buckets_and_key() {
    let versioning = Some(Versioning::Enabled);
    let fake = FakeCloud::new(Quirks { versioning, ..Quirks::default() });
    let foreign = "arn:aws:kms:us-east-1:999999999999:key/k";
    if let Some(facts) = fake.key.lock().expect("not poisoned").as_mut() {
        facts.arn = foreign.parse().expect("an ARN");
    }
    let checked = check(&fake, &["bucket"], &kms(foreign)).await.expect("passes");
    assert!(!allows_update(&fake.cloud(), &checked.target, &bucket("bucket")));
    let has = |wanted: fn(&Hazard) -> bool| checked.hazards.iter().any(wanted);
    assert!(has(|h| matches!(h, Hazard::VersionsKept { .. })));
    assert!(has(|h| matches!(h, Hazard::ForeignKey { .. })));
    assert!(has(|h| matches!(h, Hazard::LastModifiedReset)));
}

#[tokio::test(start_paused = true)]
async fn update_only_needs_the_owners_key() {
    let fake = FakeCloud::new(Quirks::default());
    if let Some(facts) = fake.key.lock().expect("not poisoned").as_mut() {
        facts.arn = "arn:aws:kms:us-east-1:999999999999:key/k".parse().expect("an ARN");
    }
    let buckets = BTreeSet::from([bucket("bucket")]);
    let (cloud, target) = (fake.cloud(), kms("alias/k"));
    let refused =
        preflight(&cloud, &buckets, &target, Selection::default(), &behaviour(Strategy::Update))
            .await;
    assert!(refused.expect_err("foreign key").to_string().contains("--strategy update"));
}

#[tokio::test(start_paused = true)]
async fn credentials_that_do_not_work_are_refused() {
    let fails = Some(("account", StoreErrorKind::Credentials));
    let fake = FakeCloud::new(Quirks { fails, ..Quirks::default() });
    let cloud = fake.cloud();
    let line = caller(fake.as_ref(), cloud.patience()).await.expect_err("no credentials");
    assert!(line.to_string().contains("credentials"));
}

#[tokio::test(start_paused = true)]
async fn copies_that_would_lose_acls_or_meet_locks_are_refused() {
    let unreadable = |why: &str| Setting::Unreadable(format!("{why} is missing"));
    let (no, yes) = (Setting::No, Setting::Yes);
    let lost = [
        (unreadable("x"), no.clone(), no.clone(), "x is missing", true),
        (no.clone(), yes.clone(), yes.clone(), "Object Lock", false),
        (no.clone(), yes.clone(), unreadable("z"), "Object Lock", false),
        (no.clone(), unreadable("y"), no.clone(), "y is missing", false),
    ];
    let buckets = BTreeSet::from([bucket("bucket")]);
    for (acls, object_lock, default_retention, said, update_may) in lost {
        let fake = FakeCloud::new(Quirks::default());
        {
            let mut facts = fake.facts.lock().expect("not poisoned");
            let found = facts.get_mut(&bucket("bucket")).expect("a bucket");
            (found.acls, found.object_lock) = (acls, object_lock);
            found.default_retention = default_retention;
        }
        let target = kms("alias/k");
        let line = check(&fake, &["bucket"], &target).await.expect_err(said);
        assert!(line.contains(said), "{line}");
        let update = behaviour(Strategy::Update);
        let checked =
            preflight(&fake.cloud(), &buckets, &target, Selection::default(), &update).await;
        assert_eq!(checked.is_ok(), update_may, "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn acls_and_locks_that_can_be_kept_are_no_reason_to_refuse() {
    let fake = FakeCloud::new(Quirks::default());
    {
        let mut facts = fake.facts.lock().expect("not poisoned");
        let found = facts.get_mut(&bucket("bucket")).expect("a bucket");
        (found.acls, found.object_lock) = (Setting::Yes, Setting::Yes);
    }
    check(&fake, &["bucket"], &kms("alias/k")).await.expect("nothing is lost");
}

#[tokio::test(start_paused = true)]
async fn rows_are_not_trusted_where_they_may_be_wrong() {
    let changes: [fn(&mut reseal_core::ports::BucketFacts); 4] = [
        |facts| facts.transitions = Setting::Yes,
        |facts| facts.website = Setting::Yes,
        |facts| facts.website = Setting::Unreadable("z is missing".to_owned()),
        |facts| facts.acls = Setting::Yes,
    ];
    let mut trusting = behaviour(Strategy::Update);
    trusting.trust_inventory = true;
    let buckets = BTreeSet::from([bucket("bucket")]);
    let target = kms("alias/k");
    for change in changes {
        let fake = FakeCloud::new(Quirks::default());
        let checked =
            preflight(&fake.cloud(), &buckets, &target, Selection::default(), &trusting).await;
        assert!(checked.is_ok(), "nothing speaks against it yet");
        change(fake.facts.lock().expect("not poisoned").get_mut(&bucket("bucket")).expect("it"));
        let refused =
            preflight(&fake.cloud(), &buckets, &target, Selection::default(), &trusting).await;
        let line = refused.expect_err("refused").to_string();
        assert!(line.contains("--trust-inventory"), "{line}");
    }
}
