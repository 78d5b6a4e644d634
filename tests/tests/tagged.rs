//! Buckets by their own tag, or all of them, where others are named.

use std::collections::BTreeMap;

use reseal_tests::{
    Fleet, Ministack, Proxy, Reseal, Rule, Sandbox, Scratch, read_report, wait_until,
};
use serde_json::{Value, json};

const TAG: &str = "team=data";
const TARGET: [&str; 4] = ["--sse", "aws:kms", "--kms-key", "alias/target"];

fn tag(sandbox: &Sandbox, bucket: &str, key: &str, value: &str) {
    let body = format!(
        "<Tagging><TagSet><Tag><Key>{key}</Key><Value>{value}</Value></Tag></TagSet></Tagging>"
    );
    let url = format!("{}/{bucket}?tagging", sandbox.url());
    ureq::put(&url).send(body).expect("it is tagged");
}

fn deny(sandbox: &Sandbox, bucket: &str, action: &str) {
    let policy = json!({ "Statement": { "Effect": "Deny", "Principal": "*", "Action": action,
        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")] } });
    let url = format!("{}/{bucket}?policy", sandbox.url());
    ureq::put(&url).send(policy.to_string()).expect("it has a policy");
}

fn fill(sandbox: &Sandbox, bucket: &str, count: u32) {
    let object = |n| {
        json!({ "bucket": bucket, "key": format!("d{}/o{n:04}", n % 3), "size": 1000 + n,
                "encryption": "NOT-SSE" })
    };
    sandbox.admin("objects", &json!((0..count).map(object).collect::<Vec<_>>()));
}

/// Two buckets with the tag, and some whose tag is nearly that one. The names
/// are in another order than the buckets were made.
fn world() -> Sandbox {
    let sandbox = Sandbox::start(&[]);
    let _ = sandbox.key("alias/target");
    for (bucket, key, value) in [
        ("meant-two", "team", "data"),
        ("meant-one", "team", "data"),
        ("longer-value", "team", "database"),
        ("other-case", "Team", "data"),
        ("other-key", "teams", "data"),
    ] {
        sandbox.bucket(bucket, Some("Enabled"));
        tag(&sandbox, bucket, key, value);
        fill(&sandbox, bucket, 5);
    }
    sandbox.bucket("untagged", None);
    sandbox
}

fn command(name: &str, sandbox: &Sandbox, words: &[&str]) -> Reseal {
    Reseal::new(name, sandbox).args(words).args(["--output", "json"])
}

fn touched(sandbox: &Sandbox, bucket: &str) -> usize {
    let versions = sandbox.dump(bucket);
    let old = |encryption: Option<&str>| encryption == Some("NOT-SSE");
    versions.iter().filter(|version| !old(version.encryption.as_deref())).count()
}

#[test]
fn exactly_those_with_the_tag_are_worked_on_whatever_page_they_are_on() {
    let sandbox = world();
    // A page has a thousand.
    for n in 0..1_000 {
        sandbox.bucket(&format!("between-{n:04}"), None);
    }
    sandbox.bucket("zz-last", None);
    tag(&sandbox, "zz-last", "team", "data");
    fill(&sandbox, "zz-last", 5);
    let state = Scratch::new("tagged-pages");
    let words = [&["--bucket-tag", TAG, "--yes"], TARGET.as_slice()].concat();
    let ended = command("run", &sandbox, &words).state(state.folder()).run().expect_code(0);
    let mut done: BTreeMap<String, u32> = BTreeMap::new();
    for row in read_report(&ended.report()) {
        assert_eq!(row.outcome, "re-encrypted", "{row:?}");
        *done.entry(row.bucket).or_default() += 1;
    }
    let five = |bucket: &str| (bucket.to_owned(), 5);
    assert_eq!(done, ["meant-one", "meant-two", "zz-last"].map(five).into());
    for bucket in ["longer-value", "other-case", "other-key"] {
        assert_eq!(touched(&sandbox, bucket), 0, "{bucket}");
    }
    assert!(sandbox.requests()["ListBuckets"] >= 2);
}

#[test]
fn whoever_takes_sources_takes_a_tag() {
    let sandbox = world();
    let with_target = [&["--bucket-tag", TAG], TARGET.as_slice()].concat();
    let plan = command("plan", &sandbox, &with_target).run().expect_code(0).json();
    let sources = json!(["s3://meant-one/, listed live", "s3://meant-two/, listed live"]);
    assert_eq!(plan["sources"], sources);
    let probed = command("probe", &sandbox, &with_target).run().expect_code(0).json();
    let buckets: Vec<_> = probed.as_array().expect("buckets").iter().collect();
    let buckets: Vec<_> = buckets.iter().map(|probe| probe["bucket"].clone()).collect();
    assert_eq!(buckets, ["meant-one", "meant-two"]);
    let verified = command("verify", &sandbox, &with_target).run().expect_code(3).json();
    assert_eq!(verified["differences"]["not-at-target"], 10, "{verified}");
    let both = ["--bucket-tag", TAG, "--bucket-tag", "team=database"];
    let census = command("census", &sandbox, &both).run().expect_code(0).json();
    assert_eq!(census["objects"], 15);
    // Beside what is named.
    let mixed = ["--bucket-tag", TAG, "s3://other-key/d0/"];
    let census = command("census", &sandbox, &mixed).run().expect_code(0).json();
    assert_eq!(census["objects"], 12);
}

#[test]
fn the_same_tag_resumes_the_job_and_another_set_of_buckets_is_another_job() {
    let sandbox = Sandbox::start(&[]);
    let _ = sandbox.key("alias/target");
    for bucket in ["second", "first"] {
        sandbox.bucket(bucket, Some("Enabled"));
        tag(&sandbox, bucket, "team", "data");
        fill(&sandbox, bucket, 200);
    }
    let state = Scratch::new("tagged-resumed");
    let run = |sources: &[&str]| {
        command("run", &sandbox, &[sources, &TARGET, &["--yes", "--strategy", "copy"]].concat())
            .args(["--concurrency", "4", "--chunk-rows", "50"])
            .state(state.folder())
    };
    // So slowly that it isn't over before it is killed.
    let mut running = run(&["--bucket-tag", TAG]).args(["--rate", "20"]).start();
    let goal = sandbox.mutations() + 150;
    wait_until("some copies", || sandbox.mutations() >= goal || running.has_ended());
    assert!(!running.has_ended(), "it ended before it was killed");
    running.kill_9();
    let jobs = || {
        let status = Reseal::without_endpoint("status").args(["--output", "json"]);
        let status = status.state(state.folder()).run().expect_code(0).json();
        status["jobs"].as_array().expect("jobs").clone()
    };
    let begun = jobs()[0]["job"].clone();
    let ended = run(&["--bucket-tag", TAG]).run().expect_code(0).json();
    assert_eq!((&ended["job"], jobs().len()), (&begun, 1), "it went on");
    for bucket in ["first", "second"] {
        let mut versions: BTreeMap<String, u32> = BTreeMap::new();
        for version in sandbox.dump(bucket) {
            *versions.entry(version.key).or_default() += 1;
        }
        versions.retain(|key, _| !key.starts_with(".reseal-probe/"));
        assert!(versions.len() == 200 && versions.values().all(|count| *count == 2), "{bucket}");
    }
    // It is frozen as the buckets that were found.
    sandbox.bucket("third", Some("Enabled"));
    tag(&sandbox, "third", "team", "data");
    fill(&sandbox, "third", 5);
    let wider = run(&["--bucket-tag", TAG]).run().expect_code(0).json();
    assert_ne!(wider["job"], begun);
    assert_eq!(wider["totals"]["overall"]["re_encrypted"], 5, "{wider}");
}

#[test]
fn a_fleet_takes_a_tag_as_it_takes_the_buckets() {
    let sandbox = world();
    sandbox.bucket(Fleet::FILES, None);
    let fleet = Fleet::start(Ministack::start(), sandbox.url(), "2");
    let submit =
        |sources: &[&str]| fleet.json(&[&["submit"], sources, &TARGET, &["--yes"]].concat());
    let first = submit(&["--bucket-tag", TAG]);
    assert_eq!(first["taken_in"], 10, "{first}");
    // Frozen as those two, so that they are the same job.
    assert_eq!(submit(&["--bucket-tag", TAG])["job"], first["job"]);
    assert_eq!(submit(&["s3://meant-one", "s3://meant-two"])["job"], first["job"]);
}

#[test]
fn what_cannot_be_told_is_refused_in_one_line_before_anything_is_touched() {
    let sandbox = world();
    sandbox.admin("buckets", &json!({ "name": "far", "region": "eu-west-1" }));
    let proxy = Proxy::before(sandbox.url(), 1);
    let before = sandbox.mutations();
    let state = Scratch::new("tagged-refused");
    let refused = |sources: &[&str], words: &[&str]| {
        let ended = Reseal::without_endpoint("run")
            .args(["--endpoint-url", proxy.url(), "--yes"])
            .args(sources)
            .args(TARGET)
            .state(state.folder())
            .run()
            .expect_code(2);
        let last = ended.stderr.trim_end().lines().last().unwrap_or_default();
        for word in words {
            assert!(last.contains(word), "{sources:?}: {}", ended.stderr);
        }
        ended
    };
    let none =
        refused(&["--bucket-tag", "team=nobody"], &["--bucket-tag", "team=nobody", "no bucket"]);
    assert!(none.stderr.contains("left out: far: it lies in eu-west-1"), "{}", none.stderr);
    // One of two finds nothing.
    refused(&["--bucket-tag", TAG, "--bucket-tag", "taem=data"], &["taem=data", "no bucket"]);
    refused(&["--bucket-tag", "team"], &["--bucket-tag", "KEY=VALUE"]);
    refused(&["--bucket-tag", TAG, "--bucket-tag", TAG], &["--bucket-tag", "twice"]);
    refused(
        &["--bucket-tag", TAG, "s3://meant-two/d1/"],
        &["--bucket-tag", "meant-two", "s3://meant-two/d1/", "once only"],
    );
    proxy.rule(Rule::on("ListBuckets").answers(403, "AccessDenied"));
    refused(&["--bucket-tag", TAG], &["--bucket-tag", "can't be listed", "AccessDenied"]);
    proxy.heal();
    deny(&sandbox, "other-key", "s3:GetBucketTagging");
    let untold = ["--bucket-tag", "other-key", "s3:GetBucketTagging"];
    refused(&["--bucket-tag", TAG], &untold);
    // Neither that nor the policy was a mutation of an object.
    assert_eq!(sandbox.mutations(), before + 1);
}

fn buckets_of(census: &Value) -> Vec<&str> {
    let groups = census["groups"].as_array().expect("groups").iter();
    groups.filter_map(|group| group["bucket"].as_str()).collect()
}

#[test]
fn a_census_of_the_account_counts_every_bucket_and_names_those_that_are_shut() {
    let sandbox = world();
    sandbox.admin("buckets", &json!({ "name": "far", "region": "eu-west-1" }));
    let all = ["longer-value", "meant-one", "meant-two", "other-case", "other-key"];
    let counted = command("census", &sandbox, &["--all-buckets"]).run().expect_code(0);
    assert!(counted.stderr.contains("far: it lies in eu-west-1"), "{}", counted.stderr);
    let census = counted.json();
    assert_eq!((buckets_of(&census), &census["objects"]), (all.to_vec(), &json!(25)));
    assert!(
        census["sources"]
            .as_array()
            .expect("sources")
            .contains(&json!("s3://untagged/, listed live"))
    );
    deny(&sandbox, "meant-one", "s3:ListBucket");
    let census = command("census", &sandbox, &["--all-buckets"]).run().expect_code(3).json();
    assert_eq!(
        (&census["objects"], &census["left_out"][0]["bucket"]),
        (&json!(20), &json!("meant-one"))
    );
    // Named, it is no bucket among others.
    let named = command("census", &sandbox, &["s3://meant-one"]).run().expect_code(1);
    assert!(named.stderr.contains("meant-one"), "{}", named.stderr);
    for other in
        [["--all-buckets", "s3://meant-two"].as_slice(), &["--all-buckets", "--bucket-tag", TAG]]
    {
        let _ = command("census", &sandbox, other).run().expect_code(2);
    }
}
