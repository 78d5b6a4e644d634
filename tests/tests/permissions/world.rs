//! An estate as the stack makes one, behind proxies that note who asks for
//! what: each role's commands sign with an access key of their own.

use std::collections::BTreeSet;

use reseal_aws::permissions::Place;
use reseal_tests::{
    InventoryReport, Ministack, Proxy, Reseal, Running, Sandbox, Scratch, Service, wait_until,
};
use serde_json::{Value, json};

pub(crate) const GIB: u64 = 1 << 30;
/// Chunk files, reports and records, each below its folder.
pub(crate) const WORK: &str = "work";
pub(crate) const TARGET: [&str; 4] = ["--sse", "aws:kms", "--kms-key", "alias/target"];
pub(crate) const FILES: &str = "s3://work/fleet";
pub(crate) const REPORTS: &str = "s3://work/inventory";
pub(crate) const FLEET: &str = "reseal";
/// Reaches the bucket `elsewhere` of another account.
pub(crate) const OTHER_ROLE: &str = "arn:aws:iam::444455556666:role/reseal";
const EVENTS: &str = "reseal-events";

/// Who asked for what, and of what.
pub(crate) type Asked = BTreeSet<(String, Place, &'static str)>;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) ministack: Ministack,
    pub(crate) scratch: Scratch,
    data: Proxy,
    control: Proxy,
}

impl World {
    /// `data` keeps versions and has the tag, `plain` keeps none and has ACLs,
    /// `locked` has Object Lock, `backups` is empty.
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(WORK, None);
        sandbox.bucket("backups", None);
        sandbox.bucket("data", Some("Enabled"));
        sandbox.admin("buckets", &json!({ "name": "plain", "ownership": "ObjectWriter" }));
        sandbox.bucket("locked", Some("Enabled"));
        let ministack = Ministack::start();
        let (data, control) = (Proxy::before(sandbox.url(), 1), Proxy::before(ministack.url(), 2));
        sandbox.admin("roles", &json!({ "arn": OTHER_ROLE }));
        sandbox.admin("buckets", &json!({ "name": "elsewhere", "owner": "444455556666" }));
        sandbox.admin("keys", &json!({ "alias": "alias/target", "access": "any-account" }));
        let world = Self { sandbox, ministack, scratch: Scratch::new("roles"), data, control };
        world.put("locked?object-lock", "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>");
        world.put(
            "data?tagging",
            "<Tagging><TagSet><Tag><Key>watched</Key><Value>yes</Value></Tag></TagSet></Tagging>",
        );
        world.sqs("CreateQueue", &json!({ "QueueName": EVENTS }));
        world
    }

    pub(crate) fn put(&self, path: &str, body: impl AsRef<[u8]>) {
        let url = format!("{}/{path}", self.sandbox.url());
        ureq::put(&url).send(body.as_ref()).unwrap_or_else(|error| panic!("PUT {url}: {error}"));
    }

    pub(crate) fn events(&self) -> String {
        format!("{}/000000000000/{EVENTS}", self.ministack.url())
    }

    fn sqs(&self, operation: &str, body: &Value) {
        self.ask(&format!("AmazonSQS.{operation}"), "sqs", body);
    }

    /// As anybody with the right to may.
    fn ask(&self, target: &str, service: &str, body: &Value) {
        let scope = format!("test/20260101/us-east-1/{service}/aws4_request");
        ureq::post(self.ministack.url())
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}"))
            .send(body.to_string())
            .expect("it is taken");
    }

    /// As an admin does it, with leases that a test can wait for.
    pub(crate) fn set_the_fleet_up(&self) {
        let init = ["fleet", "init", "--files", FILES, "--lease", "2"];
        let _ = self.reseal("setup", &init).run().expect_code(0);
    }

    /// As a stack leaves it: table and queues are there, and not yet set up.
    pub(crate) fn take_the_setup_away(&self) {
        let key = json!({ "pk": { "S": "fleet" }, "sk": { "S": "config" } });
        let body = json!({ "TableName": FLEET, "Key": key });
        self.ask("DynamoDB_20120810.DeleteItem", "dynamodb", &body);
    }

    pub(crate) fn send(&self, event: &Value) {
        let message = json!({ "QueueUrl": self.events(), "MessageBody": event.to_string() });
        self.sqs("SendMessage", &message);
    }

    /// Empties the queue of work.
    pub(crate) fn lose_all_messages(&self) {
        let queue = format!("{}/000000000000/{FLEET}", self.ministack.url());
        self.sqs("PurgeQueue", &json!({ "QueueUrl": queue }));
    }

    fn connected(&self, role: &str, command: Reseal) -> Reseal {
        command
            .env("AWS_ACCESS_KEY_ID", role)
            .env("XDG_STATE_HOME", self.scratch.path(role))
            .args(["--endpoint-url", self.data.url()])
            .args(["--fleet-endpoint-url", self.control.url()])
    }

    /// A command of `reseal` around the fleet, in this role.
    pub(crate) fn reseal(&self, role: &str, words: &[&str]) -> Reseal {
        let (name, rest) = words.split_first().expect("a command");
        let command = Reseal::without_endpoint(name).args(rest);
        self.connected(role, command).args(["--fleet", FLEET])
    }

    /// A `serve` that is at work, with its log under this name.
    pub(crate) fn serve(&self, log: &str, mode: &[&str]) -> Running {
        let events = self.events();
        let words = ["--events", &events, "--bucket-tag", "watched=yes", "--to", REPORTS];
        let serve = Reseal::without_endpoint("serve").args(words).args(TARGET).args(mode);
        self.connected("coordinator", serve).start_logging_to(&self.scratch.path(log))
    }

    /// Waits until a log says so.
    pub(crate) fn wait_for_log(&self, name: &str, words: &str) {
        let said = || std::fs::read_to_string(self.scratch.path(name)).unwrap_or_default();
        wait_until(&format!("'{words}' in {name}"), || said().contains(words));
    }

    /// One that has no fleet.
    pub(crate) fn alone(&self, role: &str, words: &[&str]) -> Reseal {
        let (name, rest) = words.split_first().expect("a command");
        Reseal::without_endpoint(name)
            .args(rest)
            .args(["--endpoint-url", self.data.url()])
            .env("AWS_ACCESS_KEY_ID", role)
            .env("XDG_STATE_HOME", self.scratch.path(role))
    }

    pub(crate) fn worker(&self, log: &str) -> Running {
        let command = self.connected("worker", Reseal::worker()).args(["--fleet", FLEET]);
        command.start_logging_to(&self.scratch.path(log))
    }

    /// An object of so many parts that something can happen in between.
    pub(crate) fn put_huge(&self, key: &str) {
        let huge = json!({ "bucket": "data", "key": key, "size": 60 * GIB,
                           "encryption": "NOT-SSE" });
        self.sandbox.admin("objects", &huge);
    }

    /// Hands a job out.
    pub(crate) fn submitted(&self, words: &[&str]) -> String {
        let all = [&["submit"], words, &TARGET, &["--yes", "--output", "json"]];
        let told = self.reseal("coordinator", &all.concat()).run().expect_code(0).json();
        told["job"].as_str().expect("a job").to_owned()
    }

    pub(crate) fn wait_for_the_end(&self, job: &str) {
        let words = ["status", job, "--output", "json"];
        let status = || self.reseal("coordinator", &words).run().expect_code(0).json();
        wait_until(&format!("job {job} is finished"), || status()["state"] == "finished");
    }

    /// How often a role asked for it.
    pub(crate) fn requests(&self, role: &str, operation: &str) -> u64 {
        let calls = self.data.log().into_iter().map(|entry| entry.call);
        let of_role = calls.filter(|call| call.access_key.as_deref() == Some(role));
        of_role.filter(|call| call.operation == operation).count() as u64
    }

    /// Puts a whole report about `data` where the stack has S3 deliver them.
    pub(crate) fn deliver(&self, keys: &[&str]) {
        let report = InventoryReport::of_keys("data", keys)
            .with("bucket", "data")
            .with("destination", WORK)
            .with("prefix", "inventory")
            .with("config", "reseal")
            .write(&self.scratch);
        for (key, bytes) in report.objects() {
            self.put(&format!("{WORK}/{key}"), bytes);
        }
        let mut key = report.objects().into_iter().map(|(key, _)| key);
        let key = key.find(|key| key.ends_with("manifest.checksum")).expect("one");
        self.send(&json!({ "version": "0", "detail-type": "Object Created", "source": "aws.s3",
            "detail": { "bucket": { "name": WORK }, "object": { "key": key } } }));
    }

    /// Everything that was asked for so far.
    pub(crate) fn asked(&self) -> Asked {
        let calls = self.data.log().into_iter().chain(self.control.log()).map(|entry| entry.call);
        let asked = calls.filter_map(|call| {
            let place = match call.operation {
                "AssumeRole" => Place::BucketRoles,
                // Who looks for a tag asks the work bucket as it asks any other.
                "GetBucketTagging" => Place::Buckets,
                _ => place(call.service, call.bucket.as_deref(), call.key.as_deref())?,
            };
            Some((call.access_key.unwrap_or_default(), place, call.operation))
        });
        asked.collect()
    }
}

