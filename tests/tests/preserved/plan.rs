//! What the plan says is what the run does.

use std::collections::BTreeMap;

use reseal_tests::{Reseal, Sandbox, Scratch, read_report};
use serde_json::{Value, json};

use crate::world::World;

fn plan(sandbox: &Sandbox, state: &Scratch, arguments: &[&str]) -> Value {
    let ended = Reseal::new("plan", sandbox)
        .args(["--output", "json"])
        .args(arguments)
        .state(state.folder())
        .run()
        .expect_code(0);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

fn hazards(plan: &Value) -> Vec<&str> {
    let hazards = plan["hazards"].as_array().expect("hazards").iter();
    hazards.filter_map(|hazard| hazard["hazard"].as_str()).collect()
}

/// Buckets of everything: every object ends as the plan counted it.
#[test]
fn a_run_does_what_its_plan_said() {
    let sandbox = Sandbox::start(&[]);
    let made = sandbox.admin("populate", &json!({ "objects": 600, "seed": 4 }));
    let key = made["newKey"].as_str().expect("a key").to_owned();
    let buckets: Vec<String> = made["buckets"]
        .as_array()
        .expect("buckets")
        .iter()
        .map(|bucket| format!("s3://{}", bucket.as_str().expect("a name")))
        .collect();
    let state = Scratch::new("plan");
    let mut arguments: Vec<&str> = buckets.iter().map(String::as_str).collect();
    arguments.extend(["--sse", "aws:kms", "--kms-key", &key, "--versions", "all"]);
    let planned = plan(&sandbox, &state, &arguments);
    let mut said: BTreeMap<String, u64> = BTreeMap::new();
    for group in planned["groups"].as_array().expect("groups") {
        let decision = group["decision"].as_str().expect("a decision").to_owned();
        *said.entry(decision).or_default() += group["objects"].as_u64().expect("a count");
    }
    let ended = Reseal::new("run", &sandbox)
        .args(["--yes", "--output", "json"])
        .args(&arguments)
        .state(state.folder())
        .run()
        .expect_code(3);
    let result: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let rows = read_report(std::path::Path::new(result["report"].as_str().expect("a report")));
    let mut done: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        let decision = match (row.outcome.as_str(), row.action.as_str()) {
            ("re-encrypted", "multipart") => "multipart copy".to_owned(),
            ("re-encrypted", action) => action.to_owned(),
            ("already-compliant", _) => "already compliant".to_owned(),
            ("skipped", _) => format!("skip: {}", row.reason),
            (outcome, _) => format!("{outcome}: {}", row.reason),
        };
        *done.entry(decision).or_default() += 1;
    }
    assert_eq!(done, said);
}

#[test]
fn hazards_of_acls_locks_and_archives_are_named() {
    let world = World::new(Some("Enabled"), "ObjectWriter");
    world.put(json!({ "key": "cold", "size": 9, "storageClass": "GLACIER" }));
    let state = Scratch::new("hazards");
    let source = format!("s3://{}", crate::world::BUCKET);
    let target = [&source, "--sse", "aws:kms", "--kms-key", &world.key];
    let named = plan(&world.sandbox, &state, &target);
    assert!(hazards(&named).contains(&"acls-restated"), "{named}");
    let reset = plan(&world.sandbox, &state, &[&target[..], &["--accept-acl-reset"]].concat());
    assert!(hazards(&reset).contains(&"acls-reset"), "{reset}");
    let restore = ["--archived", "restore", "--restore-class", "STANDARD"];
    let restored = plan(&world.sandbox, &state, &[&target[..], &restore].concat());
    assert!(hazards(&restored).contains(&"restores"), "{restored}");

    let world = World::with_locks("");
    let target = [&source, "--sse", "aws:kms", "--kms-key", &world.key, "--locked", "copy"];
    let locked = plan(&world.sandbox, &state, &target);
    assert!(hazards(&locked).contains(&"locks-doubled"), "{locked}");
}
