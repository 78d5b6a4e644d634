//! Readers that must stay served.

use reseal_core::RoleArn;

use super::*;
use crate::fakes::ReaderQuirk;

const ROLE: &str = "arn:aws:iam::444455556666:role/reader";

async fn probe_for_reader(quirks: Quirks, target: &Target) -> Result<BucketProbe, String> {
    let fake = FakeCloud::new(quirks);
    let cloud = fake.cloud();
    let facts = cloud.inspector.inspect(&bucket("bucket")).await.expect("is there");
    let (behaviour, readers) = (behaviour(Strategy::Auto, false), [ROLE.parse().expect("a role")]);
    let readers: &[RoleArn] = &readers;
    let (cloud, behaviour) = (&cloud, &behaviour);
    let prober = Prober { cloud, target, behaviour, readers, id: "job-1" };
    let probed = prober.probe(&bucket("bucket"), &facts).await;
    assert_eq!(fake.left(), 0, "scratch objects were left behind");
    probed.map_err(|error| {
        let line = error.to_string();
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    })
}

async fn refused(quirks: Quirks) -> String {
    probe_for_reader(quirks, &kms()).await.expect_err("refused")
}

fn reader(reader: ReaderQuirk) -> Quirks {
    Quirks { reader, versioning: Some(Versioning::Enabled), ..Quirks::default() }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_served_is_told() {
    for target in [kms(), Target::DsseKms { key: key_arn("target") }] {
        let probe = probe_for_reader(reader(ReaderQuirk::Reads), &target).await.expect("probes");
        let seen = seen(&probe, "a reader under the new key");
        assert!(seen.contains(ROLE) && seen.contains(key_arn("target").as_str()), "{seen}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_reader_lacks_is_named_with_role_and_key() {
    for (quirk, missing, not) in [
        (ReaderQuirk::NoKey, "kms:Decrypt is missing", "s3:GetObject"),
        (ReaderQuirk::NoKeySilently, "kms:Decrypt is missing", "s3:GetObject"),
        (ReaderQuirk::NoObject, "s3:GetObject is missing", "kms:Decrypt"),
        (ReaderQuirk::SeesOtherBytes, "other bytes", "missing"),
    ] {
        let line = refused(reader(quirk)).await;
        for word in [missing, ROLE, key_arn("target").as_str()] {
            assert!(line.contains(word), "{quirk:?}: no '{word}' in {line}");
        }
        assert!(!line.contains(not), "{quirk:?}: {line}");
    }
    let line = refused(reader(ReaderQuirk::NotAssumed)).await;
    assert!(line.contains(ROLE) && line.contains("sts:AssumeRole"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_written_without_the_key_either_may_be_missing() {
    let quirks = Quirks { denies_sse_s3: true, ..reader(ReaderQuirk::NoKeySilently) };
    let line = refused(quirks).await;
    assert!(line.contains("s3:GetObject on .reseal-probe/* or kms:Decrypt"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn sts_out_of_reach_is_no_verdict_on_a_reader() {
    let fails = Some(("assume", StoreErrorKind::Unavailable));
    let line = refused(Quirks { fails, ..Quirks::default() }).await;
    assert!(line.contains("assuming a reader's role") && !line.contains("missing"), "{line}");
}
