//! Live listings of many pages: everything that is there, once.

use std::collections::BTreeSet;

use reseal_tests::{Reseal, Sandbox, Scratch};
use serde_json::{Value, json};

const BUCKET: &str = "stock";

/// Seven pages and a bit, in a deep tree, a counter and names that hurt.
fn keys() -> Vec<String> {
    let tree = (0..3_000).map(|n| format!("logs/2024/{:02}/{:02}/{n}", 1 + n / 300, n / 20 % 15));
    let flat = (0..4_000).map(|n| format!("obj-{n:08}"));
    let hostile = (0..300).map(|n| format!("{n} +%2F&\u{e9}\n/../?versionId=\u{1f600}"));
    tree.chain(flat).chain(hostile).collect()
}

fn stock(versioning: Option<&str>) -> Sandbox {
    let sandbox = Sandbox::start(&[]);
    sandbox.bucket(BUCKET, versioning);
    plant(&sandbox, keys());
    sandbox
}

fn plant(sandbox: &Sandbox, keys: impl IntoIterator<Item = String>) {
    let object = |key| json!({ "bucket": BUCKET, "key": key, "size": 1 });
    sandbox.admin("objects", &keys.into_iter().map(object).collect());
}

/// What a job takes in, and the requests that this cost. The job is refused
/// for its price once everything is taken in: looking at so many objects would
/// take a test too long.
fn taken_in(sandbox: &Sandbox, versions: &str) -> Vec<(String, String)> {
    let state = Scratch::new("listing");
    let ended = Reseal::new("run", sandbox)
        .args([&format!("s3://{BUCKET}"), "--sse", "AES256", "--yes", "--versions", versions])
        .args(["--max-cost-usd", "0.0001"])
        .state(state.folder())
        .run()
        .expect_code(2);
    assert!(ended.stderr.contains("--max-cost-usd"), "{}", ended.stderr);
    let jobs = std::fs::read_dir(state.folder().join("jobs")).expect("a folder");
    let job = jobs.map(|job| job.expect("one").path()).next().expect("a job");
    let mut chunks: Vec<_> = std::fs::read_dir(job.join("chunks"))
        .expect("a folder")
        .map(|chunk| chunk.expect("one").path())
        .collect();
    chunks.sort();
    let rows = |chunk: std::path::PathBuf| -> Vec<(String, String)> {
        let text = std::fs::read_to_string(chunk).expect("a file");
        let rows = text.lines().skip(1).map(|row| serde_json::from_str(row).expect("JSON"));
        let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        rows.map(|row: Value| (word(&row, "key"), word(&row, "version"))).collect()
    };
    chunks.into_iter().flat_map(rows).collect()
}

fn pages(sandbox: &Sandbox, operation: &str) -> u64 {
    sandbox.requests().get(operation).copied().unwrap_or(0)
}

#[test]
fn every_object_of_many_pages_is_taken_in_once_and_in_order() {
    let sandbox = stock(None);
    let taken: Vec<String> =
        taken_in(&sandbox, "current").into_iter().map(|(key, _)| key).collect();
    let expected: BTreeSet<String> = keys().into_iter().collect();
    assert_eq!(taken, expected.into_iter().collect::<Vec<_>>());
    // Eight pages; those that were cut in two are listed in part twice.
    let pages = pages(&sandbox, "ListObjectsV2");
    assert!((8..=20).contains(&pages), "{pages} pages");
}

#[test]
fn versions_beyond_a_page_are_each_taken_in_once() {
    let sandbox = stock(Some("Enabled"));
    // More versions of one key than two pages hold.
    plant(&sandbox, std::iter::repeat_n("obj-00002000".to_owned(), 2_100));
    let taken = taken_in(&sandbox, "all");
    let there: BTreeSet<_> =
        sandbox.dump(BUCKET).into_iter().map(|one| (one.key, one.version_id)).collect();
    assert_eq!(taken.len(), there.len());
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), there);
    assert!(pages(&sandbox, "ListObjectVersions") >= 10);
}
