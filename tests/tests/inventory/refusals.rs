//! Reports that are not whole, not ours or not honest: exit code 2, one line
//! that names file and row, and nothing touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::world::{Report, World, text};

const FILE: &str = "daily/all/stock/everything/data/part-0.csv.gz";
const ROW: &str = "\"stock\",\"a\"\n";

fn data(manifest: &Path) -> PathBuf {
    manifest.ancestors().nth(2).expect("a folder").join("data/part-0.csv.gz")
}

fn raw(name: &str, text: &str) -> Report {
    Report::new(name, &["Bucket", "Key"]).file(json!({ "text": text }))
}

/// Refused from this machine and from S3 alike.
fn refused_everywhere(world: &World, report: &Report, words: &[&str]) {
    world.refuses(text(&world.write(report)), &[], words);
    world.refuses(&world.deliver(report), &[], words);
}

#[test]
fn rows_that_are_not_what_they_should_be() {
    let world = World::new("inventory-rows");
    world.objects(&["a"]);
    let columns = format!("{ROW}\"stock\",\"b\",\"c\"\n");
    refused_everywhere(&world, &raw("columns", &columns), &[FILE, "row 2", "3 columns"]);
    let other = format!("{ROW}{ROW}\"stocks\",\"b\"\n");
    refused_everywhere(&world, &raw("bucket", &other), &[FILE, "row 3", "stocks"]);
    let utf8 = json!({ "text": format!("{ROW}\"stock\",\"\u{e9}\"\n"), "encoding": "latin-1" });
    let utf8 = Report::new("utf8", &["Bucket", "Key"]).file(utf8);
    refused_everywhere(&world, &utf8, &[FILE, "row 2", "UTF-8"]);
    for (name, key, word) in [
        ("decoded", "%FF", "UTF-8"),
        ("unencoded", "100% raw", "form-encoded"),
        ("empty", "", "1 to 1024"),
        ("long", &"x".repeat(1025), "1025"),
        ("giant", &"x".repeat(40_000), "longer than"),
    ] {
        let report = raw(name, &format!("{ROW}\"stock\",\"{key}\"\n"));
        world.refuses(text(&world.write(&report)), &[], &[FILE, "row 2", word]);
    }
    let schema = ["Bucket", "Key", "Size", "IsLatest", "LastModifiedDate"];
    for (name, row, word) in [
        ("size", json!({ "Key": "a", "Size": "-1", "IsLatest": "true" }), "Size '-1'"),
        ("latest", json!({ "Key": "a", "IsLatest": "yes" }), "IsLatest 'yes'"),
        (
            "time",
            json!({ "Key": "a", "IsLatest": "true", "LastModifiedDate": "now" }),
            "LastModifiedDate 'now'",
        ),
    ] {
        let report = Report::new(name, &schema).rows([row]);
        world.refuses(text(&world.write(&report)), &[], &[FILE, "row 1", word]);
    }
}

#[test]
fn files_that_are_damaged_or_missing() {
    let world = World::new("inventory-files");
    world.objects(&["a"]);
    let cut = json!({ "text": ROW.repeat(9_000), "truncate": 20 });
    let cut = Report::new("cut", &["Bucket", "Key"]).file(cut);
    refused_everywhere(&world, &cut, &[FILE, "row", "cut short"]);

    let report = Report::of_keys("flipped", &["a"]);
    let manifest = world.write(&report);
    let mut bytes = fs::read(data(&manifest)).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(data(&manifest), &bytes).expect("written");
    world.refuses(text(&manifest), &[], &[FILE, "MD5"]);
    bytes.push(0);
    fs::write(data(&manifest), &bytes).expect("written");
    world.refuses(text(&manifest), &[], &[FILE, "bytes, the manifest says"]);
    fs::remove_file(data(&manifest)).expect("removed");
    world.refuses(text(&manifest), &[], &[FILE, "missing"]);
}

#[test]
fn objects_of_a_report_that_are_damaged_or_missing() {
    let world = World::new("inventory-objects");
    world.objects(&["a"]);
    let report = Report::of_keys("object", &["a"]);
    let address = world.deliver(&report);
    let place = |key: &str, size: u64| {
        world.sandbox.admin("objects", &json!({ "bucket": "reports", "key": key, "size": size }));
    };
    let size = fs::metadata(data(&world.write(&report))).expect("a file").len();
    place(FILE, size);
    world.refuses(&address, &[], &[FILE, "MD5"]);
    place(FILE, size - 1);
    world.refuses(&address, &[], &[FILE, "bytes, the manifest says"]);
    place(FILE, 50_000_000_000_000);
    world.refuses(&address, &[], &[FILE, "50000000000000 bytes"]);
    let gone = address.replace("2026", "2025");
    world.refuses(&gone, &[], &["2025-11-20T01-00Z/manifest.json", "does not exist"]);
    world.sandbox.admin("deny", &json!({ "bucket": "reports", "operations": ["GetObject"] }));
    world.refuses(&address, &[], &["manifest.json", "s3:GetObject"]);
}

