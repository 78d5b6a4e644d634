//! Reports that are whole.

use std::collections::BTreeMap;

use reseal_tests::{ReportRow, Reseal, Running, read_report, wait_until};
use serde_json::{Value, json};

use crate::world::{BUCKET, DESTINATION, Report, World, text};

/// Keys that break careless decoders.
pub(crate) const HOSTILE: &[&str] = &[
    "a b",
    "a+b",
    "a%2Bb",
    "100%",
    "%41",
    "new\nline",
    "\"quoted\", twice",
    "emoji-🔐/ü/é",
    "tab\tand\rreturn",
    "../up",
    "key?versionId=null",
    "=1+1",
];

/// By key and version: the outcome, or the reason of a skip.
fn outcomes(rows: &[ReportRow]) -> BTreeMap<(&str, &str), &str> {
    let said = rows.iter().map(|row| {
        let word = if row.outcome == "skipped" { &row.reason } else { &row.outcome };
        ((row.key.as_str(), row.version.as_str()), word.as_str())
    });
    said.collect()
}

#[test]
fn a_local_report_with_shuffled_columns_several_files_and_hostile_keys() {
    let world = World::new("inventory-local");
    world.objects(HOSTILE);
    world.objects(&["plain", "not-in-the-report"]);
    let row = |key: &&str| {
        json!({
            "Key": key, "Size": 3, "StorageClass": "STANDARD", "EncryptionStatus": "NOT-SSE",
            "BucketKeyStatus": "DISABLED", "LastModifiedDate": "2026-11-01T10:00:00.000Z",
            "ETag": "9b2cf535f27731c974343645a3985328", "NewerThanReseal": "x,\"y\"\nz",
        })
    };
    let schema = [
        "Size",
        "NewerThanReseal",
        "Key",
        "BucketKeyStatus",
        "ETag",
        "Bucket",
        "EncryptionStatus",
        "LastModifiedDate",
        "StorageClass",
    ];
    let report = Report::new("shuffled", &schema)
        .rows(HOSTILE.iter().map(row))
        .rows([])
        .rows([row(&"plain")]);
    let manifest = world.write(&report);
    // The same objects, whichever chunk they are in.
    let ended = world.run(text(&manifest), &["--chunk-rows", "5"]).expect_code(0);
    let rows = read_report(&ended.report());
    assert_eq!(rows.len(), HOSTILE.len() + 1);
    for key in HOSTILE.iter().chain(&["plain"]) {
        assert_eq!(world.find(key).encryption.as_deref(), Some("SSE-KMS"), "{key:?}");
        assert!(
            rows.iter().any(|row| row.key == **key && row.outcome == "re-encrypted"),
            "{key:?}"
        );
    }
    let left = world.find("not-in-the-report");
    assert_eq!(left.encryption.as_deref(), Some("NOT-SSE"));
}

