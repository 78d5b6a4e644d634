//! `--mode report`: census and plan, once for each report.

use reseal_tests::wait_until;
use serde_json::Value;

use crate::world::{OTHER, STOCK, World, created, notification};

const DATE: &str = "2026-11-20T01-00Z";

fn mode(world: &World) -> [String; 4] {
    let folder = world.reports_folder().display().to_string();
    ["--mode", "report", "--report-to", &folder].map(str::to_owned)
}

fn json(world: &World, name: &str) -> Value {
    let path = world.reports_folder().join(STOCK).join(DATE).join(name);
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

fn records(world: &World) -> Vec<Value> {
    let Ok(folder) = std::fs::read_dir(world.reports_folder().join(STOCK).join(DATE)) else {
        return Vec::new();
    };
    let names = folder.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"));
    let names = names.filter(|name| name.starts_with("report-") && name.ends_with(".json"));
    names.map(|name| json(world, &name)).collect()
}

#[test]
fn a_whole_report_is_counted_and_planned_once_however_often_its_event_comes() {
    let world = World::new();
    let mode = mode(&world);
    let mode: Vec<&str> = mode.iter().map(String::as_str).collect();
    let serve = world.start("serve.log", &mode);
    wait_until("reports are enabled", || world.setup(STOCK).is_some());
    assert!(world.setup(OTHER).is_none() && world.setup("reports").is_none());
    let policy = world.get("reports?policy").expect("a policy");
    assert!(policy.contains("arn:aws:s3:::stock") && !policy.contains("arn:aws:s3:::other"));

    let keys = world.objects(3);
    let report = world.written("stock", STOCK, &keys);
    world.deliver(&report, "manifest.checksum");
    world.send(&notification("reports", &world.key(&report, "manifest.json")));
    world.wait_for_an_empty_queue();
    assert!(records(&world).is_empty(), "a report without its checksum isn't whole");

    world.deliver(&report, "");
    let event = created("reports", &world.key(&report, "manifest.checksum"));
    world.send(&event);
    world.wait_for_an_empty_queue();
    let handled = records(&world);
    assert_eq!(handled.len(), 1, "{}", world.log("serve.log"));
    assert_eq!(handled[0]["outcome"], "reported");
    assert_eq!(handled[0]["manifest"], report.address().as_str());
    assert_eq!(json(&world, "plan.json")["to_re_encrypt"]["objects"], 3);
    let census =
        std::fs::read_to_string(world.reports_folder().join(STOCK).join(DATE).join("census.txt"));
    assert!(census.expect("a text").contains('3'));
    assert!(json(&world, "census.json").is_object());

    for _ in 0..3 {
        world.send(&event);
    }
    world.wait_for_an_empty_queue();
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
    let again = world.start("again.log", &mode);
    world.wait_for_log("again.log", "a round ended");
    again.signal("INT");
    let _ = again.wait().expect_code(0);
    let logs = world.log("serve.log") + &world.log("again.log");
    assert_eq!(logs.matches("a report is due").count(), 1, "{logs}");
    let requests = world.sandbox.requests();
    for changed in ["CopyObject", "UpdateObjectEncryption"] {
        assert_eq!(requests.get(changed).copied().unwrap_or(0), 0, "{requests:?}");
    }
}

#[test]
fn hostile_events_and_forged_reports_lead_nowhere_and_block_nothing() {
    let world = World::with_reports();
    let keys = world.objects(2);
    let mode = ["--mode", "report", "--report-to", "s3://fleet-files/plans"];
    let serve = world.start("serve.log", &mode);
    world.wait_for_log("serve.log", "a round ended");
    // Without the tag; and in the folder of one with it, about another bucket.
    let untagged = world.written("untagged", OTHER, &keys);
    world.deliver(&untagged, "");
    let forged = world.written("forged", OTHER, &keys);
    for (key, bytes) in forged.objects() {
        let key = key.replace("a/b/other/", "a/b/stock/").replace("2026-11-20", "2026-11-21");
        world.put(&format!("reports/{key}"), &bytes);
    }
    let manifest = format!("a/b/stock/reseal/{DATE}/manifest.json");
    for body in [
        "not JSON".to_owned(),
        "{\"Records\":[{\"eventSource\":\"aws:s3\"}]}".to_owned(),
        "[".repeat(5_000),
        "{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Bucket\":\"reports\"}".to_owned(),
        created("reports", &world.key(&untagged, "manifest.json")),
        created("elsewhere", &manifest),
        created("reports", "a/b/../stock/reseal/2026-11-20T01-00Z/manifest.json"),
        created("reports", &manifest.replace("stock", "nobodys-bucket")),
        created("reports", &manifest),
    ] {
        world.send(&body);
    }
    world.wait_for_an_empty_queue();
    let log = world.log("serve.log");
    assert_eq!(log.matches("no event: deleted").count(), 3, "{log}");
    assert!(log.contains("it is about other, in the folder of stock"), "{log}");
    assert_eq!(world.records("plans/"), [], "{log}");
    // And what is true is still done.
    let url = format!("{}/reports/a/b/stock/reseal/2026-11-21T01-00Z", world.sandbox.url());
    for name in ["manifest.json", "manifest.checksum"] {
        ureq::delete(format!("{url}/{name}")).call().expect("deleted");
    }
    world.deliver(&world.written("true", STOCK, &keys), "");
    world.send(&created("reports", &manifest));
    world.wait_for_an_empty_queue();
    let written: Vec<String> = world.records("plans/").into_iter().map(|(name, _)| name).collect();
    let folder = format!("plans/stock/{DATE}");
    assert_eq!(written.len(), 3, "{written:?}");
    assert!(written.iter().all(|name| name.starts_with(&folder)), "{written:?}");
    serve.signal("TERM");
    let _ = serve.wait().expect_code(0);
}
