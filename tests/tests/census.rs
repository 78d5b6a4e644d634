//! `census`: what it counts is what there is.

use std::collections::BTreeMap;

use reseal_tests::{
    INVENTORY_SOURCE as BUCKET, InventoryReport, Reseal, Sandbox, Scratch, Version,
};
use serde_json::{Value, json};

/// Objects and bytes by version state, encryption and key.
type Counts = BTreeMap<(bool, String, String), (u64, u64)>;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn counted(census: &Value) -> Counts {
    let mut counts = Counts::new();
    for group in census["groups"].as_array().expect("groups") {
        let is_current = group["version"] != json!("noncurrent");
        let place = (is_current, text(&group["encryption"]), text(&group["kms_key"]));
        let (objects, bytes) = counts.entry(place).or_default();
        *objects += group["objects"].as_u64().expect("a count");
        *bytes += group["bytes"].as_u64().expect("a sum");
    }
    counts
}

/// The same by the sandbox's own dump.
fn there(versions: &[Version]) -> Counts {
    let mut counts = Counts::new();
    for version in versions.iter().filter(|version| !version.is_delete_marker) {
        let encryption = version.encryption.clone().unwrap_or_default();
        let place = (version.is_latest, encryption, version.kms_key.clone().unwrap_or_default());
        let (objects, bytes) = counts.entry(place).or_default();
        *objects += 1;
        *bytes += version.rest["size"].as_u64().expect("a size");
    }
    counts
}

fn heads(sandbox: &Sandbox) -> u64 {
    sandbox.requests().get("HeadObject").copied().unwrap_or(0)
}

/// One of each kind, some with an older version below them.
fn world() -> (Sandbox, String) {
    let sandbox = Sandbox::start(&[]);
    sandbox.bucket(BUCKET, Some("Enabled"));
    let key = sandbox.key("alias/old");
    for (n, encryption) in
        ["NOT-SSE", "SSE-S3", "SSE-KMS", "SSE-C", "NOT-SSE", "SSE-S3"].iter().enumerate()
    {
        let mut object = json!({
            "bucket": BUCKET, "key": format!("object {}", n % 5), "encryption": encryption,
            "text": "x".repeat(n * 1_000),
        });
        if *encryption == "SSE-KMS" {
            object["kmsKey"] = json!(key);
        }
        if *encryption == "SSE-C" {
            object["customerKeyMd5"] = json!("1B2M2Y8AsgTpgAmY7PhCfg==");
        }
        sandbox.admin("objects", &object);
    }
    let url = format!("{}/{BUCKET}/object%204", sandbox.url());
    ureq::delete(&url).call().expect("a delete marker");
    (sandbox, key)
}

fn census(sandbox: &Sandbox, words: &[&str]) -> Value {
    let ended = Reseal::new("census", sandbox).args(words).args(["--output", "json"]).run();
    ended.expect_code(0).json()
}

#[test]
fn a_listing_is_counted_as_it_is() {
    let (sandbox, _) = world();
    let before = sandbox.mutations();
    let all = census(&sandbox, &[&format!("s3://{BUCKET}"), "--versions", "all"]);
    let versions = sandbox.dump(BUCKET);
    assert_eq!(counted(&all), there(&versions));
    assert_eq!((all["delete_markers"].clone(), all["looked_at"].clone()), (json!(1), json!(6)));
    let current = census(&sandbox, &[&format!("s3://{BUCKET}")]);
    let latest: Vec<_> = versions.into_iter().filter(|version| version.is_latest).collect();
    assert_eq!(counted(&current), there(&latest));
    assert_eq!(sandbox.mutations(), before, "it only looks");
}

