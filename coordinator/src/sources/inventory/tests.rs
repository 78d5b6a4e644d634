//! Decoders that no bytes can hurt, places that can be resumed at, and files
//! that are fetched whole or not at all.

mod fetching;
mod unfolding;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::Md5;
use proptest::prelude::*;
use reseal_core::{BucketKeyStatus, EncryptionStatus, Timestamp, VersionId};

use reseal_core::{Cursor, SourceRow};
use sha2::Digest as _;

use super::rows::Rows;
use super::schema::Schema;
use super::*;
use crate::sources::Pulled;
use crate::sources::files::hex;

const ALL: &str = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, \
     StorageClass, IsMultipartUploaded, EncryptionStatus, BucketKeyStatus";

/// A folder that is gone with the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("reseal-inventory-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("writes");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("compresses");
    encoder.finish().expect("compresses")
}

fn md5(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

/// A manifest of these files, and its checksum.
fn manifest(schema: &str, files: &[(String, Vec<u8>)]) -> (String, String) {
    let listed = files.iter().map(|(key, bytes)| {
        serde_json::json!({ "key": key, "size": bytes.len(), "MD5checksum": md5(bytes) })
    });
    let text = serde_json::json!({
        "sourceBucket": "stock", "destinationBucket": "arn:aws:s3:::reports",
        "version": "2016-11-30", "creationTimestamp": "1795294380000",
        "fileFormat": "CSV", "fileSchema": schema, "files": listed.collect::<Vec<_>>(),
    })
    .to_string();
    let checksum = md5(text.as_bytes());
    (text, checksum)
}

/// A report on this machine with these texts as its files.
pub(super) fn on_disk(folder: &Folder, schema: &str, texts: &[&str]) -> PathBuf {
    let packed = texts.iter().enumerate().map(|(n, t)| (format!("{n}.gz"), gzip(t.as_bytes())));
    let files: Vec<_> = packed.collect();
    for (name, bytes) in &files {
        folder.write(name, bytes);
    }
    let (text, checksum) = manifest(schema, &files);
    folder.write("manifest.checksum", checksum.as_bytes());
    folder.write("manifest.json", text.as_bytes())
}

/// What a record of the bucket `stock` says.
fn row_of(schema: &Schema, record: &csv::StringRecord) -> Result<SourceRow, String> {
    let bucket = "stock".parse().expect("a bucket");
    schema.line(record, &bucket, &mut String::new())?.row()
}

async fn verify(path: &Path) -> Result<Report, String> {
    Report::on_disk(path).await.map_err(|error| error.to_string())
}

async fn pull_all(source: &impl Source, from: &Cursor) -> Vec<Pulled> {
    let (mut rows, mut next) = (Vec::new(), Some(from.clone()));
    while let Some(cursor) = next {
        let batch = source.pull(&cursor).await.expect("pulls");
        rows.extend(batch.rows);
        next = batch.next;
    }
    rows
}

fn keys(rows: &[Pulled]) -> Vec<&str> {
    rows.iter().map(|pulled| pulled.row.key.as_str()).collect()
}

#[test]
fn a_row_says_all_that_a_source_row_can_carry() {
    let schema = Schema::parse(ALL).expect("a schema");
    let row = |fields: [&str; 12]| row_of(&schema, &csv::StringRecord::from(&fields[..]));
    let object = row([
        "stock",
        "a+b%2Bc%0A%F0%9F%94%90/d",
        "v1",
        "false",
        "false",
        "7",
        "2026-11-21T20:53:00.123Z",
        "0123",
        "STANDARD_IA",
        "true",
        "SSE-KMS",
        "ENABLED",
    ]);
    let expected = SourceRow {
        version: Some(VersionId::new("v1")),
        is_latest: false,
        size: Some(7),
        last_modified: Some(Timestamp::from_millis(1_795_294_380_123)),
        etag: Some(reseal_core::ETag::new("0123")),
        storage_class: Some(reseal_core::StorageClass::new("STANDARD_IA")),
        encryption_status: Some(EncryptionStatus::SseKms),
        bucket_key_status: Some(BucketKeyStatus::Enabled),
        ..SourceRow::of_key(ObjectKey::new("a b+c\n🔐/d").expect("a key"))
    };
    assert_eq!(object, Ok(expected));
    let marker =
        row(["stock", "k", "", "true", "true", "", "", "", "", "", "", ""]).expect("a row");
    assert_eq!(marker.version, Some(VersionId::null()));
    assert!(marker.is_delete_marker && marker.size.is_none() && marker.encryption_status.is_none());
    let unknown = row(["stock", "k", "", "true", "false", "", "", "", "", "", "SSE-X", "N/A"]);
    assert_eq!(unknown.expect("a row").encryption_status, None);
}

#[tokio::test]
async fn pulling_on_from_any_row_gives_the_rest_once() {
    let folder = Folder::new();
    let text = |from: u32, to: u32| -> String {
        (from..to).map(|n| format!("\"stock\",\"{n:05}\"\n")).collect()
    };
    let texts = [text(0, 2_500), String::new(), text(2_500, 2_503)];
    let path = on_disk(&folder, "Bucket, Key", &texts.each_ref().map(String::as_str));
    let report = verify(&path).await.expect("is whole");
    assert!(report.describe().contains("2503 rows in 3 files"), "{}", report.describe());
    let source = report.clone().open();
    let all = pull_all(&source, &Cursor::default()).await;
    assert_eq!(all.len(), 2_503);
    assert!(keys(&all).is_sorted());
    for index in [0, 1, 999, 1_000, 1_700, 2_498, 2_499, 2_500, 2_501, 2_502] {
        // By a source that stands elsewhere, and by one that was never read.
        for source in [&source, &report.clone().open()] {
            let rest = pull_all(source, &all[index].after).await;
            assert_eq!(keys(&rest), keys(&all[index + 1..]), "after {index}");
        }
    }
    for hostile in ["x", "0", "-1:0", "0:2504", "1:1", "0:99999999999999999999"] {
        let pulled = source.pull(&Cursor(hostile.to_owned())).await;
        assert!(matches!(pulled, Err(SourceError::Cursor(_))), "{hostile}");
    }
}

#[tokio::test]
async fn a_file_that_changed_since_it_was_verified_is_refused_even_between_pulls() {
    let folder = Folder::new();
    let text: String = (0..1_500).map(|n| format!("stock,{n}\n")).collect();
    let path = on_disk(&folder, "Bucket, Key", &[&text]);
    let source = verify(&path).await.expect("is whole").open();
    let first = source.pull(&Cursor::default()).await.expect("pulls");
    folder.write("0.gz", &gzip(b"stock,other\n"));
    let second = source.pull(&first.next.expect("more")).await;
    assert!(matches!(second, Err(SourceError::Changed { .. })), "{second:?}");
}

#[tokio::test]
async fn gzip_of_several_members_is_whole_and_garbage_after_it_is_not() {
    let folder = Folder::new();
    let two = [gzip(b"stock,a\n"), gzip(b"stock,b\n")].concat();
    for (name, bytes, rows) in [
        ("members", two.clone(), Some(2)),
        ("garbage", [two.as_slice(), b"garbage"].concat(), None),
        ("nothing", Vec::new(), None),
        ("plain", b"stock,a\n".to_vec(), None),
    ] {
        folder.write(name, &bytes);
        let (text, checksum) = manifest("Bucket, Key", &[(name.to_owned(), bytes)]);
        folder.write("manifest.checksum", checksum.as_bytes());
        let report = verify(&folder.write("manifest.json", text.as_bytes())).await;
        let found = report.as_ref().ok().map(|report| report.files[0].rows);
        assert_eq!(found, rows, "{name}: {report:?}");
    }
}

#[tokio::test]
async fn an_empty_report_has_no_rows() {
    let folder = Folder::new();
    let report = verify(&on_disk(&folder, ALL, &[])).await.expect("is whole");
    assert!(pull_all(&report.open(), &Cursor::default()).await.is_empty());
}

fn form_encoded(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'*' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

proptest! {
    #[test]
    fn any_key_comes_through(key in "(?s).{1,60}") {
        let schema = Schema::parse("Key, Bucket").expect("a schema");
        let record = csv::StringRecord::from(vec![form_encoded(&key).as_str(), "stock"]);
        let row = row_of(&schema, &record).expect("a row");
        prop_assert_eq!(row.key.as_str(), key);
    }

    #[test]
    fn hostile_manifests_never_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Manifest::read(&text, Some(md5(&text).as_bytes()));
        let _ = Manifest::read(&text, Some(&text));
    }

    #[test]
    fn hostile_words_in_a_manifest_never_panic(
        words in proptest::collection::vec("(?s).{0,40}", 6), size in any::<u64>(),
    ) {
        let text = serde_json::json!({
            "sourceBucket": words[0], "destinationBucket": words[1], "version": "2016-11-30",
            "creationTimestamp": words[2], "fileFormat": "CSV", "fileSchema": words[3],
            "files": [{ "key": words[4], "size": size, "MD5checksum": words[5] }],
        }).to_string();
        let _ = Manifest::read(text.as_bytes(), Some(md5(text.as_bytes()).as_bytes()));
    }

    #[test]
    fn hostile_rows_never_panic(fields in proptest::collection::vec("(?s).{0,40}", 0..14)) {
        let schema = Schema::parse(ALL).expect("a schema");
        let mut fields = fields;
        fields.insert(0, "stock".to_owned());
        fields.resize(12, String::new());
        let record = csv::StringRecord::from(fields);
        let _ = row_of(&schema, &record);
    }

    #[test]
    fn hostile_files_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400), packed in any::<bool>(),
    ) {
        let folder = Folder::new();
        let bytes = if packed { gzip(&bytes) } else { bytes };
        let path = folder.write("data", &bytes);
        let (text, checksum) = manifest("Bucket, Key", &[]);
        let manifest = Manifest::read(text.as_bytes(), Some(checksum.as_bytes()));
        let manifest = Arc::new(manifest.expect("a manifest"));
        let file = File::open(path).expect("opens");
        let mut rows = Rows::open(&manifest, file, bytes.len() as u64).expect("opens");
        while let Ok(Some(_)) = rows.next(|line| line.row()) {}
    }
}