#[test]
fn bombs() {
    let world = World::new("inventory-bombs");
    world.objects(&["a"]);
    let bomb = |name: &str, text: &str, repeat: u64| {
        Report::new(name, &["Bucket", "Key"]).file(json!({ "text": text, "repeat": repeat }))
    };
    let open = bomb("quote", &format!("{ROW}\"stock\",\"{}", "x".repeat(100_000)), 1);
    world.refuses(text(&world.write(&open)), &[], &[FILE, "row 2", "longer than"]);
    let long = format!("\"stock\",\"{}\"\n", "a".repeat(1000));
    let rows = bomb("rows", &long, 12_000);
    refused_everywhere(&world, &rows, &[FILE, "row", "times as long as the file"]);
    let blank = bomb("blank", "\n", 1_000_000);
    world.refuses(text(&world.write(&blank)), &[], &[FILE, "row 1", "longer than"]);
}

/// Rewrites a manifest, and its checksum unless it shall lie.
fn rewritten(world: &World, change: impl FnOnce(&mut Value)) -> PathBuf {
    let manifest = world.write(&Report::of_keys("manifest", &["a"]));
    let mut value: Value =
        serde_json::from_slice(&fs::read(&manifest).expect("a manifest")).expect("JSON");
    change(&mut value);
    fs::write(&manifest, value.to_string()).expect("written");
    let code = "import hashlib,sys; print(hashlib.md5(open(sys.argv[1],'rb').read()).hexdigest())";
    let md5 = Command::new("python3").args(["-c", code]).arg(&manifest).output().expect("Python");
    fs::write(manifest.with_extension("checksum"), &md5.stdout).expect("written");
    manifest
}

#[test]
fn manifests_that_are_not_what_they_should_be() {
    let world = World::new("inventory-manifests");
    world.objects(&["a"]);
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 14] = [
        (|m| m["fileFormat"] = "Avro".into(), "'Avro' isn't known"),
        (|m| m["fileFormat"] = "ORC".into(), "fileSchema can't be read"),
        (|m| m["fileFormat"] = "Parquet".into(), "fileSchema can't be read"),
        (
            |m| {
                m["fileFormat"] = "ORC".into();
                m["fileSchema"] = "struct<bucket:string,key:bigint>".into();
            },
            "key is bigint",
        ),
        (|m| m["version"] = "2030-01-01".into(), "2030-01-01"),
        (|m| m["creationTimestamp"] = 5.into(), "not a manifest"),
        (|m| m["creationTimestamp"] = "soon".into(), "creationTimestamp"),
        (|m| m["destinationBucket"] = "reports".into(), "destinationBucket"),
        (|m| m["sourceBucket"] = "x".into(), "sourceBucket"),
        (|m| m["fileSchema"] = "Bucket, Size".into(), "no column Key"),
        (|m| m["fileSchema"] = "Bucket, Key, Key".into(), "twice"),
        (|m| m["files"][0]["key"] = "../../etc/passwd".into(), "can't be a file's path"),
        (|m| m["files"][0]["MD5checksum"] = "0".into(), "not an MD5"),
        (|m| m["files"] = json!([m["files"][0], m["files"][0]]), "twice"),
    ];
    for (change, word) in changes {
        let manifest = rewritten(&world, change);
        world.refuses(text(&manifest), &[], &["manifest.json", word]);
    }
}

#[test]
fn manifests_that_their_checksum_does_not_vouch_for() {
    let world = World::new("inventory-checksum");
    world.objects(&["a"]);
    let manifest = world.write(&Report::of_keys("checksum", &["a"]));
    let checksum = manifest.with_extension("checksum");
    fs::write(&checksum, "0".repeat(32)).expect("written");
    world.refuses(text(&manifest), &[], &["manifest.json", "manifest.checksum says"]);
    fs::remove_file(&checksum).expect("removed");
    world.refuses(text(&manifest), &[], &["manifest.json", "incomplete"]);
    let address = world.deliver(&Report::of_keys("incomplete", &["a"]));
    let key = "daily/all/stock/everything/2026-11-20T01-00Z/manifest.checksum";
    let url = format!("{}/reports/{key}", world.sandbox.url());
    ureq::delete(&url).call().expect("deleted");
    world.refuses(&address, &[], &["manifest.json", "incomplete"]);
}

#[test]
fn reports_that_overlap_or_lie_elsewhere() {
    let world = World::new("inventory-overlap");
    world.objects(&["a"]);
    let manifest = world.write(&Report::of_keys("one", &["a"]));
    world.refuses(text(&manifest), &["s3://stock/other/"], &["stock", "overlap"]);
    let twin = world.write(&Report::of_keys("two", &["a"]));
    world.refuses(text(&manifest), &["--manifest", text(&twin)], &["stock", "overlap"]);
    let astray = Report::of_keys("astray", &["a"]).with("destination", "elsewhere");
    world.refuses(&world.deliver(&astray), &[], &["elsewhere"]);
    world.refuses("manifest.csv", &[], &["--manifest", "manifest.json"]);
    world.refuses("none/manifest.json", &[], &["none/manifest.json"]);
}
