//! Set up, once, and called off without a trace.

use serde_json::{Value, json};

use crate::world::{POLICY, TO, World, theirs, theirs_to};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/k";

#[test]
fn shown_it_changes_nothing() {
    let world = World::new(Some(POLICY));
    let before = world.sandbox.mutations();
    let shown = world.json(&["enable", "source-one", "--to", TO, "--dry-run", "--kms-key", KEY]);
    assert_eq!(world.sandbox.mutations(), before);
    let setup = &shown["buckets"][0]["after"];
    assert_eq!(setup["destination"], "arn:aws:s3:::reports");
    assert_eq!(setup["destination_prefix"], "a/b");
    assert_eq!((&setup["format"], &setup["frequency"]), (&json!("CSV"), &json!("Daily")));
    assert_eq!(setup["encryption"], json!({ "sse-kms": KEY }));
    let fields =
        ["BucketKeyStatus", "ETag", "EncryptionStatus", "LastModifiedDate", "Size", "StorageClass"];
    assert_eq!(setup["fields"], json!(fields));
    let key = &shown["key_policy"];
    assert_eq!(
        (&key["key"], &key["statement"]["Action"]),
        (&json!(KEY), &json!("kms:GenerateDataKey"))
    );
    assert_eq!(shown["destinations"][0]["policy"]["Statement"][0]["Sid"], "Theirs");
}

#[test]
fn others_configurations_and_statements_survive_byte_for_byte() {
    let world = World::new(Some(POLICY));
    world.put("source-one?inventory&id=audit", &theirs("audit"));
    let enabled = world.json(&["enable", "source-one", "source-two", "--to", TO, "--yes"]);
    assert_eq!(enabled["buckets"][0]["state"], "done");
    assert_eq!(enabled["destinations"][0]["state"], "done");
    assert_eq!(world.backups(), 1);
    let policy = world.get("reports?policy").expect("a policy");
    assert!(policy.starts_with(&POLICY[..POLICY.rfind("\n ]").expect("its end")]), "{policy}");
    let statement = |policy: &str| -> Value {
        let policy: Value = serde_json::from_str(policy).expect("JSON");
        policy["Statement"][1].clone()
    };
    let ours = statement(&policy);
    assert_eq!(ours["Resource"], "arn:aws:s3:::reports/*");
    let sources = json!(["arn:aws:s3:::source-one", "arn:aws:s3:::source-two"]);
    assert_eq!(ours["Condition"]["ArnLike"]["aws:SourceArn"], sources);
    assert_eq!(ours["Condition"]["StringEquals"]["aws:SourceAccount"], "111122223333");
    let setup = world.setup("source-two", "reseal").expect("ours");
    for part in ["<Format>CSV</Format>", "<Prefix>a/b</Prefix>", "<Field>BucketKeyStatus</Field>"] {
        assert!(setup.contains(part), "{part}: {setup}");
    }
    assert_eq!(world.setup("source-one", "audit"), Some(theirs("audit")));

    let mutations = world.sandbox.mutations();
    let again = world.json(&["enable", "source-two", "source-one", "--to", TO, "--yes"]);
    assert_eq!(again["buckets"][1]["state"], "nothing-to-do");
    assert_eq!(world.sandbox.mutations(), mutations, "nothing is written twice");

    let _ = world.json(&["enable", "source-three", "--to", TO, "--yes"]);
    let policy = world.get("reports?policy").expect("a policy");
    let sources = statement(&policy)["Condition"]["ArnLike"]["aws:SourceArn"].clone();
    assert_eq!(sources.as_array().map(Vec::len), Some(3), "{sources}");

    let listed = world.json(&["list", "source-one", "source-two"]);
    let found = &listed["buckets"][0]["configurations"];
    assert_eq!((&found[0]["id"], &found[0]["ours"]), (&json!("audit"), &json!(false)));
    assert_eq!((&found[1]["id"], &found[1]["ours"]), (&json!("reseal"), &json!(true)));

    let _ = world.json(&["disable", "source-one", "--yes"]);
    let policy = world.get("reports?policy").expect("a policy");
    let sources = json!(["arn:aws:s3:::source-three", "arn:aws:s3:::source-two"]);
    assert_eq!(statement(&policy)["Condition"]["ArnLike"]["aws:SourceArn"], sources);
    assert_eq!(world.setup("source-one", "reseal"), None);
    let _ = world.json(&["disable", "source-one", "source-two", "source-three", "--yes"]);
    assert_eq!(world.get("reports?policy").as_deref(), Some(POLICY));
    assert_eq!(world.setup("source-two", "reseal"), None);
    assert_eq!(world.setup("source-one", "audit"), Some(theirs("audit")));
}

