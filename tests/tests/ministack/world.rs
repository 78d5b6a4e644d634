//! A ministack with keys, buckets and objects, and what a run may do to them.

use std::collections::BTreeMap;

use reseal_tests::{Ended, Ministack, ReportRow, Request, Reseal, Scratch, Seen, read_report};
use serde_json::{Value, json};

pub(crate) const PLAIN: &str = "plain";
pub(crate) const VERSIONED: &str = "versioned";
pub(crate) const BUCKETS: [&str; 2] = [PLAIN, VERSIONED];

const OLD: &str = "alias/old";
pub(crate) const TARGET: &str = "alias/target";

/// Keys that have tripped somebody up before. The first lot can stand in XML.
pub(crate) const HOSTILE: [&str; 24] = [
    "a b",
    " lead",
    "a+b",
    "100%",
    "a%2Fb",
    "k?versionId=null",
    "k?x=1&y=2",
    "k#frag",
    "é",
    "e\u{301}",
    "日本語",
    "😀/🎉",
    "=1+1",
    "'quoted'",
    "\"q\"",
    "<x>&amp;",
    "back\\slash",
    "trailing/",
    "a//b",
    "/leading",
    "a,b;c",
    "-dash",
    "@at",
    "{a}[b]^`|~*!()",
];
pub(crate) const UNSPEAKABLE: [&str; 6] =
    ["tab\there", "line\nfeed", "cr\rlf", "\u{1}control", "\u{7f}", "\u{feff}bom"];

/// A target as the command line says it, and as botocore then sees it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) arguments: Vec<String>,
    pub(crate) encryption: &'static str,
    pub(crate) kms_key: Option<String>,
}

impl Target {
    pub(crate) fn is_met_by(&self, seen: &Seen) -> bool {
        seen.is_under(self.encryption, self.kms_key.as_deref())
    }
}

pub(crate) struct World {
    pub(crate) ministack: Ministack,
    pub(crate) scratch: Scratch,
    keys: Value,
    /// Writes that seeding took.
    seeded: usize,
}

/// A version, with everything that a run has to keep.
pub(crate) fn object(bucket: &str, key: &str, n: usize, encryption: &str) -> Value {
    let classes = ["STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING"];
    let mut put = json!({ "StorageClass": classes[n % classes.len()] });
    if !n.is_multiple_of(4) {
        put["Metadata"] = json!({ "n": n.to_string(), "note": "a b=c, d" });
        put["Tagging"] = format!("n={n}&path=a%2Fb%20c&empty=").into();
    }
    if !n.is_multiple_of(5) {
        put["ContentType"] = "text/plain; charset=utf-8".into();
        put["ContentEncoding"] = "gzip".into();
        put["ContentLanguage"] = "de, en".into();
        put["ContentDisposition"] = "attachment; filename=\"a b.txt\"".into();
        put["CacheControl"] = "max-age=60, private".into();
        put["Expires"] = "Wed, 21 Oct 2037 07:28:00 GMT".into();
    }
    let body = format!("{bucket}/{key}/{n}\n").repeat(n % 7 * 100);
    json!({ "bucket": bucket, "key": key, "body": body, "encryption": encryption, "put": put })
}

/// So many objects under these encryptions, in turn.
pub(crate) fn objects(bucket: &str, count: usize, encryptions: &[&str]) -> Vec<Value> {
    let name = |n: usize| format!("d{}/o{n:04}", n % 3);
    (0..count).map(|n| object(bucket, &name(n), n, encryptions[n % encryptions.len()])).collect()
}

/// Everything that could be there, the target included.
pub(crate) const EVERY_ENCRYPTION: [&str; 4] = ["NOT-SSE", "SSE-S3", OLD, TARGET];
/// What UpdateObjectEncryption is documented to take.
pub(crate) const UPDATABLE: [&str; 2] = ["SSE-S3", OLD];

impl World {
    /// The two buckets, with these objects in them.
    pub(crate) fn new(objects: &[Value]) -> Self {
        let versioned = json!({ "name": VERSIONED, "versioning": true });
        Self::with_buckets(&json!([{ "name": PLAIN }, versioned]), objects)
    }

    pub(crate) fn with_buckets(buckets: &Value, objects: &[Value]) -> Self {
        Self::on(Ministack::start(), buckets, objects)
    }

    pub(crate) fn on(ministack: Ministack, buckets: &Value, objects: &[Value]) -> Self {
        let world = json!({ "keys": [OLD, TARGET], "buckets": buckets, "objects": objects });
        let keys = ministack.seed(&world);
        let seeded = ministack.writes().len();
        Self { ministack, scratch: Scratch::new("on-ministack"), keys, seeded }
    }

    pub(crate) fn kms(&self) -> Target {
        Target {
            arguments: ["--sse", "aws:kms", "--kms-key", TARGET].map(str::to_owned).to_vec(),
            encryption: "SSE-KMS",
            kms_key: self.keys[TARGET].as_str().map(str::to_owned),
        }
    }

    pub(crate) fn sse_s3() -> Target {
        let arguments = ["--sse", "AES256"].map(str::to_owned).to_vec();
        Target { arguments, encryption: "SSE-S3", kms_key: None }
    }

