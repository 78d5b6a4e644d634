//! A bucket with somebody's policy, and how it is looked at from outside.

use std::path::PathBuf;

use reseal_tests::{Ended, Reseal, Sandbox, Scratch};
use serde_json::Value;

pub(crate) const BUCKET: &str = "guarded";

/// With the spelling that only a careful editor keeps.
pub(crate) const FOREIGN: &str = "{ \"Version\":\"2012-10-17\",\n\t\"Statement\" :[\n  {\"Sid\":\"Partner\\u0041ccess\", \"Effect\":\"Allow\",\r\n   \"Principal\":{\"AWS\":[\"444455556666\"]}, \"Action\": \"s3:GetObject\",\n   \"Resource\":\"arn:aws:s3:::guarded/shared/*\"}\n ]\n}\n";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) scratch: Scratch,
    pub(crate) key: String,
}

impl World {
    pub(crate) fn new(policy: Option<&str>) -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, None);
        let key = sandbox.key("alias/target");
        let world = Self { sandbox, scratch: Scratch::new("guard"), key };
        if let Some(policy) = policy {
            world.put_policy(policy);
        }
        world
    }

    pub(crate) fn guard(&self, arguments: &[&str]) -> Ended {
        Reseal::new("guard", &self.sandbox)
            .args([BUCKET])
            .args(arguments)
            .state(self.scratch.folder())
            .run()
    }

    /// The same with its result as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.guard(&[arguments, &["--output", "json"]].concat()).expect_code(0).json()
    }

    pub(crate) fn url(&self, rest: &str) -> String {
        format!("{}/{BUCKET}{rest}", self.sandbox.url())
    }

    pub(crate) fn put_policy(&self, policy: &str) {
        ureq::put(self.url("?policy")).send(policy).expect("the sandbox takes it");
    }

    pub(crate) fn policy(&self) -> Option<String> {
        let mut answer = match ureq::get(self.url("?policy")).call() {
            Err(ureq::Error::StatusCode(404)) => return None,
            answer => answer.expect("an answer"),
        };
        Some(answer.body_mut().read_to_string().expect("a policy"))
    }

    pub(crate) fn rule(&self) -> String {
        let mut answer = ureq::get(self.url("?encryption")).call().expect("an answer");
        answer.body_mut().read_to_string().expect("a rule")
    }

    /// The status of an upload with these headers.
    pub(crate) fn put(&self, key: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = ureq::put(self.url(&format!("/{key}")));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match request.send("x") {
            Ok(answer) => answer.status().as_u16(),
            Err(ureq::Error::StatusCode(status)) => status,
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) fn backups(&self) -> Vec<PathBuf> {
        let folder = self.scratch.folder().join("guard");
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        paths
    }
}

/// The Sids of a policy.
pub(crate) fn sids(policy: &str) -> Vec<String> {
    let policy: Value = serde_json::from_str(policy).expect("JSON");
    let statements = policy["Statement"].as_array().expect("a list");
    statements.iter().map(|s| s["Sid"].as_str().unwrap_or_default().to_owned()).collect()
}
