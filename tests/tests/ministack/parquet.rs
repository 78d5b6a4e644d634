//! `report --format parquet`: the table and the queries of `docs/athena.md`,
//! executed by somebody else's Athena, and every value as pyarrow reads it.

use std::fs;
use std::path::Path;

use reseal_tests::{Reseal, compare_parquet};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::athena::{
    COPY, OUT, Row, report, rows_in, rows_of, statements, the_queries_agree, world,
};
use crate::world::{PLAIN, UPDATABLE, VERSIONED, World, objects};

/// As the page says that they differ.
fn over_parquet(sql: &str) -> String {
    let sql = sql.replace("FROM reseal_objects\n", "FROM reseal_objects_parquet\n");
    sql.replace("url_decode(key)", "key").replace("url_decode(detail)", "detail")
}

/// Times as both sides can write them.
fn timed(mut rows: Vec<Row>) -> Vec<Row> {
    for row in &mut rows {
        row.remove("job");
        for (name, cell) in row.iter_mut() {
            if name.ends_with("last_modified") || name == "settled_at" {
                let text = cell.replacen(' ', "T", 1).replace("+00:00", "Z").replace("+00", "Z");
                let time = OffsetDateTime::parse(&text, &Rfc3339);
                *cell = time.unwrap_or_else(|error| panic!("{cell}: {error}")).to_string();
            }
        }
    }
    rows.sort();
    rows
}

fn to_folder(world: &World, job: &str, folder: &Path) -> Reseal {
    let folder = folder.to_str().expect("UTF-8");
    Reseal::without_endpoint("report")
        .args([job, "--layout", "hive", "--format", "parquet", "--out", folder])
        .state(world.scratch.folder())
}

#[test]
fn the_pages_sql_says_of_parquet_what_the_report_says() {
    let world = world();
    let ended = world.run(&[PLAIN, VERSIONED], &world.kms(), &COPY).expect_code(3);
    let (run, csv) = (ended.json(), rows_in(&ended.report()));
    let job = run["job"].as_str().expect("a job");
    let _ = report(&world, job, "old-versions");
    let old = world.scratch.path("old.csv");
    let words = [job, "--format", "old-versions", "--out", old.to_str().expect("UTF-8")];
    let command = Reseal::without_endpoint("report").args(words).state(world.scratch.folder());
    let _ = command.run().expect_code(0);

    let before = world.writes_to_objects().len();
    let first = report(&world, job, "parquet");
    assert_eq!(first["folder"], json!(format!("{OUT}/objects-parquet/job={job}/")));
    assert_eq!((&first["parts"], &first["taken_in"]), (&json!(1), &json!(csv.len())));
    assert_eq!(report(&world, job, "parquet"), first);
    // Created once, and asked for again in vain.
    assert_eq!(world.writes_to_objects().len() - before, 2);

    let mut sql = statements(job);
    let tables = [sql.remove(1), sql.remove(8)];
    assert!(tables[1].contains("STORED AS PARQUET"), "{}", tables[1]);
    let queries = sql[1..].iter().map(|sql| over_parquet(sql));
    let mut sql: Vec<String> = tables.into_iter().chain(queries).collect();
    assert_eq!(sql.iter().filter(|sql| sql.contains("reseal_objects_parquet")).count(), 7);
    assert!(!sql.concat().contains("url_decode"));
    sql.push(every_column(job));
    sql.push("SELECT count(*) AS n FROM reseal_objects_parquet WHERE job = 'another'".to_owned());
    let answers: Vec<Vec<Row>> = world.ministack.ask_athena(&sql).iter().map(rows_of).collect();
    let ([_, _, queries @ ..], [all, none]) = answers.split_at(9) else {
        panic!("{} answers", answers.len())
    };
    the_queries_agree(queries, &run, &csv, &rows_in(&old));
    assert_eq!(timed(all.clone()), timed(csv.clone()));
    assert_eq!(none[0]["n"], "0");

    // On this machine the very same bytes, and pyarrow reads the same in them.
    let out = world.scratch.path("out");
    let _ = to_folder(&world, job, &out).run().expect_code(0);
    let name = format!("objects-parquet/job={job}/part-00000.parquet");
    let url = format!("{}/reports/nightly%20run/{name}", world.ministack.url());
    let stored = ureq::get(&url).call().expect("a part").body_mut().read_to_vec().expect("bytes");
    assert!(stored == fs::read(out.join(&name)).expect("a part"), "other bytes in the bucket");
    let said = compare_parquet(&ended.report(), out.join(&name).parent().expect("a folder"));
    assert_eq!(said["rows"], json!(csv.len()));
    let types = |column: &str| said["types"][column].as_str().expect("a type").to_owned();
    for (column, kind) in [
        ("key", "string"),
        ("before_size", "int64"),
        ("after_bucket_key", "bool"),
        ("attempts", "int32"),
        ("settled_at", "timestamp[us, tz=UTC]"),
        ("before_last_modified", "timestamp[us, tz=UTC]"),
    ] {
        assert_eq!(types(column), kind, "{column}");
    }
    the_page_has_these_types(job, &said["types"]);
}

