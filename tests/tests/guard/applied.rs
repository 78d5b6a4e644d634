//! In force, twice, and taken back again.

use serde_json::{Value, json};

use crate::world::{BUCKET, FOREIGN, World, sids};

const TYPE: &str = "x-amz-server-side-encryption";
const KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CUSTOMER: [(&str, &str); 3] = [
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    ("x-amz-server-side-encryption-customer-key", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="),
    ("x-amz-server-side-encryption-customer-key-md5", "kM7UlHWhDpGxbvJV5ZVhUA=="),
];
const EVERYTHING: [&str; 9] = [
    "--default-encryption",
    "--deny-wrong-encryption",
    "--block-sse-c",
    "--tls-only",
    "--deny-untagged-reads",
    "--tag",
    "sealed=yes",
    "--sse",
    "aws:kms",
];

fn everything<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&EVERYTHING, ["--kms-key", "alias/target"].as_slice(), more].concat()
}

#[test]
fn shown_it_changes_nothing() {
    let world = World::new(Some(FOREIGN));
    let (before, rule) = (world.sandbox.mutations(), world.rule());
    let shown = world.json(&everything(&[]));
    assert_eq!(world.policy().as_deref(), Some(FOREIGN));
    assert_eq!(world.rule(), rule);
    assert_eq!(world.sandbox.mutations(), before, "only looked");
    assert_eq!(world.backups().len(), 0);
    let bucket = &shown["buckets"][0];
    assert_eq!(bucket["state"], "planned");
    let statements = bucket["policy"]["Statement"].as_array().expect("the whole policy");
    assert_eq!(statements.len(), 7);
    assert_eq!(statements[0]["Sid"], "PartnerAccess");
    assert_eq!(bucket["default_encryption"]["after"]["algorithm"], "aws:kms");
    assert_eq!(shown["trade"].as_array().expect("what it means").len(), 5);
    let text = world.guard(&everything(&[])).expect_code(0).stdout;
    let part = &FOREIGN[FOREIGN.find("{\"Sid\"").expect("it")..FOREIGN.rfind("\n ]").expect("it")];
    assert!(text.contains(part) && text.contains("+ {\"Sid\":\"ResealTlsOnly\""), "{text}");
}

