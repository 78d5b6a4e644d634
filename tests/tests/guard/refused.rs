//! What is refused before anything is changed.

use reseal_tests::Reseal;

use crate::world::{BUCKET, FOREIGN, World};

fn refused(world: &World, arguments: &[&str], words: &[&str]) {
    let mutations = world.sandbox.mutations();
    let ended = world.guard(arguments).expect_code(2);
    for word in words {
        assert!(ended.stderr.contains(word), "{arguments:?}: {}", ended.stderr);
    }
    assert_eq!(world.sandbox.mutations(), mutations, "{arguments:?}");
    assert_eq!(world.backups().len(), 0, "{arguments:?}");
}

#[test]
fn usage_is_refused_by_the_flag() {
    let world = World::new(Some(FOREIGN));
    refused(&world, &[], &["--default-encryption", "--tls-only", "at least one"]);
    refused(&world, &["--apply", "--yes"], &["at least one"]);
    refused(&world, &["--tls-only", "--yes"], &["--yes"]);
    refused(&world, &["--tls-only", "--apply"], &["no terminal", "--dry-run", "--yes"]);
    refused(&world, &["--remove", "--dry-run", "--yes"], &["--dry-run", "--yes"]);
    refused(&world, &["--remove"], &["no terminal", "--yes"]);
    refused(&world, &["--default-encryption"], &["need --sse"]);
    refused(&world, &["--tls-only", "--sse", "AES256"], &["--sse is for"]);
    refused(&world, &["--deny-untagged-reads"], &["--tag KEY=VALUE"]);
    refused(&world, &["--tls-only", "--tag", "a=b"], &["--tag is for"]);
    refused(&world, &["--remove", "--sse", "AES256", "--yes"], &["--sse"]);
    refused(&world, &["--tls-only", "--apply", "--remove", "--yes"], &["--remove"]);
    refused(&world, &["--offline", "--default-encryption", "--sse", "AES256"], &["--offline"]);
    let offline = ["--offline", "--deny-wrong-encryption", "--sse", "aws:kms", "--kms-key"];
    refused(&world, &[&offline[..], &["alias/target"]].concat(), &["--kms-key", "full ARN"]);
}

#[test]
fn keys_buckets_and_owners_that_do_not_fit_are_refused() {
    let world = World::new(Some(FOREIGN));
    let tls = ["--tls-only", "--apply", "--yes"];
    let key = ["--default-encryption", "--sse", "aws:kms", "--kms-key", "alias/none"];
    refused(&world, &[&key[..], &["--apply", "--yes"]].concat(), &["--kms-key", "not exist"]);
    refused(&world, &[&["no-such-bucket"], &tls[..]].concat(), &["no-such-bucket", "not exist"]);
    let foreign = [&tls[..], &["--bucket-owner", "999988887777"]].concat();
    refused(&world, &foreign, &[BUCKET, "--bucket-owner"]);
    assert_eq!(world.policy().as_deref(), Some(FOREIGN), "the first bucket wasn't begun either");
}

#[test]
fn a_policy_that_gets_too_long_or_reads_two_ways_is_left_alone() {
    let long = |bytes: usize| {
        let statement = FOREIGN.replace("2012-10-17\"", "2012-10-17\", \"Id\":\"ID\"");
        statement.replace("ID", &"x".repeat(bytes))
    };
    let world = World::new(Some(&long(20_150)));
    refused(&world, &["--tls-only", "--apply", "--yes"], &["20480", BUCKET]);
    let twice = FOREIGN.replace("\"Statement\"", "\"Statement\":[],\"Statement\"");
    world.put_policy(&twice);
    refused(&world, &["--tls-only", "--apply", "--yes"], &["Statement twice", BUCKET]);
    refused(&world, &["--remove", "--yes"], &["Statement twice"]);
    assert_eq!(world.policy().as_deref(), Some(twice.as_str()));
}

#[test]
fn without_a_backup_nothing_is_changed() {
    let world = World::new(Some(FOREIGN));
    let file = world.scratch.path("a-file");
    std::fs::write(&file, "x").expect("a file");
    let folder = file.to_str().expect("UTF-8");
    let ended = world.guard(&["--tls-only", "--apply", "--yes", "--backup-dir", folder]);
    let ended = ended.expect_code(2);
    assert!(ended.stderr.contains("--backup-dir"), "{}", ended.stderr);
    assert_eq!(world.policy().as_deref(), Some(FOREIGN));
}

#[test]
fn locking_oneself_out_is_warned_of() {
    let world = World::new(None);
    let shown = world.json(&["--tls-only"]);
    let warning = shown["warnings"][0].as_str().expect("a warning").to_owned();
    assert!(warning.contains("locks you out"), "{warning}");
    let elsewhere = Reseal::without_endpoint("guard")
        .args([BUCKET, "--offline", "--tls-only", "--region", "cn-north-1", "--output", "json"])
        .run()
        .expect_code(0)
        .json();
    let resources = &elsewhere["buckets"][0]["policy"]["Statement"][0]["Resource"];
    assert_eq!(resources[0], "arn:aws-cn:s3:::guarded");
}
