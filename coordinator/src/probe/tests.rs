//! What the probe notices, and that it leaves nothing behind.

mod beginnings;
mod parts;
mod readers;

use std::sync::Arc;

use reseal_core::Versioning;
use reseal_core::{Capabilities, KeyTrouble, KmsTarget, Policy, Strategy};
use reseal_testkit::build::{bucket, key_arn};

use super::*;
use crate::fakes::{FakeCloud, Quirks, UpdateQuirk};

fn kms() -> Target {
    Target::SseKms(KmsTarget { key: key_arn("target"), bucket_key: true })
}

fn behaviour(strategy: Strategy, accept_unfenced_copies: bool) -> Behaviour {
    let policy = Policy { strategy, ..Policy::default() };
    Behaviour { policy, accept_unfenced_copies, ..Behaviour::default() }
}

async fn probe_as(
    quirks: Quirks,
    target: &Target,
    behaviour: &Behaviour,
) -> (Arc<FakeCloud>, Result<BucketProbe, ProbeError>) {
    let fake = FakeCloud::new(quirks);
    let cloud = fake.cloud();
    let facts = cloud.inspector.inspect(&bucket("bucket")).await.expect("is there");
    let prober = Prober { cloud: &cloud, target, behaviour, readers: &[], id: "job-1" };
    let probed = prober.probe(&bucket("bucket"), &facts).await;
    (fake, probed)
}

async fn probe(quirks: Quirks) -> BucketProbe {
    let (fake, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
    assert_eq!(fake.left(), 0, "scratch objects were left behind");
    assert!(fake.uploads_left().is_empty(), "an upload was left behind");
    probed.expect("probes")
}

fn seen<'a>(probe: &'a BucketProbe, tried: &str) -> &'a str {
    let finding = probe.findings.iter().find(|finding| finding.tried.contains(tried));
    &finding.expect("was tried").seen
}