#[test]
fn a_report_of_versions_on_s3_with_null_versions_and_delete_markers() {
    let world = World::new("inventory-versions");
    world.objects(&["null-and-current", "null-below"]);
    world.enable_versioning();
    world.objects(&["null-below", "twice", "twice", "marked"]);
    let marker = json!({ "bucket": BUCKET, "key": "marked", "deleteMarker": true });
    world.sandbox.admin("objects", &marker);
    let schema = ["Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "ETag"];
    let versions = world.sandbox.dump(BUCKET);
    let rows = versions.iter().map(|version| {
        let id = if version.version_id == "null" { "" } else { &version.version_id };
        let bytes = if version.is_delete_marker { json!("") } else { version.rest["size"].clone() };
        json!({
            "Key": version.key, "VersionId": id, "IsLatest": version.is_latest.to_string(),
            "IsDeleteMarker": version.is_delete_marker.to_string(), "Size": bytes,
        })
    });
    let rows: Vec<Value> = rows.collect();
    assert_eq!(rows.len(), 7);
    let address = world.deliver(&Report::new("versions", &schema).rows(rows));

    let ended = world.run(&address, &["--strategy", "copy"]).expect_code(3);
    let report = read_report(&ended.report());
    let outcomes = outcomes(&report);
    assert_eq!(report.len(), 7, "{report:?}");
    assert_eq!(outcomes[&("null-and-current", "null")], "re-encrypted");
    assert_eq!(outcomes[&("null-below", "null")], "noncurrent");
    let count = |key: &str, word: &str| {
        outcomes.iter().filter(|((k, _), outcome)| *k == key && **outcome == word).count()
    };
    assert_eq!((count("null-below", "re-encrypted"), count("twice", "re-encrypted")), (1, 1));
    assert_eq!((count("twice", "noncurrent"), count("marked", "noncurrent")), (1, 1));
    assert_eq!(count("marked", "delete-marker"), 1);
}

#[test]
fn the_same_report_goes_on_and_another_one_is_another_job() {
    let world = World::new("inventory-again");
    world.objects(&["a", "b"]);
    let first = world.deliver(&Report::of_keys("first", &["a", "b"]));
    let job = |ended: &reseal_tests::Ended| ended.json()["job"].as_str().map(str::to_owned);
    let one = world.run(&first, &[]).expect_code(0);
    assert!(job(&one).is_some(), "{}", one.stdout);
    // Another report under the same name.
    let same_name = world.deliver(&Report::of_keys("first", &["b", "a"]));
    assert_eq!(first, same_name);
    let two = world.run(&first, &[]).expect_code(0);
    assert_ne!(job(&one), job(&two));
    let spooled = std::fs::read_dir(world.scratch.path("state/spool")).expect("a spool").count();
    assert_eq!(spooled, 2);
}

fn wait_for_mutations(world: &World, running: &mut Running, more: u64) {
    let goal = world.sandbox.mutations() + more;
    wait_until("more mutations", || world.sandbox.mutations() >= goal || running.has_ended());
}

#[test]
fn a_job_of_a_report_goes_on_after_a_kill_and_takes_in_each_object_once() {
    let world = World::new("inventory-killed");
    let keys: Vec<String> = (0..600).map(|n| format!("k{n:03}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let seeds = keys.iter().map(|key| json!({ "bucket": BUCKET, "key": key, "size": 1 }));
    world.sandbox.admin("objects", &Value::Array(seeds.collect()));
    let halves = Report::of_keys("killed", &keys[..301])
        .rows(keys[301..].iter().map(|key| json!({ "Key": key })));
    let address = world.deliver(&halves);
    let words = ["--chunk-rows", "20", "--concurrency", "4"];
    // So slowly that it isn't over before it is killed.
    let mut running = world.command(&address, &words).args(["--rate", "20"]).start();
    wait_for_mutations(&world, &mut running, 150);
    assert!(!running.has_ended(), "it ended before it was killed");
    running.kill_9();
    let ended = world.run(&address, &words).expect_code(0);
    assert!(ended.stderr.contains("resuming job"), "{}", ended.stderr);
    let rows = read_report(&ended.report());
    let mut taken: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    taken.sort_unstable();
    assert_eq!(taken, keys);
}

#[test]
fn a_report_mixes_with_other_sources_and_stale_rows_leave_nothing_out() {
    let world = World::new("inventory-mixed");
    world.sandbox.bucket("other", None);
    world.sandbox.admin("objects", &json!({ "bucket": "other", "key": "listed", "size": 1 }));
    world.objects(&["grown", "excluded/x", ".reseal-probe/left-over"]);
    let schema = ["Key", "Bucket", "Size", "StorageClass", "LastModifiedDate", "EncryptionStatus"];
    let row = |key: &str| {
        json!({
            "Key": key, "Size": 0, "StorageClass": "GLACIER", "EncryptionStatus": "SSE-KMS",
            "LastModifiedDate": "2001-01-01T00:00:00.000Z",
        })
    };
    let keys = ["grown", "excluded/x", ".reseal-probe/left-over"];
    let manifest = world.write(&Report::new("stale", &schema).rows(keys.map(row)));
    let narrowed = [
        ["s3://other", "--min-size", "1"],
        ["--modified-after", "2002-01-01T00:00:00Z", "--storage-class=STANDARD"],
        ["--only=NOT-SSE", "--exclude-prefix", "excluded/"],
    ];
    let ended = world.run(text(&manifest), narrowed.as_flattened()).expect_code(0);
    let rows = read_report(&ended.report());
    let done: Vec<_> = rows.iter().map(|r| (r.bucket.as_str(), r.key.as_str())).collect();
    assert_eq!(done.len(), 2, "{rows:?}");
    assert!(done.contains(&("other", "listed")) && done.contains(&(BUCKET, "grown")), "{rows:?}");
    assert!(rows.iter().all(|row| row.outcome == "re-encrypted"), "{rows:?}");
}

#[test]
fn files_are_found_wherever_a_report_was_copied_to() {
    let world = World::new("inventory-layouts");
    world.objects(&["a"]);
    let written = world.write(&Report::of_keys("layouts", &["a"]));
    let (dated, config) = (written.parent().expect("a folder"), written.ancestors().nth(2));
    let data = config.expect("a folder").join("data/part-0.csv.gz");
    let copy = |folder: &str, data_in: &str| {
        let root = world.scratch.path(folder);
        let place = root.join("dated");
        std::fs::create_dir_all(&place).expect("a folder");
        std::fs::create_dir_all(root.join(data_in)).expect("a folder");
        for name in ["manifest.json", "manifest.checksum"] {
            std::fs::copy(dated.join(name), place.join(name)).expect("copied");
        }
        std::fs::copy(&data, root.join(data_in).join("part-0.csv.gz")).expect("copied");
        place.join("manifest.json")
    };
    for data_in in ["data", "dated/data", "dated", "daily/all/stock/everything/data"] {
        let manifest = copy(&data_in.replace('/', "-"), data_in);
        let ended = Reseal::new("plan", &world.sandbox)
            .args(["--manifest", text(&manifest), "--sse", "AES256"])
            .state(&world.scratch.path("state"))
            .run()
            .expect_code(0);
        assert!(ended.stdout.contains("inventory of stock"), "{}", ended.stdout);
        assert!(ended.stdout.contains("1 rows in 1 files"), "{}", ended.stdout);
    }
    let manifest = copy("elsewhere", "somewhere/else");
    world.refuses(text(&manifest), &[], &["manifest.json", "part-0.csv.gz", "missing"]);
}

#[test]
fn the_newest_whole_report_of_a_configuration_is_found() {
    let world = World::new("inventory-latest");
    world.objects(&["a", "b", "c"]);
    let dated = |name: &str, date: &str, keys: &[&str]| {
        world.deliver(&Report::of_keys(name, keys).with("date", date))
    };
    let latest = "latest:s3://reports/daily/all/stock/everything";
    world.refuses(latest, &[], &["daily/all/stock/everything/", "delivered yet"]);
    // The one to be found comes last: the writer gives all data files one name.
    dated("unfinished", "2026-11-20T01-00Z", &["a", "b", "c"]);
    dated("older", "2026-11-18T01-00Z", &["a"]);
    let newest = dated("newest", "2026-11-19T01-00Z", &["a", "b"]);
    let checksum = "daily/all/stock/everything/2026-11-20T01-00Z/manifest.checksum";
    let url = format!("{}/{DESTINATION}/{checksum}", world.sandbox.url());
    ureq::delete(&url).call().expect("deleted");
    let ended = world.run(latest, &[]).expect_code(0);
    let mut keys: Vec<_> = read_report(&ended.report()).into_iter().map(|row| row.key).collect();
    keys.sort();
    assert_eq!(keys, ["a", "b"]);
    assert!(ended.stderr.contains(&newest), "it says which: {}", ended.stderr);
    world.refuses("latest:s3://reports/everything", &[], &["--manifest latest:", "CONFIG-ID"]);
}

#[test]
fn a_report_on_s3_is_read_once_and_its_bucket_stays_as_it_was() {
    let world = World::new("inventory-once");
    world.objects(&["a"]);
    let address = world.deliver(&Report::of_keys("once", &["a"]));
    let reports = world.sandbox.dump(DESTINATION);
    let gets = || world.sandbox.requests().get("GetObject").copied().unwrap_or(0);
    let plan = || {
        let before = gets();
        let plan = Reseal::new("plan", &world.sandbox).args(["--manifest", &address]);
        let _ = plan.args(["--sse", "AES256"]).state(&world.scratch.path("s")).run().expect_code(0);
        gets() - before
    };
    // Manifest, checksum, file; then the spool has the file.
    assert_eq!((plan(), plan()), (3, 2));
    assert_eq!(world.sandbox.dump(DESTINATION), reports);
}

/// Trusted rows save the looks; one that is out of date costs no write.
#[test]
fn a_trusted_report_needs_one_request_an_object() {
    let world = World::new("trusted");
    let keys: Vec<String> = (0..100).map(|n| format!("k{n:03}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    world.objects(&keys);
    let schema = ["Bucket", "Key", "Size", "LastModifiedDate", "ETag", "StorageClass"];
    let rows = world.sandbox.dump(BUCKET).into_iter().map(|version| {
        json!({
            "Key": version.key, "Size": version.rest["size"].to_string(),
            "LastModifiedDate": "2026-11-01T00:00:00.000Z", "ETag": version.rest["etag"],
            "StorageClass": "STANDARD", "EncryptionStatus": "NOT-SSE",
        })
    });
    let report = Report::new("trusted", &[&schema[..], &["EncryptionStatus"]].concat())
        .rows(rows.collect::<Vec<_>>());
    let manifest = world.write(&report);
    // Somebody writes after the report was made.
    let newer = json!({ "bucket": BUCKET, "key": "k007", "text": "newer" });
    world.sandbox.admin("objects", &newer);
    let newer = world.find("k007").content();

    let heads = || world.sandbox.requests().get("HeadObject").copied().unwrap_or(0);
    let before = heads();
    let ended = world.run(text(&manifest), &["--trust-inventory"]).expect_code(0);
    assert_eq!(ended.json()["totals"]["overall"]["re_encrypted"], 100);
    let heads = heads() - before;
    assert!(heads < 50, "{heads} HEADs, the probe's own among them");
    let after = world.find("k007");
    assert_eq!((after.content(), after.encryption.as_deref()), (newer, Some("SSE-KMS")));
    let all = world.sandbox.dump(BUCKET);
    assert!(all.iter().all(|version| version.encryption.as_deref() == Some("SSE-KMS")));
}
