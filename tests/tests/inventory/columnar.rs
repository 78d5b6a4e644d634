//! Reports in ORC and Parquet, written by pyarrow, of Parquet also with what
//! parquet-java, which S3 writes with, says otherwise.

use reseal_tests::{ReportRow, Reseal, read_report};
use serde_json::{Value, json};

use crate::runs::HOSTILE;
use crate::world::{BUCKET, Report, World, text};

const FORMATS: [&str; 2] = ["Parquet", "ORC"];

/// All columns that S3 offers, in an order of our own.
const ALL: [&str; 20] = [
    "Size",
    "Key",
    "ObjectOwner",
    "ObjectAccessControlList",
    "ChecksumAlgorithm",
    "BucketKeyStatus",
    "IntelligentTieringAccessTier",
    "ObjectLockLegalHoldStatus",
    "ObjectLockMode",
    "ObjectLockRetainUntilDate",
    "EncryptionStatus",
    "ReplicationStatus",
    "IsMultipartUploaded",
    "StorageClass",
    "ETag",
    "LastModifiedDate",
    "IsDeleteMarker",
    "IsLatest",
    "VersionId",
    "Bucket",
];

fn word(row: &ReportRow) -> &str {
    if row.outcome == "skipped" { &row.reason } else { &row.outcome }
}

fn count(rows: &[ReportRow], key: &str, outcome: &str) -> usize {
    rows.iter().filter(|row| row.key == key && word(row) == outcome).count()
}

#[test]
fn local_reports_of_several_files_with_hostile_keys_and_raw_ones() {
    let java = json!({ "levels": "java", "edition": "1.0" });
    for (format, settings) in [("Parquet", json!({})), ("ORC", json!({})), ("Parquet", java)] {
        let told = settings.as_object().map_or(0, serde_json::Map::len);
        let world = World::new(&format!("columnar-{format}-{told}"));
        world.objects(HOSTILE);
        world.objects(&["plain", "not-in-the-report"]);
        let row = |key: &&str| {
            json!({ "Key": key, "Size": 3, "StorageClass": "STANDARD", "NewerThanReseal": "x",
                "EncryptionStatus": "NOT-SSE", "LastModifiedDate": "2026-11-01T10:00:00.000Z" })
        };
        let schema = ["NewerThanReseal", "Size", "Key", "EncryptionStatus", "Bucket"];
        let file = |rows: Vec<Value>| {
            let mut file = settings.clone();
            file["rows"] = json!(rows);
            file
        };
        let report = Report::new("hostile", &[&schema[..], &["StorageClass"]].concat())
            .in_format(format)
            .file(file(HOSTILE.iter().map(row).collect()))
            .file(file(vec![]))
            .file(file(vec![row(&"plain")]));
        let manifest = world.write(&report);
        let ended = world.run(text(&manifest), &["--chunk-rows", "5"]).expect_code(0);
        let rows = read_report(&ended.report());
        assert_eq!(rows.len(), HOSTILE.len() + 1, "{format}");
        for key in HOSTILE.iter().chain(&["plain"]) {
            assert_eq!(count(&rows, key, "re-encrypted"), 1, "{format} {key:?}");
            assert_eq!(world.find(key).encryption.as_deref(), Some("SSE-KMS"), "{key:?}");
        }
        let left = world.find("not-in-the-report");
        assert_eq!(left.encryption.as_deref(), Some("NOT-SSE"));
    }
}

