//! Contradictions are refused with one line that names the flag.

use clap::Parser as _;
use reseal_core::{Strategy, Versions, WhichFleet};

use super::*;

const KMS: &[&str] = &["--sse", "aws:kms", "--kms-key", "alias/k"];

fn meaning_in(words: &[&str], environment: &Environment) -> Result<Command, String> {
    let words = std::iter::once("reseal").chain(words.iter().copied());
    let cli = Cli::try_parse_from(words).map_err(|e| e.to_string())?;
    cli.meaning(environment).map_err(|e| e.to_string())
}

fn meaning(words: &[&str]) -> Result<Command, String> {
    let environment = Environment { xdg_state_home: None, home: Some("/home/x".into()) };
    meaning_in(words, &environment)
}

fn run(extra: &[&str]) -> Result<JobRequest, String> {
    match meaning(&[&["run", "s3://bucket/p/"], extra].concat())? {
        Command::Run { job, .. } => Ok(job),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn a_plain_run_gets_the_documented_defaults() {
    let job = run(KMS).expect("is accepted");
    let key = "alias/k".to_owned();
    assert_eq!(job.target, TargetRequest::SseKms { key, bucket_key: true });
    assert_eq!(job.behaviour.policy.strategy, Strategy::Auto);
    assert_eq!(job.behaviour.versions, Versions::Current);
    assert_eq!(job.limits.concurrency, 256);
    assert_eq!(job.limits.rate_per_prefix, 3_500.0);
    assert_eq!(job.state, std::path::PathBuf::from("/home/x/.local/state/reseal"));
    assert_eq!(job.chunk_rows, 1_000);
}

#[test]
fn contradictions_name_their_flag() {
    let cases: &[(&[&str], &str)] = &[
        (&["--sse", "AES256", "--kms-key", "k"], "--kms-key"),
        (&["--sse", "AES256", "--bucket-key", "true"], "--bucket-key"),
        (&["--sse", "aws:kms:dsse", "--kms-key", "k", "--bucket-key", "false"], "--bucket-key"),
        (&["--sse", "aws:kms"], "--kms-key"),
        (&["--sse", "AES256", "--strategy", "update"], "--strategy update"),
        (&["--sse", "AES256", "--min-size", "2", "--max-size", "1"], "--min-size"),
        (&["--sse", "AES256", "--min-size", "ten"], "--min-size"),
        (&["--sse", "AES256", "--modified-before", "yesterday"], "--modified-before"),
        (
            &[
                "--sse",
                "AES256",
                "--modified-after",
                "2026-01-02T00:00:00Z",
                "--modified-before",
                "2026-01-01T00:00:00Z",
            ],
            "--modified-after",
        ),
        (&["--sse", "AES256", "--only", "SSE-S3", "--source-kms-key", "k"], "--source-kms-key"),
        (&["--sse", "AES256", "--rate", "0"], "--rate"),
        (&["--sse", "AES256", "--kms-rate", "NaN"], "--kms-rate"),
        (&["--sse", "AES256", "--concurrency", "0"], "--concurrency"),
        (&["--sse", "AES256", "--chunk-rows", "10001"], "--chunk-rows"),
        (&["--sse", "AES256", "--bucket-owner", "12"], "--bucket-owner"),
        (&["--sse", "AES256", "s3://bucket/p/q"], "overlap"),
        (&["--sse", "AES256", "s3://bucket"], "overlap"),
        (&["--sse", "AES256", "bucket"], "SOURCE"),
        (&["--sse", "AES256", "s3://b"], "SOURCE"),
        (&["--sse", "AES256", "--keys", "-", "--keys", "-"], "--keys"),
    ];
    for (words, named) in cases {
        let line = run(words).expect_err(&format!("{words:?}"));
        assert!(line.contains(named), "{words:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn update_only_contradicts_accepting_unfenced_copies() {
    let words = [KMS, &["--strategy", "update", "--accept-unfenced-copies"]].concat();
    assert!(run(&words).expect_err("contradiction").contains("--accept-unfenced-copies"));
}

#[test]
fn versions_all_needs_a_listing() {
    let words = ["plan", "--keys", "list.csv", "--sse", "AES256", "--versions", "all"];
    assert!(meaning(&words).expect_err("contradiction").contains("--versions"));
}

#[test]
fn manifests_are_told_from_addresses_and_trusted_only_where_they_are() {
    let plan = |words: &[&str]| {
        meaning(&[&["plan", "--sse", "AES256"], words].concat()).map(|command| match command {
            Command::Plan(job) => job,
            other => panic!("{other:?}"),
        })
    };
    let words = ["--manifest", "s3://b-1/a b/manifest.json", "--manifest", "m.json"];
    let job = plan(&[&words[..], &["--trust-inventory"]].concat()).expect("is accepted");
    assert!(job.behaviour.trust_inventory);
    let described: Vec<String> = job.sources.iter().map(SourceRequest::describe).collect();
    assert_eq!(described, ["--manifest s3://b-1/a b/manifest.json", "--manifest m.json"]);
    for (words, word) in [
        (&["--manifest", "report.csv"][..], "manifest.json"),
        (&["--manifest", "s3://b-1.json"], "s3://bucket/key"),
        (&["--manifest", "s3://b/manifest.json"], "bucket name"),
        (&["--manifest", "m.json", "--manifest", "m.json"], "twice"),
        (&["--manifest", "m.json", "--versions", "all"], "--versions"),
        (&["s3://bucket", "--trust-inventory"], "--manifest"),
    ] {
        let line = plan(words).expect_err(word);
        assert!(line.contains(word) && line.lines().count() == 1, "{line}");
    }
}

#[test]
fn tags_of_buckets_stand_where_sources_do() {
    let plan = |words: &[&str]| meaning(&[&["plan", "--sse", "AES256"], words].concat());
    let words = ["--bucket-tag", "team=a=b", "--bucket-tag", "pii=", "--versions", "all"];
    let Ok(Command::Plan(job)) = plan(&words) else { panic!("is accepted") };
    let tags = [("team", "a=b"), ("pii", "")].map(|(key, value)| (key.into(), value.into()));
    assert_eq!(job.sources, [SourceRequest::Tagged(tags.into())]);
    assert_eq!(job.sources[0].describe(), "--bucket-tag team=a=b --bucket-tag pii=");
    for (words, word) in [
        (&["--bucket-tag", "team"][..], "KEY=VALUE"),
        (&["--bucket-tag", "=value"], "KEY=VALUE"),
        (&["--bucket-tag", "a=b", "--bucket-tag", "a=b"], "twice"),
    ] {
        let line = plan(words).expect_err(word);
        assert!(line.contains("--bucket-tag") && line.contains(word), "{line}");
    }
    // A name beside a tag is no job's.
    let beside = ["verify", "20261121T000000-0123abcd", "--bucket-tag", "a=b", "--sse", "AES256"];
    assert!(meaning(&beside).expect_err("no source").contains("s3://"));
}

#[test]
fn no_source_is_refused() {
    assert!(meaning(&["plan", "--sse", "AES256"]).expect_err("no source").contains("SOURCE"));
}

#[test]
fn sizes_and_lists_are_read() {
    let words = ["--sse", "AES256", "--min-size", "10MiB", "--only", "NOT-SSE,SSE-KMS"];
    let job = run(&words).expect("is accepted");
    assert_eq!(job.selection.min_size, Some(10 * 1024 * 1024));
    assert_eq!(job.selection.only.len(), 2);
}

#[test]
fn the_state_folder_follows_xdg_and_ignores_relative_paths() {
    let words = ["report"];
    let state = |xdg: &str| {
        let environment =
            Environment { xdg_state_home: Some(xdg.into()), home: Some("/home/x".into()) };
        match meaning_in(&words, &environment) {
            Ok(Command::Report(ReportRequest { place: Place::Folder(state), .. })) => state,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(state("/state"), std::path::PathBuf::from("/state/reseal"));
    assert_eq!(state("state"), std::path::PathBuf::from("/home/x/.local/state/reseal"));
    assert!(meaning_in(&words, &Environment::default()).expect_err("no home").contains("--state"));
}

#[test]
fn every_flag_has_help() {
    use clap::CommandFactory as _;
    for command in Cli::command().get_subcommands() {
        for arg in command.get_arguments() {
            assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
        }
    }
}

#[test]
fn a_job_is_in_a_folder_or_with_a_fleet() {
    let split = |words: &'static str| words.split(' ').collect::<Vec<_>>();
    let place = |words| match meaning(&split(words)) {
        Ok(Command::Status(status)) => status.place,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        place("status --fleet prod"),
        Place::Fleet(WhichFleet::Named("prod".parse().expect("a name")))
    );
    assert_eq!(
        place("status --stack main"),
        Place::Fleet(WhichFleet::OfStack("main".parse().expect("a name")))
    );
    assert_eq!(place("status --state /x"), Place::Folder("/x".into()));
    for (wrong, flag) in [
        ("status --fleet prod --state /x", "--fleet contradicts --state"),
        ("status --fleet a/b", "--fleet"),
        ("status --stack main --state /x", "--stack contradicts --state"),
        ("status --stack main --fleet main", "--fleet"),
        ("status --stack a_b", "--stack"),
        ("status --fleet-endpoint-url http://127.0.0.1:9", "--fleet-endpoint-url"),
        ("fleet init --stack main --files s3://bucket", "--files"),
        ("fleet init --stack main --fleet main", "--fleet"),
        ("fleet init --fleet main", "--files"),
        ("verify --sse AES256 s3://bucket --stack main", "--fleet"),
        ("status --region eu-west-1", "--fleet"),
        ("verify --sse AES256 s3://bucket --fleet prod", "--fleet"),
        ("fleet init --fleet prod --files bucket", "--files"),
        ("fleet init --fleet prod --files s3://bucket --lease 0.5", "--lease"),
    ] {
        let error = meaning(&split(wrong)).expect_err(wrong);
        assert!(error.contains(flag), "{wrong}: {error}");
    }
}

#[test]
fn where_a_report_goes_is_said_without_contradiction() {
    let environment = Environment { home: Some("/home/x".into()), ..Environment::default() };
    let out = |words: &str| {
        let words: Vec<&str> = std::iter::once("report").chain(words.split_whitespace()).collect();
        match meaning_in(&words, &environment) {
            Ok(Command::Report(ReportRequest { out, .. })) => Ok(out),
            Ok(other) => panic!("{other:?}"),
            Err(line) => Err(line),
        }
    };
    assert_eq!(out(""), Ok(ReportOut::Stdout));
    assert_eq!(out("--out a.csv"), Ok(ReportOut::File("a.csv".into())));
    assert_eq!(out("--layout hive --out a"), Ok(ReportOut::Folder("a".into())));
    let typed = "--layout hive --format parquet --out a";
    assert_eq!(out(typed), Ok(ReportOut::Folder("a".into())));
    for (typed, prefix) in [("s3://reports", ""), ("s3://reports/a/b", "a/b/")] {
        let place = ReportOut::Bucket {
            bucket: "reports".parse().expect("a bucket"),
            prefix: prefix.to_owned(),
        };
        assert_eq!(out(&format!("--layout hive --out {typed}")), Ok(place.clone()));
        // The connection is for the bucket then.
        let words = format!("--layout hive --region eu-west-1 --out {typed}");
        assert_eq!(out(&words), Ok(place));
    }
    for (words, flag) in [
        ("--layout hive", "--out"),
        ("--out s3://reports/a", "--layout hive"),
        ("--layout hive --format json --out a", "--format json"),
        ("--format parquet", "--layout hive"),
        ("--format parquet --out a.parquet", "--layout hive"),
        ("--layout hive --out s3://no", "--out"),
        ("--layout hive --region eu-west-1 --out a", "--fleet"),
    ] {
        let line = out(words).expect_err(words);
        assert!(line.contains(flag), "{words}: {line}");
    }
}
