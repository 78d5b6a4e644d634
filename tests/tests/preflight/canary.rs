//! What `probe` finds out on scratch objects, and that it leaves none.

use serde_json::Value;

use crate::world::{BUCKET, Target, World};

fn finding<'a>(probe: &'a Value, tried: &str) -> &'a Value {
    let findings = probe["findings"].as_array().expect("findings");
    let is_meant = |f: &&Value| f["tried"].as_str().is_some_and(|words| words.contains(tried));
    findings.iter().find(is_meant).unwrap_or_else(|| panic!("{tried} in {probe:#}"))
}

impl World {
    fn probe(&self, target: Target, more: &[&str]) -> Value {
        let ended = self.reseal("probe", target).args(["--output", "json"]).args(more).run();
        let probes = ended.expect_code(0).json();
        self.nothing_is_left();
        probes[0].clone()
    }

    /// Neither a version of a scratch object nor an upload of one.
    fn nothing_is_left(&self) {
        let left = self.sandbox.dump(BUCKET);
        assert!(left.iter().all(|v| !v.key.starts_with(".reseal-probe/")), "{left:#?}");
        let url = format!("{}/{BUCKET}?uploads", self.sandbox.url());
        let uploads = ureq::get(&url).call().expect("listed").body_mut().read_to_string();
        let uploads = uploads.expect("a list");
        assert!(!uploads.contains("<UploadId>"), "{uploads}");
    }
}

#[test]
fn everything_as_documented() {
    for versioning in [None, Some("Enabled")] {
        let world = World::new();
        if let Some(versioning) = versioning {
            world.sandbox.set_versioning(BUCKET, versioning);
        }
        let probe = world.probe(Target::Kms, &[]);
        for finding in probe["findings"].as_array().expect("findings") {
            assert_eq!(finding["as_documented"], true, "{finding}");
        }
        for capability in ["update", "destination_guard", "parts", "parts_guard"] {
            assert_eq!(probe["capabilities"][capability], true, "{capability}");
        }
        assert!(finding(&probe, "completion of parts")["seen"].as_str().is_some());
    }
}

#[test]
fn a_copy_in_parts_that_is_denied_names_the_permission_and_leaves_no_upload() {
    for operation in ["CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"] {
        let world = World::new();
        world.sandbox.set_versioning(BUCKET, "Enabled");
        world.deny(&[operation]);
        let ended = world.run(Target::Kms, &[]).expect_code(2);
        assert!(ended.stderr.contains("s3:AbortMultipartUpload"), "{operation}: {}", ended.stderr);
        world.nothing_is_left();
        let one = world.sandbox.dump(BUCKET);
        assert_eq!(one[0].encryption.as_deref(), Some("NOT-SSE"), "{operation}: {one:#?}");
    }
}

#[test]
fn uploads_that_may_not_be_listed_refuse_nothing() {
    let world = World::new();
    world.deny(&["ListMultipartUploads"]);
    let ended = world.reseal("probe", Target::S3).args(["--output", "json"]).run().expect_code(0);
    let probe = &ended.json()[0];
    let finding = finding(probe, "uploads that an earlier probe left");
    assert!(finding["seen"].as_str().is_some_and(|seen| seen.contains("ListBucketMultipart")));
    assert_eq!(probe["refusals"], serde_json::json!([]));
}

/// Update alone neither copies nor uploads in parts, in the probe as in a run.
#[test]
fn update_alone_needs_no_parts() {
    let world = World::new();
    world.deny(&["CreateMultipartUpload", "CopyObject", "ListMultipartUploads"]);
    let update = world.reseal("probe", Target::Kms).args(["--strategy", "update"]);
    let probes = update.args(["--output", "json"]).run().expect_code(0).json();
    assert_eq!(probes[0]["capabilities"]["update"], true);
    world.deny(&[]);
    world.nothing_is_left();
}

/// A policy that takes nothing but the target's encryption denies the scratch
/// object under SSE-S3, but not the run.
#[test]
fn where_sse_s3_is_denied_scratch_objects_begin_under_the_key() {
    let world = World::new();
    world.policy(&serde_json::json!([{
        "Sid": "OnlyKms",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/*"),
        "Condition": { "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } },
    }]));
    let probe = world.probe(Target::Kms, &[]);
    let began = finding(&probe, "an upload under SSE-S3")["seen"].as_str().expect("words");
    assert!(began.contains("without bucket key"), "{began}");
    for capability in ["update", "destination_guard", "parts", "parts_guard"] {
        assert_eq!(probe["capabilities"][capability], true, "{capability}");
    }
    let _ = world.run(Target::Kms, &[]).expect_code(0);
    let refused = world.run(Target::S3, &[]).expect_code(2);
    assert!(refused.stderr.contains("s3:PutObject"), "{}", refused.stderr);
    world.nothing_is_left();
}
