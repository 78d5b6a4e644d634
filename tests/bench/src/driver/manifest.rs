//! An inventory report of the server's bucket, for a run that trusts it and so
//! makes one request an object. Written before the clock starts.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest as _, Md5};
use serde_json::json;

use super::server::ServerSettings;
use crate::server::inventory;

/// The data file, beside the manifest.
const DATA: &str = "data.csv.gz";

/// Writes the report into the folder; the path of its manifest.
pub(super) fn write(
    folder: &Path,
    bucket: &str,
    settings: &ServerSettings,
) -> anyhow::Result<PathBuf> {
    let data = folder.join(DATA);
    let mut rows = GzEncoder::new(BufWriter::new(File::create(&data)?), Compression::fast());
    for row in inventory::rows(bucket, settings.objects, settings.object_size) {
        rows.write_all(row.as_bytes())?;
    }
    rows.finish()?.flush()?;
    let bytes = fs::read(&data)?;
    let manifest = json!({
        "sourceBucket": bucket,
        "destinationBucket": format!("arn:aws:s3:::{bucket}-reports"),
        "version": "2016-11-30",
        "creationTimestamp": "1767225600000",
        "fileFormat": "CSV",
        "fileSchema": inventory::SCHEMA,
        "files": [{ "key": DATA, "size": bytes.len(), "MD5checksum": md5(&bytes) }],
    });
    let text = manifest.to_string();
    fs::write(folder.join("manifest.checksum"), md5(text.as_bytes()))?;
    let path = folder.join("manifest.json");
    fs::write(&path, text)?;
    Ok(path)
}

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
