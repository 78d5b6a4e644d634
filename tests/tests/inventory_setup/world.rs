//! Buckets with somebody's configurations, and a destination with somebody's
//! policy.

use reseal_tests::{Ended, Reseal, Sandbox, Scratch};
use serde_json::Value;

pub(crate) const TO: &str = "s3://reports/a/b/";
pub(crate) const POLICY: &str = "{ \"Version\":\"2012-10-17\",\n\t\"Statement\" :[\n  {\"Sid\":\"Theirs\", \"Effect\":\"Allow\",\r\n   \"Principal\":{\"AWS\":[\"444455556666\"]}, \"Action\": \"s3:GetObject\",\n   \"Resource\":\"arn:aws:s3:::reports/*\"}\n ]\n}\n";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) scratch: Scratch,
}

/// Somebody's configuration.
pub(crate) fn theirs(id: &str) -> String {
    theirs_to("elsewhere", id)
}

/// One that delivers there.
pub(crate) fn theirs_to(destination: &str, id: &str) -> String {
    format!(
        "<InventoryConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n \
         <Destination><S3BucketDestination><Bucket>arn:aws:s3:::{destination}</Bucket>\
         <Format>ORC</Format></S3BucketDestination></Destination><IsEnabled>false</IsEnabled>\
         <Id>{id}</Id><IncludedObjectVersions>Current</IncludedObjectVersions>\
         <Schedule><Frequency>Weekly</Frequency></Schedule></InventoryConfiguration>"
    )
}

impl World {
    pub(crate) fn new(policy: Option<&str>) -> Self {
        let sandbox = Sandbox::start(&[]);
        for bucket in ["one", "two", "three"].map(name).into_iter().chain(["reports".to_owned()]) {
            sandbox.bucket(&bucket, None);
        }
        let world = Self { sandbox, scratch: Scratch::new("inventory-setup") };
        if let Some(policy) = policy {
            world.put("reports?policy", policy);
        }
        world
    }

    pub(crate) fn inventory(&self, arguments: &[&str]) -> Ended {
        let (verb, rest) = arguments.split_first().expect("a verb");
        // The endpoint is the subcommand's.
        Reseal::without_endpoint("inventory")
            .args([verb])
            .args(rest)
            .args(["--endpoint-url", self.sandbox.url()])
            .state(self.scratch.folder())
            .run()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.inventory(&[arguments, &["--output", "json"]].concat()).expect_code(0).json()
    }

    pub(crate) fn put(&self, rest: &str, body: &str) {
        let url = format!("{}/{rest}", self.sandbox.url());
        ureq::put(url).send(body).expect("the sandbox takes it");
    }

    /// What is there; nothing for a 404.
    pub(crate) fn get(&self, rest: &str) -> Option<String> {
        let mut answer = match ureq::get(format!("{}/{rest}", self.sandbox.url())).call() {
            Err(ureq::Error::StatusCode(404)) => return None,
            answer => answer.expect("an answer"),
        };
        Some(answer.body_mut().read_to_string().expect("a text"))
    }

    pub(crate) fn setup(&self, bucket: &str, id: &str) -> Option<String> {
        self.get(&format!("{bucket}?inventory&id={id}"))
    }

    pub(crate) fn backups(&self) -> usize {
        std::fs::read_dir(self.scratch.folder().join("guard")).map_or(0, Iterator::count)
    }
}

pub(crate) fn name(short: &str) -> String {
    format!("source-{short}")
}
