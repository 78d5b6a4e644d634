//! A sandbox with a bucket to be reported on, and a writer of reports.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use reseal_tests::{Ended, Reseal, Sandbox, Scratch, Version, workspace};
use serde_json::{Value, json};

/// The bucket that reports are about.
pub(crate) const BUCKET: &str = "stock";
/// The bucket that they are delivered to.
pub(crate) const DESTINATION: &str = "reports";
/// What the sandbox's clock can't have reached yet or has long passed: the
/// time of a report plays no part.
const CREATED: u64 = 1_795_294_380_000;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) scratch: Scratch,
}

impl World {
    pub(crate) fn new(label: &str) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, None);
        sandbox.bucket(DESTINATION, None);
        let _ = sandbox.key("alias/target");
        Self { sandbox, scratch: Scratch::new(label) }
    }

    pub(crate) fn objects(&self, keys: &[&str]) {
        for key in keys {
            let body = json!({ "bucket": BUCKET, "key": key, "text": format!("of {key}") });
            self.sandbox.admin("objects", &body);
        }
    }

    /// From now on writes make versions; what is there gets the version `null`.
    pub(crate) fn enable_versioning(&self) {
        let body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        self.put(&format!("{BUCKET}?versioning"), body.as_bytes());
    }

    fn put(&self, path: &str, body: &[u8]) {
        let url = format!("{}/{path}", self.sandbox.url());
        ureq::put(&url).send(body).unwrap_or_else(|error| panic!("PUT {url}: {error}"));
    }

    /// Writes a report into the scratch folder; its manifest.
    pub(crate) fn write(&self, report: &Report) -> PathBuf {
        let folder = self.scratch.path(&format!("bucket-{}", report.name));
        report.write(&folder)
    }

    /// Writes a report and uploads it; its manifest's address.
    pub(crate) fn deliver(&self, report: &Report) -> String {
        let manifest = self.write(report);
        let config = manifest.parent().and_then(Path::parent).expect("S3's layout");
        let root = self.scratch.path(&format!("bucket-{}", report.name));
        for folder in ["data", "2026-11-20T01-00Z"] {
            for file in std::fs::read_dir(config.join(folder)).expect("a folder") {
                let path = file.expect("a file").path();
                let key = path.strip_prefix(&root).expect("below it").display().to_string();
                self.put(&format!("{DESTINATION}/{key}"), &std::fs::read(&path).expect("bytes"));
            }
        }
        let key = manifest.strip_prefix(&root).expect("below it");
        format!("s3://{DESTINATION}/{}", key.display())
    }

    pub(crate) fn run(&self, manifest: &str, more: &[&str]) -> Ended {
        self.command(manifest, more).run()
    }

    pub(crate) fn command(&self, manifest: &str, more: &[&str]) -> Reseal {
        Reseal::new("run", &self.sandbox)
            .args(["--manifest", manifest, "--sse", "aws:kms", "--kms-key", "alias/target"])
            .args(["--yes", "--output", "json"])
            .args(more)
            .state(&self.scratch.path("state"))
    }

    /// Demands exit code 2, one line with these words, and that nothing was
    /// changed, not even by a probe.
    pub(crate) fn refuses(&self, manifest: &str, more: &[&str], words: &[&str]) {
        let before = self.sandbox.mutations();
        let ended = self.run(manifest, more).expect_code(2);
        let line = ended.stderr.trim_end();
        assert_eq!(line.lines().count(), 1, "{line}");
        for word in words {
            assert!(line.contains(word), "no '{word}' in {line}");
        }
        assert_eq!(self.sandbox.mutations(), before, "{line}");
    }

    pub(crate) fn find(&self, key: &str) -> Version {
        let found = self.sandbox.dump(BUCKET).into_iter().find(|v| v.key == key && v.is_latest);
        found.unwrap_or_else(|| panic!("no {key:?}"))
    }
}

/// A report in the making.
#[derive(Clone)]
pub(crate) struct Report {
    name: String,
    spec: Value,
}

impl Report {
    /// With these columns, and no file yet.
    pub(crate) fn new(name: &str, schema: &[&str]) -> Self {
        let spec = json!({
            "bucket": BUCKET, "destination": DESTINATION, "prefix": "daily/all",
            "config": "everything", "date": "2026-11-20T01-00Z", "created": CREATED,
            "format": "CSV", "schema": schema, "files": [],
        });
        Self { name: name.to_owned(), spec }
    }

    /// One file with a row for each key.
    pub(crate) fn of_keys(name: &str, keys: &[&str]) -> Self {
        let rows = keys.iter().map(|key| json!({ "Key": key }));
        Self::new(name, &["Bucket", "Key"]).rows(rows)
    }

    /// Another file, with these rows.
    pub(crate) fn rows(self, rows: impl IntoIterator<Item = Value>) -> Self {
        let rows: Vec<Value> = rows.into_iter().collect();
        self.file(json!({ "rows": rows }))
    }

    /// Another file, in the writer's words.
    pub(crate) fn file(mut self, file: impl Into<Value>) -> Self {
        self.spec["files"].as_array_mut().expect("files").push(file.into());
        self
    }

    /// Whatever else it shall say.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.spec[name] = value.into();
        self
    }

    fn write(&self, folder: &Path) -> PathBuf {
        let mut spec = self.spec.clone();
        spec["folder"] = folder.to_str().expect("UTF-8").into();
        let mut python = Command::new("python3")
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
        PathBuf::from(String::from_utf8(output.stdout).expect("UTF-8").trim())
    }
}

/// As an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
