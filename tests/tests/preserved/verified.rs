//! `verify --deep`, and the list of what stays in the old encryption.

use reseal_tests::{Ended, Reseal};
use serde_json::{Value, json};

use crate::world::{BUCKET, World};

fn job(ended: &Ended) -> String {
    let result: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    result["job"].as_str().expect("a job").to_owned()
}

fn verify(world: &World, job: &str, code: i32) -> Value {
    let ended = Reseal::new("verify", &world.sandbox)
        .args([job, "--deep", "--output", "json"])
        .state(&world.state())
        .run()
        .expect_code(code);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

#[test]
fn what_was_kept_is_compared_with_the_old_version() {
    let world = World::new(Some("Enabled"), "ObjectWriter");
    for key in ["a", "b", "c"] {
        world.put(json!({
            "key": key, "size": 10, "tags": { "t": "1" }, "metadata": { "m": key },
            "checksum": { "algorithm": "SHA256", "type": "FULL_OBJECT" },
        }));
    }
    let job = job(&world.run(&["--strategy", "copy", "--tag", "sealed=yes"]).expect_code(0));
    let verified = verify(&world, &job, 0);
    assert_eq!(verified["at_target"], 3, "{verified}");

    let url = |path: &str| format!("{}/{BUCKET}/{path}", world.sandbox.url());
    let tags = "<Tagging><TagSet><Tag><Key>t</Key><Value>2</Value></Tag></TagSet></Tagging>";
    ureq::put(&url("a?tagging")).send(tags).expect("tagged");
    ureq::put(&url("b?acl")).header("x-amz-acl", "public-read").send_empty().expect("shared");
    let verified = verify(&world, &job, 3);
    assert_eq!(verified["differences"]["not-as-before"], 2, "{verified}");
    let details: Vec<&str> = verified["listed"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| found["detail"].as_str().expect("a detail"))
        .collect();
    assert!(details.contains(&"tags") && details.contains(&"ACL"), "{details:?}");

    let refused = Reseal::new("verify", &world.sandbox)
        .args([&format!("s3://{BUCKET}"), "--sse", "AES256", "--deep"])
        .state(&world.state())
        .run()
        .expect_code(2);
    assert!(refused.stderr.contains("--deep needs a JOB"), "{}", refused.stderr);
}

#[test]
fn versions_that_keep_the_old_encryption_are_listed() {
    let world = World::new(Some("Enabled"), "BucketOwnerEnforced");
    world.put(json!({ "key": "twice", "size": 5, "encryption": "NOT-SSE" }));
    world.put(json!({ "key": "twice", "size": 7, "encryption": "NOT-SSE" }));
    world.put(json!({ "key": "updated", "size": 9, "encryption": "SSE-S3" }));
    let job = job(&world.run(&["--versions", "all"]).expect_code(3));
    let ended = Reseal::without_endpoint("report")
        .args([&job, "--format", "old-versions"])
        .state(&world.state())
        .run()
        .expect_code(0);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ended.stdout);
    let versions = world.versions("twice");
    let left = format!(
        "{BUCKET},twice,{},NOT-SSE,,7,STANDARD,{}",
        versions[1].version_id, versions[0].version_id
    );
    let older = format!("{BUCKET},twice,{},NOT-SSE,,5,STANDARD,", versions[2].version_id);
    assert!(lines.contains(&left.as_str()) && lines.contains(&older.as_str()), "{lines:?}");
    let ended = Reseal::without_endpoint("report")
        .args([&job, "--format", "json"])
        .state(&world.state())
        .run()
        .expect_code(0);
    let totals: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(totals["old_versions"], json!({ "versions": 2, "bytes": 12 }));
}