#[test]
fn what_is_applied_holds_is_there_once_and_goes_without_a_trace() {
    let world = World::new(Some(FOREIGN));
    let rule = world.rule();
    let applied = world.json(&everything(&["--apply", "--yes"]));
    assert_eq!(applied["buckets"][0]["state"], "done");
    let policy = world.policy().expect("a policy");
    let head = &FOREIGN[..FOREIGN.rfind("\n ]").expect("its end")];
    assert!(policy.starts_with(head), "foreign bytes moved: {policy}");
    assert!(world.rule().contains("<EncryptionType>SSE-C</EncryptionType>"), "{}", world.rule());

    // Read by the sandbox's own understanding of policies, not by ours.
    let (kms, key) = ((TYPE, "aws:kms"), (KEY, world.key.as_str()));
    assert_eq!(world.put("default", &[]), 200, "who names nothing gets the default");
    assert_eq!(world.put("right", &[kms, key]), 200);
    assert_eq!(world.put("other-type", &[(TYPE, "AES256")]), 403);
    assert_eq!(world.put("no-key", &[kms]), 403, "that would be aws/s3");
    let other = world.sandbox.key("alias/other");
    assert_eq!(world.put("other-key", &[kms, (KEY, other.as_str())]), 403);
    assert_eq!(world.put("customers", &CUSTOMER), 403);
    let under: Vec<_> = world.sandbox.dump(BUCKET).into_iter().map(|v| v.kms_key).collect();
    assert_eq!(under, [Some(world.key.clone()), Some(world.key.clone())]);
    assert_eq!(read(&world, "right"), 403, "no tag");

    let mutations = world.sandbox.mutations();
    let again = world.json(&everything(&["--apply", "--yes"]));
    assert_eq!(again["buckets"][0]["state"], "nothing-to-do");
    assert_eq!(world.sandbox.mutations(), mutations, "nothing is written twice");
    assert_eq!(world.backups().len(), 1);

    let shown = world.json(&["--remove", "--dry-run"]);
    assert_eq!(shown["buckets"][0]["policy"]["Statement"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.sandbox.mutations(), mutations, "only shown");
    let removed = world.json(&["--remove", "--yes"]);
    assert_eq!(removed["buckets"][0]["state"], "done");
    assert_eq!(world.policy().as_deref(), Some(FOREIGN));
    assert_eq!(world.rule().replace(NOTHING_BLOCKED, ""), rule);
    assert_eq!(read(&world, "right"), 200);
    let nothing = world.json(&["--remove", "--yes"]);
    assert_eq!(nothing["buckets"][0]["state"], "nothing-to-do");
}

const NOTHING_BLOCKED: &str =
    "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>";

fn read(world: &World, key: &str) -> u16 {
    match ureq::get(world.url(&format!("/{key}"))).call() {
        Ok(answer) => answer.status().as_u16(),
        Err(ureq::Error::StatusCode(status)) => status,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn parts_carry_no_header_and_pass() {
    let world = World::new(None);
    let _ = world.json(&everything(&["--apply", "--yes"]));
    let mut begun = ureq::post(world.url("/big?uploads")).send("").expect("begun");
    let begun = begun.body_mut().read_to_string().expect("an id");
    let id = begun.split("<UploadId>").nth(1).and_then(|rest| rest.split('<').next());
    let id = id.expect("an id");
    let part = ureq::put(world.url(&format!("/big?partNumber=1&uploadId={id}"))).send("x");
    assert_eq!(part.expect("taken").status(), 200);
    let refused = ureq::post(world.url("/big?uploads")).header(TYPE, "AES256").send("");
    assert!(matches!(refused, Err(ureq::Error::StatusCode(403))));
}

#[test]
fn a_bucket_without_a_policy_has_none_again_and_a_lone_statement_its_own_form() {
    let world = World::new(None);
    let _ = world.json(&["--tls-only", "--apply", "--yes"]);
    assert_eq!(sids(&world.policy().expect("ours")), ["ResealTlsOnly"]);
    let _ = world.json(&["--remove", "--yes"]);
    assert_eq!(world.policy(), None);

    let lone = "{\"Statement\" : {\"Sid\":\"Own\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:DeleteBucket\",\"Resource\":\"arn:aws:s3:::guarded\"} }";
    world.put_policy(lone);
    let _ = world.json(&["--tls-only", "--block-sse-c", "--apply", "--yes"]);
    let policy = world.policy().expect("a policy");
    assert_eq!(sids(&policy), ["Own", "ResealDenyCustomerKeys", "ResealTlsOnly"]);
    let _ = world.json(&["--remove", "--tls-only", "--yes"]);
    let policy = world.policy().expect("a policy");
    assert_eq!(sids(&policy), ["Own", "ResealDenyCustomerKeys"], "only what was named");
    let _ = world.json(&["--remove", "--yes"]);
    assert_eq!(world.policy().as_deref(), Some(lone));
}

#[test]
fn a_statement_is_replaced_in_place_and_what_no_longer_belongs_goes() {
    let world = World::new(Some(FOREIGN));
    let kms = ["--deny-wrong-encryption", "--sse", "aws:kms", "--kms-key", "alias/target"];
    let _ = world.json(&[&kms[..], &["--apply", "--yes"]].concat());
    let policy = world.policy().expect("a policy");
    let ours = ["ResealDenyWrongEncryption", "ResealDenyWrongKey", "ResealDenyUnnamedKey"];
    assert_eq!(sids(&policy)[1..], ours);
    let s3 = ["--deny-wrong-encryption", "--sse", "AES256", "--apply", "--yes"];
    let _ = world.json(&s3);
    let policy = world.policy().expect("a policy");
    assert_eq!(sids(&policy)[1..], ours[..1]);
    assert_eq!(world.put("s3", &[(TYPE, "AES256")]), 200);
    assert_eq!(world.put("kms", &[(TYPE, "aws:kms")]), 403);
    let _ = world.json(&["--remove", "--yes"]);
    assert_eq!(world.policy().as_deref(), Some(FOREIGN));
}

#[test]
fn the_default_goes_back_through_all_our_changes_but_not_over_somebody_elses() {
    let world = World::new(None);
    let rule = world.rule();
    let other = world.sandbox.key("alias/other");
    for key in [&world.key, &other] {
        let apply = ["--default-encryption", "--sse", "aws:kms", "--kms-key", key];
        let _ = world.json(&[&apply[..], &["--apply", "--yes"]].concat());
        assert!(world.rule().contains(key.as_str()));
    }
    let _ = world.json(&["--remove", "--yes"]);
    assert_eq!(world.rule(), rule);

    let apply = ["--default-encryption", "--sse", "aws:kms", "--kms-key", &other];
    let _ = world.json(&[&apply[..], &["--apply", "--yes"]].concat());
    let somebodys = world.rule().replace(&other, &world.key);
    ureq::put(world.url("?encryption")).send(&somebodys).expect("taken");
    let left = world.json(&["--remove", "--yes"]);
    assert_eq!(world.rule(), somebodys, "not ours any more");
    let note = left["buckets"][0]["notes"][0].as_str().expect("a note").to_owned();
    assert!(note.contains("isn't what reseal made of it any more"), "{note}");
}

#[test]
fn the_backup_has_what_was_there_and_is_nobody_elses_to_read() {
    let world = World::new(Some(FOREIGN));
    let applied = world.json(&everything(&["--apply", "--yes"]));
    let paths = world.backups();
    assert_eq!(paths.len(), 1);
    assert_eq!(applied["buckets"][0]["backup"].as_str(), paths[0].to_str());
    let backup: Value =
        serde_json::from_slice(&std::fs::read(&paths[0]).expect("a file")).expect("JSON");
    assert_eq!(backup["policy"].as_str(), Some(FOREIGN));
    assert_eq!(backup["policy_after"].as_str(), world.policy().as_deref());
    assert_eq!(backup["encryption"]["algorithm"], "AES256");
    assert_eq!(backup["encryption_after"]["key"], json!(world.key));
    assert_eq!((&backup["bucket"], &backup["action"]), (&json!(BUCKET), &json!("apply")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| {
            std::fs::metadata(path).expect("there").permissions().mode() & 0o777
        };
        assert_eq!(mode(&paths[0]), 0o600);
        assert_eq!(mode(paths[0].parent().expect("a folder")), 0o700);
    }
}
