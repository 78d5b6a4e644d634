//! A sandbox behind the proxy, a bucket in it, and what must be true of both
//! whatever happened on the way.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use reseal_tests::{
    Ended, Proxy, ReportRow, Reseal, Sandbox, Scratch, Version, read_report, wait_until,
};
use serde_json::{Value, json};

use crate::somebody::Somebody;

pub(crate) const BUCKET: &str = "data";
pub(crate) const GIB: u64 = 1 << 30;
/// Objects in flight.
pub(crate) const CONCURRENCY: u64 = 8;

type Versions = BTreeMap<String, Vec<Version>>;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) proxy: Proxy,
    pub(crate) scratch: Scratch,
    /// The target key's ARN.
    pub(crate) key: String,
    before: OnceCell<Versions>,
}

/// What a run left behind, checked as far as it is the same for all tests.
pub(crate) struct Settled {
    pub(crate) rows: BTreeMap<String, ReportRow>,
    pub(crate) now: Versions,
}

impl World {
    /// With a bucket that keeps versions, where one too many would show.
    pub(crate) fn new(label: &str) -> Self {
        Self::with_versioning(label, Some("Enabled"))
    }

    pub(crate) fn with_versioning(label: &str, versioning: Option<&str>) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, versioning);
        let _ = sandbox.key("alias/old");
        let key = sandbox.key("alias/target");
        let proxy = Proxy::before(sandbox.url(), 1);
        Self { sandbox, proxy, scratch: Scratch::new(label), key, before: OnceCell::new() }
    }

    /// So many small objects below a prefix, with everything that must stay.
    pub(crate) fn objects(self, prefix: &str, count: u64) -> Self {
        let encryptions = ["NOT-SSE", "SSE-S3", "SSE-KMS"];
        let objects = (0..count).map(|n| {
            let mut seed = json!({
                "bucket": BUCKET, "key": format!("{prefix}{n:03}"), "size": 100 + n,
                "encryption": encryptions[n as usize % 3],
                "storageClass": if n % 2 == 0 { "STANDARD_IA" } else { "STANDARD" },
                "metadata": { "n": n.to_string(), "note": "a b=c, d" },
                "headers": { "content-type": "text/plain", "cache-control": "max-age=60" },
                "tags": { "team": "a b", "n": n.to_string() },
            });
            if n % 3 == 2 {
                seed["kmsKey"] = "alias/old".into();
            }
            seed
        });
        self.sandbox.admin("objects", &Value::Array(objects.collect()));
        self
    }

    /// An object that only a copy in parts can do, with the same.
    pub(crate) fn large(self, key: &str) -> Self {
        self.object(json!({ "key": key, "size": 6 * GIB + 1 }))
    }

    /// One object, in the sandbox's words.
    pub(crate) fn object(self, mut seed: Value) -> Self {
        let defaults = json!({
            "bucket": BUCKET, "encryption": "NOT-SSE", "tags": { "team": "a b" },
            "metadata": { "note": "a b=c, d" }, "headers": { "content-language": "de" },
        });
        for (name, value) in defaults.as_object().expect("an object") {
            if seed.get(name).is_none() {
                seed[name] = value.clone();
            }
        }
        self.sandbox.admin("objects", &seed);
        self
    }

    /// Somebody else, who writes to the same bucket and not through the proxy.
    pub(crate) fn somebody(&self) -> Somebody {
        Somebody::new(self.sandbox.url(), BUCKET)
    }

    /// `run` through the proxy. Copies, unless the arguments say otherwise: the
    /// action that could be repeated with harm.
    pub(crate) fn command(&self, arguments: &[&str]) -> Reseal {
        self.command_at(self.proxy.url(), arguments)
    }

    /// The same without the proxy.
    pub(crate) fn command_at(&self, endpoint: &str, arguments: &[&str]) -> Reseal {
        self.before();
        let in_flight = CONCURRENCY.to_string();
        let defaults = [["--strategy", "copy"], ["--concurrency", &in_flight]];
        let unsaid = defaults.iter().filter(|[name, _]| !arguments.contains(name));
        Reseal::without_endpoint("run")
            .args(["--endpoint-url", endpoint, &format!("s3://{BUCKET}")])
            .args(["--sse", "aws:kms", "--kms-key", "alias/target", "--yes", "--output", "json"])
            .args(unsaid.flatten())
            .args(arguments)
            .state(self.scratch.folder())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).run()
    }

    /// What was there when the first run began.
    pub(crate) fn before(&self) -> &Versions {
        self.before.get_or_init(|| self.versions())
    }

    pub(crate) fn versions(&self) -> Versions {
        let mut versions = Versions::new();
        for version in self.sandbox.dump(BUCKET) {
            versions.entry(version.key.clone()).or_default().push(version);
        }
        versions
    }

    pub(crate) fn is_at_target(&self, version: &Version) -> bool {
        version.encryption.as_deref() == Some("SSE-KMS")
            && version.kms_key.as_deref() == Some(&self.key)
            && version.bucket_key == Some(true)
    }

    /// What must be true after any run that ended: every object in exactly one
    /// outcome (I3, I4), the outcome true (I6), at most one new version each
    /// (I5), all else as before (I1), no upload left (I7). Nothing is said of
    /// the objects that somebody else wrote to meanwhile: their tests do that.
    pub(crate) fn settled(&self, ended: &Ended, others_wrote: &[&str]) -> Settled {
        let settled = self.settled_but_for_uploads(ended, others_wrote);
        // An aborted upload's request may have been dropped with its run.
        wait_until("no unfinished upload", || self.somebody().uploads().is_empty());
        settled
    }

    /// The same where an upload's id was lost with the reply: nobody can know
    /// of it, and it has no part.
    pub(crate) fn settled_but_for_uploads(&self, ended: &Ended, others_wrote: &[&str]) -> Settled {
        assert_eq!(ended.json()["adds_up"], true, "{}", ended.stdout);
        let reported = read_report(&ended.report());
        let count = reported.len();
        let rows: BTreeMap<_, _> = reported.into_iter().map(|row| (row.key.clone(), row)).collect();
        assert_eq!(rows.len(), count, "an object has two rows");
        assert!(rows.keys().eq(self.before().keys()), "the report's objects aren't the bucket's");
        totals_agree(&ended.json()["totals"]["overall"], &rows);
        let now = self.versions();
        let untouched = |row: &&ReportRow| !others_wrote.contains(&row.key.as_str());
        for row in rows.values().filter(untouched) {
            self.is_true(row, &self.before()[&row.key], &now[&row.key]);
        }
        Settled { rows, now }
    }

    fn is_true(&self, row: &ReportRow, before: &[Version], now: &[Version]) {
        assert_eq!(before[0].content(), now[0].content(), "{row:?}");
        assert!(self.contents_written(&row.key) <= 1, "{row:?}: {now:#?}");
        let new = now.len() - before.len();
        assert!(new <= 1, "{row:?}: {now:#?}");
        if new == 1 {
            let old = Version { is_latest: true, ..now[1].clone() };
            assert_eq!((&before[0], &before[1..]), (&old, &now[2..]), "{row:?}");
        }
        match row.outcome.as_str() {
            "re-encrypted" | "already-compliant" => {
                assert!(self.is_at_target(&now[0]), "{row:?}: {:?}", now[0]);
            }
            _ => assert_eq!(before, now, "{row:?}"),
        }
    }

    /// How often the server said that it had written this object's content.
    fn contents_written(&self, key: &str) -> usize {
        let writes = ["CopyObject", "CompleteMultipartUpload"];
        let log = self.proxy.log();
        let done = log.iter().filter(|entry| entry.call.key.as_deref() == Some(key));
        done.filter(|e| writes.contains(&e.call.operation) && e.status == Some(200)).count()
    }
}