/// Columns and types of the page's table.
fn columns(job: &str) -> Vec<(String, String)> {
    let table = statements(job).pop().expect("the table of Parquet");
    let columns = table.lines().filter_map(|line| line.trim().strip_prefix('`')?.split_once("` "));
    columns.map(|(name, kind)| (name.to_owned(), kind.trim_end_matches(',').to_owned())).collect()
}

/// Times as text, for ministack's DuckDB gives them out only where `pytz` is.
fn every_column(job: &str) -> String {
    let select = |(name, kind): (String, String)| match kind.as_str() {
        "timestamp" => format!("CAST({name} AS varchar) AS {name}"),
        _ => name,
    };
    let select: Vec<String> = columns(job).into_iter().map(select).collect();
    format!("SELECT {} FROM reseal_objects_parquet WHERE job = '{job}'", select.join(", "))
}

/// Types of the page's table are those of the files.
fn the_page_has_these_types(job: &str, types: &Value) {
    let columns = columns(job);
    assert_eq!(columns.len(), types.as_object().expect("columns").len());
    for (name, kind) in columns {
        let there = match types[&name].as_str().expect("a type") {
            "bool" => "boolean",
            "int32" => "int",
            "int64" => "bigint",
            "timestamp[us, tz=UTC]" => "timestamp",
            other => other,
        };
        assert_eq!(kind, there, "{name}");
    }
}

/// What is there already is never replaced, on S3 or on this machine.
#[test]
fn a_part_that_differs_is_refused() {
    let buckets = json!([{ "name": PLAIN }, { "name": "reports" }]);
    let world = World::with_buckets(&buckets, &objects(PLAIN, 3, &UPDATABLE));
    let ended = world.run(&[PLAIN], &world.kms(), &COPY).expect_code(0).json();
    let job = ended["job"].as_str().expect("a job");
    let out = world.scratch.path("out");
    let _ = to_folder(&world, job, &out).run().expect_code(0);
    let name = format!("objects-parquet/job={job}/part-00000.parquet");
    let mut other = fs::read(out.join(&name)).expect("a part");
    // One byte more than ours.
    other.push(0);
    fs::write(out.join(&name), &other).expect("writes");
    let url = format!("{}/reports/x/{name}", world.ministack.url());
    ureq::put(&url).send(&other[..]).unwrap_or_else(|error| panic!("PUT {url}: {error}"));
    for place in [&out, Path::new("s3://reports/x")] {
        let ended = to_folder(&world, job, place).run().expect_code(1);
        assert!(ended.stderr.contains(&name) && ended.stderr.contains("--out"), "{}", ended.stderr);
    }
    assert_eq!(fs::read(out.join(&name)).expect("still there"), other);
    let there = ureq::get(&url).call().expect("still there").body_mut().read_to_vec();
    assert_eq!(there.expect("bytes"), other);
}
