//! A sandbox with objects, and a fleet that works on them.

use std::collections::{BTreeMap, BTreeSet};

use reseal_tests::{
    Fleet, Ministack, ReportRow, Running, Sandbox, Version, read_report, wait_until,
};
use serde_json::{Value, json};

pub(crate) const KMS: [&str; 4] = ["--sse", "aws:kms", "--kms-key", "alias/target"];
/// So slow that no machine ends a test's job before the test has looked at it,
/// however fast that machine, or however late the look.
pub(crate) const SLOWLY: [&str; 2] = ["--rate", "30"];
const GIB: u64 = 1 << 30;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) fleet: Fleet,
    pub(crate) target: String,
    buckets: Vec<&'static str>,
}

impl World {
    /// Objects in turn over the buckets, of which the first keeps versions;
    /// `large` more in it, to be copied in parts.
    pub(crate) fn new(buckets: &[&'static str], objects: usize, large: usize) -> Self {
        Self::with_lease(buckets, objects, large, "3")
    }

    pub(crate) fn with_lease(
        buckets: &[&'static str],
        objects: usize,
        large: usize,
        lease: &str,
    ) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(Fleet::FILES, None);
        for (index, bucket) in buckets.iter().enumerate() {
            sandbox.bucket(bucket, (index == 0).then_some("Enabled"));
        }
        let target = sandbox.key("alias/target");
        let plain = (0..objects).map(|n| {
            json!({ "bucket": buckets[n % buckets.len()], "key": format!("d{}/o{n:06}", n % 7),
                    "size": 100 + n, "encryption": if n % 3 == 0 { "NOT-SSE" } else { "SSE-S3" },
                    "tags": { "n": n.to_string() } })
        });
        let large = (0..large).map(|n| {
            json!({ "bucket": buckets[0], "key": format!("large/{n}"),
                    "size": 6 * GIB + n as u64, "encryption": "NOT-SSE" })
        });
        let all: Vec<Value> = plain.chain(large).collect();
        for batch in all.chunks(5_000) {
            sandbox.admin("objects", &json!(batch));
        }
        let fleet = Fleet::start(Ministack::start(), sandbox.url(), lease);
        Self { sandbox, fleet, target, buckets: buckets.to_vec() }
    }

    /// `submit` of all buckets, copies only: the action that could be repeated
    /// with harm.
    pub(crate) fn submit(&self, more: &[&str]) -> reseal_tests::Reseal {
        let sources: Vec<String> = self.buckets.iter().map(|b| format!("s3://{b}")).collect();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let words = [
            &["submit"],
            sources.as_slice(),
            &KMS,
            &["--strategy", "copy", "--yes", "--output", "json"],
            more,
        ];
        self.fleet.reseal(&words.concat())
    }

    /// Hands out and names the job.
    pub(crate) fn submitted(&self, more: &[&str]) -> String {
        let told = self.submit(more).run().expect_code(0).json();
        told["job"].as_str().expect("a job").to_owned()
    }

    /// Lifts the limit of a job that was submitted [`SLOWLY`], with the rest of
    /// its arguments as they were.
    pub(crate) fn hurry(&self, more: &[&str]) {
        let _ = self.submitted(&[&["--rate", "5000"], more].concat());
    }

    pub(crate) fn workers(&self, count: usize) -> Vec<Running> {
        (0..count).map(|_| self.fleet.start_worker()).collect()
    }

    pub(crate) fn settled(&self, job: &str) -> u64 {
        self.fleet.status(job)["settled"].as_u64().expect("a count")
    }

    pub(crate) fn wait_for_settled(&self, job: &str, count: u64) {
        wait_until(&format!("{count} objects settled"), || self.settled(job) >= count);
    }

    /// The report's rows, once its counts were found to add up.
    pub(crate) fn rows(&self, job: &str) -> Vec<ReportRow> {
        let file = self.fleet.scratch.path("report.csv");
        let file_name = file.to_str().expect("UTF-8");
        let _ = self.fleet.reseal(&["report", job, "--out", file_name]).run().expect_code(0);
        read_report(&file)
    }

    /// Every object settled once, at its target, with one new version at most;
    /// counters as the rows say; no upload left.
    pub(crate) fn everything_holds(&self, job: &str, objects: usize) {
        let rows = self.rows(job);
        let names: BTreeSet<_> = rows.iter().map(|row| (&row.bucket, &row.key)).collect();
        assert_eq!((rows.len(), names.len()), (objects, objects), "each object once");
        let totals = self.fleet.json(&["report", job, "--format", "json"]);
        assert_eq!(totals["contradictions"], json!([]), "{totals}");
        let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &rows {
            *counted.entry(row.outcome.as_str()).or_default() += 1;
            let fine = ["re-encrypted", "already-compliant"].contains(&row.outcome.as_str());
            assert!(fine, "{row:?}");
        }
        let counters = &self.fleet.status(job)["totals"];
        for (word, counter) in
            [("re-encrypted", "re_encrypted"), ("already-compliant", "already_compliant")]
        {
            let count = counted.get(word).copied().unwrap_or(0);
            assert_eq!(counters[counter], json!(count), "{counters}");
        }
        for bucket in &self.buckets {
            self.bucket_holds(bucket);
        }
    }

    fn bucket_holds(&self, bucket: &str) {
        let mut versions: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        for version in self.sandbox.dump(bucket) {
            versions.entry(version.key.clone()).or_default().push(version);
        }
        for (key, versions) in versions {
            assert!(versions.len() <= 2, "{bucket}/{key}: a version too many: {versions:?}");
            let latest = versions.iter().find(|version| version.is_latest).expect("a latest");
            assert_eq!(latest.kms_key.as_deref(), Some(self.target.as_str()), "{bucket}/{key}");
        }
        let url = format!("{}/{bucket}?uploads", self.sandbox.url());
        let listed = ureq::get(&url).call().expect("listed").body_mut().read_to_string();
        let listed = listed.expect("a body");
        assert!(!listed.contains("<UploadId>"), "an upload is left: {listed}");
    }
}
