//! A versioned bucket whose objects a job has copied, and somebody else who
//! writes to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use reseal_tests::{Ended, Proxy, ReportRow, Reseal, Sandbox, Scratch, Version, read_report};
use serde_json::{Value, json};

pub(crate) const BUCKET: &str = "purged";

/// A version by its key and id.
pub(crate) type Id = (String, String);

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) proxy: Proxy,
    pub(crate) scratch: Scratch,
    pub(crate) key: String,
}

/// A job that is over.
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) rows: BTreeMap<String, ReportRow>,
}

impl World {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, Some("Enabled"));
        let key = sandbox.key("alias/target");
        let proxy = Proxy::before(sandbox.url(), 1);
        Self { sandbox, proxy, scratch: Scratch::new("purge"), key }
    }

    /// With Object Lock.
    pub(crate) fn with_locks() -> Self {
        let world = Self::new();
        let document = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
        world.send(&format!("{BUCKET}?object-lock"), document);
        world
    }

    pub(crate) fn put(&self, key: &str) {
        self.object(json!({ "key": key, "size": 100 }));
    }

    pub(crate) fn puts(&self, prefix: &str, count: u32) {
        let objects = (0..count).map(|n| {
            json!({ "bucket": BUCKET, "key": format!("{prefix}{n:04}"), "size": 100 + n,
                    "encryption": "SSE-S3" })
        });
        self.sandbox.admin("objects", &Value::Array(objects.collect()));
    }

    pub(crate) fn object(&self, mut object: Value) {
        for (name, value) in [("bucket", json!(BUCKET)), ("encryption", json!("SSE-S3"))] {
            if object.get(name).is_none() {
                object[name] = value;
            }
        }
        self.sandbox.admin("objects", &object);
    }

    /// Runs a job that copies, and reads its report.
    pub(crate) fn job(&self, arguments: &[&str]) -> Job {
        let ended = self.run(&[BUCKET], &["--strategy", "copy"], arguments);
        let id = ended.json()["job"].as_str().expect("a job").to_owned();
        let rows = read_report(&ended.report());
        Job { id, rows: rows.into_iter().map(|row| (row.key.clone(), row)).collect() }
    }

    /// A run that ends with 0 or 3.
    pub(crate) fn run(&self, buckets: &[&str], strategy: &[&str], arguments: &[&str]) -> Ended {
        let ended = Reseal::without_endpoint("run")
            .args(["--endpoint-url", self.proxy.url()])
            .args(buckets.iter().map(|bucket| format!("s3://{bucket}")))
            .args(["--sse", "aws:kms", "--kms-key", "alias/target", "--yes", "--output", "json"])
            .args(strategy)
            .args(arguments)
            .state(self.scratch.folder())
            .run();
        assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
        ended
    }

    /// `purge JOB` with these arguments: the endpoint is the job's.
    pub(crate) fn command(&self, job: &str, arguments: &[&str]) -> Reseal {
        Reseal::without_endpoint("purge")
            .args([job, "--output", "json"])
            .args(arguments)
            .state(self.scratch.folder())
    }

    pub(crate) fn purge(&self, job: &Job, arguments: &[&str]) -> Ended {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--yes"]).collect();
        self.command(&job.id, &arguments).run()
    }

    pub(crate) fn versions(&self) -> BTreeMap<Id, Version> {
        let all = self.sandbox.dump(BUCKET).into_iter();
        all.map(|version| ((version.key.clone(), version.version_id.clone()), version)).collect()
    }

    /// Versions that were deleted since, and demands that all others are as
    /// they were.
    pub(crate) fn deleted_since(&self, before: &BTreeMap<Id, Version>) -> BTreeSet<Id> {
        let now = self.versions();
        assert!(now.keys().all(|id| before.contains_key(id)), "something was made");
        for (id, version) in &now {
            assert_eq!(*version, before[id]);
        }
        before.keys().filter(|id| !now.contains_key(*id)).cloned().collect()
    }

    pub(crate) fn deletes(&self) -> u64 {
        self.sandbox.requests().get("DeleteObject").copied().unwrap_or(0)
    }

    /// PUT, as somebody else.
    pub(crate) fn send(&self, path: &str, body: &str) {
        ureq::put(&format!("{}/{path}", self.sandbox.url())).send(body).expect("taken");
    }

    /// DELETE, as somebody else.
    pub(crate) fn delete(&self, path: &str) {
        ureq::delete(&format!("{}/{path}", self.sandbox.url())).call().expect("deleted");
    }

    pub(crate) fn file(&self, name: &str) -> (PathBuf, String) {
        let path = self.scratch.path(name);
        let text = path.to_str().expect("UTF-8").to_owned();
        (path, text)
    }
}

impl Job {
    /// The versions that its copies superseded, by its report.
    pub(crate) fn superseded(&self) -> BTreeSet<Id> {
        let copied = self.rows.values().filter(|row| row.outcome == "re-encrypted");
        copied.map(|row| (row.key.clone(), row.before_version.clone())).collect()
    }

    /// Where the old version of a key is.
    pub(crate) fn old(&self, key: &str, query: &str) -> String {
        let query = if query.is_empty() { String::new() } else { format!("{query}&") };
        format!("{BUCKET}/{key}?{query}versionId={}", self.rows[key].before_version)
    }

    /// Where the version is that it made of a key.
    pub(crate) fn made(&self, key: &str) -> String {
        format!("{BUCKET}/{key}?versionId={}", self.rows[key].after_version)
    }
}

pub(crate) fn count(ended: &Ended, pointer: &str) -> u64 {
    ended.json().pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// The rows of `--out`: what became of each key.
pub(crate) fn fates(path: &std::path::Path) -> BTreeMap<String, String> {
    let mut reader = csv::Reader::from_path(path).expect("a file");
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        (row[2].to_owned(), row[0].to_owned())
    });
    rows.collect()
}
