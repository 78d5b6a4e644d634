//! What is refused before anything is touched.

use reseal_tests::Reseal;

use crate::world::{KMS, TO, World};

fn refused(arguments: &[&str]) -> String {
    let all = ["--events", "http://127.0.0.1:9/1/q", "--bucket-tag", "a=b", "--to", TO];
    let all = [&all[..], &["--endpoint-url", "http://127.0.0.1:9"]].concat();
    let ended = Reseal::without_endpoint("serve").args(all).args(KMS).args(arguments).run();
    let ended = ended.expect_code(2);
    assert_eq!(ended.stderr.trim_end().lines().count(), 1, "{}", ended.stderr);
    ended.stderr
}

#[test]
fn modes_without_what_they_need_are_refused() {
    for (arguments, flag) in [
        (&["--mode", "report"][..], "--report-to"),
        (&["--mode", "encrypt"], "--fleet"),
        (&["--mode", "report", "--fleet", "f", "--report-to", "d"], "--fleet"),
        (&["--mode", "encrypt", "--fleet", "f", "--report-to", "d"], "--report-to"),
        (&["--mode", "encrypt", "--stack", "f_g"], "--stack"),
        (&["--mode", "encrypt", "--fleet", "fleet", "--fleet-files", "x"], "--fleet-files"),
        (&["--mode", "report", "--stack", "main"], "--report-to"),
        (&["--mode", "report", "--report-to", "s3://x"], "--report-to"),
        (&["--mode", "report", "--report-to", "d", "--reconcile-every", "0s"], "--reconcile-every"),
        (&["--mode", "report", "--report-to", "d", "--reconcile-every", "6"], "--reconcile-every"),
        (&["--mode", "report", "--report-to", "d", "--versions", "all"], "--versions"),
        (&["--mode", "report", "--report-to", "d", "--report-kms-key", "k"], "--report-kms-key"),
    ] {
        let line = refused(arguments);
        assert!(line.contains(flag), "{arguments:?}: {line}");
    }
}

#[test]
fn a_queue_or_a_fleet_that_is_not_there_is_refused_at_once() {
    let world = World::new();
    let before = world.sandbox.mutations();
    let folder = world.reports_folder().display().to_string();
    let report = ["--mode", "report", "--report-to", &folder];
    let gone = format!("{}-gone", world.queue());
    let ended = world.command_on(&gone, &report).run().expect_code(2);
    assert!(ended.stderr.contains("--events"), "{}", ended.stderr);
    let ended = world.command(&["--mode", "encrypt", "--fleet", "nobodys"]).run().expect_code(2);
    assert!(ended.stderr.contains("--fleet"), "{}", ended.stderr);
    assert_eq!(world.sandbox.mutations(), before);
}
