//! Signs of life, and a `serve` that sets its fleet up.

use std::net::TcpListener;

use reseal_tests::{Ended, Reseal, Rule, Running, free_port, wait_until};
use serde_json::json;

use crate::world::{FILES, STACK, World};

fn free() -> String {
    format!("127.0.0.1:{}", free_port())
}

fn health(address: &str) -> Ended {
    Reseal::without_endpoint("health").args([address]).run()
}

/// The status and the line.
fn asked(address: &str, path: &str) -> (u16, String) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let mut answer = agent.get(format!("http://{address}{path}")).call().expect("an answer");
    let line = answer.body_mut().read_to_string().expect("a text");
    (answer.status().as_u16(), line)
}

fn serve(world: &World, address: &str, rest: &[&str]) -> Running {
    let queue = format!("{}/000000000000/events", world.ministack.url());
    world
        .reseal(&["serve", "--events", &queue, "--bucket-tag", "watched=yes"])
        .args(["--to", "s3://main-work/inventory", "--sse", "AES256", "--listen", address])
        .args(rest)
        .state(&world.scratch.path("serving"))
        .start_logging_to(&world.scratch.path("serve.log"))
}

#[test]
fn what_serves_sets_its_fleet_up_and_answers() {
    let world = World::new();
    world.ask("AmazonSQS.CreateQueue", &json!({ "QueueName": "events" }));
    let address = free();
    let nobody = health(&address).expect_code(1);
    assert_eq!(nobody.stderr.trim_end().lines().count(), 1, "{}", nobody.stderr);
    let serving = serve(&world, &address, &["--mode", "encrypt", "--stack", STACK]);
    wait_until("it serves", || {
        health(&address).code == Some(0) && asked(&address, "/healthz").0 == 200
    });
    let (_, line) = asked(&address, "/healthz");
    assert!(line.starts_with("serving: a whole round ended"), "{line}");
    assert_eq!(asked(&address, "/metrics").0, 404);
    let _ = world.reseal(&["status", "--stack", STACK]).run().expect_code(0);
    world.control.rule(Rule::on("ReceiveMessage").answers(400, "AccessDeniedException"));
    wait_until("it isn't well", || asked(&address, "/healthz").0 == 503);
    wait_until("it is alive", || health(&address).code == Some(0));
    serving.signal("TERM");
    let _ = serving.wait().expect_code(0);
    let _ = health(&address).expect_code(1);
    world.control.heal();
    // The other way to say the same, in the other mode; and elsewhere is refused.
    let report = ["--mode", "report", "--report-to", "s3://main-work/plans", "--fleet", STACK];
    let address = free();
    let again = serve(&world, &address, &[&report[..], &["--fleet-files", FILES]].concat());
    wait_until("it serves", || {
        health(&address).code == Some(0) && asked(&address, "/healthz").0 == 200
    });
    again.signal("TERM");
    let _ = again.wait().expect_code(0);
    let other = ["--fleet-files", "s3://main-work/elsewhere"];
    let refused = serve(&world, &address, &[&report[..], &other].concat());
    let _ = refused.wait().expect_code(2);
    let log = std::fs::read_to_string(world.scratch.path("serve.log")).expect("a log");
    assert!(log.contains("--fleet: fleet 'main' has its files at s3://main-work/fleet/"), "{log}");
}

#[test]
fn a_worker_whose_ledger_takes_nothing_is_alive_and_not_well() {
    let world = World::new();
    let _ = world.reseal(&["fleet", "init", "--stack", STACK]).run().expect_code(0);
    world.control.rule(Rule::on("PutItem").answers(503, "Away"));
    let address = free();
    let worker = Reseal::worker()
        .args(["--endpoint-url", world.sandbox.url(), "--stack", STACK, "--listen", &address])
        .args(["--fleet-endpoint-url", world.control.url()])
        .start_logging_to(&world.scratch.path("worker.log"));
    wait_until("it answers", || health(&address).code == Some(0));
    wait_until("its sign of life is refused", || world.control.faulted("PutItem") > 0);
    let (status, line) = asked(&address, "/healthz");
    assert!(status == 503 && line.starts_with("starting"), "{status} {line}");
    assert_eq!(asked(&address, "/alive"), (200, "alive\n".to_owned()));
    worker.signal("TERM");
    let _ = worker.wait().expect_code(0);
}

#[test]
fn who_connects_and_says_nothing_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("bound").to_string();
    let ended = health(&address).expect_code(1);
    assert!(ended.stderr.contains("no answer within 2 s"), "{}", ended.stderr);
    let _ = health("nowhere").expect_code(2);
}