    /// A subcommand on these buckets.
    pub(crate) fn reseal(&self, subcommand: &str, buckets: &[&str], target: &Target) -> Reseal {
        Reseal::without_endpoint(subcommand)
            .args(buckets.iter().map(|bucket| format!("s3://{bucket}")))
            .args(&target.arguments)
            .args(["--endpoint-url", self.ministack.url(), "--output", "json"])
            .state(self.scratch.folder())
    }

    /// `run --yes`, with more arguments.
    pub(crate) fn run(&self, buckets: &[&str], target: &Target, arguments: &[&str]) -> Ended {
        self.reseal("run", buckets, target).args(["--yes"]).args(arguments).run()
    }

    pub(crate) fn see(&self) -> Vec<Seen> {
        self.ministack.see(&BUCKETS)
    }

    /// Writes since the world was seeded.
    pub(crate) fn writes(&self) -> Vec<Request> {
        self.ministack.writes().split_off(self.seeded)
    }

    /// Writes since then to anything but the probe's scratch objects.
    pub(crate) fn writes_to_objects(&self) -> Vec<Request> {
        let mut writes = self.writes();
        writes.retain(|request| !is_scratch(request));
        writes
    }

    /// Demands that the probe was at work in all these buckets, and that
    /// nobody wrote anything but its scratch objects.
    pub(crate) fn only_scratch_was_written(&self, buckets: &[&str]) {
        let scratch: Vec<_> = self.writes().into_iter().filter(is_scratch).collect();
        for bucket in buckets {
            let folder = format!("/{bucket}/");
            assert!(scratch.iter().any(|w| w.path.starts_with(&folder)), "{bucket}: no probe");
        }
        assert_eq!(self.writes_to_objects(), [], "written outside .reseal-probe/");
    }
}

fn is_scratch(request: &Request) -> bool {
    let mut parts = request.path.splitn(4, '/');
    parts.nth(2) == Some(".reseal-probe") && parts.next().is_some_and(|rest| !rest.is_empty())
}

/// Versions by bucket and key, newest first as listed.
pub(crate) fn by_place(seen: &[Seen]) -> BTreeMap<(String, String), Vec<&Seen>> {
    let mut places: BTreeMap<_, Vec<&Seen>> = BTreeMap::new();
    for version in seen {
        places.entry(version.place()).or_default().push(version);
    }
    places
}

/// What readers of each key get.
pub(crate) fn current(seen: &[Seen]) -> BTreeMap<(String, String), &Seen> {
    let live = seen.iter().filter(|version| version.is_latest && !version.is_delete_marker);
    live.map(|version| (version.place(), version)).collect()
}

/// Demands that a run brought every object to the target, kept all else, and
/// reports exactly that.
pub(crate) fn all_are_at_target(ended: &Ended, target: &Target, before: &[Seen], after: &[Seen]) {
    let rows = read_report(&ended.report());
    let (was, is) = (current(before), current(after));
    assert!(was.keys().eq(is.keys()), "an object came or went");
    for (old, new) in was.values().zip(is.values()) {
        assert!(target.is_met_by(new), "not at the target: {new:?}");
        assert_eq!(old.content(), new.content(), "{:?}", new.place());
        if target.is_met_by(old) {
            assert_eq!(old, new, "was compliant, and was written all the same");
        }
    }
    every_object_has_its_row(&rows, &was);
    for row in &rows {
        let place = (row.bucket.clone(), row.key.clone());
        row_agrees(row, target, was[&place], is[&place]);
    }
    totals_agree(&ended.json()["totals"]["overall"], &rows);
}

fn every_object_has_its_row(rows: &[ReportRow], was: &BTreeMap<(String, String), &Seen>) {
    let mut reported: Vec<_> = rows.iter().map(|r| (r.bucket.clone(), r.key.clone())).collect();
    reported.sort();
    assert!(reported.iter().eq(was.keys()), "the report's objects aren't the buckets'");
}

fn row_agrees(row: &ReportRow, target: &Target, was: &Seen, is: &Seen) {
    assert_eq!(Some(&row.before_encryption), was.encryption.as_ref(), "{row:?}");
    if target.is_met_by(was) {
        assert_eq!(row.outcome, "already-compliant", "{row:?}");
        return;
    }
    assert_eq!((row.outcome.as_str(), row.action.as_str()), ("re-encrypted", "copy"), "{row:?}");
    assert_eq!(row.after_encryption, target.encryption, "{row:?}");
    assert_eq!(row.after_key, target.kms_key.clone().unwrap_or_default(), "{row:?}");
    // Of what was there before versioning, ministack's HEAD names no version.
    let named = |seen: &Seen| Some(seen.version.clone()).filter(|id| id != "null");
    assert_eq!(row.before_version, named(was).unwrap_or_default(), "{row:?}");
    assert_eq!(row.after_version, named(is).unwrap_or_default(), "{row:?}");
}

fn totals_agree(total: &Value, rows: &[ReportRow]) {
    let count = |outcome: &str| rows.iter().filter(|row| row.outcome == outcome).count();
    assert_eq!(total["re_encrypted"], count("re-encrypted"), "{total}");
    assert_eq!(total["already_compliant"], count("already-compliant"), "{total}");
    assert_eq!((&total["skipped"], &total["failed"]), (&json!({}), &json!({})), "{total}");
}
