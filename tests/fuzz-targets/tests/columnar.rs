//! The same rows in CSV, Parquet and ORC, as Python writes them, are the same
//! rows to us: each field of each, and from every place on.

use std::path::Path;

use reseal_coordinator::{InventoryReport, Pulled, Source};
use reseal_core::Cursor;
use reseal_tests::{InventoryReport as Written, Scratch};
use serde_json::{Value, json};

const SCHEMA: [&str; 15] = [
    "Bucket",
    "Key",
    "VersionId",
    "IsLatest",
    "IsDeleteMarker",
    "Size",
    "LastModifiedDate",
    "ETag",
    "StorageClass",
    "IsMultipartUploaded",
    "ReplicationStatus",
    "EncryptionStatus",
    "ObjectLockRetainUntilDate",
    "BucketKeyStatus",
    "ObjectOwner",
];

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn pull_all(source: &impl Source, from: &Cursor) -> Vec<Pulled> {
    wait(async {
        let (mut rows, mut next) = (Vec::new(), Some(from.clone()));
        while let Some(cursor) = next {
            let batch = source.pull(&cursor).await.expect("pulls");
            rows.extend(batch.rows);
            next = batch.next;
        }
        rows
    })
}

fn read(manifest: &Path) -> InventoryReport {
    wait(InventoryReport::on_disk(manifest)).unwrap_or_else(|error| panic!("{error}"))
}

/// Rows with everything that S3 leaves out, and numbers of every kind of run.
fn rows(random: &mut fastrand::Rng, count: u64) -> Vec<Value> {
    let mut any = |of: &[&str]| of[random.usize(..of.len())].to_owned();
    let mut rows = Vec::new();
    for n in 0..count {
        let odd = any(&["", " ", "+", "%2B", "\n", "🔐", "\"q\"", "ü", "\\", ","]);
        let marker = any(&["false", "false", "false", "true"]) == "true";
        let huge = 1_u64 << (n % 63);
        let size = match any(&["same", "up", "random", "huge", "patch"]).as_str() {
            "same" => 4_096,
            "up" => n * 7,
            "huge" => huge,
            "patch" if n.is_multiple_of(50) => 1 << 40,
            _ => n.wrapping_mul(2_654_435_761) % 1_000,
        };
        let told = |text: String| if marker { String::new() } else { text };
        rows.push(json!({
            "Key": format!("a/{odd}{n:05}{}", "x".repeat((n % 90) as usize)),
            "VersionId": any(&["", "v1", "3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"]),
            "IsLatest": any(&["true", "false"]),
            "IsDeleteMarker": marker.to_string(),
            "Size": told(size.to_string()),
            "LastModifiedDate": format!(
                "20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                n % 37, n % 12 + 1, n % 28 + 1, n % 24, n % 60, n % 59, [0, 0, 100, 7][n as usize % 4],
            ),
            "ETag": told(format!("{:032x}", u128::from(n) * 0x9e37_79b9_7f4a_7c15)),
            "StorageClass": told(any(&["STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE"])),
            "IsMultipartUploaded": any(&["true", "false", ""]),
            "ReplicationStatus": any(&["", "COMPLETED", "REPLICA"]),
            "EncryptionStatus": told(any(&["SSE-S3", "SSE-KMS", "SSE-C", "DSSE-KMS", "NOT-SSE", "NEW"])),
            "ObjectLockRetainUntilDate": "",
            "BucketKeyStatus": told(any(&["ENABLED", "DISABLED", "N/A", ""])),
            "ObjectOwner": "o".repeat((n % 70) as usize),
        }));
    }
    rows
}

fn report(name: &str, format: &str, files: &[&[Value]], settings: &Value) -> Written {
    let mut shuffled = SCHEMA;
    if format != "CSV" {
        shuffled.rotate_left(settings.as_object().map_or(0, serde_json::Map::len));
    }
    files.iter().fold(Written::new(name, &shuffled).in_format(format), |report, rows| {
        let mut file = settings.clone();
        file["rows"] = json!(rows);
        report.file(file)
    })
}

/// By format: how differently a writer may be told to write.
fn settings() -> Vec<(&'static str, Value)> {
    let parquet = [
        json!({}),
        json!({ "row_group": 700, "page": 2_000 }),
        json!({ "row_group": 301, "dictionary": false, "compression": "gzip" }),
        json!({ "dictionary": false, "compression": "none", "page": 500 }),
        json!({ "version": "2.0", "time": "us", "row_group": 999, "page": 1_000 }),
        json!({ "version": "2.0", "time": "int96", "compression": "gzip", "dictionary": false }),
        json!({ "time": "ns" }),
        json!({ "zone": "local" }),
        // As S3's own are, which parquet-java writes.
        json!({ "levels": "java", "edition": "1.0", "row_group": 700, "page": 2_000 }),
        json!({ "levels": "java", "edition": "1.0", "dictionary": false, "compression": "gzip" }),
    ];
    let orc = [
        json!({}),
        json!({ "stripe": 4_096, "batch": 400 }),
        json!({ "stripe": 4_096, "batch": 128, "dictionary": false, "compression": "snappy" }),
        json!({ "version": "0.11", "compression": "uncompressed" }),
        json!({ "version": "0.11", "dictionary": false, "stripe": 8_192, "batch": 300 }),
    ];
    let parquet = parquet.into_iter().map(|settings| ("Parquet", settings));
    parquet.chain(orc.into_iter().map(|settings| ("ORC", settings))).collect()
}

#[test]
fn the_same_rows_in_every_format_and_from_every_place_on() {
    let scratch = Scratch::new("columnar");
    let rows = rows(&mut fastrand::Rng::with_seed(7), 2_600);
    let files = [&rows[..2_100], &[], &rows[2_100..2_101], &rows[2_101..]];
    let csv = report("csv", "CSV", &files, &json!({})).write(&scratch);
    let expected = pull_all(&read(&csv.manifest).open(), &Cursor::default());
    assert_eq!(expected.len(), rows.len());
    for (number, (format, settings)) in settings().into_iter().enumerate() {
        let name = format!("{format}-{number}");
        let written = report(&name, format, &files, &settings).write(&scratch);
        let report = read(&written.manifest);
        let source = report.clone().open();
        let found = pull_all(&source, &Cursor::default());
        assert_eq!(found.len(), expected.len(), "{format} {settings}");
        // Times that may be in any zone are as if they weren't there.
        let is_untold = settings["time"] == "int96" || settings["zone"] == "local";
        for (found, expected) in found.iter().zip(&expected) {
            let mut expected = expected.clone();
            expected.row.last_modified = expected.row.last_modified.filter(|_| !is_untold);
            assert_eq!(*found, expected, "{format} {settings}");
        }
        for at in (0..found.len()).step_by(173).chain([699, 700, 2_099, 2_100, 2_599]) {
            let rest = pull_all(&report.clone().open(), &found[at].after);
            assert_eq!(rest, found[at + 1..], "{format} {settings} after {at}");
        }
    }
}