#[test]
fn a_report_is_counted_without_asking_unless_told_to() {
    let (sandbox, key) = world();
    let scratch = Scratch::new("census-report");
    let row = |n: usize, encryption: &str, size: u64| {
        json!({ "Key": format!("object {n}"), "Size": size, "StorageClass": "STANDARD",
            "EncryptionStatus": encryption, "BucketKeyStatus": "DISABLED" })
    };
    let schema = ["Bucket", "Key", "Size", "StorageClass", "EncryptionStatus", "BucketKeyStatus"];
    let report = InventoryReport::new("told", &schema)
        .rows([row(1, "SSE-S3", 7), row(2, "SSE-KMS", 8), row(4, "NOT-SSE", 9)])
        .write(&scratch);
    let manifest = report.manifest.to_str().expect("UTF-8");
    let out = scratch.path("groups.csv");
    let words = ["--manifest", manifest, "--out", out.to_str().expect("UTF-8")];
    let told = census(&sandbox, &words);
    let expected = [("NOT-SSE", 9), ("SSE-KMS", 8), ("SSE-S3", 7)]
        .map(|(word, size)| ((true, word.to_owned(), String::new()), (1, size)));
    assert_eq!((counted(&told), heads(&sandbox)), (Counts::from(expected), 0));
    let csv = std::fs::read_to_string(out).expect("a file");
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(csv.contains("stock,SSE-KMS,,false,,,,STANDARD,current,< 128 KiB,1,8"), "{csv}");

    let looked = census(&sandbox, &["--manifest", manifest, "--look"]);
    assert_eq!(looked["gone"], json!(1), "object 4 was deleted");
    let kms = (true, "SSE-KMS".to_owned(), key);
    assert_eq!(counted(&looked).get(&kms), Some(&(1, 2_000)));
}

#[test]
fn a_job_is_counted_before_and_after() {
    let (sandbox, old) = world();
    let target = sandbox.key("alias/target");
    let state = Scratch::new("census-job");
    let run = Reseal::new("run", &sandbox)
        .args([&format!("s3://{BUCKET}"), "--sse", "aws:kms", "--kms-key", &target, "--yes"])
        .args(["--output", "json"])
        .state(state.folder())
        .run()
        .expect_code(3);
    let job = text(&run.json()["job"]);
    let ended = Reseal::without_endpoint("census")
        .args([job.as_str(), "--output", "json"])
        .state(state.folder())
        .run()
        .expect_code(0);
    let census = ended.json();
    let pairs: BTreeMap<_, _> = census["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| {
            let before = (text(&group["encryption"]), text(&group["kms_key"]));
            let after = (text(&group["after"]["encryption"]), text(&group["after"]["kms_key"]));
            ((before, after), group["objects"].as_u64().expect("a count"))
        })
        .collect();
    let pair = |before: (&str, &str), after: (&str, &str)| {
        let own = |(word, key): (&str, &str)| (word.to_owned(), key.to_owned());
        ((own(before), own(after)), 1)
    };
    let sealed = ("SSE-KMS", target.as_str());
    let expected = [
        pair(("SSE-S3", ""), sealed),
        pair(("SSE-KMS", &old), sealed),
        // Nobody but its writer can look at it.
        pair(("?", ""), ("?", "")),
    ];
    let mut expected = BTreeMap::from(expected);
    // `object 0`: overwritten with SSE-S3, as `object 1` is.
    expected.insert(pair(("SSE-S3", ""), sealed).0, 2);
    assert_eq!(pairs, expected, "{census}");
}

#[test]
fn what_cannot_be_looked_at_is_said_and_ends_with_3() {
    let (sandbox, _) = world();
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject"],
        "Resource": [format!("arn:aws:s3:::{BUCKET}/object 1")],
    }] });
    let url = format!("{}/{BUCKET}?policy", sandbox.url());
    ureq::put(&url).send(policy.to_string()).expect("the sandbox takes it");
    let listing = format!("s3://{BUCKET}");
    let ended = Reseal::new("census", &sandbox).args([&listing, "--output", "json"]).run();
    let census = ended.expect_code(3).json();
    assert_eq!((census["not_seen"].clone(), census["objects"].clone()), (json!(1), json!(4)));
    let unknown = (true, "?".to_owned(), String::new());
    assert_eq!(counted(&census).get(&unknown), Some(&(1, 1_000)));
}

#[test]
fn what_is_gone_is_no_object_and_a_job_takes_no_flags_of_sources() {
    let (sandbox, _) = world();
    let scratch = Scratch::new("census-keys");
    let refused = Reseal::new("census", &sandbox).args(["job-1", "--look"]).run().expect_code(2);
    assert!(refused.stderr.contains("name only the job"), "{}", refused.stderr);
    let keys = scratch.write("keys.csv", format!("{BUCKET},object 1\n{BUCKET},never there\n"));
    let gone = census(&sandbox, &["--keys", keys.to_str().expect("UTF-8")]);
    assert_eq!((gone["gone"].clone(), gone["objects"].clone()), (json!(1), json!(1)));
}
