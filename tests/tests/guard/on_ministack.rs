//! The same on a server that isn't ours, read back by botocore. It keeps
//! policies byte for byte, and doesn't hold a bucket's owner to them.

use reseal_tests::{Ended, Ministack, Reseal, Scratch};
use serde_json::json;

use crate::world::{BUCKET, FOREIGN, sids};

fn guard(ministack: &Ministack, scratch: &Scratch, arguments: &[&str]) -> Ended {
    Reseal::without_endpoint("guard")
        .args([BUCKET, "--endpoint-url", ministack.url(), "--output", "json"])
        .args(arguments)
        .state(scratch.folder())
        .run()
}

#[test]
fn on_ministack_it_is_in_force_and_gone_again() {
    let ministack = Ministack::start();
    let world = json!({ "keys": ["alias/target"], "buckets": [{ "name": BUCKET }], "objects": [] });
    let key = ministack.seed(&world)["alias/target"].as_str().expect("a key").to_owned();
    ministack.put_policy(BUCKET, FOREIGN);
    let before = ministack.safeguards(BUCKET);
    assert_eq!(before["policy"], FOREIGN);
    let scratch = Scratch::new("guard-on-ministack");
    let everything = ["--default-encryption", "--deny-wrong-encryption", "--block-sse-c"];
    let about = ["--tls-only", "--sse", "aws:kms", "--kms-key", "alias/target"];
    let measures = [&everything[..], &about[..]].concat();

    let _ = guard(&ministack, &scratch, &measures).expect_code(0);
    assert_eq!(ministack.safeguards(BUCKET), before, "only shown");

    let apply = [&measures[..], &["--apply", "--yes"]].concat();
    let applied = guard(&ministack, &scratch, &apply).expect_code(0).json();
    assert_eq!(applied["buckets"][0]["state"], "done");
    let now = ministack.safeguards(BUCKET);
    let policy = now["policy"].as_str().expect("a policy");
    assert!(policy.starts_with(&FOREIGN[..FOREIGN.rfind("\n ]").expect("its end")]), "{policy}");
    assert_eq!(sids(policy).len(), 6);
    let rule = &now["encryption"][0];
    let default = &rule["ApplyServerSideEncryptionByDefault"];
    assert_eq!(
        (&default["SSEAlgorithm"], &default["KMSMasterKeyID"]),
        (&json!("aws:kms"), &json!(key))
    );
    assert_eq!(rule["BucketKeyEnabled"], true);
    assert_eq!(rule["BlockedEncryptionTypes"]["EncryptionType"], json!(["SSE-C"]));

    let again = guard(&ministack, &scratch, &apply).expect_code(0).json();
    assert_eq!(again["buckets"][0]["state"], "nothing-to-do");
    assert_eq!(ministack.safeguards(BUCKET), now);

    let removed = guard(&ministack, &scratch, &["--remove", "--yes"]).expect_code(0).json();
    assert_eq!(removed["buckets"][0]["state"], "done");
    let after = ministack.safeguards(BUCKET);
    assert_eq!(after["policy"], FOREIGN);
    let default = &after["encryption"][0]["ApplyServerSideEncryptionByDefault"];
    assert_eq!(*default, before["encryption"][0]["ApplyServerSideEncryptionByDefault"]);
}

/// Another author's reading of policies. It doesn't know the headers of the
/// key and of customers' keys as conditions, so it can't tell of those.
#[test]
fn ministack_holds_an_iam_user_to_what_we_wrote() {
    let ministack = Ministack::start_enforcing();
    let world = json!({ "keys": [], "buckets": [{ "name": BUCKET }], "objects": [] });
    let _ = ministack.seed(&world);
    let scratch = Scratch::new("guard-enforced");
    let measures = ["--deny-wrong-encryption", "--sse", "AES256", "--deny-untagged-reads"];
    let apply = [&measures[..], &["--tag", "sealed=yes", "--apply", "--yes"]].concat();
    let _ = guard(&ministack, &scratch, &apply).expect_code(0);
    let (fine, denied) = (json!(null), json!("AccessDenied"));
    let expected = json!({
        "names_nothing": fine, "names_aes256": fine, "names_kms": denied,
        "begins_parts": fine, "begins_parts_with_kms": denied, "part": fine,
        "untagged_read": denied, "tags": fine, "tagged_read": fine,
    });
    assert_eq!(ministack.tries(BUCKET), expected);

    let ministack = Ministack::start_enforcing();
    let _ = ministack.seed(&world);
    let _ = guard(&ministack, &scratch, &["--tls-only", "--apply", "--yes"]).expect_code(0);
    let tried = ministack.tries(BUCKET);
    assert!(tried.as_object().expect("all").values().all(|got| *got == denied), "{tried}");
}
