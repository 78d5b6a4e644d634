//! On one machine.

use reseal_tests::{Reseal, read_report, wait_until};
use serde_json::json;

use crate::world::{BUCKETS, EACH, ROLE_A, ROLE_B, TEAM_A, TEAM_B, World};

#[test]
fn one_job_over_three_accounts() {
    let world = World::new();
    let plan = world.reseal("plan", "").args(["--output", "json"]).run().expect_code(0).json();
    let sources = [
        "s3://central/, listed live".to_owned(),
        format!("s3://team-a-data/, listed live, through {ROLE_A}"),
        format!("s3://team-a-logs/, listed live, through {ROLE_A}"),
        format!("s3://team-b-data/, listed live, through {ROLE_B}"),
    ];
    assert_eq!(plan["sources"], json!(sources));
    assert_eq!(world.sandbox.mutations(), 2, "a plan becomes two roles, and changes nothing");
    let ended = world.reseal("run", "").args(["--yes", "--output", "json"]).run().expect_code(0);
    world.all_at_the_target();
    world.each_account_by_its_own_role();
    let rows = read_report(&ended.report());
    assert_eq!(rows.len(), BUCKETS.len() * (EACH + 1));
    // UpdateObjectEncryption takes keys of the bucket's owner only.
    for row in &rows {
        let update = row.bucket == "central" && row.before_encryption != "NOT-SSE";
        assert_eq!(row.action == "update", update, "{row:?}");
    }
    let line = "the key belongs to account 111122223333, not to the owner of team-a-data, \
                team-a-logs, team-b-data";
    assert!(ended.stderr.contains(line), "{}", ended.stderr);
}

/// What names a job needs no roles: it has them.
#[test]
fn commands_that_name_the_job_reach_its_accounts() {
    let world = World::new();
    let ended = world.reseal("run", "").args(["--yes", "--output", "json"]).run().expect_code(0);
    let job = ended.json()["job"].as_str().expect("a job").to_owned();
    let verified =
        world.of_a_job(&["verify", &job, "--deep", "--output", "json"]).run().expect_code(0);
    assert_eq!(verified.json()["at_target"], BUCKETS.len() * (EACH + 1));
    // Deleting is another role's business, of the same account.
    let [of_a, of_b] = [TEAM_A, TEAM_B].map(|account| {
        let arn = format!("arn:aws:iam::{account}:role/purger");
        world.sandbox.admin("roles", &json!({ "arn": arn }));
        arn
    });
    let purge = |of_a: &str, of_b: &str| {
        let roles = [format!("team-a-*={of_a}"), format!("team-b-*={of_b}")];
        world
            .of_a_job(&["purge", &job, "--yes", "--output", "json"])
            .args(["--assume-role-arn", &roles[0], "--assume-role-arn", &roles[1]])
            .run()
    };
    let swapped = purge(&of_b, &of_a).expect_code(2);
    assert!(swapped.stderr.contains("team-a-data is worked in account"), "{}", swapped.stderr);
    let _ = purge(&of_a, &of_b).expect_code(0);
    for (place, versions) in world.versions() {
        assert_eq!(versions.len(), 1, "{place:?}: the old version is gone, or never was");
    }
    world.each_account_by_its_own_role();
}

/// Those that name sources take the flag.
#[test]
fn sources_of_several_accounts_are_counted_verified_and_probed() {
    let world = World::new();
    let sources = BUCKETS.map(|(bucket, _)| format!("s3://{bucket}"));
    let roles = [format!("team-a-*={ROLE_A}"), format!("team-b-*={ROLE_B}")];
    let named = |name: &str| {
        Reseal::without_endpoint(name)
            .args(["--endpoint-url", world.proxy.url()])
            .args(&sources)
            .args(["--assume-role-arn", &roles[0], "--assume-role-arn", &roles[1]])
            .args(["--output", "json"])
            .state(&world.scratch.path("state"))
    };
    let target = ["--sse", "aws:kms", "--kms-key", &world.key];
    let census = named("census").run().expect_code(0).json();
    assert_eq!(census["objects"], BUCKETS.len() * (EACH + 1), "{census}");
    let _ = named("probe").args(target).run().expect_code(0);
    let verified = named("verify").args(target).run().expect_code(3).json();
    assert_eq!(verified["differences"]["not-at-target"], BUCKETS.len() * (EACH + 1));
    world.each_account_by_its_own_role();
}

