//! What is typed, and what it means.

use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};
use reseal_core::WhichFleet;
use reseal_testkit::SeededRandom;
use tracing::level_filters::LevelFilter;

use super::{Cli, Connection, Environment, WorkerRequest};
use crate::process::LogFormat;
use crate::{Home, LeaseSettings};

fn environment() -> Environment {
    Environment {
        hostname: Some("ip-10-0-1-5.ec2.internal\n".to_owned()),
        process_id: 7,
        no_color: false,
    }
}

fn typed(words: &[&str]) -> Cli {
    let line = ["reseal-worker", "--fleet", "prod"].iter().chain(words);
    Cli::try_parse_from(line).expect("parses")
}

fn meant(words: &[&str]) -> WorkerRequest {
    typed(words).meaning(&environment()).expect("makes sense")
}

#[test]
fn clap_finds_no_fault_with_it() {
    Cli::command().debug_assert();
}

#[test]
fn little_must_be_said() {
    let request = meant(&[]);
    assert_eq!(
        request,
        WorkerRequest {
            fleet: WhichFleet::Named("prod".parse().expect("a name")),
            concurrency: 256,
            grace: Duration::from_secs(25),
            drain_after: None,
            listen: None,
            name: "ip-10-0-1-5.ec2.internal-7".to_owned(),
            connection: Connection::default(),
            emf: true,
        }
    );
    let logging = typed(&[]).logging(&environment());
    assert_eq!((logging.level, logging.format), (LevelFilter::INFO, LogFormat::Json));
    assert!(Cli::try_parse_from(["reseal-worker"]).is_err(), "a worker works for a fleet");
}

#[test]
fn everything_can_be_said() {
    let request = meant(&[
        "--concurrency=8",
        "--grace=110s",
        "--drain-after=10m",
        "--listen=127.0.0.1:9464",
        "--worker-name=blue",
        "--region=eu-west-1",
        "--profile=p",
        "--endpoint-url=http://127.0.0.1:1",
        "--fleet-endpoint-url=http://127.0.0.1:2",
        "--bucket-owner=111122223333",
        "--request-payer",
        "--allow-plain-http",
        "--no-emf",
    ]);
    assert_eq!(request.drain_after, Some(Duration::from_secs(600)));
    assert_eq!(request.listen.map(|at| at.port()), Some(9_464));
    assert!(!request.emf);
    let connection = Connection {
        region: Some("eu-west-1".to_owned()),
        profile: Some("p".to_owned()),
        endpoint: Some("http://127.0.0.1:1".to_owned()),
        fleet_endpoint: Some("http://127.0.0.1:2".to_owned()),
        bucket_owner: Some("111122223333".parse().expect("an account")),
        request_payer: true,
        allow_plain_http: true,
    };
    assert_eq!(request.connection, connection);
    let logging = typed(&["-v", "--log-format=text"]).logging(&environment());
    assert_eq!((logging.level, logging.format), (LevelFilter::DEBUG, LogFormat::Text));
}

#[test]
fn what_makes_no_sense_is_refused_by_its_flag() {
    let long = "x".repeat(65);
    for (words, flag) in [
        (vec!["--concurrency=0"], "--concurrency"),
        (vec!["--concurrency=10001"], "--concurrency"),
        (vec!["--grace=0s"], "--grace"),
        (vec!["--grace=13h"], "--grace"),
        (vec!["--drain-after=0s"], "--drain-after"),
        (vec!["--worker-name="], "--worker-name"),
        (vec!["--bucket-owner=me"], "--bucket-owner"),
    ] {
        let refused = typed(&words).meaning(&environment()).expect_err("no sense").to_string();
        assert!(refused.starts_with(flag), "{words:?}: {refused}");
    }
    for fleet in ["", "a b", "a/b", "ä", "a\n", long.as_str()] {
        let typed = Cli::try_parse_from(["reseal-worker", "--fleet", fleet]).expect("parses");
        let refused = typed.meaning(&environment()).expect_err("no sense").to_string();
        assert!(refused.starts_with("--fleet"), "{fleet:?}: {refused}");
    }
    let named = |words: &[&str]| {
        let typed = Cli::try_parse_from(["reseal-worker"].iter().chain(words));
        typed.map_err(|error| error.to_string())
    };
    let of_stack = named(&["--stack", "main"]).expect("parses").meaning(&environment());
    let of_stack = of_stack.expect("makes sense").fleet;
    assert_eq!(of_stack, WhichFleet::OfStack("main".parse().expect("a name")));
    let odd = named(&["--stack", "a_b"]).expect("parses").meaning(&environment());
    assert!(odd.expect_err("no sense").to_string().starts_with("--stack"));
    let both = named(&["--stack", "main", "--fleet", "main"]).expect_err("one of them");
    assert!(both.contains("--stack") && both.contains("--fleet"), "{both}");
    for word in ["--grace=25", "--listen=9464", "--log-format=xml", "--concurrency=many"] {
        let line = ["reseal-worker", "--fleet", "prod", word];
        let refused = Cli::try_parse_from(line).expect_err("no syntax").to_string();
        let flag = word.split('=').next().expect("a flag");
        assert!(refused.contains(flag), "{refused}");
    }
}

#[test]
fn settings_say_what_was_meant_under_a_label_of_their_own() {
    let random = SeededRandom::new(1);
    let request = meant(&["--concurrency=8", "--grace=110s", "--drain-after=5m"]);
    let home = Home {
        region: "eu-west-1".to_owned(),
        endpoint: None,
        owner: "111122223333".parse().expect("an account"),
    };
    let lease = LeaseSettings::living(Duration::from_secs(30));
    let name = "prod".parse().expect("a name");
    let settings = || request.settings(&name, &random, home.clone(), lease);
    let (one, other) = (settings(), settings());
    assert_eq!((&one.engine.home, one.engine.lease), (&Some(home.clone()), lease));
    assert_ne!(one.engine.worker, other.engine.worker, "namesakes are told apart");
    let label = one.engine.worker.as_str();
    assert!(label.starts_with("ip-10-0-1-5.ec2.internal-7-"), "{label}");
    assert_eq!((one.fleet.as_str(), one.engine.concurrency), ("prod", 8));
    assert_eq!(one.engine.grace, Duration::from_secs(110));
    assert_eq!(one.drain_after, Some(Duration::from_secs(300)));
    let nameless = Environment { hostname: Some("  ".to_owned()), ..environment() };
    let request = typed(&[]).meaning(&nameless).expect("makes sense");
    assert_eq!(request.name, "worker-7");
}

#[test]
fn what_a_task_definition_sets_has_a_variable() {
    let command = Cli::command();
    let variable = |flag: &str| {
        let argument = command.get_arguments().find(|a| a.get_long() == Some(flag));
        argument.and_then(|a| a.get_env()).and_then(|name| name.to_str()).map(str::to_owned)
    };
    for flag in [
        "fleet",
        "stack",
        "concurrency",
        "grace",
        "drain-after",
        "listen",
        "worker-name",
        "fleet-endpoint-url",
        "bucket-owner",
        "request-payer",
        "allow-plain-http",
        "log-format",
        "no-emf",
    ] {
        let name = format!("RESEAL_{}", flag.replace('-', "_").to_uppercase());
        assert_eq!(variable(flag), Some(name), "--{flag}");
    }
    for flag in ["region", "profile", "endpoint-url"] {
        assert_eq!(variable(flag), None, "--{flag}: AWS has variables of its own for it");
    }
}
