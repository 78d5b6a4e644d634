//! The commands around a run, and inventory reports, on a server that isn't ours.

use reseal_tests::{Ended, InventoryReport, Reseal, Running, Seen, read_report, wait_until};
use serde_json::{Value, json};

use crate::world::{BUCKETS, PLAIN, UPDATABLE, World, objects};

const OBJECTS: usize = 120;
const COPY: [&str; 3] = ["--strategy", "copy", "--accept-unfenced-copies"];

fn world() -> World {
    World::new(&objects(PLAIN, OBJECTS, &UPDATABLE))
}

/// A command that names a job: the endpoint is the job's.
fn command(world: &World, words: &[&str]) -> Reseal {
    let (name, rest) = words.split_first().expect("a command");
    let json = ["--output", "json"];
    Reseal::without_endpoint(name).args(rest).args(json).state(world.scratch.folder())
}

fn json(world: &World, words: &[&str]) -> Value {
    command(world, words).run().expect_code(0).json()
}

/// A run that would take half a minute, in the middle of its work, and
/// its job.
fn working(world: &World) -> (Running, String) {
    let slowly = ["--yes", "--rate", "4", "--chunk-rows", "20"];
    let running = world.reseal("run", &[PLAIN], &world.kms()).args(COPY).args(slowly).start();
    wait_until("20 copies", || world.writes_to_objects().len() >= 20);
    let job = json(world, &["status"])["jobs"][0]["job"].as_str().expect("a job").to_owned();
    (running, job)
}

fn the_rest(world: &World) -> Ended {
    let arguments = [COPY.as_slice(), &["--chunk-rows", "20"]].concat();
    world.run(&[PLAIN], &world.kms(), &arguments).expect_code(0)
}

fn at_target(world: &World) -> usize {
    let target = world.kms();
    let seen: Vec<Seen> = world.ministack.see(&BUCKETS);
    seen.iter().filter(|seen| target.is_met_by(seen)).count()
}

#[test]
fn a_job_is_paused_resumed_verified_and_found_out() {
    let world = world();
    let (running, job) = working(&world);
    json(&world, &["pause", &job]);
    let _ = running.wait().expect_code(130);
    let status = json(&world, &["status", &job, "--watch"]);
    assert_eq!(status["state"], json!({ "paused": "requested" }));
    assert!(at_target(&world) < OBJECTS);
    json(&world, &["resume", &job]);
    let ended = the_rest(&world);
    assert_eq!(ended.json()["job"], json!(job));
    assert_eq!(at_target(&world), OBJECTS);

    let verified = json(&world, &["verify", &job]);
    assert_eq!(verified["at_target"], OBJECTS);
    let overwritten = objects(PLAIN, 3, &["NOT-SSE"]);
    let _ = world.ministack.seed(&json!({ "keys": [], "buckets": [], "objects": overwritten }));
    let verified = command(&world, &["verify", &job]).run().expect_code(3).json();
    assert_eq!(verified["differences"]["not-at-target"], 3, "{verified}");
}

/// By encryption and key.
fn counted(census: &Value) -> std::collections::BTreeMap<(String, String), u64> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut counts = std::collections::BTreeMap::new();
    for group in census["groups"].as_array().expect("groups") {
        let place = (text(&group["encryption"]), text(&group["kms_key"]));
        *counts.entry(place).or_default() += group["objects"].as_u64().expect("a count");
    }
    counts
}

#[test]
fn a_census_counts_what_botocore_sees() {
    let world = world();
    let census = |world: &World| {
        let listing = format!("s3://{PLAIN}");
        let ended = Reseal::without_endpoint("census")
            .args([listing.as_str(), "--output", "json", "--endpoint-url", world.ministack.url()])
            .run();
        counted(&ended.expect_code(0).json())
    };
    let seen = |world: &World| {
        let mut counts = std::collections::BTreeMap::new();
        for one in world.ministack.see(&[PLAIN]) {
            let place = (one.encryption.unwrap_or_default(), one.kms_key.unwrap_or_default());
            *counts.entry(place).or_default() += 1u64;
        }
        counts
    };
    assert!(seen(&world).len() > 1, "objects of several kinds");
    assert_eq!(census(&world), seen(&world));
    let _ = the_rest(&world);
    assert_eq!(seen(&world).len(), 1, "all at the target");
    assert_eq!(census(&world), seen(&world));
}

#[test]
fn a_cancelled_job_stays_so_and_the_same_command_begins_anew() {
    let world = world();
    let (running, job) = working(&world);
    json(&world, &["cancel", &job, "--yes"]);
    let _ = running.wait().expect_code(1);
    let ended = the_rest(&world);
    assert_ne!(ended.json()["job"], json!(job));
    assert_eq!(at_target(&world), OBJECTS);
    assert_eq!(json(&world, &["status", &job])["state"], "cancelled");
}

