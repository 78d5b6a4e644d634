//! A bucket of the sandbox, and objects as its dump shows them.

use std::collections::BTreeMap;

use reseal_tests::{Ended, ReportRow, Reseal, Sandbox, Scratch, Version, read_report};
use serde_json::{Value, json};

pub(crate) const BUCKET: &str = "kept";
pub(crate) const GIB: u64 = 1 << 30;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    scratch: Scratch,
    pub(crate) key: String,
    runs: std::cell::Cell<u32>,
}

/// All that encryption must not change.
const KEPT: &[&str] = &[
    "size",
    "storageClass",
    "headers",
    "metadata",
    "tags",
    "redirect",
    "retention",
    "legalHold",
    "owner",
    "grants",
    "annotations",
];

impl World {
    /// A bucket with this versioning and ownership.
    pub(crate) fn new(versioning: Option<&str>, ownership: &str) -> Self {
        let sandbox = Sandbox::start(&[]);
        let mut body = json!({ "name": BUCKET, "ownership": ownership });
        if let Some(versioning) = versioning {
            body["versioning"] = versioning.into();
        }
        sandbox.admin("buckets", &body);
        let key = sandbox.key("alias/target");
        let scratch = Scratch::new("preserved");
        Self { sandbox, scratch, key, runs: std::cell::Cell::new(0) }
    }

    /// A bucket with Object Lock on, and this default retention.
    pub(crate) fn with_locks(default: &str) -> Self {
        let world = Self::new(Some("Enabled"), "BucketOwnerEnforced");
        let url = format!("{}/{BUCKET}?object-lock", world.sandbox.url());
        let body = format!(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{default}</ObjectLockConfiguration>"
        );
        ureq::put(&url).send(body).expect("the sandbox takes it");
        world
    }

    pub(crate) fn put(&self, object: Value) {
        let mut object = object;
        object["bucket"] = BUCKET.into();
        self.sandbox.admin("objects", &object);
    }

    /// A run to SSE-KMS in a state folder of its own.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_to(&["--sse", "aws:kms", "--kms-key", &self.key], arguments)
    }

    pub(crate) fn run_to(&self, target: &[&str], arguments: &[&str]) -> Ended {
        self.runs.set(self.runs.get() + 1);
        Reseal::new("run", &self.sandbox)
            .args([&format!("s3://{BUCKET}"), "--yes", "--output", "json"])
            .args(target)
            .args(arguments)
            .state(&self.state())
            .run()
    }

    pub(crate) fn state(&self) -> std::path::PathBuf {
        self.scratch.folder().join(format!("run-{}", self.runs.get()))
    }

    /// The rows of the last run, by key.
    pub(crate) fn rows(&self, ended: &Ended) -> BTreeMap<String, ReportRow> {
        let result: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let report = result["report"].as_str().expect("a report");
        let rows = read_report(std::path::Path::new(report));
        rows.into_iter().map(|row| (row.key.clone(), row)).collect()
    }

    /// The outcome and the reason of each key.
    pub(crate) fn outcomes(&self, ended: &Ended) -> BTreeMap<String, String> {
        let word = |row: ReportRow| match row.reason.as_str() {
            "" => row.outcome,
            reason => format!("{}({reason})", row.outcome),
        };
        self.rows(ended).into_iter().map(|(key, row)| (key, word(row))).collect()
    }

    /// The versions of a key, the newest first.
    pub(crate) fn versions(&self, key: &str) -> Vec<Version> {
        self.sandbox.dump(BUCKET).into_iter().filter(|version| version.key == key).collect()
    }

    pub(crate) fn current(&self, key: &str) -> Version {
        self.versions(key).into_iter().find(|version| version.is_latest).expect("is there")
    }
}

/// What must be as before.
pub(crate) fn kept(version: &Version) -> BTreeMap<&'static str, Value> {
    let named = |name: &&'static str| Some((*name, version.rest.get(*name)?.clone()));
    let mut kept: BTreeMap<_, _> = KEPT.iter().filter_map(named).collect();
    kept.insert("fingerprint", json!(version.fingerprint));
    kept.insert("headers", json!(version.headers()));
    kept
}
