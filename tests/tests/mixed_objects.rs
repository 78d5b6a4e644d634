//! A run over 10,000 mixed objects, and what the AWS CLI then sees.

use std::collections::BTreeMap;
use std::process::Command;

use reseal_tests::{
    ReportRow, Reseal, Sandbox, Scratch, Version, python_with_aws_cli, read_report, workspace,
};
use serde_json::Value;

const OBJECTS: &str = "10000";
const BUCKETS: [&str; 2] = ["reseal-demo-a", "reseal-demo-b"];

type Contents = BTreeMap<(String, String), Version>;

fn contents(sandbox: &Sandbox) -> Contents {
    let lines = |bucket: &'static str| {
        let versions = sandbox.dump(bucket).into_iter().filter(|v| v.is_latest);
        versions.map(move |v| ((bucket.to_owned(), v.key.clone()), v))
    };
    BUCKETS.into_iter().flat_map(lines).collect()
}

fn see_with_aws_cli(report: &std::path::Path, url: &str) -> Vec<Value> {
    let output = Command::new(python_with_aws_cli())
        .arg(workspace().join("tests/python/see_with_aws_cli.py"))
        .arg(report)
        .arg(url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .output()
        .expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_report_of_a_run_agrees_with_what_the_aws_cli_sees() {
    let sandbox = Sandbox::start(&["--populate", OBJECTS, "--seed", "7"]);
    let scratch = Scratch::new("mixed");
    let before = contents(&sandbox);

    let ended = Reseal::new("run", &sandbox)
        .args(BUCKETS.map(|bucket| format!("s3://{bucket}")))
        .args(["--sse", "aws:kms", "--kms-key", "alias/reseal-demo", "--yes", "--output", "json"])
        .state(scratch.folder())
        .run();
    assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
    let report = ended.report();
    let rows = read_report(&report);

    every_object_has_one_row(&before, &rows);
    nothing_but_encryption_changed(&before, &contents(&sandbox), &rows);
    let key = target_key(&rows);
    for (row, seen) in rows.iter().zip(see_with_aws_cli(&report, sandbox.url())) {
        agrees(row, &seen, &key);
    }
    totals_agree(&ended.json(), &rows);
}

fn every_object_has_one_row(before: &Contents, rows: &[ReportRow]) {
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    for row in rows {
        *counts.entry((row.bucket.clone(), row.key.clone())).or_default() += 1;
    }
    assert!(counts.values().all(|count| *count == 1), "an object has two rows");
    let live = before.iter().filter(|(_, v)| !v.is_delete_marker).map(|(name, _)| name);
    assert!(live.eq(counts.keys()), "the report's objects aren't the listing's");
}

fn nothing_but_encryption_changed(before: &Contents, after: &Contents, rows: &[ReportRow]) {
    assert!(before.keys().eq(after.keys()), "an object came or went");
    for ((name, was), is) in before.iter().zip(after.values()) {
        assert_eq!(was.content(), is.content(), "{name:?}");
    }
    let untouched = rows.iter().filter(|row| row.outcome != "re-encrypted");
    for row in untouched {
        let name = (row.bucket.clone(), row.key.clone());
        assert_eq!(before[&name], after[&name], "{name:?} is {}, but changed", row.outcome);
    }
}

fn target_key(rows: &[ReportRow]) -> String {
    let mut keys: Vec<&str> =
        rows.iter().filter(|r| r.outcome == "re-encrypted").map(|r| r.after_key.as_str()).collect();
    keys.dedup();
    assert_eq!(keys.len(), 1, "one target key");
    keys[0].to_owned()
}

/// The report's word against the CLI's eyes.
fn agrees(row: &ReportRow, seen: &Value, key: &str) {
    let at_target = seen["ServerSideEncryption"] == "aws:kms"
        && seen["SSEKMSKeyId"] == key
        && seen["BucketKeyEnabled"] == true;
    match row.outcome.as_str() {
        "re-encrypted" | "already-compliant" => {
            assert!(at_target, "{row:?} but the CLI sees {seen}");
        }
        "skipped" => assert!(!at_target, "{row:?} but the CLI sees {seen}"),
        other => panic!("{other}: {row:?}"),
    }
}

fn totals_agree(summary: &Value, rows: &[ReportRow]) {
    let count = |outcome: &str| rows.iter().filter(|row| row.outcome == outcome).count() as u64;
    let total = &summary["totals"]["overall"];
    assert_eq!(total["re_encrypted"], count("re-encrypted"), "{summary}");
    assert_eq!(total["already_compliant"], count("already-compliant"), "{summary}");
    let sum = |field: &str| -> u64 {
        let reasons = total[field].as_object().expect("reasons");
        reasons.values().filter_map(Value::as_u64).sum()
    };
    assert_eq!(sum("skipped"), count("skipped"), "{summary}");
    assert_eq!(sum("failed"), count("failed"), "{summary}");
}