#[test]
fn limits_refuse_before_anything_is_touched() {
    let world = world();
    for (flag, limit) in [("--max-objects", "119"), ("--max-cost-usd", "0.0001")] {
        let arguments = [COPY.as_slice(), &[flag, limit]].concat();
        let ended = world.run(&[PLAIN], &world.kms(), &arguments).expect_code(2);
        assert!(ended.stderr.contains(flag), "{}", ended.stderr);
        assert_eq!(world.writes_to_objects(), []);
    }
}

#[test]
fn skipped_objects_are_retried_as_a_job_of_their_own() {
    let mut seeds = objects(PLAIN, 10, &UPDATABLE);
    seeds[3]["put"]["StorageClass"] = "GLACIER".into();
    let world = World::new(&seeds);
    let first = world.run(&[PLAIN], &world.kms(), &COPY).expect_code(3);
    let job = first.json()["job"].as_str().expect("a job").to_owned();
    // Its owner brings it back.
    let restored = json!([objects(PLAIN, 4, &["SSE-S3"])[3]]);
    let _ = world.ministack.seed(&json!({ "keys": [], "buckets": [], "objects": restored }));
    let retry = ["retry", &job, "--reason", "archived", "--yes"];
    let again = command(&world, &retry).run().expect_code(0).json();
    assert_eq!((&again["retry_of"], &again["totals"]["taken_in"]), (&json!(job), &json!(1)));
    assert_eq!(again["totals"]["overall"]["re_encrypted"], 1);
}

#[test]
fn a_report_of_inventory_on_s3_is_worked_through() {
    is_worked_through("CSV");
}

#[test]
fn a_report_in_parquet_on_s3_is_worked_through() {
    is_worked_through("Parquet");
}

#[test]
fn a_report_in_orc_on_s3_is_worked_through() {
    is_worked_through("ORC");
}

fn is_worked_through(format: &str) {
    let world = World::with_buckets(
        &json!([{ "name": PLAIN }, { "name": "reports" }]),
        &objects(PLAIN, 30, &UPDATABLE),
    );
    let keys: Vec<Value> = world
        .ministack
        .see(&[PLAIN])
        .iter()
        .map(|seen| json!({ "Key": seen.key, "Size": seen.content["size"].to_string() }))
        .collect();
    let report = InventoryReport::new("daily", &["Size", "Key", "Bucket"])
        .in_format(format)
        .with("bucket", PLAIN)
        .rows(keys[..20].iter().cloned())
        .rows(keys[20..].iter().cloned())
        .write(&world.scratch);
    for (key, bytes) in report.objects() {
        let url = format!("{}/reports/{key}", world.ministack.url());
        ureq::put(&url).send(&bytes[..]).unwrap_or_else(|error| panic!("PUT {url}: {error}"));
    }
    let before = world.writes_to_objects().len();
    let address = report.address();
    let (folder, _) = address.rsplit_once("/2026-").expect("a date");
    let manifest = format!("latest:{folder}/");
    let arguments = [&["--manifest", manifest.as_str()], COPY.as_slice()].concat();
    let ended = world.run(&[], &world.kms(), &arguments).expect_code(0);
    let rows = read_report(&ended.report());
    assert_eq!((rows.len(), at_target_in(&world, PLAIN)), (30, 30));
    assert_eq!(world.writes_to_objects().len() - before, 30, "one copy each");
}

/// The same with rows that mostly say enough to go without a HEAD.
#[test]
fn a_trusted_report_is_worked_through() {
    let world = World::with_buckets(
        &json!([{ "name": PLAIN }, { "name": "reports" }]),
        &objects(PLAIN, 20, &["SSE-S3"]),
    );
    let schema = ["Bucket", "Key", "Size", "LastModifiedDate", "ETag", "StorageClass"];
    let rows = world.ministack.see(&[PLAIN]).into_iter().map(|seen| {
        json!({
            "Key": seen.key, "Size": seen.content["size"].to_string(),
            "LastModifiedDate": "2026-11-01T00:00:00.000Z", "EncryptionStatus": "SSE-S3",
            "ETag": seen.written["etag"].as_str().expect("a tag").trim_matches('"'),
            "StorageClass": seen.content["class"],
        })
    });
    let report = InventoryReport::new("trusted", &[&schema[..], &["EncryptionStatus"]].concat())
        .with("bucket", PLAIN)
        .rows(rows.collect::<Vec<_>>())
        .write(&world.scratch);
    let manifest = report.manifest.to_str().expect("UTF-8").to_owned();
    let trust = ["--manifest", manifest.as_str(), "--trust-inventory"];
    let arguments = [&trust[..], COPY.as_slice()].concat();
    let ended = world.run(&[], &world.kms(), &arguments).expect_code(0);
    assert_eq!((read_report(&ended.report()).len(), at_target_in(&world, PLAIN)), (20, 20));
}

fn at_target_in(world: &World, bucket: &str) -> usize {
    let target = world.kms();
    world.ministack.see(&[bucket]).iter().filter(|seen| target.is_met_by(seen)).count()
}
