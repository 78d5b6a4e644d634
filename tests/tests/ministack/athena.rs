//! The SQL of `docs/athena.md`, executed by somebody else's Athena on parts that
//! the real binary wrote, and held against the CSV report and the totals.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use percent_encoding::percent_decode_str;
use reseal_tests::{Ministack, Page, Reseal};
use serde_json::{Value, json};

use crate::world::{HOSTILE, PLAIN, UNSPEAKABLE, UPDATABLE, VERSIONED, World, object, objects};

pub(crate) const COPY: [&str; 3] = ["--strategy", "copy", "--accept-unfenced-copies"];
pub(crate) const OUT: &str = "s3://reports/nightly run";

/// A row by column; what is empty is left out.
pub(crate) type Row = BTreeMap<String, String>;

/// Old versions, skips of two kinds, and every hostile key.
pub(crate) fn world() -> World {
    let mut seeds = objects(PLAIN, 40, &UPDATABLE);
    seeds[3]["put"]["StorageClass"] = "GLACIER".into();
    seeds[4]["put"]["StorageClass"] = "DEEP_ARCHIVE".into();
    seeds.push(object(PLAIN, "customer, \"theirs\"", 1, "SSE-C"));
    for (n, key) in HOSTILE.iter().chain(&UNSPEAKABLE).enumerate() {
        seeds.push(object(VERSIONED, key, n, UPDATABLE[n % 2]));
    }
    let buckets = json!([{ "name": PLAIN }, { "name": VERSIONED, "versioning": true },
        { "name": "reports" }, { "name": "answers" }]);
    World::on(Ministack::start_with_athena(), &buckets, &seeds)
}

/// Statements in the page's order, about this job and place.
pub(crate) fn statements(job: &str) -> Vec<String> {
    let page = Page::read("athena.md");
    let (mut found, mut open) = (Vec::new(), None::<String>);
    for line in page.lines() {
        match (line, &mut open) {
            ("```sql", None) => open = Some(String::new()),
            ("```", Some(_)) => found.extend(open.take()),
            (line, Some(text)) => *text += &format!("{line}\n"),
            _ => {}
        }
    }
    let here = |text: String| {
        assert!(text.contains("s3://REPORTS/reseal/") || text.contains("job = 'JOB'"), "{text}");
        text.replace("s3://REPORTS/reseal", OUT).replace("'JOB'", &format!("'{job}'"))
    };
    found.into_iter().map(here).collect()
}

pub(crate) fn report(world: &World, job: &str, format: &str) -> Value {
    Reseal::without_endpoint("report")
        .args([job, "--layout", "hive", "--format", format, "--out", OUT, "--output", "json"])
        .state(world.scratch.folder())
        .run()
        .expect_code(0)
        .json()
}

/// As Athena gives them, decoded.
pub(crate) fn rows_of(answer: &Value) -> Vec<Row> {
    let columns: Vec<String> = serde_json::from_value(answer["columns"].clone()).expect("names");
    let rows: Vec<Vec<Option<String>>> =
        serde_json::from_value(answer["rows"].clone()).expect("rows");
    let row = |cells: Vec<Option<String>>| {
        let cells = columns.iter().cloned().zip(cells);
        cells.filter_map(|(name, cell)| Some((name, cell?))).collect()
    };
    rows.into_iter().map(row).collect()
}

fn decoded(mut rows: Vec<Row>) -> Vec<Row> {
    for row in &mut rows {
        // It says so twice: in the path, and in the query.
        row.remove("job");
        for cell in row.values_mut() {
            *cell = percent_decode_str(cell).decode_utf8().expect("UTF-8").into_owned();
        }
    }
    rows.sort();
    rows
}

/// As the CSV report has them, without its apostrophes.
pub(crate) fn rows_in(file: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(file).expect("a report");
    let columns = reader.headers().expect("a head").clone();
    let row = |record: csv::StringRecord| {
        let cells = columns.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let exact = |cell: &str| cell.strip_prefix('\'').unwrap_or(cell).to_owned();
        cells.map(|(name, cell)| (name.to_owned(), exact(cell))).collect()
    };
    let mut rows: Vec<Row> = reader.records().map(|record| row(record.expect("a row"))).collect();
    rows.sort();
    rows
}

