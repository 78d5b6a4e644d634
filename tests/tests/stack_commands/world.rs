//! A stack with a fleet's table and queues, and an estate of buckets.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reseal_tests::{Ministack, Proxy, Reseal, Sandbox, Scratch, wait_until};
use serde_json::{Value, json};

pub(crate) const STACK: &str = "main";
pub(crate) const WORK: &str = "main-work";
pub(crate) const FILES: &str = "s3://main-work/fleet";
pub(crate) const REPORTS: &str = "s3://main-work/inventory";
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) ministack: Ministack,
    /// Before ministack.
    pub(crate) control: Proxy,
    pub(crate) scratch: Scratch,
}

/// What the real template makes of a fleet, as far as it is the contract.
pub(crate) fn template() -> Value {
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let keys = |sort: &str| {
        json!([{ "AttributeName": "pk", "KeyType": "HASH" },
               { "AttributeName": sort, "KeyType": "RANGE" }])
    };
    let index = |name: &str| {
        json!({ "IndexName": name, "KeySchema": keys(name),
                "Projection": { "ProjectionType": "KEYS_ONLY" } })
    };
    let queue = |ending: &str| {
        json!({ "Type": "AWS::SQS::Queue",
                "Properties": { "QueueName": { "Fn::Sub": format!("${{AWS::StackName}}{ending}") } } })
    };
    let attributes = ["pk", "sk", "open_chunk", "leased_chunk"].map(text);
    let indexes = ["open_chunk", "leased_chunk"].map(index);
    json!({
        "Resources": {
            "Table": { "Type": "AWS::DynamoDB::Table", "Properties": {
                "TableName": { "Ref": "AWS::StackName" },
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": attributes,
                "KeySchema": keys("sk"),
                "LocalSecondaryIndexes": indexes,
            } },
            "NormalQueue": queue(""),
            "HighQueue": queue("-high"),
            "LowQueue": queue("-low"),
            "DeadQueue": queue("-dead"),
            "WorkBucket": { "Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain",
                            "Properties": { "BucketName": WORK } },
        },
        "Outputs": {
            "Fleet": { "Value": { "Ref": "AWS::StackName" } },
            "Files": { "Value": FILES },
            "Reports": { "Value": "s3://main-work/inventory" },
            "WorkBucket": { "Value": WORK },
            "Key": { "Value": "arn:aws:kms:us-east-1:111122223333:key/of-the-stack" },
        },
    })
}

impl World {
    /// With the stack.
    pub(crate) fn new() -> Self {
        let world = Self::without_a_stack();
        world.create(STACK, &template());
        world
    }

    pub(crate) fn without_a_stack() -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(WORK, None);
        let ministack = Ministack::start();
        let control = Proxy::before(ministack.url(), 1);
        Self { sandbox, ministack, control, scratch: Scratch::new("stack") }
    }

    pub(crate) fn create(&self, stack: &str, template: &Value) {
        let body = template.to_string();
        self.formation(&[("Action", "CreateStack"), ("StackName", stack), ("TemplateBody", &body)]);
        wait_until(&format!("stack {stack} is made"), || {
            self.state_of(stack).as_deref() == Some("CREATE_COMPLETE")
        });
    }

    /// What CloudFormation answers.
    pub(crate) fn formation(&self, form: &[(&str, &str)]) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = form.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let mut answer = ureq::post(self.ministack.url())
            .config()
            .http_status_as_error(false)
            .build()
            .header("authorization", format!("{SIGNED}/cloudformation/aws4_request"))
            .content_type("application/x-www-form-urlencoded")
            .send(body)
            .expect("ministack answers");
        answer.body_mut().read_to_string().expect("a body")
    }

    /// The stack's state; nothing where there is none of that name.
    pub(crate) fn state_of(&self, stack: &str) -> Option<String> {
        let told = self.formation(&[("Action", "DescribeStacks"), ("StackName", stack)]);
        let state = told.split("<StackStatus>").nth(1)?.split('<').next()?;
        Some(state.to_owned())
    }

    /// Asks DynamoDB or SQS as anybody with the right to may.
    pub(crate) fn ask(&self, target: &str, body: &Value) -> Value {
        let service = if target.starts_with("Amazon") { "sqs" } else { "dynamodb" };
        let mut answer = ureq::post(self.ministack.url())
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", format!("{SIGNED}/{service}/aws4_request"))
            .send(body.to_string())
            .unwrap_or_else(|error| panic!("{target} {body}: {error}"));
        let text = answer.body_mut().read_to_string().expect("a body");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(crate) fn put(&self, path: &str, body: &str) {
        let url = format!("{}/{path}", self.sandbox.url());
        ureq::put(&url).send(body).unwrap_or_else(|error| panic!("PUT {url}: {error}"));
    }

    /// What the S3 has there; nothing for a 404.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let mut answer = match ureq::get(format!("{}/{path}", self.sandbox.url())).call() {
            Err(ureq::Error::StatusCode(404)) => return None,
            answer => answer.expect("an answer"),
        };
        Some(answer.body_mut().read_to_string().expect("a text"))
    }

    pub(crate) fn setup(&self, bucket: &str, id: &str) -> Option<String> {
        self.get(&format!("{bucket}?inventory&id={id}"))
    }

    /// A bucket whose reports go where the stack says, as `serve` sets it up.
    pub(crate) fn reported(&self, bucket: &str) {
        self.sandbox.bucket(bucket, None);
        self.report_again(bucket);
    }

    pub(crate) fn report_again(&self, bucket: &str) {
        let _ = Reseal::without_endpoint("inventory")
            .args(["enable", bucket, "--to", REPORTS, "--yes"])
            .args(["--endpoint-url", self.sandbox.url()])
            .state(&self.scratch.path("by-hand"))
            .run()
            .expect_code(0);
    }

    /// A job that nobody works.
    pub(crate) fn submitted(&self) -> String {
        self.sandbox.bucket("data", None);
        let _ = self.sandbox.key("alias/target");
        for key in ["a", "b", "c"] {
            self.sandbox.admin("objects", &json!({ "bucket": "data", "key": key, "text": key }));
        }
        let _ = self.reseal(&["fleet", "init", "--stack", STACK]).run().expect_code(0);
        let target = ["--sse", "aws:kms", "--kms-key", "alias/target", "--yes", "--output", "json"];
        let submit = self.reseal(&["submit", "s3://data", "--stack", STACK]).args(target);
        submit.run().expect_code(0).json()["job"].as_str().expect("a job").to_owned()
    }

    /// As it would be where a stack's own rule counts, which ministack ignores.
    pub(crate) fn expire(&self, table: &str) {
        let rule = json!({ "Enabled": true, "AttributeName": "expires" });
        let body = json!({ "TableName": table, "TimeToLiveSpecification": rule });
        self.ask("DynamoDB_20120810.UpdateTimeToLive", &body);
    }

    /// A command that reaches both.
    pub(crate) fn reseal(&self, words: &[&str]) -> Reseal {
        let (name, rest) = words.split_first().expect("a command");
        Reseal::without_endpoint(name)
            .args(rest)
            .args(["--endpoint-url", self.sandbox.url()])
            .args(["--fleet-endpoint-url", self.control.url()])
            .env("XDG_STATE_HOME", self.scratch.path("state"))
    }
}
