//! Counting, extrapolating, and how long it takes at least.

mod preview;

use std::time::Duration;

use reseal_core::{
    Action, Decision, FailReason, KmsTarget, Outcome, Policy, PriceList, SkipReason, Target,
    Timestamp,
};
use reseal_testkit::build::{HeadBuilder, RowBuilder, bucket, key_arn};
use reseal_worker::Verdict;

use super::*;
use crate::cli::{Caps, Limits};
use crate::hazards::Hazard;

const LIMITS: Limits = Limits {
    rate: None,
    rate_per_prefix: 3_500.0,
    kms_rate: None,
    concurrency: 10_000,
    caps: Caps::NONE,
};

fn census(verdicts: impl IntoIterator<Item = Verdict>) -> Census {
    census_of(1, verdicts)
}

/// Of which each stands for so many.
fn census_of(stands_for: u64, verdicts: impl IntoIterator<Item = Verdict>) -> Census {
    let target = Target::SseKms(KmsTarget { key: key_arn("k"), bucket_key: true });
    let one =
        Candidate { bucket: bucket("bucket"), row: RowBuilder::new("key").build(), stands_for };
    let mut census = Census::default();
    let work = BilledTerms {
        target: &target,
        policy: &Policy::default(),
        backed_up: false,
        restated: Restated::default(),
        keeps_versions: true,
        now: Timestamp::from_millis(0),
    };
    for verdict in verdicts {
        census.count(&one, &verdict, &work);
    }
    census
}

fn acts(class: &str, action: Action) -> Verdict {
    let head = HeadBuilder::new().class(class).size(1_000).build();
    Verdict::Decided(Box::new(head), Decision::Act(action))
}

#[test]
fn objects_are_grouped_by_fate() {
    let census = census([
        acts("STANDARD", Action::Copy),
        acts("STANDARD", Action::Copy),
        acts("STANDARD_IA", Action::Copy),
        Verdict::Ends(Outcome::Skipped(SkipReason::Gone), None),
        Verdict::Ends(Outcome::Failed(FailReason::Denied), None),
    ]);
    let words: Vec<(&str, u64)> =
        census.groups().map(|(group, count)| (group.decision.as_str(), count.objects)).collect();
    assert_eq!(words, [("fail: denied", 1), ("skip: gone", 1), ("copy", 2), ("copy", 1)]);
    assert_eq!((census.total().objects, census.acting().objects), (5, 3));
    let hazards = census.hazards();
    assert!(hazards.contains(&Hazard::Retrieval { objects: 1, bytes: 1_000 }), "{hazards:?}");
    assert!(hazards.contains(&Hazard::LeftBehind { objects: 1 }));
}

#[test]
fn a_sample_is_scaled_to_the_whole() {
    let census = census_of(100, (0..10).map(|_| acts("STANDARD", Action::Copy)));
    assert_eq!((census.total().objects, census.acting().bytes), (1_000, 1_000_000));
    assert_eq!(census.bill().sum().writes, 1_000);
}

#[test]
fn the_limit_that_binds_sets_the_time() {
    let census = census((0..100).map(|_| acts("STANDARD", Action::Copy)));
    let seconds = |limits: Limits| census.duration(&limits).duration();
    assert!(seconds(LIMITS) < Duration::from_secs(1));
    assert_eq!(seconds(Limits { rate: Some(10.0), ..LIMITS }), Duration::from_secs(10));
    assert_eq!(seconds(Limits { rate_per_prefix: 2.0, ..LIMITS }), Duration::from_secs(50));
    // The source needs no key to be read, the target one to be written.
    assert_eq!(seconds(Limits { kms_rate: Some(2.0), ..LIMITS }), Duration::from_secs(50));
}

#[test]
fn a_plan_shows_its_groups_hazards_and_price() {
    let census = census([acts("STANDARD", Action::Copy)]);
    let shown = Shown::new(
        vec!["s3://bucket/, listed live".to_owned()],
        "SSE-S3".to_owned(),
        &census,
        7,
        vec![Hazard::AssumedCapabilities],
        &LIMITS,
        Priced { list: &PriceList::built_in(), region: "us-east-1", fleet: false },
    );
    let text = text(&shown);
    for part in [
        "s3://bucket/",
        "SSE-S3",
        "7 more",
        "copy",
        "price",
        "Batch Operations",
        "at least",
        "hazard",
    ] {
        assert!(text.contains(part), "{part} is missing from\n{text}");
    }
    let json = serde_json::to_value(&shown).expect("serialises");
    assert_eq!(json["estimate"]["lines"][1]["usd_each"], 0.005);
    assert_eq!(json["groups"][0]["objects"], 1);
    assert_eq!(json["hazards"][0]["hazard"], "assumed-capabilities");
}