/// How many rows there are of each kind.
fn counted(rows: &[Row], columns: &[&str], take: impl Fn(&Row) -> bool) -> BTreeMap<Row, u64> {
    let mut counts = BTreeMap::new();
    for row in rows.iter().filter(|row| take(row)) {
        let kind = row.iter().filter(|(name, _)| columns.contains(&name.as_str()));
        *counts.entry(kind.map(|(n, c)| (n.clone(), c.clone())).collect()).or_default() += 1;
    }
    counts
}

/// The same from groups that were counted there.
fn grouped(rows: &[Row], columns: &[&str], count: &str) -> BTreeMap<Row, u64> {
    let group = |row: &Row| {
        let kind = row.iter().filter(|(name, _)| columns.contains(&name.as_str()));
        let kind = kind.map(|(name, cell)| (name.clone(), cell.clone())).collect();
        (kind, row[count].parse().expect("a count"))
    };
    rows.iter().map(group).collect()
}

fn sum(rows: &[Row], column: &str) -> u64 {
    rows.iter().filter_map(|row| row.get(column)).map(|n| n.parse::<u64>().expect("bytes")).sum()
}

fn is(row: &Row, column: &str, words: &[&str]) -> bool {
    row.get(column).is_some_and(|cell| words.contains(&cell.as_str()))
}

#[test]
fn the_pages_sql_says_what_the_report_says() {
    let world = world();
    let ended = world.run(&[PLAIN, VERSIONED], &world.kms(), &COPY).expect_code(3);
    let (run, csv) = (ended.json(), rows_in(&ended.report()));
    let job = run["job"].as_str().expect("a job");
    let old = world.scratch.path("old.csv");
    let words = [job, "--format", "old-versions", "--out", old.to_str().expect("UTF-8")];
    let _ = Reseal::without_endpoint("report")
        .args(words)
        .state(world.scratch.folder())
        .run()
        .expect_code(0);
    let old = rows_in(&old);

    let before = world.writes_to_objects().len();
    let first = (report(&world, job, "csv"), report(&world, job, "old-versions"));
    assert_eq!(first.0["folder"], json!(format!("{OUT}/objects/job={job}/")));
    assert_eq!((&first.0["parts"], &first.0["taken_in"]), (&json!(1), &json!(csv.len())));
    let again = (report(&world, job, "csv"), report(&world, job, "old-versions"));
    assert_eq!(first, again);
    let keys: BTreeSet<String> =
        world.ministack.see(&["reports"]).into_iter().map(|o| o.key).collect();
    let part = |table: &str| format!("nightly run/{table}/job={job}/part-00000.csv.gz");
    assert_eq!(keys, BTreeSet::from([part("objects"), part("old-versions")]));
    // Created once, and asked for again in vain.
    assert_eq!(world.writes_to_objects().len() - before, 4);

    let mut sql = statements(job);
    assert_eq!(sql.len(), 10, "two tables, seven queries, and the table of Parquet");
    sql.truncate(9);
    for table in ["reseal_objects", "reseal_old_versions"] {
        sql.push(format!("SELECT * FROM {table} WHERE job = '{job}'"));
        sql.push(format!("SELECT count(*) AS n FROM {table} WHERE job = 'another'"));
    }
    let answers: Vec<Vec<Row>> = world.ministack.ask_athena(&sql).iter().map(rows_of).collect();
    let ([_, _, queries @ ..], [all, none, all_old, no_old]) = answers.split_at(9) else {
        panic!("{} answers", answers.len())
    };

    // Every cell of every column.
    assert_eq!(decoded(all.clone()), csv);
    assert_eq!(decoded(all_old.clone()), old);
    assert_eq!((none[0]["n"].as_str(), no_old[0]["n"].as_str()), ("0", "0"));

    the_queries_agree(queries, &run, &csv, &old);
}

