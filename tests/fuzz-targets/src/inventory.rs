//! Inventory reports: the manifest, and the rows of a data file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest as _, Md5};
use reseal_coordinator::InventoryReport;
use reseal_core::{ChunkDigest, ChunkFile, ChunkId, Cursor, SourceSpec};

use crate::folder::Folder;
use crate::pulls::{pull_all, resumes_after_each, wait};

/// The data file that seeds may list: one row of bucket and key. As a file,
/// since its MD5 stands in the seeds, and compressors change.
const DATA: (&str, &[u8]) = ("data.csv.gz", include_bytes!("../data.csv.gz"));

/// The columns that a file of rows may have, picked by its first byte.
const SCHEMAS: [&str; 4] = [
    "Bucket, Key",
    "Key, Bucket, Size, ETag",
    "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, \
     StorageClass, IsMultipartUploaded, EncryptionStatus, BucketKeyStatus",
    "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, LastModifiedDate",
];

/// The same for Parquet. Seeds are written by `tests/python/write_columnar_seeds.py`.
const MESSAGES: [&str; 3] = [
    "message m { required binary bucket (UTF8); required binary key (UTF8); }",
    "message m { required binary key (UTF8); required binary bucket (UTF8); optional int64 size; \
     optional binary e_tag (UTF8); }",
    "message m { required binary bucket (UTF8); required binary key (UTF8); \
     optional binary version_id (UTF8); optional boolean is_latest; \
     optional boolean is_delete_marker; optional int64 size; optional int64 last_modified_date; }",
];

/// The same for ORC.
const STRUCTS: [&str; 3] = [
    "struct<bucket:string,key:string>",
    "struct<key:string,bucket:string,size:bigint,e_tag:string>",
    "struct<bucket:string,key:string,version_id:string,is_latest:boolean,\
     is_delete_marker:boolean,size:bigint,last_modified_date:timestamp>",
];

/// The bytes are manifest.json, with the data file beside it.
pub(crate) fn manifest(bytes: &[u8]) {
    let folder = Folder::new();
    let path = folder.write("manifest.json", bytes);
    let read = || wait(InventoryReport::on_disk(&path));
    assert!(read().is_err(), "without its checksum no report is whole");
    folder.write(DATA.0, DATA.1);
    let digest = md5(bytes);
    folder.write("manifest.checksum", format!("{}0", &digest[1..]).as_bytes());
    let vouched = digest == format!("{}0", &digest[1..]);
    assert!(vouched || read().is_err(), "with another's checksum no report is whole");
    folder.write("manifest.checksum", digest.as_bytes());
    let found = read();
    folder.write("manifest.checksum", format!("{}\n", digest.to_uppercase()).as_bytes());
    assert_eq!(read().is_ok(), found.is_ok(), "digits are digits");
    let Ok(report) = found else { return };
    assert!(!report.describe().is_empty());
    let SourceSpec::Inventory { digest, bucket, .. } = report.spec() else {
        panic!("a report is frozen as one");
    };
    assert_eq!(digest, ChunkDigest::of(bytes).as_str(), "the digest binds the manifest");
    assert_eq!(bucket, report.bucket());
    // What is taken is what another reader of JSON sees.
    let text: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
    assert_eq!(text["sourceBucket"], bucket.as_str());
    assert_eq!(text["version"], "2016-11-30");
    let format = text["fileFormat"].as_str().expect("a format");
    assert!(["CSV", "ORC", "Parquet"].contains(&format), "{format}");
    let listed = text["files"].as_array().expect("files");
    let bucket = bucket.clone();
    let rows = pull_all(&report.open(), &Cursor::default()).expect("what was checked is pulled");
    assert!(rows.len() <= listed.len(), "one row in each file");
    assert!(rows.iter().all(|pulled| pulled.bucket == bucket));
}

/// The first byte says which columns there are and whether the rest is packed
/// yet; the rest is the file.
pub(crate) fn rows(bytes: &[u8]) {
    let Some((head, bytes)) = bytes.split_first() else { return };
    let schema = SCHEMAS[usize::from(head & 3)];
    let folder = Folder::new();
    let packed = if head & 4 == 0 { gzip(bytes) } else { bytes.to_vec() };
    let _ = holds(&report_of(&folder, "CSV", schema, &packed));
}

/// The first byte says which columns there are; the rest is the file.
pub(crate) fn parquet(bytes: &[u8]) {
    let _ = columnar("Parquet", &MESSAGES, bytes);
}

/// As [`parquet`].
pub(crate) fn orc(bytes: &[u8]) {
    let _ = columnar("ORC", &STRUCTS, bytes);
}

fn columnar(format: &str, schemas: &[&str; 3], bytes: &[u8]) -> usize {
    let Some((head, bytes)) = bytes.split_first() else { return 0 };
    let folder = Folder::new();
    holds(&report_of(&folder, format, schemas[usize::from(*head) % schemas.len()], bytes))
}

/// What is verified is pulled whole, from any row on, and goes on as it is.
/// How many rows it was.
fn holds(manifest: &Path) -> usize {
    let report = match wait(InventoryReport::on_disk(manifest)) {
        Ok(report) => report,
        // Contained, but a bug all the same.
        Err(error) => {
            assert!(!error.to_string().contains("its decoder failed"), "{error}");
            return 0;
        }
    };
    let source = report.clone().open();
    let all = pull_all(&source, &Cursor::default()).expect("what was checked is pulled");
    resumes_after_each(&source, &all);
    resumes_after_each(&report.clone().open(), &all);
    // The next hop: a chunk file carries a report's rows as they are.
    for piece in all.chunks(1_000) {
        let rows = piece.iter().map(|pulled| pulled.row.clone()).collect();
        let (job, chunk) = ("job-1".parse().expect("an id"), ChunkId { source: 0, sequence: 0 });
        let file = ChunkFile { job, chunk, bucket: report.bucket().clone(), rows };
        let bytes = file.encode().expect("encodes");
        let again = ChunkFile::decode(&bytes, &ChunkDigest::of(&bytes));
        assert_eq!(again.expect("what we wrote is read"), file);
    }
    all.len()
}

/// A report of a single row.
pub(crate) fn one_row(folder: &Folder) -> PathBuf {
    report_of(folder, "CSV", SCHEMAS[0], DATA.1)
}

fn report_of(folder: &Folder, format: &str, schema: &str, packed: &[u8]) -> PathBuf {
    folder.write("rows", packed);
    let text = serde_json::json!({
        "sourceBucket": "stock", "destinationBucket": "arn:aws:s3:::reports",
        "version": "2016-11-30", "creationTimestamp": "1795294380000",
        "fileFormat": format, "fileSchema": schema,
        "files": [{ "key": "rows", "size": packed.len(), "MD5checksum": md5(packed) }],
    })
    .to_string();
    folder.write("manifest.checksum", md5(text.as_bytes()).as_bytes());
    folder.write("manifest.json", text.as_bytes())
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("compresses");
    encoder.finish().expect("compresses")
}

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target that takes none of its seeds would fuzz a refusal.
    #[test]
    fn every_columnar_seed_is_a_file_with_rows() {
        for (format, schemas) in [("Parquet", &MESSAGES), ("ORC", &STRUCTS)] {
            let folder = format!("seeds/inventory_{}", format.to_lowercase());
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            for seed in std::fs::read_dir(folder).expect("seeds") {
                let path = seed.expect("a seed").path();
                let bytes = std::fs::read(&path).expect("bytes");
                assert!(columnar(format, schemas, &bytes) >= 2, "{}", path.display());
            }
        }
    }
}
