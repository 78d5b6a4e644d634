//! The fleet's adapters keep what their ports promise, on ministack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use reseal_aws::{Fleet, FleetPlan, Settings, connect};
use reseal_core::ports::{
    Budgets, ChunkStore, Clock, Identity as _, Ledger, Queue, ReportSink, Roster,
};
use reseal_core::{Priority, Timestamp};
use reseal_testkit::conformance::{self, Windows};
use reseal_tests::{Ministack, Sandbox};

/// Real time, since SQS and DynamoDB know no other.
struct RealTime(std::time::Instant);

#[async_trait]
impl Clock for RealTime {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_795_219_200_000)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "another process's time is waited for")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Makes a fleet of its own for each check.
struct Fleets {
    ministack: Ministack,
    sandbox: Sandbox,
    clock: RealTime,
    serial: AtomicU32,
}

impl Fleets {
    #[expect(clippy::disallowed_methods, reason = "another process's time is waited for")]
    fn start() -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket("reseal-work", None);
        let clock = RealTime(std::time::Instant::now());
        Self { ministack: Ministack::start(), sandbox, clock, serial: AtomicU32::new(0) }
    }

    async fn fresh(&self) -> Fleet {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let settings = Settings {
            fleet_endpoint_url: Some(self.ministack.url().to_owned()),
            ..Settings::for_testing(self.sandbox.url())
        };
        let aws = connect(&settings).await.expect("connects");
        let plan = FleetPlan {
            bucket: "reseal-work".parse().expect("a name"),
            prefix: format!("fleet-{serial}/"),
            owner: aws.identity().account().await.expect("an account"),
            lease_ttl: Duration::from_secs(60),
        };
        let name = format!("fleet-{serial}").parse().expect("a name");
        aws.fleet().init(&name, &plan, &self.clock).await.expect("a fleet")
    }
}

#[tokio::test]
async fn the_table_is_a_ledger() {
    let fleets = Fleets::start();
    conformance::ledger(async || Arc::new(fleets.fresh().await.ledger) as Arc<dyn Ledger>).await;
}

#[tokio::test]
async fn the_table_keeps_what_a_fleet_keeps() {
    let fleets = Fleets::start();
    conformance::budgets(async || Arc::new(fleets.fresh().await.ledger) as Arc<dyn Budgets>).await;
    conformance::roster(async || Arc::new(fleets.fresh().await.ledger) as Arc<dyn Roster>).await;
}

#[tokio::test]
async fn the_queues_are_a_queue() {
    let fleets = Fleets::start();
    let windows = Windows { window: Duration::from_secs(3), margin: Duration::from_secs(1) };
    let make = async || Arc::new(fleets.fresh().await.queue.without_waiting()) as Arc<dyn Queue>;
    conformance::queue(&fleets.clock, windows, make).await;
}

#[tokio::test]
async fn higher_priorities_come_first() {
    let fleets = Fleets::start();
    let queue = fleets.fresh().await.queue.without_waiting();
    let item = |sequence| reseal_core::ports::WorkItem {
        job: "job-1".parse().expect("an id"),
        chunk: reseal_core::ChunkId { source: 0, sequence },
    };
    for (priority, sequence) in [(Priority::Low, 3), (Priority::Normal, 2), (Priority::High, 1)] {
        queue.of(priority).send(&[item(sequence)]).await.expect("sends");
    }
    for sequence in 1..=3 {
        let found = queue.receive(10, Duration::from_secs(60)).await.expect("receives");
        let bodies: Vec<&str> = found.iter().map(|delivery| delivery.body.as_str()).collect();
        assert_eq!(bodies, [item(sequence).encode()]);
        queue.acknowledge(&found[0].receipt).await.expect("acknowledges");
    }
}

#[tokio::test]
async fn files_on_s3_are_files() {
    let fleets = Fleets::start();
    conformance::chunk_store(async || Arc::new(fleets.fresh().await.files) as Arc<dyn ChunkStore>)
        .await;
    conformance::report_sink(async || Arc::new(fleets.fresh().await.files) as Arc<dyn ReportSink>)
        .await;
}

/// Somebody gave a queue other attributes, or deleted it.
#[tokio::test]
async fn a_fleet_that_is_set_up_again_has_its_queues_again() {
    let fleets = Fleets::start();
    let first = fleets.fresh().await.config;
    let tell = |operation: &str, body: serde_json::Value| {
        let answer = ureq::post(fleets.ministack.url())
            .header("x-amz-target", format!("AmazonSQS.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .send(body.to_string());
        answer.expect("SQS takes it");
    };
    let hour = serde_json::json!({ "MessageRetentionPeriod": "3600" });
    let normal = &first.queues.normal;
    tell("SetQueueAttributes", serde_json::json!({ "QueueUrl": normal, "Attributes": hour }));
    tell("DeleteQueue", serde_json::json!({ "QueueUrl": first.queues.low }));
    fleets.serial.store(0, Ordering::Relaxed);
    let again = fleets.fresh().await;
    assert_eq!(again.config, first);
    assert_eq!(again.queue.of(Priority::Low).backlog().await, Ok(0), "it is there again");
}

#[tokio::test]
async fn a_fleet_is_set_up_once_and_found_by_name() {
    let fleets = Fleets::start();
    let settings = Settings {
        fleet_endpoint_url: Some(fleets.ministack.url().to_owned()),
        ..Settings::for_testing(fleets.sandbox.url())
    };
    let aws = connect(&settings).await.expect("connects");
    let name = "fleet-a".parse().expect("a name");
    let missing = aws.fleet().find(&name).await.expect_err("no such fleet");
    assert!(missing.to_string().contains("no fleet 'fleet-a'"), "{missing}");
    let plan = FleetPlan {
        bucket: "reseal-work".parse().expect("a name"),
        prefix: String::new(),
        owner: aws.identity().account().await.expect("an account"),
        lease_ttl: Duration::from_secs(60),
    };
    let first = aws.fleet().init(&name, &plan, &fleets.clock).await.expect("a fleet").config;
    let again = aws.fleet().init(&name, &plan, &fleets.clock).await.expect("the same").config;
    assert_eq!(first, again);
    assert_eq!(aws.fleet().find(&name).await.expect("found").config, first);
    let other = FleetPlan { prefix: "elsewhere/".to_owned(), ..plan };
    let refused = aws.fleet().init(&name, &other, &fleets.clock).await.expect_err("refused");
    assert!(refused.to_string().contains("its files at s3://reseal-work/"), "{refused}");
}
