//! Buckets with and without the tag, a destination, a queue of events.

use std::path::PathBuf;

use reseal_tests::{
    Ended, Fleet, InventoryReport, Ministack, Proxy, Reseal, Running, Sandbox, Version,
    WrittenReport, wait_until,
};
use serde_json::{Value, json};

pub(crate) const TO: &str = "s3://reports/a/b";
pub(crate) const STOCK: &str = "stock";
pub(crate) const OTHER: &str = "other";
pub(crate) const KMS: [&str; 4] = ["--sse", "aws:kms", "--kms-key", "alias/target"];
/// So long are messages hidden that were received and not deleted.
const VISIBILITY: &str = "2";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    /// Stands before the sandbox for every `serve` and worker: a job is bound to
    /// the endpoint that it began with.
    pub(crate) s3: Proxy,
    pub(crate) fleet: Fleet,
    pub(crate) target: String,
}

impl World {
    /// `stock` has the tag, `other` hasn't.
    pub(crate) fn new() -> Self {
        Self::on(Ministack::start())
    }

    pub(crate) fn on(ministack: Ministack) -> Self {
        let sandbox = Sandbox::start(&[]);
        for bucket in [STOCK, OTHER, "reports", Fleet::FILES] {
            sandbox.bucket(bucket, None);
        }
        let target = sandbox.key("alias/target");
        let s3 = Proxy::before(sandbox.url(), 1);
        let fleet = Fleet::start(ministack, s3.url(), "3");
        let attributes = json!({ "VisibilityTimeout": VISIBILITY });
        fleet.sqs("CreateQueue", &json!({ "QueueName": "events", "Attributes": attributes }));
        let world = Self { sandbox, s3, fleet, target };
        world.tag(STOCK, "yes");
        world
    }

    /// With reports set up by hand, as `serve` would.
    pub(crate) fn with_reports() -> Self {
        let world = Self::new();
        let _ = world.inventory(&["enable", STOCK, "--to", TO, "--yes"]).expect_code(0);
        world
    }

    pub(crate) fn inventory(&self, arguments: &[&str]) -> Ended {
        let (verb, rest) = arguments.split_first().expect("a verb");
        Reseal::without_endpoint("inventory")
            .args([verb])
            .args(rest)
            .args(["--endpoint-url", self.sandbox.url()])
            .state(&self.fleet.scratch.path("by-hand"))
            .run()
    }

    pub(crate) fn queue(&self) -> String {
        format!("{}/000000000000/events", self.fleet.ministack.url())
    }

    pub(crate) fn command(&self, mode: &[&str]) -> Reseal {
        self.command_on(&self.queue(), mode)
    }

    pub(crate) fn command_on(&self, queue: &str, mode: &[&str]) -> Reseal {
        Reseal::without_endpoint("serve")
            .args(["--endpoint-url", self.s3.url()])
            .args(["--fleet-endpoint-url", self.fleet.control.url()])
            .args(["--events", queue, "--bucket-tag", "watched=yes", "--to", TO])
            .args(KMS)
            .args(mode)
            .state(&self.fleet.scratch.path("serve-state"))
    }

