//! S3 Inventory reports, written by an independent writer.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::{Scratch, python_environment, workspace};

/// The bucket that reports are about, unless they say otherwise.
pub const INVENTORY_SOURCE: &str = "stock";
/// The bucket that they are delivered to, unless they say otherwise.
pub const INVENTORY_DESTINATION: &str = "reports";
/// What the server's clock can't have reached yet or has long passed: the
/// time of a report plays no part.
const CREATED: u64 = 1_795_294_380_000;
/// Writes ORC and Parquet.
pub(crate) const PYARROW: &str = "pyarrow==26.0.1";
const DATE: &str = "2026-11-20T01-00Z";

/// A report in the making.
#[derive(Clone, Debug)]
pub struct InventoryReport {
    name: String,
    spec: Value,
}

/// A report in a folder that stands for its destination bucket.
#[derive(Debug)]
pub struct WrittenReport {
    /// Its `manifest.json`.
    pub manifest: PathBuf,
    root: PathBuf,
    destination: String,
}

impl InventoryReport {
    /// With these columns, and no file yet.
    #[must_use]
    pub fn new(name: &str, schema: &[&str]) -> Self {
        let spec = json!({
            "bucket": INVENTORY_SOURCE, "destination": INVENTORY_DESTINATION,
            "prefix": "daily/all", "config": "everything", "date": DATE, "created": CREATED,
            "format": "CSV", "schema": schema, "files": [],
        });
        Self { name: name.to_owned(), spec }
    }

    /// In ORC or Parquet, as pyarrow writes it.
    #[must_use]
    pub fn in_format(self, format: &str) -> Self {
        self.with("format", format)
    }

    /// One file with a row for each key.
    #[must_use]
    pub fn of_keys(name: &str, keys: &[&str]) -> Self {
        let rows = keys.iter().map(|key| json!({ "Key": key }));
        Self::new(name, &["Bucket", "Key"]).rows(rows)
    }

    /// Another file, with these rows.
    #[must_use]
    pub fn rows(self, rows: impl IntoIterator<Item = Value>) -> Self {
        let rows: Vec<Value> = rows.into_iter().collect();
        self.file(json!({ "rows": rows }))
    }

    /// Another file, in the writer's words.
    ///
    /// # Panics
    /// Never: there always is a list of files.
    #[must_use]
    pub fn file(mut self, file: impl Into<Value>) -> Self {
        self.spec["files"].as_array_mut().expect("files").push(file.into());
        self
    }

    /// Whatever else it shall say, in the writer's words.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.spec[name] = value.into();
        self
    }

    /// Writes it below a test's folder.
    ///
    /// # Panics
    /// When Python 3 is missing or the writer fails.
    #[must_use]
    pub fn write(&self, scratch: &Scratch) -> WrittenReport {
        let root = scratch.path(&format!("bucket-{}", self.name));
        let mut spec = self.spec.clone();
        spec["folder"] = root.to_str().expect("UTF-8").into();
        let python = match spec["format"].as_str() {
            Some("ORC" | "Parquet") => python_environment("pyarrow", &[PYARROW]),
            _ => PathBuf::from("python3"),
        };
        let mut python = Command::new(python)
            .arg(workspace().join("tests/python/write_inventory.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs Python 3, to write reports with somebody else's code");
        let mut stdin = python.stdin.take().expect("a pipe");
        stdin.write_all(spec.to_string().as_bytes()).expect("python reads");
        drop(stdin);
        let output = python.wait_with_output().expect("python ends");
        assert!(output.status.success(), "the writer failed");
        let manifest = PathBuf::from(String::from_utf8(output.stdout).expect("UTF-8").trim());
        let destination = spec["destination"].as_str().expect("a bucket").to_owned();
        WrittenReport { manifest, root, destination }
    }
}

impl WrittenReport {
    /// All its objects: keys in the destination bucket, and bytes.
    ///
    /// # Panics
    /// When the files can't be read.
    #[must_use]
    pub fn objects(&self) -> Vec<(String, Vec<u8>)> {
        let dated = self.manifest.parent().expect("S3's layout");
        let data = dated.parent().expect("S3's layout").join("data");
        let files = [dated, data.as_path()].into_iter().filter_map(|f| std::fs::read_dir(f).ok());
        files
            .flatten()
            .map(|file| {
                let path = file.expect("a file").path();
                let bytes = std::fs::read(&path).expect("bytes");
                (self.key(&path), bytes)
            })
            .collect()
    }

    /// Where its manifest lies once all objects are there.
    #[must_use]
    pub fn address(&self) -> String {
        format!("s3://{}/{}", self.destination, self.key(&self.manifest))
    }

    fn key(&self, path: &std::path::Path) -> String {
        path.strip_prefix(&self.root).expect("below it").display().to_string()
    }
}