#[test]
fn reports_of_all_versions_and_columns_on_s3() {
    for format in FORMATS {
        let world = World::new(&format!("columnar-versions-{format}"));
        world.objects(&["null-and-current", "null-below"]);
        world.enable_versioning();
        world.objects(&["null-below", "twice", "twice", "marked"]);
        let marker = json!({ "bucket": BUCKET, "key": "marked", "deleteMarker": true });
        world.sandbox.admin("objects", &marker);
        let rows = world.sandbox.dump(BUCKET).into_iter().enumerate().map(|(n, version)| {
            // Both ways to say it are met.
            let id = match (version.version_id.as_str(), n % 2) {
                ("null", 0) => Value::Null,
                ("null", _) => json!(""),
                (id, _) => json!(id),
            };
            let size =
                if version.is_delete_marker { json!("") } else { version.rest["size"].clone() };
            json!({ "Key": version.key, "VersionId": id, "Size": size,
                "IsLatest": version.is_latest, "IsDeleteMarker": version.is_delete_marker })
        });
        let rows: Vec<Value> = rows.collect();
        let report = Report::new("versions", &ALL).in_format(format).rows(rows);
        let ended = world.run(&world.deliver(&report), &["--strategy", "copy"]).expect_code(3);
        let rows = read_report(&ended.report());
        assert_eq!(rows.len(), 7, "{format} {rows:?}");
        for (key, outcome) in [
            ("null-and-current", "re-encrypted"),
            ("null-below", "re-encrypted"),
            ("null-below", "noncurrent"),
            ("twice", "re-encrypted"),
            ("twice", "noncurrent"),
            ("marked", "noncurrent"),
            ("marked", "delete-marker"),
        ] {
            assert_eq!(count(&rows, key, outcome), 1, "{format} {key} {outcome}: {rows:?}");
        }
    }
}

/// What reports are counted to while they are verified is what their rows
/// come to, in every format and whichever thread read which file.
#[test]
fn a_census_is_the_same_in_every_format() {
    let world = World::new("columnar-census");
    let row = |n: u64| {
        let told = |of: &[&str]| of[n as usize % of.len()].to_owned();
        json!({
            "Key": format!("k{n}"), "Size": (n * 7_919 % 300_000).to_string(),
            "IsLatest": (!n.is_multiple_of(3)).to_string(),
            "IsDeleteMarker": n.is_multiple_of(11).to_string(),
            "EncryptionStatus": told(&["SSE-S3", "SSE-KMS", "NOT-SSE", "SSE-C"]),
            "StorageClass": told(&["STANDARD", "GLACIER", "STANDARD"]),
            "BucketKeyStatus": told(&["ENABLED", "DISABLED", "N/A", "DISABLED", "DISABLED"]),
        })
    };
    let rows: Vec<Value> = (0..3_000).map(row).collect();
    let schema = [
        "Bucket",
        "Key",
        "IsLatest",
        "IsDeleteMarker",
        "Size",
        "StorageClass",
        "EncryptionStatus",
        "BucketKeyStatus",
    ];
    let census = |format: &str, more: &[Value]| {
        let report = Report::new(format, &schema).in_format(format);
        let report = rows.chunks(700).fold(report, |report, rows| report.rows(rows.to_vec()));
        let manifest = world.write(&report.rows(more.to_vec()));
        let words = ["--manifest", text(&manifest), "--output", "json"];
        Reseal::new("census", &world.sandbox).args(words).run().expect_code(0).json()
    };
    let csv = census("CSV", &[]);
    assert_eq!((&csv["objects"], &csv["delete_markers"]), (&json!(2_727), &json!(273)));
    let bytes = |n: &u64| n * 7_919 % 300_000;
    let sum: u64 = (0..3_000).filter(|n: &u64| !n.is_multiple_of(11)).map(|n| bytes(&n)).sum();
    assert_eq!(csv["bytes"], json!(sum));
    for format in FORMATS {
        assert_eq!(census(format, &[])["groups"], csv["groups"], "{format}");
    }
    // A row that doesn't tell is asked for, and all others are counted singly.
    world.objects(&["asked"]);
    let asked = json!({ "Key": "asked", "IsLatest": "true", "IsDeleteMarker": "false" });
    let asked = census("Parquet", &[asked]);
    assert_eq!((&asked["objects"], &asked["looked_at"]), (&json!(2_728), &json!(1)));
    let groups = asked["groups"].as_array().expect("groups");
    let told = csv["groups"].as_array().expect("groups");
    assert!(told.iter().filter(|group| groups.contains(group)).count() >= told.len() - 1);
}
