//! A thousand objects, and somebody else who overwrites, deletes and retags
//! them at random during a real run: at any moment, and most eagerly just after
//! `reseal` looked or just before it writes. Nothing of theirs is lost, nothing
//! deleted comes back, every object has one outcome.
//!
//! `RESEAL_NEMESIS_SEEDS=100..200` for a longer campaign. The cousin on virtual
//! time is in `tests/engine`.

mod nemesis;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nemesis::{BUCKET, Left, Nemesis, tags_of};
use reseal_tests::{
    Ended, Proxy, ReportRow, Reseal, Sandbox, Scratch, Version, read_report, wait_until,
};
use serde_json::{Value, json};

/// One page of a listing: all of them are taken in before anybody is disturbed.
const OBJECTS: usize = 1_000;
/// Of these, copied in parts.
const LARGE: usize = 6;
const SEEDS: Range<u64> = 1..4;
const SEEDS_VARIABLE: &str = "RESEAL_NEMESIS_SEEDS";

type Versions = BTreeMap<String, Vec<Version>>;

fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var(SEEDS_VARIABLE) else { return SEEDS };
    let (first, end) = text.split_once("..").expect("such as 100..200");
    first.parse().expect("a number")..end.parse().expect("a number")
}

#[test]
fn where_old_versions_are_kept() {
    seeds().for_each(|seed| World::new(seed, Some("Enabled")).survives());
}

#[test]
fn where_no_versions_are_kept() {
    seeds().for_each(|seed| World::new(seed, None).survives());
}

struct World {
    seed: u64,
    is_versioned: bool,
    sandbox: Sandbox,
    proxy: Proxy,
    nemesis: Arc<Nemesis>,
    before: Versions,
}

fn key(n: usize) -> String {
    if n < LARGE { format!("large{n}") } else { format!("o{n:04}") }
}

fn seed_of(n: usize) -> Value {
    let size = if n < LARGE { (6 << 30) + n } else { 100 + n };
    let encryption = if n.is_multiple_of(2) { "NOT-SSE" } else { "SSE-S3" };
    json!({
        "bucket": BUCKET, "key": key(n), "size": size, "encryption": encryption,
        "metadata": { "by": "the owner" }, "tags": nemesis::first_tags(),
    })
}

