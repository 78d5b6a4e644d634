//! A ministack with the stack on it, made by the command that the page names.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use reseal_tests::{Ministack, Page, Reseal, Scratch, python_with_aws_cli};
use serde_json::{Map, Value};

use crate::template;

/// As on the page.
pub(crate) const STACK: &str = "reseal";

/// A ministack and what is needed to deploy there.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) ministack: Ministack,
    pub(crate) scratch: Scratch,
    template: PathBuf,
}

impl World {
    /// Without the stack.
    pub(crate) fn new() -> Self {
        Self::on(Ministack::start(), &template::reduced())
    }

    fn on(ministack: Ministack, template: &Value) -> Self {
        let scratch = Scratch::new("stack");
        let template = scratch.write("reduced.json", template.to_string());
        let world = Self { ministack, scratch, template };
        let _ = world.aws(&["s3", "mb", "s3://my-templates"]);
        world
    }

    /// With it.
    pub(crate) fn deployed() -> Self {
        Self::new().with_the_stack()
    }

    /// With it, and users who are held to their policies. Without those of the
    /// queues and the bucket: ministack is plain HTTP, which they deny to all.
    pub(crate) fn deployed_enforcing() -> Self {
        let mut template = template::reduced();
        let resources = template["Resources"].as_object_mut().expect("resources");
        let denies_plain_http = ["AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"];
        resources.retain(|_, resource| {
            !denies_plain_http.contains(&resource["Type"].as_str().expect("a type"))
        });
        Self::on(Ministack::start_enforcing(), &template).with_the_stack()
    }

    fn with_the_stack(self) -> Self {
        let said = self.deploy(0, "registry.example/reseal:1", &[]);
        assert!(said.status.success(), "{said:?}");
        self
    }

    /// The page's n-th command to deploy, word for word but for the template
    /// and what is appended.
    pub(crate) fn deploy(&self, which: usize, image: &str, more: &[&str]) -> Output {
        self.deploy_file(&self.template, which, image, more)
    }

    /// The same with another template.
    pub(crate) fn deploy_file(
        &self,
        template: &Path,
        which: usize,
        image: &str,
        more: &[&str],
    ) -> Output {
        let command = commands().swap_remove(which);
        let whole = "infra/reseal.yaml";
        assert!(command.contains(whole), "{command}");
        let template = template.to_str().expect("UTF-8");
        let command = format!("{} {}", command.replace(whole, template), more.join(" "));
        let python = python_with_aws_cli().display();
        let script = format!("set -eu\naws() {{ {python} -m awscli \"$@\"; }}\n{command}");
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).env("IMAGE", image);
        self.connected(&mut bash).output().expect("bash starts")
    }

    fn connected<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
            .env("AWS_ENDPOINT_URL", self.ministack.url())
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// What the AWS CLI answers, as JSON where it is any.
    ///
    /// # Panics
    /// When it ends with an error.
    pub(crate) fn aws(&self, words: &[&str]) -> Value {
        let mut command = Command::new(python_with_aws_cli());
        command.args(["-m", "awscli", "--endpoint-url", self.ministack.url(), "--output", "json"]);
        let output = self.connected(command.args(words)).output().expect("python starts");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// What the AWS CLI says to a user, with these credentials.
    pub(crate) fn aws_as(&self, (id, secret): &(String, String), words: &[&str]) -> String {
        let mut command = Command::new(python_with_aws_cli());
        command.args(["-m", "awscli", "--endpoint-url", self.ministack.url()]).args(words);
        let command = self.connected(&mut command);
        command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret);
        let output = command.output().expect("python starts");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The stack's outputs by name.
    pub(crate) fn outputs(&self) -> Map<String, Value> {
        let told = self.aws(&["cloudformation", "describe-stacks", "--stack-name", STACK]);
        let outputs = told["Stacks"][0]["Outputs"].as_array().expect("outputs").clone();
        let name = |output: &Value| output["OutputKey"].as_str().expect("a name").to_owned();
        outputs.iter().map(|output| (name(output), output["OutputValue"].clone())).collect()
    }

    /// One of them.
    pub(crate) fn output(&self, name: &str) -> String {
        let outputs = self.outputs();
        let value = outputs.get(name).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("{name} isn't in {outputs:?}")).to_owned()
    }

    /// A command of `reseal`, all on this ministack.
    pub(crate) fn reseal(&self, words: &[&str]) -> Reseal {
        let (name, rest) = words.split_first().expect("a command");
        let command = Reseal::without_endpoint(name).args(rest);
        let command = command.args(["--endpoint-url", self.ministack.url()]);
        command.env("XDG_STATE_HOME", self.scratch.path("state"))
    }

    /// The JSON that it prints.
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        self.reseal(words).args(["--output", "json"]).run().expect_code(0).json()
    }
}

/// The page's commands that deploy, in its order.
pub(crate) fn commands() -> Vec<String> {
    let page = Page::read("deploy.md");
    let text = page.lines().collect::<Vec<_>>().join("\n").replace(" \\\n", " ");
    let is_one = |line: &&str| line.starts_with("aws cloudformation deploy ");
    text.lines().filter(is_one).map(str::to_owned).collect()
}