#[tokio::test(start_paused = true)]
async fn aws_as_documented_has_every_capability() {
    for versioning in [Versioning::Never, Versioning::Enabled] {
        let probe = probe(Quirks { versioning: Some(versioning), ..Quirks::default() }).await;
        assert_eq!(probe.capabilities, Capabilities::documented());
        assert!(probe.refusals.is_empty());
        assert!(probe.findings.iter().all(|finding| finding.as_documented), "{probe:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_taken_for_an_upload_is_noticed() {
    for versioning in [Versioning::Never, Versioning::Enabled] {
        let quirks = Quirks {
            update: UpdateQuirk::ReplacesTheBody,
            versioning: Some(versioning),
            ..Quirks::default()
        };
        let probe = probe(quirks).await;
        assert!(!probe.capabilities.update);
        assert!(seen(&probe, "Update").contains("replaced the object's bytes"), "{probe:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn updates_that_are_refused_or_do_nothing_are_unavailable() {
    for (update, said) in [
        (UpdateQuirk::Unsupported, "refused"),
        (UpdateQuirk::DoesNothing, "left the encryption as it was"),
    ] {
        let probe = probe(Quirks { update, ..Quirks::default() }).await;
        assert!(!probe.capabilities.update);
        assert!(seen(&probe, "Update").contains(said), "{probe:?}");
        assert!(probe.refusals.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn update_only_is_refused_where_update_does_not_work() {
    let quirks = Quirks { update: UpdateQuirk::Unsupported, ..Quirks::default() };
    let (_, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Update, false)).await;
    let refusals = probed.expect("probes").refusals;
    assert!(refusals.iter().any(|line| line.contains("--strategy update")), "{refusals:?}");
}

#[tokio::test(start_paused = true)]
async fn unfenced_copies_are_refused_unless_accepted() {
    let quirks = Quirks { ignores_destination_guard: true, ..Quirks::default() };
    let refused = probe(quirks).await;
    assert!(!refused.capabilities.destination_guard);
    assert!(refused.refusals.iter().any(|line| line.contains("--accept-unfenced-copies")));
    let accepting = behaviour(Strategy::Auto, true);
    let (fake, probed) = probe_as(quirks, &kms(), &accepting).await;
    assert!(probed.expect("probes").refusals.is_empty());
    assert_eq!(fake.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_key_that_is_not_reported_is_noticed() {
    let probe = probe(Quirks { hides_bucket_key: true, ..Quirks::default() }).await;
    assert!(!probe.capabilities.bucket_key_reported);
    assert!(probe.capabilities.update);
}

#[tokio::test(start_paused = true)]
async fn lost_tags_refuse_the_run() {
    let quirks = Quirks { loses_tags: true, ..Quirks::default() };
    let (fake, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
    let line = probed.expect_err("refused").to_string();
    assert!(line.contains("tags"), "{line}");
    assert_eq!(fake.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_named_and_nothing_is_left() {
    for (verb, permission) in [
        ("put", "s3:PutObject"),
        ("head", "s3:GetObject"),
        ("get", "kms:Decrypt"),
        ("copy", "s3:PutObjectTagging"),
        ("tags", "s3:GetObjectTagging"),
    ] {
        let fails = Some((verb, StoreErrorKind::Denied));
        let versioning = Some(Versioning::Enabled);
        let quirks = Quirks { fails, versioning, ..Quirks::default() };
        let (fake, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
        let line = probed.expect_err(verb).to_string();
        assert!(line.contains(permission), "{verb}: {line}");
        assert_eq!(line.lines().count(), 1);
        assert_eq!(fake.left(), 0, "{verb}");
    }
    let quirks = Quirks { update: UpdateQuirk::Denied, ..Quirks::default() };
    let (fake, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
    let line = probed.expect_err("refused").to_string();
    assert!(line.contains("s3:UpdateObjectEncryption") && line.contains("--strategy copy"));
    assert_eq!(fake.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn trouble_with_the_key_refuses_the_run() {
    let fails = Some(("copy", StoreErrorKind::Key(KeyTrouble::Disabled)));
    let quirks = Quirks { fails, ..Quirks::default() };
    let (fake, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
    let line = probed.expect_err("refused").to_string();
    assert!(line.contains("disabled") && line.contains("--kms-key"), "{line}");
    assert_eq!(fake.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn scratch_objects_that_can_not_be_removed_refuse_the_run() {
    let quirks = Quirks { fails: Some(("delete", StoreErrorKind::Denied)), ..Quirks::default() };
    let (_, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
    let line = probed.expect_err("refused").to_string();
    assert!(line.contains("s3:DeleteObject"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_out_of_reach_is_no_refusal() {
    let quirks = Quirks { fails: Some(("put", StoreErrorKind::Unavailable)), ..Quirks::default() };
    let (_, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
    assert!(matches!(probed, Err(ProbeError::Unreachable { .. })));
}

#[tokio::test(start_paused = true)]
async fn other_targets_are_not_updated() {
    let auto = behaviour(Strategy::Auto, false);
    for target in [Target::SseS3, Target::DsseKms { key: key_arn("target") }] {
        let (fake, probed) = probe_as(Quirks::default(), &target, &auto).await;
        let probe = probed.expect("probes");
        assert!(probe.findings.iter().all(|finding| !finding.tried.contains("Update")));
        assert_eq!(fake.left(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_probe_left_is_swept_and_nothing_else() {
    let fake = FakeCloud::new(Quirks::default());
    let head = reseal_testkit::build::HeadBuilder::new().build();
    fake.seed(".reseal-probe/job-1/copy-0", head.clone());
    fake.seed(".reseal-probe/job-2/copy-0", head.clone());
    fake.seed("data", head);
    let cloud = fake.cloud();
    let facts = cloud.inspector.inspect(&bucket("bucket")).await.expect("is there");
    let (target, behaviour) = (kms(), behaviour(Strategy::Auto, false));
    let prober =
        Prober { cloud: &cloud, target: &target, behaviour: &behaviour, readers: &[], id: "job-1" };
    let probe = prober.probe(&bucket("bucket"), &facts).await.expect("probes");
    assert!(!probe.capabilities.update);
    assert_eq!(fake.left(), 2);
}
