//! Buckets whose policy denies uploads under SSE-S3.

use super::*;

fn denying(more: Quirks) -> Quirks {
    Quirks { denies_sse_s3: true, ..more }
}

#[tokio::test(start_paused = true)]
async fn scratch_objects_begin_near_the_target_where_they_must() {
    for bucket_key in [true, false] {
        let target = Target::SseKms(KmsTarget { key: key_arn("target"), bucket_key });
        let auto = behaviour(Strategy::Auto, false);
        let (fake, probed) = probe_as(denying(Quirks::default()), &target, &auto).await;
        let probe = probed.expect("probes");
        assert_eq!(probe.capabilities, Capabilities::documented(), "{bucket_key}");
        assert!(probe.refusals.is_empty());
        let with = if bucket_key { "without bucket key" } else { "with bucket key" };
        assert!(seen(&probe, "an upload under SSE-S3").contains(with), "{probe:?}");
        assert!(seen(&probe, "Update").contains("couldn't be tried"), "{probe:?}");
        assert_eq!(fake.left(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_that_could_not_be_seen_is_not_relied_on() {
    for strategy in [Strategy::Auto, Strategy::Update] {
        let idle = Quirks { update: UpdateQuirk::DoesNothing, ..Quirks::default() };
        // It works, but nothing shows it: HEAD always says that there is none.
        let hidden = Quirks { hides_bucket_key: true, ..Quirks::default() };
        for (quirks, bucket_key) in [(idle, true), (hidden, true), (hidden, false)] {
            let target = Target::SseKms(KmsTarget { key: key_arn("target"), bucket_key });
            let (_, probed) = probe_as(denying(quirks), &target, &behaviour(strategy, false)).await;
            let probe = probed.expect("probes");
            assert!(!probe.capabilities.update, "{quirks:?}");
            assert!(seen(&probe, "Update").contains("nothing that could be seen"), "{probe:?}");
            assert_eq!(!probe.refusals.is_empty(), strategy == Strategy::Update);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_upload_is_allowed_the_permission_is_named() {
    let fails = Some(("put", StoreErrorKind::Denied));
    let auto = behaviour(Strategy::Auto, false);
    let (fake, probed) = probe_as(Quirks { fails, ..Quirks::default() }, &kms(), &auto).await;
    assert!(probed.expect_err("refused").to_string().contains("s3:PutObject"));
    let (_, probed) = probe_as(denying(Quirks::default()), &Target::SseS3, &auto).await;
    assert!(probed.expect_err("refused").to_string().contains("s3:PutObject"));
    assert_eq!(fake.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn dsse_begins_at_the_target_itself() {
    let target = Target::DsseKms { key: key_arn("target") };
    let auto = behaviour(Strategy::Auto, false);
    let (fake, probed) = probe_as(denying(Quirks::default()), &target, &auto).await;
    assert!(seen(&probed.expect("probes"), "an upload under SSE-S3").contains("DSSE-KMS"));
    assert_eq!(fake.left(), 0);
}