/// What the page's queries gave, in its order, with the report and the totals.
pub(crate) fn the_queries_agree(answers: &[Vec<Row>], run: &Value, csv: &[Row], old: &[Row]) {
    let [totals, why, named, keys, left, exact, after] = answers else {
        panic!("{} answers", answers.len())
    };
    let columns = ["bucket", "outcome"];
    assert_eq!(grouped(totals, &columns, "objects"), counted(csv, &columns, |_| true));
    let overall = &run["totals"]["overall"];
    let done: Vec<Row> =
        totals.iter().filter(|row| is(row, "outcome", &["re-encrypted"])).cloned().collect();
    assert_eq!(json!(sum(&done, "objects")), overall["re_encrypted"]);
    assert_eq!(json!(sum(&done, "bytes")), overall["re_encrypted_bytes"]);

    let columns = ["bucket", "outcome", "reason"];
    let looked_at = |row: &Row| is(row, "outcome", &["failed", "skipped"]);
    let reasons = counted(csv, &columns, looked_at);
    assert_eq!((grouped(why, &columns, "objects"), reasons.len()), (reasons, 2));
    assert!(why.iter().any(|row| row["example"] == "customer, \"theirs\""), "{why:?}");
    let names = |rows: &[Row], key: &str| -> Vec<(String, String)> {
        rows.iter().map(|row| (row["bucket"].clone(), row[key].clone())).collect()
    };
    let expected: Vec<Row> = csv.iter().filter(|row| looked_at(row)).cloned().collect();
    let sorted = |mut names: Vec<(String, String)>| {
        names.sort();
        names
    };
    assert_eq!(sorted(names(named, "object_key")), sorted(names(&expected, "key")));

    let done = |row: &Row| is(row, "outcome", &["re-encrypted"]);
    let columns = ["bucket", "before_encryption", "before_key", "after_encryption", "after_key"];
    assert_eq!(grouped(keys, &columns, "objects"), counted(csv, &columns, done));

    let columns = ["bucket", "encryption", "kms_key"];
    assert_eq!(grouped(left, &columns, "versions"), counted(old, &columns, |_| true));
    let old_versions = &run["totals"]["old_versions"];
    assert_eq!(json!(sum(left, "versions")), old_versions["versions"]);
    assert_eq!(json!(sum(left, "bytes")), old_versions["bytes"]);
    assert_eq!(old.len(), HOSTILE.len() + UNSPEAKABLE.len());

    let encryption = |row: &Row| {
        let after = row.get("after_encryption").filter(|cell| !cell.is_empty());
        after.or_else(|| row.get("before_encryption")).cloned().unwrap_or_default()
    };
    let mut encrypted: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in csv {
        *encrypted.entry((row["bucket"].clone(), encryption(row))).or_default() += 1;
    }
    let told = after.iter().map(|row| {
        let encryption = row.get("encryption").cloned().unwrap_or_default();
        ((row["bucket"].clone(), encryption), row["objects"].parse().expect("a count"))
    });
    assert_eq!(told.collect::<BTreeMap<_, u64>>(), encrypted);
    assert!(encrypted.len() > 2, "{encrypted:?}");

    // As Athena's own url_decode gives them.
    let found = names(exact, "object_key");
    for key in HOSTILE.iter().chain(&UNSPEAKABLE) {
        assert!(found.contains(&(VERSIONED.to_owned(), (*key).to_owned())), "{key:?}");
    }
}

/// What is there already is never replaced, whoever put it there.
#[test]
fn a_part_that_says_otherwise_stays_and_ends_the_command() {
    let buckets = json!([{ "name": PLAIN }, { "name": "reports" }]);
    let world = World::with_buckets(&buckets, &objects(PLAIN, 3, &UPDATABLE));
    let ended = world.run(&[PLAIN], &world.kms(), &COPY).expect_code(0).json();
    let job = ended["job"].as_str().expect("a job");
    let key = format!("x/objects/job={job}/part-00000.csv.gz");
    let url = format!("{}/reports/{key}", world.ministack.url());
    ureq::put(&url).send(&b"somebody's"[..]).unwrap_or_else(|error| panic!("PUT {url}: {error}"));
    let words = [job, "--layout", "hive", "--out", "s3://reports/x"];
    let command = Reseal::without_endpoint("report").args(words).state(world.scratch.folder());
    let ended = command.run().expect_code(1);
    assert!(ended.stderr.contains(&key) && ended.stderr.contains("--out"), "{}", ended.stderr);
    let there = ureq::get(&url).call().expect("still there").body_mut().read_to_string();
    assert_eq!(there.expect("text"), "somebody's");
}