    pub(crate) fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.fleet.scratch.path(name)).unwrap_or_default()
    }

    /// At work, with its log under this name.
    pub(crate) fn start(&self, name: &str, mode: &[&str]) -> Running {
        self.command(mode).start_logging_to(&self.fleet.scratch.path(name))
    }

    pub(crate) fn start_encrypting(&self, name: &str) -> Running {
        self.start(name, &["--mode", "encrypt", "--fleet", "test"])
    }

    pub(crate) fn wait_for_log(&self, name: &str, words: &str) {
        wait_until(&format!("'{words}' in {name}"), || self.log(name).contains(words));
    }

    pub(crate) fn reports_folder(&self) -> PathBuf {
        self.fleet.scratch.path("reported")
    }

    pub(crate) fn tag(&self, bucket: &str, value: &str) {
        let set = format!("<Tag><Key>watched</Key><Value>{value}</Value></Tag>");
        let body = format!("<Tagging><TagSet>{set}</TagSet></Tagging>");
        self.put(&format!("{bucket}?tagging"), body.as_bytes());
    }

    pub(crate) fn put(&self, path: &str, body: &[u8]) {
        let url = format!("{}/{path}", self.sandbox.url());
        ureq::put(&url).send(body).unwrap_or_else(|error| panic!("PUT {url}: {error}"));
    }

    /// What is there; nothing for a 404.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let mut answer = match ureq::get(format!("{}/{path}", self.sandbox.url())).call() {
            Err(ureq::Error::StatusCode(404)) => return None,
            answer => answer.expect("an answer"),
        };
        Some(answer.body_mut().read_to_string().expect("a text"))
    }

    pub(crate) fn setup(&self, bucket: &str) -> Option<String> {
        self.get(&format!("{bucket}?inventory&id=reseal"))
    }

    pub(crate) fn objects(&self, count: usize) -> Vec<String> {
        let keys: Vec<String> = (0..count).map(|n| format!("o{n:04}")).collect();
        for key in &keys {
            let body = json!({ "bucket": STOCK, "key": key, "text": format!("of {key}") });
            self.sandbox.admin("objects", &body);
        }
        keys
    }

    /// A report of ours, somewhere on disk.
    pub(crate) fn written(&self, name: &str, source: &str, keys: &[String]) -> WrittenReport {
        self.written_on(name, "2026-11-20", source, keys)
    }

    /// One of this day.
    pub(crate) fn written_on(
        &self,
        name: &str,
        day: &str,
        source: &str,
        keys: &[String],
    ) -> WrittenReport {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let report = InventoryReport::of_keys(name, &keys).with("date", format!("{day}T01-00Z"));
        let report = report.with("bucket", source).with("prefix", "a/b").with("config", "reseal");
        report.write(&self.fleet.scratch)
    }

    /// All of it but the files that this leaves out.
    pub(crate) fn deliver(&self, report: &WrittenReport, left_out: &str) {
        for (key, bytes) in report.objects() {
            if left_out.is_empty() || !key.ends_with(left_out) {
                self.put(&format!("reports/{key}"), &bytes);
            }
        }
    }

    /// The key of one of its files.
    pub(crate) fn key(&self, report: &WrittenReport, name: &str) -> String {
        let found = report.objects().into_iter().find(|(key, _)| key.ends_with(name));
        found.expect("such a file").0
    }

    pub(crate) fn send(&self, body: &str) {
        let message = json!({ "QueueUrl": self.queue(), "MessageBody": body });
        self.fleet.sqs("SendMessage", &message);
    }

    /// Waits until every message was deleted.
    pub(crate) fn wait_for_an_empty_queue(&self) {
        wait_until("the queue is empty", || self.messages() == 0);
    }

    /// Messages in the queue, hidden ones too.
    pub(crate) fn messages(&self) -> u64 {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let ask = json!({ "QueueUrl": self.queue(), "AttributeNames": names });
        let told = self.fleet.sqs("GetQueueAttributes", &ask);
        let count = |name: &&str| -> u64 {
            let count = told["Attributes"][*name].as_str().and_then(|count| count.parse().ok());
            count.unwrap_or_else(|| panic!("{told}"))
        };
        names.iter().map(count).sum()
    }

    /// The records of reports that are done, in the fleet's files.
    pub(crate) fn handled(&self) -> Vec<Value> {
        let records = self.records("work/serve/").into_iter();
        records.filter(|(name, _)| !name.ends_with(".claim.json")).map(|(_, value)| value).collect()
    }

    /// The JSON files below this prefix of the bucket of files.
    pub(crate) fn records(&self, prefix: &str) -> Vec<(String, Value)> {
        let listed = self.get(&format!("fleet-files?list-type=2&prefix={prefix}"));
        let listed = listed.expect("a listing");
        let keys = listed.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        let read = |key: &str| {
            let text = self.get(&format!("fleet-files/{key}")).expect("it is there");
            (key.to_owned(), serde_json::from_str(&text).expect("JSON"))
        };
        keys.filter(|key| key.ends_with(".json")).map(read).collect()
    }

    pub(crate) fn jobs(&self) -> Vec<Value> {
        self.fleet.json(&["status"])["jobs"].as_array().expect("jobs").clone()
    }

    /// The one job there is, at its end; every object once under the key.
    pub(crate) fn one_job_and_all_is_done(&self, objects: usize) -> String {
        let jobs = self.jobs();
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        let job = jobs[0]["job"].as_str().expect("an id").to_owned();
        self.fleet.wait_for_the_end(&job);
        let all: Vec<Version> = self.sandbox.dump(STOCK);
        assert_eq!(all.len(), objects);
        for version in &all {
            assert_eq!(version.kms_key.as_deref(), Some(self.target.as_str()), "{version:?}");
        }
        job
    }
}

/// As S3 notifies; keys are form-encoded.
pub(crate) fn notification(bucket: &str, key: &str) -> String {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": bucket }, "object": { "key": key.replace('a', "%61") } },
    }] })
    .to_string()
}

/// As EventBridge passes it on; keys are raw.
pub(crate) fn created(bucket: &str, key: &str) -> String {
    json!({ "version": "0", "detail-type": "Object Created", "source": "aws.s3",
            "detail": { "bucket": { "name": bucket }, "object": { "key": key } } })
    .to_string()
}

/// As CloudTrail tells of tags.
pub(crate) fn tagged(call: &str, bucket: &str) -> String {
    json!({ "version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.s3",
            "detail": { "eventSource": "s3.amazonaws.com", "eventName": call,
                        "requestParameters": { "bucketName": bucket } } })
    .to_string()
}