#[test]
fn a_destination_without_a_policy_and_one_with_a_lone_statement_come_out_as_they_were() {
    let world = World::new(None);
    let _ = world.json(&["enable", "source-one", "--to", "s3://reports", "--yes"]);
    let _ = world.json(&["disable", "source-one", "--yes"]);
    assert_eq!(world.get("reports?policy"), None);
    let lone = POLICY.replace(":[\n", ":\n").replace("\n ]", "\n ");
    world.put("reports?policy", &lone);
    let _ = world.json(&["enable", "source-one", "--to", "s3://reports", "--yes"]);
    assert_ne!(world.get("reports?policy").as_ref(), Some(&lone));
    let _ = world.json(&["disable", "source-one", "--yes"]);
    assert_eq!(world.get("reports?policy"), Some(lone));
}

#[test]
fn one_of_ours_that_differs_is_replaced_only_when_told_to() {
    let world = World::new(Some(POLICY));
    world.put("source-one?inventory&id=reseal", &theirs("reseal"));
    let before = world.sandbox.mutations();
    let enable = ["enable", "source-one", "source-two", "--to", TO, "--yes"];
    let refused = world.inventory(&enable).expect_code(2);
    assert!(refused.stderr.contains("--replace") && refused.stderr.contains("source-one"));
    assert!(!refused.stderr.contains("source-two"), "{}", refused.stderr);
    assert_eq!(world.sandbox.mutations(), before);
    let shown = world.inventory(&["enable", "source-one", "--to", TO, "--dry-run"]);
    let shown = shown.expect_code(0).stdout;
    assert!(shown.contains("- reseal: ORC") && shown.contains("+ reseal: CSV"), "{shown}");
    let _ = world.json(&[&enable[..], &["--replace"]].concat());
    assert!(world.setup("source-one", "reseal").expect("ours").contains("<Format>CSV</Format>"));
}

#[test]
fn every_page_of_configurations_is_listed() {
    let world = World::new(None);
    for n in 0..205 {
        let id = format!("theirs-{n}");
        world.put(&format!("source-one?inventory&id={id}"), &theirs(&id));
    }
    let listed = world.json(&["list", "source-one"]);
    let found = listed["buckets"][0]["configurations"].as_array().expect("a list");
    assert_eq!(found.len(), 205);
}

/// On the last of three pages, with another folder than ours.
#[test]
fn a_bucket_stays_let_in_while_another_configuration_of_it_delivers_there() {
    let world = World::new(Some(POLICY));
    for n in 0..205 {
        let id = format!("elsewhere-{n}");
        world.put(&format!("source-one?inventory&id={id}"), &theirs(&id));
    }
    let audit = theirs_to("reports", "z-audit");
    world.put("source-one?inventory&id=z-audit", &audit);
    let _ = world.json(&["enable", "source-one", "source-two", "--to", TO, "--yes"]);
    let disabled = world.json(&["disable", "source-one", "source-two", "--yes"]);
    let note = disabled["buckets"][0]["notes"][0].as_str().expect("a note").to_owned();
    assert!(note.contains("z-audit") && note.contains("reports"), "{note}");
    assert_eq!(disabled["buckets"][1]["notes"], json!([]));
    assert_eq!(world.setup("source-one", "reseal"), None);
    assert_eq!(world.setup("source-one", "z-audit"), Some(audit));
    let policy = world.get("reports?policy").expect("a policy");
    let let_in = |name: &str| policy.contains(&format!("arn:aws:s3:::{name}"));
    assert!(let_in("source-one") && !let_in("source-two"), "{policy}");
}
