//! What can't be reached is refused before anything is touched.

use serde_json::json;

use crate::world::{ROLE_A, TEAM_A, World};

impl World {
    /// The line of a run that is refused; nothing was touched.
    fn refused(&self, more: &str, typed: &[&str]) -> String {
        let before = self.versions();
        let ended = self.reseal("run", more).args(typed).args(["--yes"]).run().expect_code(2);
        assert_eq!(self.versions(), before);
        ended.stderr.lines().last().unwrap_or_default().to_owned()
    }
}

fn holds(line: &str, words: &[&str]) {
    for word in words {
        assert!(line.contains(word), "no '{word}' in {line}");
    }
}

#[test]
fn a_bucket_of_another_account_than_its_roles() {
    let world = World::new();
    // Typed roles replace the file's.
    let swapped = ["--assume-role-arn", ROLE_A];
    let line = world.refused("", &swapped);
    holds(&line, &["bucket central", TEAM_A, "--assume-role-arn"]);
}

#[test]
fn a_bucket_that_no_pattern_fits() {
    let world = World::new();
    let only_a = format!("team-a-*={ROLE_A}");
    let line = world.refused("", &["--assume-role-arn", &only_a]);
    holds(&line, &["team-b-data", "111122223333", "--assume-role-arn"]);
}

#[test]
fn a_role_that_may_not_be_assumed() {
    let world = World::new();
    let unknown = "arn:aws:iam::333344445555:role/nobody";
    let roles = [format!("team-a-*={ROLE_A}"), format!("team-b-*={unknown}")];
    let typed = ["--assume-role-arn", &roles[0], "--assume-role-arn", &roles[1]];
    holds(&world.refused("", &typed), &["--assume-role-arn", unknown, "team-b-data"]);
}

#[test]
fn an_update_alone_where_the_key_is_not_the_owners() {
    let world = World::new();
    let line = world.refused("strategy: update\n", &[]);
    holds(&line, &["--strategy update", TEAM_A, "team-a-data"]);
}

/// One request reads and writes, so one role must be able to do both.
#[test]
fn backups_in_another_account() {
    let world = World::new();
    world.sandbox.admin("buckets", &json!({ "name": "backups" }));
    let line = world.refused("", &["--backup-to", "s3://backups"]);
    holds(&line, &["--backup-to backups", "--assume-role-arn", "team-a-data"]);
}

#[test]
fn what_is_no_role_or_no_file() {
    let world = World::new();
    for (typed, word) in [
        ("team-a-*", "not a role"),
        ("a/b=arn:aws:iam::222233334444:role/x", "no pattern"),
        ("x=arn:aws:iam::222233334444:user/x", "not a role"),
    ] {
        let line = world.refused("", &["--assume-role-arn", typed]);
        holds(&line, &["--assume-role-arn", word]);
    }
    holds(&world.refused("shiny: 1\n", &[]), &["--job", "job.yaml", "shiny"]);
    holds(&world.refused("yes: true\n", &[]), &["--job", "yes"]);
}

/// It has its own.
#[test]
fn roles_beside_a_job() {
    let world = World::new();
    let ended = world.reseal("run", "").args(["--yes", "--output", "json"]).run().expect_code(0);
    let job = ended.json()["job"].as_str().expect("a job").to_owned();
    for name in ["verify", "census"] {
        let ended = world.of_a_job(&[name, &job, "--assume-role-arn", ROLE_A]).run();
        holds(&ended.expect_code(2).stderr, &["--assume-role-arn", "roles of its own"]);
    }
}
