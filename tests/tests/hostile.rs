//! Ten thousand keys that break careless tools, through each source, re-encrypted,
//! and back out of the report. Key files, inventories and reports are written
//! and read by Python's own csv, json and urllib.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use reseal_tests::{
    Ended, INVENTORY_DESTINATION, INVENTORY_SOURCE as BUCKET, InventoryReport, Reseal, Sandbox,
    Scratch, compare_parquet, read_report, workspace,
};
use serde_json::{Value, json};

const KEYS: usize = 10_000;
/// S3's limit, in bytes of UTF-8.
const LONGEST: usize = 1_024;
/// Every so manieth key is as long as a key can be.
const LONG_EVERY: usize = 25;

/// What keys are made of.
const PIECES: [&str; 58] = [
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\u{0}",
    "\u{1}",
    "\u{8}",
    "\u{b}",
    "\u{1b}[31m",
    "\u{1f}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{202e}",
    "\u{200d}",
    "\u{feff}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10ffff}",
    "%",
    "%2F",
    "%25",
    "%0A",
    "%zz",
    "%",
    "+",
    " ",
    "  ",
    "?",
    "?versionId=null",
    "?versionId=3/L4kqtJlcpXroDTDmpUMLUo",
    "?uploads",
    "&x=1",
    "#frag",
    "=",
    "=1+1",
    "@",
    "-",
    "'",
    "\"",
    "\"\"",
    ",",
    ";",
    "<x>&amp;</x>",
    "]]>",
    "\\",
    "/",
    "//",
    "../",
    "./",
    "..",
    "é",
    "e\u{301}",
    "A\u{30a}",
    "ﬁ",
    "🔐",
    "👩‍👩‍👧",
];
const PLAIN: [&str; 6] = ["a", "Z", "09", "_", ".txt", "雪"];

/// The same for the same seed, all different, none longer than S3 takes.
fn keys(seed: u64) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(seed);
    // Each piece alone, first and last.
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for piece in PIECES {
        keys.extend([piece.to_owned(), format!("{piece}x"), format!("x{piece}")]);
    }
    keys.retain(|key| !is_beyond_the_sdk(key));
    while keys.len() < KEYS {
        let pieces = random.usize(1..12);
        let mut key: String = (0..pieces).map(|_| piece(&mut random)).collect();
        if keys.len().is_multiple_of(LONG_EVERY) {
            stretch(&mut key, piece(&mut random));
        }
        if !is_beyond_the_sdk(&key) {
            keys.insert(key);
        }
    }
    keys.into_iter().collect()
}

/// The SDK takes a key of white space alone for none, and builds no request.
fn is_beyond_the_sdk(key: &str) -> bool {
    key.trim().is_empty()
}

fn piece(random: &mut fastrand::Rng) -> &'static str {
    let pieces = if random.u8(..3) == 0 { &PLAIN[..] } else { &PIECES[..] };
    pieces[random.usize(..pieces.len())]
}

/// To 1,024 bytes, exactly.
fn stretch(key: &mut String, filler: &str) {
    while key.len() + filler.len() <= LONGEST {
        key.push_str(filler);
    }
    key.extend(std::iter::repeat_n('x', LONGEST - key.len()));
}

struct World {
    sandbox: Sandbox,
    scratch: Scratch,
    keys: Vec<String>,
}

impl World {
    fn new(label: &str, seed: u64) -> Self {
        Self::of(label, keys(seed))
    }

    fn of(label: &str, keys: Vec<String>) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, None);
        sandbox.bucket(INVENTORY_DESTINATION, None);
        let objects = keys.iter().enumerate();
        let objects = objects.map(|(n, key)| json!({ "bucket": BUCKET, "key": key, "size": n }));
        sandbox.admin("objects", &Value::Array(objects.collect()));
        Self { sandbox, scratch: Scratch::new(label), keys }
    }

    fn run(&self, sources: &[&str]) -> Ended {
        Reseal::new("run", &self.sandbox)
            .args(sources)
            .args(["--sse", "AES256", "--yes", "--output", "json"])
            .state(&self.scratch.path("state"))
            .run()
    }

    /// Every object that is there re-encrypted, and the report says just that.
    fn round_trip(&self, sources: &[&str]) -> Ended {
        let before = self.sandbox.dump(BUCKET);
        let ended = self.run(sources).expect_code(0);
        let reported = python(&["read", text(&ended.report())], &json!(null));
        let mut expected: Vec<_> =
            self.keys.iter().map(|k| json!([BUCKET, k, "re-encrypted"])).collect();
        let mut reported: Vec<_> = reported.lines().map(row).collect();
        let order = |a: &Value, b: &Value| a[1].as_str().cmp(&b[1].as_str());
        expected.sort_by(order);
        reported.sort_by(order);
        for (found, wanted) in reported.iter().zip(&expected) {
            assert_eq!(found, wanted);
        }
        assert_eq!(reported.len(), KEYS);
        let after = self.sandbox.dump(BUCKET);
        assert_eq!(before.len(), after.len(), "an object came or went");
        for (was, is) in before.iter().zip(&after) {
            assert_eq!((&was.key, was.content()), (&is.key, is.content()));
            assert_eq!(is.encryption.as_deref(), Some("SSE-S3"), "{:?}", is.key);
        }
        // To a terminal nothing gets through that could steer it.
        let raw = |c: char| c.is_control() && c != '\n';
        assert!(!ended.stderr.contains(raw), "{}", ended.stderr.escape_debug());
        ended
    }
}