#[test]
fn a_killed_job_over_three_accounts_goes_on() {
    let world = World::new();
    // So slow that no machine ends the job before it is killed; limits may change.
    let run = |rate: &str| {
        let chunks = format!("strategy: copy\nconcurrency: 4\nchunk-rows: 10\nrate: {rate}\n");
        world.reseal("run", &chunks).args(["--yes", "--output", "json"])
    };
    let mut jobs = std::collections::BTreeSet::new();
    for round in 0..3 {
        let goal = world.sandbox.mutations() + 70 + round * 9;
        let mut running = run("10").start();
        wait_until("more mutations", || world.sandbox.mutations() >= goal || running.has_ended());
        assert!(!running.has_ended(), "a kill must land in mid-run");
        running.kill_9();
        let status = world.of_a_job(&["status", "--output", "json"]).run().expect_code(0).json();
        jobs.extend(status["jobs"].as_array().expect("jobs").iter().map(|j| j["job"].to_string()));
    }
    let ended = run("5000").run().expect_code(0);
    jobs.insert(ended.json()["job"].to_string());
    assert_eq!(jobs.len(), 1, "the same command is the same job");
    world.all_at_the_target();
    world.each_account_by_its_own_role();
}

/// A tag is looked for in every account that is reached, and each bucket is
/// listed by whoever reaches it.
#[test]
fn buckets_are_found_by_their_tag_in_every_account() {
    let world = World::new();
    for (bucket, owner) in BUCKETS {
        world.tag(bucket, owner, if bucket == "team-a-logs" { "other" } else { "data" });
    }
    // Another role of the same account, and none for this bucket.
    world.sandbox.admin("buckets", &json!({ "name": "b-side", "owner": TEAM_B }));
    world.tag("b-side", Some(TEAM_B), "data");
    let roles = [format!("team-a-*={ROLE_A}"), format!("team-b-*={ROLE_B}")];
    let roles = ["--assume-role-arn", &roles[0], "--assume-role-arn", &roles[1]];
    let found = |more: &[&str]| {
        let census = Reseal::without_endpoint("census")
            .args(["--endpoint-url", world.proxy.url(), "--output", "json"])
            .args(more)
            .state(&world.scratch.path("state"))
            .run();
        let census = census.expect_code(0);
        let told = census.stderr.contains("left out: b-side: no pattern");
        assert_eq!(told, more.contains(&roles[3]), "{}", census.stderr);
        let census = census.json();
        let groups = census["groups"].as_array().expect("groups").clone();
        let names = groups.iter().map(|group| group["bucket"].as_str().expect("one").to_owned());
        names.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let tag = ["--bucket-tag", "team=data"];
    assert_eq!(found(&tag), ["central"]);
    let all = found(&[&tag[..], &roles].concat());
    assert_eq!(all, ["central", "team-a-data", "team-b-data"]);
    // The caller's own, with a name that is somebody else's by its pattern.
    world.sandbox.admin("buckets", &json!({ "name": "team-a-mine" }));
    let claimed = Reseal::without_endpoint("census")
        .args(["--endpoint-url", world.proxy.url()])
        .args([&tag[..], &roles].concat())
        .state(&world.scratch.path("state"))
        .run()
        .expect_code(2);
    for word in ["team-a-mine", ROLE_A] {
        assert!(claimed.stderr.contains(word), "no '{word}' in {}", claimed.stderr);
    }
    let only_a = ["--assume-role-arn", ROLE_A];
    assert_eq!(found(&[&tag[..], &only_a].concat()), ["team-a-data"]);
    assert_eq!(found(&[&["--all-buckets"], &only_a[..]].concat()), ["team-a-data", "team-a-logs"]);
}
