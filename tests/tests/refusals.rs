//! Bad input gets one clear line and exit code 2, before anything is touched.

use reseal_tests::{Reseal, Sandbox, Scratch};
use serde_json::json;

const BUCKET: &str = "refusing";

struct World {
    sandbox: Sandbox,
    scratch: Scratch,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, None);
        let _ = sandbox.key("alias/good");
        sandbox.admin("objects", &json!({ "bucket": BUCKET, "key": "one", "size": 1 }));
        Self { sandbox, scratch: Scratch::new("refusals") }
    }

    /// Runs it, and demands exit code 2, a line with these words, and that
    /// nothing was changed.
    fn refuses(&self, arguments: &[&str], words: &[&str]) {
        let before = self.sandbox.mutations();
        let ended = Reseal::new("run", &self.sandbox)
            .args(arguments)
            .arg_yes()
            .state(self.scratch.folder())
            .run()
            .expect_code(2);
        for word in words {
            assert!(ended.stderr.contains(word), "{arguments:?}: no '{word}' in\n{}", ended.stderr);
        }
        assert_eq!(self.sandbox.mutations(), before, "{arguments:?}: something was changed");
    }

    fn refuses_key(&self, key: &str, words: &[&str]) {
        let source = format!("s3://{BUCKET}");
        self.refuses(&[&source, "--sse", "aws:kms", "--kms-key", key], words);
    }
}

trait Yes {
    fn arg_yes(self) -> Self;
}

impl Yes for Reseal {
    fn arg_yes(self) -> Self {
        self.args(["--yes"])
    }
}

#[test]
fn unknown_buckets_and_foreign_ones() {
    let world = World::new();
    world.refuses(&["s3://no-such-bucket", "--sse", "AES256"], &["no-such-bucket"]);
    world.sandbox.admin("buckets", &json!({ "name": "foreign", "owner": "999900001111" }));
    world.refuses(&["s3://foreign", "--sse", "AES256"], &["foreign", "--bucket-owner"]);
    world.refuses(&["s3://express--use1-az4--x-s3", "--sse", "AES256"], &["directory bucket"]);
}

#[test]
fn keys_that_cannot_be_used() {
    let world = World::new();
    let key = |body: serde_json::Value| {
        world.sandbox.admin("keys", &body)["arn"].as_str().expect("an ARN").to_owned()
    };
    let disabled = key(json!({ "state": "Disabled" }));
    let pending = key(json!({ "state": "PendingDeletion" }));
    let elsewhere = key(json!({ "region": "eu-west-1" }));
    let asymmetric = key(json!({ "spec": "RSA_2048", "usage": "ENCRYPT_DECRYPT" }));
    world.refuses_key("alias/none", &["alias/none"]);
    world.refuses_key(&disabled, &["disabled"]);
    world.refuses_key(&pending, &["pending deletion"]);
    world.refuses_key(&elsewhere, &["eu-west-1"]);
    world.refuses_key(&asymmetric, &["symmetric"]);
}

#[test]
fn contradictory_flags() {
    let world = World::new();
    let source = format!("s3://{BUCKET}");
    world.refuses(&[&source, "--sse", "AES256", "--kms-key", "alias/good"], &["--kms-key"]);
    world.refuses(&[&source, "--sse", "AES256", "--bucket-key", "true"], &["--bucket-key"]);
    world.refuses(&[&source, "--sse", "aws:kms"], &["--kms-key"]);
    world.refuses(&[&source, "--sse", "AES256", "--strategy", "update"], &["--strategy"]);
    world.refuses(&["--sse", "AES256"], &["s3://"]);
    world.refuses(&[&source], &["--sse"]);
}

#[test]
fn malformed_key_files_name_the_line() {
    let world = World::new();
    for (content, line) in [
        ("refusing,one\nrefusing\n", "2"),
        ("{\"bucket\":\"refusing\",\"key\":\"one\"}\n{\"bucket\":\"refusing\"}\n", "2"),
        ("refusing,one\nrefusing,\n", "2"),
        ("bucket,key\nrefusing,one\nNOT A BUCKET,two\n", "3"),
    ] {
        let file = world.scratch.write("keys.txt", content);
        let file = file.to_str().expect("UTF-8");
        world.refuses(&["--keys", file, "--sse", "AES256"], &["keys.txt", line]);
    }
}

#[test]
fn plain_http_off_loopback() {
    let scratch = Scratch::new("plain-http");
    let ended = Reseal::without_endpoint("run")
        .args(["s3://bucket", "--sse", "AES256", "--yes"])
        .args(["--endpoint-url", "http://192.0.2.1:9000"])
        .state(scratch.folder())
        .run()
        .expect_code(2);
    assert!(ended.stderr.contains("--allow-plain-http"), "{}", ended.stderr);
}

#[test]
fn permissions_that_are_missing() {
    let world = World::new();
    world.sandbox.admin("deny", &json!({ "bucket": BUCKET, "operations": ["ListObjectsV2"] }));
    let source = format!("s3://{BUCKET}");
    let ended = Reseal::new("run", &world.sandbox)
        .args([&source, "--sse", "AES256", "--yes"])
        .state(world.scratch.folder())
        .run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains(BUCKET), "{}", ended.stderr);
    world.sandbox.admin("deny", &json!({ "bucket": BUCKET, "operations": ["CopyObject"] }));
    let ended = Reseal::new("run", &world.sandbox)
        .args([&source, "--sse", "AES256", "--yes"])
        .state(world.scratch.folder())
        .run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let one = world.sandbox.dump(BUCKET);
    assert_eq!(one.len(), 1, "the probe left something behind: {one:?}");
    assert_eq!(one[0].encryption.as_deref(), Some("NOT-SSE"));
}

#[test]
fn nothing_is_done_without_a_yes() {
    let world = World::new();
    let ended = Reseal::new("run", &world.sandbox)
        .args([&format!("s3://{BUCKET}"), "--sse", "AES256"])
        .state(world.scratch.folder())
        .run()
        .expect_code(2);
    assert!(ended.stderr.contains("--yes"), "{}", ended.stderr);
    assert_eq!(world.sandbox.dump(BUCKET)[0].encryption.as_deref(), Some("NOT-SSE"));
}