fn row(line: &str) -> Value {
    serde_json::from_str(line).expect("JSON")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn python(arguments: &[&str], input: &Value) -> String {
    let mut python = Command::new("python3")
        .arg(workspace().join("tests/python/hostile_keys.py"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs Python 3, to read and write with somebody else's code");
    let mut stdin = python.stdin.take().expect("a pipe");
    stdin.write_all(input.to_string().as_bytes()).expect("python reads");
    drop(stdin);
    let output = python.wait_with_output().expect("python ends");
    assert!(output.status.success(), "python failed");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// They are what they should be, or the rest means little.
#[test]
fn the_keys_are_hostile() {
    let keys = keys(1);
    assert_eq!(keys.len(), KEYS);
    let share = |is: fn(&str) -> bool| keys.iter().filter(|key| is(key)).count();
    for (what, count) in [
        ("newline", share(|k| k.contains('\n'))),
        ("percent", share(|k| k.contains('%'))),
        ("plus", share(|k| k.contains('+'))),
        ("version", share(|k| k.contains("?versionId="))),
        ("parent", share(|k| k.contains("../"))),
        ("control", share(|k| k.contains(|c: char| c < ' ' && c != '\n'))),
        ("longest", share(|k| k.len() == LONGEST)),
        ("leading slash", share(|k| k.starts_with('/'))),
        ("trailing slash", share(|k| k.ends_with('/'))),
        ("emoji", share(|k| k.contains('🔐'))),
        ("decomposed", share(|k| k.contains("e\u{301}"))),
        ("formula", share(|k| k.starts_with(['=', '+', '-', '@', '\'']))),
    ] {
        assert!(count >= 100, "{what}: {count}");
    }
    assert!(keys.iter().all(|key| (1..=LONGEST).contains(&key.len())));
}

/// Nothing can be done for these, and that is what the report says of them.
#[test]
fn keys_of_white_space_alone_are_said_to_be_left() {
    let beyond = [" ", "\n", "\t ", "\u{2028}"];
    let mut world = World::of("hostile-blank", beyond.map(str::to_owned).to_vec());
    let before = world.sandbox.dump(BUCKET);
    let ended = world.run(&[&format!("s3://{BUCKET}")]).expect_code(3);
    assert_eq!(world.sandbox.dump(BUCKET), before);
    world.keys.sort();
    let mut rows = read_report(&ended.report());
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    assert!(rows.iter().map(|row| &row.key).eq(&world.keys), "{rows:?}");
    for row in rows {
        assert_eq!((row.outcome.as_str(), row.reason.as_str()), ("failed", "refused"));
        assert!(row.detail.contains("key was missing"), "{row:?}");
    }
}

/// And through the report's Parquet parts, read by pyarrow.
#[test]
fn hostile_keys_through_a_listing() {
    let world = World::new("hostile-listing", 1);
    let ended = world.round_trip(&[&format!("s3://{BUCKET}")]);
    let job = ended.json()["job"].as_str().expect("a job").to_owned();
    let out = world.scratch.path("out");
    let _ = Reseal::without_endpoint("report")
        .args([&job, "--layout", "hive", "--format", "parquet", "--out", text(&out)])
        .state(&world.scratch.path("state"))
        .run()
        .expect_code(0);
    let folder = out.join(format!("objects-parquet/job={job}"));
    assert_eq!(compare_parquet(&ended.report(), &folder)["rows"], json!(KEYS));
}

/// Half of them in CSV, half in JSON.
#[test]
fn hostile_keys_through_key_files() {
    let world = World::new("hostile-files", 2);
    let [csv, lines] = ["keys.csv", "keys.ndjson"].map(|name| world.scratch.path(name));
    let (csv, lines) = (text(&csv), text(&lines));
    let _ = python(&["write", BUCKET, csv, lines], &json!(world.keys));
    let _ = world.round_trip(&["--keys", csv, "--keys", lines]);
}

#[test]
fn hostile_keys_through_an_inventory_report() {
    let world = World::new("hostile-inventory", 3);
    let keys: Vec<&str> = world.keys.iter().map(String::as_str).collect();
    let written = InventoryReport::of_keys("hostile", &keys).write(&world.scratch);
    let _ = world.round_trip(&["--manifest", text(&written.manifest)]);
}
