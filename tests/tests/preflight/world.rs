//! A bucket with one object, and the hazards that a plan names.

use reseal_tests::{Ended, Reseal, Sandbox, Scratch};
use serde_json::{Value, json};

pub(crate) const BUCKET: &str = "data";
pub(crate) const OWNER: &str = "111122223333";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) scratch: Scratch,
    /// The target's key.
    pub(crate) key: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start(&[]);
        sandbox.bucket(BUCKET, None);
        let key = sandbox.key("alias/new");
        sandbox.admin("objects", &json!({ "bucket": BUCKET, "key": "one", "size": 1 }));
        Self { sandbox, scratch: Scratch::new("preflight"), key }
    }

    /// Makes a setting of the bucket, by S3's own call.
    pub(crate) fn set(&self, setting: &str, document: &str) {
        let url = format!("{}/{BUCKET}?{setting}", self.sandbox.url());
        ureq::put(&url).send(document).unwrap_or_else(|e| panic!("{setting}: {e}"));
    }

    /// Sets the bucket's policy to these statements.
    pub(crate) fn policy(&self, statements: &Value) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        self.set("policy", &policy.to_string());
    }

    /// Lets these principals read the bucket's objects.
    pub(crate) fn allow_reads(&self, principal: &Value, condition: &Value) {
        self.policy(&json!([{
            "Sid": "Readers",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::{BUCKET}/*"),
            "Condition": condition,
        }]));
    }

    pub(crate) fn deny(&self, operations: &[&str]) {
        self.sandbox.admin("deny", &json!({ "bucket": BUCKET, "operations": operations }));
    }

    pub(crate) fn reseal(&self, command: &str, target: Target) -> Reseal {
        let reseal = Reseal::new(command, &self.sandbox).args([&format!("s3://{BUCKET}")]);
        let reseal = match target {
            Target::S3 => reseal.args(["--sse", "AES256"]),
            Target::Kms => reseal.args(["--sse", "aws:kms", "--kms-key", &self.key]),
        };
        reseal.state(self.scratch.folder())
    }

    /// All hazards that a plan names, after checking that the text names them
    /// too, and that nothing was changed.
    pub(crate) fn hazards(&self, target: Target, more: &[&str]) -> Hazards {
        let before = self.sandbox.mutations();
        let plan = |output: &str| {
            let plan = self.reseal("plan", target).args(more).args(["--output", output]);
            plan.run().expect_code(0)
        };
        let (json, text) = (plan("json").json(), plan("text").stdout);
        assert_eq!(self.sandbox.mutations(), before, "a plan changed something");
        let hazards = json["hazards"].as_array().expect("hazards").clone();
        for hazard in &hazards {
            let words = hazard["text"].as_str().expect("a text");
            assert!(text.contains(words), "not in the text: {words}\n{text}");
        }
        Hazards(hazards)
    }

    /// Runs it with `--yes`.
    pub(crate) fn run(&self, target: Target, more: &[&str]) -> Ended {
        self.reseal("run", target).args(more).args(["--yes"]).run()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    S3,
    Kms,
}

#[derive(Debug)]
pub(crate) struct Hazards(Vec<Value>);

impl Hazards {
    /// The one hazard of this name, with these words in its text.
    pub(crate) fn one(&self, name: &str, words: &[&str]) -> &Value {
        let named = self.named(name);
        assert_eq!(named.len(), 1, "{name} in {self:#?}");
        let text = named[0]["text"].as_str().expect("a text");
        for word in words {
            assert!(text.contains(word), "{name}: no '{word}' in: {text}");
        }
        named[0]
    }

    pub(crate) fn none(&self, name: &str) {
        assert!(self.named(name).is_empty(), "{name} in {self:#?}");
    }

    fn named(&self, name: &str) -> Vec<&Value> {
        self.0.iter().filter(|hazard| hazard["hazard"] == name).collect()
    }

    /// What can't be told, by what it is about.
    pub(crate) fn unknown(&self) -> Vec<(&str, &str)> {
        self.named("cannot-tell")
            .into_iter()
            .map(|hazard| {
                let field = |name: &str| hazard[name].as_str().expect("a text");
                (field("what"), field("why"))
            })
            .collect()
    }
}