impl Settled {
    /// How many objects ended so: an outcome, or the reason of a skip or a failure.
    pub(crate) fn count(&self, word: &str) -> usize {
        self.rows.values().filter(|row| row.outcome == word || row.reason == word).count()
    }

    pub(crate) fn all_are(&self, outcome: &str) {
        let others: Vec<_> = self.rows.values().filter(|row| row.outcome != outcome).collect();
        assert!(others.is_empty(), "not {outcome}: {others:#?}");
    }

    /// Outcome and reason of one object.
    pub(crate) fn fate(&self, key: &str) -> (&str, &str) {
        let row = &self.rows[key];
        (row.outcome.as_str(), row.reason.as_str())
    }
}

fn totals_agree(total: &Value, rows: &BTreeMap<String, ReportRow>) {
    let count = |outcome: &str| rows.values().filter(|row| row.outcome == outcome).count();
    let sum = |field: &str| {
        let reasons = total[field].as_object().expect("reasons").values();
        reasons.filter_map(Value::as_u64).sum::<u64>()
    };
    assert_eq!(total["re_encrypted"], count("re-encrypted"), "{total}");
    assert_eq!(total["already_compliant"], count("already-compliant"), "{total}");
    assert_eq!(sum("skipped"), count("skipped") as u64, "{total}");
    assert_eq!(sum("failed"), count("failed") as u64, "{total}");
}
