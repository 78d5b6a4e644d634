//! The copy in parts, and the uploads that it must not leave.

use super::*;
use crate::fakes::PartsQuirk;

async fn probe_parts(parts: PartsQuirk, accept: bool) -> BucketProbe {
    let quirks = Quirks { parts, versioning: Some(Versioning::Enabled), ..Quirks::default() };
    let (fake, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, accept)).await;
    assert_eq!((fake.left(), fake.uploads_left().len()), (0, 0), "{parts:?} left something");
    probed.unwrap_or_else(|error| panic!("{parts:?}: {error}"))
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_ignores_its_condition_is_noticed() {
    let refused = probe_parts(PartsQuirk::IgnoreTheGuard, false).await;
    assert!(!refused.capabilities.parts_guard && refused.capabilities.destination_guard);
    let line = refused.refusals.first().expect("refused");
    assert!(
        line.contains("copies in parts") && line.contains("--accept-unfenced-copies"),
        "{line}"
    );
    let accepted = probe_parts(PartsQuirk::IgnoreTheGuard, true).await;
    assert!(accepted.refusals.is_empty() && !accepted.capabilities.parts_guard);
}

#[tokio::test(start_paused = true)]
async fn a_refused_completion_may_use_the_upload_up() {
    let probe = probe_parts(PartsQuirk::UseUpTheUpload, false).await;
    assert_eq!(probe.capabilities, Capabilities::documented());
    assert!(seen(&probe, "a copy in parts").contains("kept"), "{probe:?}");
}

#[tokio::test(start_paused = true)]
async fn parts_that_are_not_known_are_told_and_refuse_nothing() {
    let probe = probe_parts(PartsQuirk::Unsupported, false).await;
    assert!(!probe.capabilities.parts);
    assert!(seen(&probe, "a copy in parts").contains("leaves objects alone"), "{probe:?}");
    assert!(probe.refusals.is_empty());
}

#[tokio::test(start_paused = true)]
async fn parts_that_lose_metadata_are_not_relied_on() {
    let probe = probe_parts(PartsQuirk::LoseMetadata, false).await;
    assert!(!probe.capabilities.parts);
    let seen = seen(&probe, "a copy in parts");
    assert!(seen.contains("lost metadata") && seen.contains("leaves objects alone"), "{seen}");
    assert!(probe.refusals.is_empty());
}

#[tokio::test(start_paused = true)]
async fn whichever_step_fails_no_upload_is_left() {
    for verb in ["create", "part", "complete"] {
        let fails = Some((verb, StoreErrorKind::Denied));
        let quirks = Quirks { fails, ..Quirks::default() };
        let (fake, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
        let line = probed.expect_err(verb).to_string();
        assert!(line.contains("s3:AbortMultipartUpload"), "{verb}: {line}");
        assert_eq!((fake.left(), fake.uploads_left().len()), (0, 0), "{verb} left something");
    }
    let quirks = Quirks { parts: PartsQuirk::NeverComplete, ..Quirks::default() };
    let (fake, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Auto, false)).await;
    assert!(probed.is_err());
    assert_eq!((fake.left(), fake.uploads_left().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn uploads_of_a_killed_probe_are_swept_and_nobody_elses() {
    let fake = FakeCloud::new(Quirks::default());
    fake.seed_upload(".reseal-probe/job-1/copy-0", "killed");
    fake.seed_upload(".reseal-probe/job-2/copy-0", "another-probe");
    fake.seed_upload("data", "data");
    let cloud = fake.cloud();
    let facts = cloud.inspector.inspect(&bucket("bucket")).await.expect("is there");
    let (target, behaviour) = (kms(), behaviour(Strategy::Auto, false));
    let prober =
        Prober { cloud: &cloud, target: &target, behaviour: &behaviour, readers: &[], id: "job-1" };
    prober.probe(&bucket("bucket"), &facts).await.expect("probes");
    assert_eq!(fake.uploads_left(), ["another-probe", "data"]);
}

#[tokio::test(start_paused = true)]
async fn uploads_that_can_not_be_listed_are_told_and_refuse_nothing() {
    let fails = Some(("list_uploads", StoreErrorKind::Denied));
    let probe = probe(Quirks { fails, ..Quirks::default() }).await;
    assert!(seen(&probe, "uploads").contains("s3:ListBucketMultipartUploads"), "{probe:?}");
    assert!(probe.refusals.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_names_no_version_refuses_the_run() {
    let quirks = |versioning| Quirks {
        names_no_version: true,
        versioning: Some(versioning),
        ..Quirks::default()
    };
    let auto = behaviour(Strategy::Auto, false);
    let (fake, probed) = probe_as(quirks(Versioning::Enabled), &kms(), &auto).await;
    let line = probed.expect_err("refused").to_string();
    assert!(line.contains("names no new version"), "{line}");
    assert_eq!(fake.left(), 0);
    let (_, probed) = probe_as(quirks(Versioning::Never), &kms(), &auto).await;
    assert!(probed.is_ok(), "there are no versions to name");
}

#[tokio::test(start_paused = true)]
async fn updates_alone_try_no_parts() {
    let fails = Some(("create", StoreErrorKind::Denied));
    let quirks = Quirks { fails, ..Quirks::default() };
    let (_, probed) = probe_as(quirks, &kms(), &behaviour(Strategy::Update, false)).await;
    assert!(probed.expect("probes").refusals.is_empty());
}
