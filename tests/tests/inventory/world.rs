//! A sandbox with a bucket to be reported on, and a writer of reports.

use std::path::{Path, PathBuf};

use reseal_tests::{Ended, Reseal, Sandbox, Scratch, Version};
pub(crate) use reseal_tests::{
    INVENTORY_DESTINATION as DESTINATION, INVENTORY_SOURCE as BUCKET, InventoryReport as Report,
};
use serde_json::json;

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
        report.write(&self.scratch).manifest
    }

    /// Writes a report and uploads it; its manifest's address.
    pub(crate) fn deliver(&self, report: &Report) -> String {
        let written = report.write(&self.scratch);
        for (key, bytes) in written.objects() {
            self.put(&format!("{DESTINATION}/{key}"), &bytes);
        }
        written.address()
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

/// As an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