/// What a request is about; nothing for those that nobody can be denied.
fn place(service: Service, bucket: Option<&str>, key: Option<&str>) -> Option<Place> {
    Some(match (service, bucket, key) {
        (Service::S3, None, _) => Place::Account,
        (Service::S3, Some(WORK), None) => Place::WorkBucket,
        (Service::S3, Some(WORK), Some(key)) if key.starts_with("fleet/") => Place::Files,
        (Service::S3, Some(WORK), Some(key)) if key.starts_with("inventory/") => Place::Reports,
        (Service::S3, Some(WORK), Some(key)) if key.starts_with("plans/") => Place::Plans,
        (Service::S3, Some(_), None) => Place::Buckets,
        (Service::S3, Some(_), Some(key)) if key.starts_with(".reseal-probe/") => Place::Scratch,
        (Service::S3, Some(_), Some(_)) => Place::Objects,
        (Service::Kms, ..) => Place::TargetKey,
        // The fleet is named by itself here, no stack is asked.
        (Service::Sts | Service::CloudFormation, ..) => return None,
        (Service::DynamoDb, ..) => Place::Table,
        (Service::Sqs, _, Some(EVENTS)) => Place::Events,
        // By its name, not yet by its URL.
        (Service::Sqs, _, None) => Place::AllQueues,
        (Service::Sqs, ..) => Place::Queues,
    })
}