impl World {
    fn new(seed: u64, versioning: Option<&str>) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, versioning);
        let _ = sandbox.key("alias/target");
        sandbox.admin("objects", &Value::Array((0..OBJECTS).map(seed_of).collect()));
        let proxy = Proxy::before(sandbox.url(), seed);
        let keys = (0..OBJECTS).map(key).collect();
        // Where no old version shows it, nothing can find tags that were
        // edited in the last instant of a copy in parts.
        let fixed_tags = if versioning.is_some() { "-" } else { "large" };
        let nemesis = Arc::new(Nemesis::new(sandbox.url(), keys, seed, fixed_tags));
        let before = versions(&sandbox);
        Self { seed, is_versioned: versioning.is_some(), sandbox, proxy, nemesis, before }
    }

    fn survives(&self) {
        let scratch = Scratch::new("nemesis");
        self.nemesis.lies_in_wait(&self.proxy);
        let ended = AtomicBool::new(false);
        let told = std::thread::scope(|scope| {
            scope.spawn(|| self.rage(&ended));
            let told = self.run(&scratch);
            ended.store(true, Ordering::Relaxed);
            told
        });
        self.everything_holds(&told);
    }

    /// Edits something whenever `reseal` has moved on, until it has ended.
    fn rage(&self, ended: &AtomicBool) {
        let mut seen = 0;
        loop {
            wait_until("something to disturb", || {
                ended.load(Ordering::Relaxed) || self.proxy.requests("HeadObject") > seen
            });
            if ended.load(Ordering::Relaxed) {
                return;
            }
            seen = self.proxy.requests("HeadObject");
            // The probe's looks come before the listing.
            if self.proxy.requests("ListObjectsV2") > 0 {
                self.nemesis.edit_any();
            }
        }
    }

    /// Every strategy, and the target that leaves ETags as they are, by seed.
    fn run(&self, scratch: &Scratch) -> Ended {
        let kms = ["--sse", "aws:kms", "--kms-key", "alias/target"];
        let arguments: &[&[&str]] = match self.seed % 3 {
            0 => &[&["--sse", "AES256"]],
            1 => &[&kms, &["--strategy", "copy"]],
            _ => &[&kms, &["--strategy", "auto"]],
        };
        Reseal::without_endpoint("run")
            .args(["--endpoint-url", self.proxy.url(), &format!("s3://{BUCKET}")])
            .args(arguments.concat())
            .args(["--concurrency", "16", "--chunk-rows", "200", "--yes", "--output", "json"])
            .state(scratch.folder())
            .run()
    }

    fn everything_holds(&self, ended: &Ended) {
        let seed = self.seed;
        assert!(matches!(ended.code, Some(0 | 3)), "seed {seed}: {ended:?}");
        assert_eq!(ended.json()["adds_up"], true, "seed {seed}");
        let reported = read_report(&ended.report());
        assert_eq!(reported.len(), OBJECTS, "seed {seed}");
        let rows: BTreeMap<_, _> = reported.into_iter().map(|row| (row.key.clone(), row)).collect();
        assert!(rows.keys().eq(self.before.keys()), "seed {seed}: an object has two outcomes");
        let now = versions(&self.sandbox);
        let empty = Vec::new();
        for (key, row) in &rows {
            let stack = now.get(key).unwrap_or(&empty);
            self.outcome_is_true(row, stack);
            match self.nemesis.left(key) {
                Some(left) => self.theirs_stands(row, &left, stack),
                None => self.is_as_before(row, stack),
            }
        }
        let uploads = self.nemesis.unfinished_uploads();
        assert_eq!(uploads, 0, "seed {seed}: uploads are left");
        self.was_no_walkover(&rows);
    }

    fn outcome_is_true(&self, row: &ReportRow, stack: &[Version]) {
        let said = (row.outcome.as_str(), row.reason.as_str());
        let seed = self.seed;
        match said {
            ("re-encrypted" | "already-compliant", _) => {}
            ("skipped", "gone" | "changed" | "too-young") => return,
            _ => panic!("seed {seed}: {row:?}"),
        }
        if self.is_versioned && row.outcome == "re-encrypted" {
            let made = stack.iter().find(|version| version.version_id == row.after_version);
            let made = made.unwrap_or_else(|| panic!("seed {seed}: {row:?}: {stack:#?}"));
            assert_eq!(made.encryption.as_deref(), Some(&*row.after_encryption), "seed {seed}");
        }
    }

    fn is_as_before(&self, row: &ReportRow, stack: &[Version]) {
        let (seed, before) = (self.seed, &self.before[&row.key]);
        assert!(row.outcome == "re-encrypted" || row.outcome == "already-compliant", "{row:?}");
        assert_eq!(stack[0].content(), before[0].content(), "seed {seed}: {row:?}");
        assert!(stack.len() <= before.len() + 1, "seed {seed}: {row:?}: {stack:#?}");
    }

    /// I2, and what was deleted stays so.
    fn theirs_stands(&self, row: &ReportRow, left: &Left, stack: &[Version]) {
        let context = format!("seed {}: {row:?}: {left:?}: {stack:#?}", self.seed);
        let live = stack.first().filter(|version| !version.is_delete_marker);
        assert_eq!(live.is_none(), left.is_deleted, "deleted or not: {context}");
        if let Some(live) = live {
            if let Some(text) = &left.text {
                assert_eq!(self.nemesis.get(&row.key).as_ref(), Some(text), "bytes: {context}");
            } else {
                let before = &self.before[&row.key][0];
                assert_eq!(live.fingerprint, before.fingerprint, "bytes: {context}");
            }
            let tags_stand = |version: &Version| tags_of(version) == left.tags;
            let said = row.drift == "true" && stack.iter().any(tags_stand);
            assert!(tags_stand(live) || said, "tags: {context}");
        }
        if self.is_versioned {
            for id in &left.written {
                let theirs = |v: &Version| v.rest.get("metadata").is_some_and(|m| m["id"] == **id);
                assert!(stack.iter().any(theirs), "version {id}: {context}");
            }
            // A copy in parts that others overwrite before it is looked at is
            // followed by one of what they wrote.
            let ours = stack.len() - self.before[&row.key].len() - left.versions;
            let most = if row.key.starts_with("large") { 1 + left.written.len() } else { 1 };
            assert!(ours <= most, "{ours} of ours: {context}");
        }
    }

    /// The worlds are wild enough to mean something.
    fn was_no_walkover(&self, rows: &BTreeMap<String, ReportRow>) {
        let log = self.proxy.log();
        let refused = log.iter().filter(|entry| entry.status == Some(412)).count();
        let gone = rows.values().filter(|row| row.reason == "gone").count();
        let edits = self.nemesis.edits();
        let drifted = rows.values().filter(|row| row.drift == "true").count();
        eprintln!(
            "seed {}: {edits} edits, {refused} refused, {gone} gone, {drifted} drifted",
            self.seed
        );
        assert!(edits > 150 && refused > 2 && gone > 5, "{edits} edits, {refused}, {gone}");
    }
}

fn versions(sandbox: &Sandbox) -> Versions {
    let mut versions = Versions::new();
    for version in sandbox.dump(BUCKET) {
        versions.entry(version.key.clone()).or_default().push(version);
    }
    versions
}
