//! `docs/walkthrough.md`, step by step: from a tag on a bucket to a guarded one
//! whose migration can be asked about.

use reseal_tests::{Ministack, Page, Reseal, wait_until};
use serde_json::{Value, json};

use crate::world::{KMS, STOCK, World, created};

const OBJECTS: usize = 30;

/// The first table of docs/athena.md, about files that lie here.
fn table() -> String {
    let page = Page::read("athena.md");
    let lines = page.lines().skip_while(|line| *line != "```sql").skip(1);
    let sql: Vec<&str> = lines.take_while(|line| *line != "```").collect();
    sql.join("\n").replace("s3://REPORTS/reseal", "s3://reports/reseal")
}

/// The status of an upload with this encryption, or with none named.
fn upload(world: &World, key: &str, encryption: Option<&str>) -> u16 {
    let mut request = ureq::put(format!("{}/{STOCK}/{key}", world.sandbox.url()));
    if let Some(word) = encryption {
        request = request.header("x-amz-server-side-encryption", word);
    }
    match request.send("new") {
        Ok(answer) => answer.status().as_u16(),
        Err(ureq::Error::StatusCode(status)) => status,
        Err(other) => panic!("{other}"),
    }
}

fn guard(world: &World, more: &[&str]) -> Value {
    Reseal::without_endpoint("guard")
        .args([STOCK, "--default-encryption", "--deny-wrong-encryption", "--output", "json"])
        .args(KMS)
        .args(more)
        .args(["--endpoint-url", world.sandbox.url()])
        .state(&world.fleet.scratch.path("guard"))
        .run()
        .expect_code(0)
        .json()
}

#[test]
fn from_a_tag_to_a_guarded_bucket_whose_job_can_be_asked_about() {
    let world = World::on(Ministack::start_with_athena());
    let keys = world.objects(OBJECTS);

    // 1. The tag is there: reports are enabled. 2. One arrives: census and plan.
    let folder = world.reports_folder();
    let report_to = folder.display().to_string();
    let serve = world.start("report.log", &["--mode", "report", "--report-to", &report_to]);
    wait_until("reports are enabled", || world.setup(STOCK).is_some());
    let report = world.written("stock", STOCK, &keys);
    world.deliver(&report, "");
    world.send(&created("reports", &world.key(&report, "manifest.checksum")));
    let plan = folder.join(STOCK).join("2026-11-20T01-00Z").join("plan.json");
    wait_until("a plan", || plan.exists());
    world.wait_for_an_empty_queue();
    let plan: Value = serde_json::from_slice(&std::fs::read(plan).expect("a file")).expect("JSON");
    assert_eq!(plan["to_re_encrypt"]["objects"], OBJECTS);
    assert!(folder.join(STOCK).join("2026-11-20T01-00Z").join("census.json").exists());
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);

    // 3. The switch to encrypt begins with that report; the fleet does it.
    let worker = world.fleet.start_worker();
    let serve = world.start_encrypting("encrypt.log");
    world.wait_for_log("encrypt.log", "submitted as job");
    let job = world.one_job_and_all_is_done(OBJECTS);
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
    drop(worker);

    // 4. Its rows can be asked for with SQL.
    let out = world.fleet.scratch.path("athena");
    let out = out.to_str().expect("UTF-8");
    let written = world.fleet.json(&["report", &job, "--layout", "hive", "--out", out]);
    assert_eq!(written["taken_in"], OBJECTS);
    let part = format!("objects/job={job}/part-00000.csv.gz");
    let bytes = std::fs::read(std::path::Path::new(out).join(&part)).expect("a part");
    for (path, body) in [
        ("reports", Vec::new()),
        ("answers", Vec::new()),
        (&format!("reports/reseal/{part}"), bytes),
    ] {
        let url = format!("{}/{path}", world.fleet.ministack.url());
        ureq::put(&url).send(&body[..]).unwrap_or_else(|error| panic!("PUT {url}: {error}"));
    }
    let ask = format!(
        "SELECT outcome, after_key, count(*) AS objects FROM reseal_objects WHERE job = '{job}' GROUP BY 1, 2"
    );
    let answers = world.fleet.ministack.ask_athena(&[table(), ask]);
    // Cells are percent-encoded, slashes and colons aside.
    let expected = json!([["re-encrypted", world.target, OBJECTS.to_string()]]);
    assert_eq!(answers[1]["rows"], expected, "{answers:?}");

    // 5. Nothing else comes in any more.
    assert_eq!(upload(&world, "before", Some("AES256")), 200);
    assert_eq!(guard(&world, &["--apply", "--yes"])["buckets"][0]["state"], "done");
    assert_eq!(upload(&world, "wrong", Some("AES256")), 403);
    assert_eq!(upload(&world, "unnamed", None), 200);
    let under = |key: &str| {
        let found = world.sandbox.dump(STOCK).into_iter().find(|version| version.key == key);
        found.expect("it is there").kms_key
    };
    assert_eq!(under("unnamed"), Some(world.target.clone()));
    assert_eq!(under("before"), None, "what came in before the guard is for the next report");
}
