//! A sandbox process of a test's own.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::binary;

/// A running `reseal-sandbox`, ended when dropped.
#[derive(Debug)]
pub struct Sandbox {
    child: Child,
    url: String,
}

/// One line of the sandbox's dump: a version with every attribute.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The key.
    pub key: String,
    /// The version id, `null` included.
    pub version_id: String,
    /// Whether it is current.
    pub is_latest: bool,
    /// Whether it is a delete marker.
    pub is_delete_marker: bool,
    /// NOT-SSE, SSE-S3, SSE-KMS, DSSE-KMS or SSE-C.
    pub encryption: Option<String>,
    /// The KMS key's ARN.
    pub kms_key: Option<String>,
    /// Whether a bucket key is used.
    pub bucket_key: Option<bool>,
    /// The same exactly when the bytes are.
    pub fingerprint: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

impl Version {
    /// What encryption must not change: bytes, size, class, metadata, headers,
    /// tags, redirect.
    #[must_use]
    pub fn content(&self) -> Value {
        let kept = ["size", "storageClass", "metadata", "tags", "redirect"];
        let kept: BTreeMap<_, _> =
            kept.iter().filter_map(|name| Some((*name, self.rest.get(*name)?))).collect();
        json!({ "fingerprint": self.fingerprint, "kept": kept, "headers": self.headers() })
    }

    /// The content headers as a reader gets them: without a type of its own,
    /// S3 says `binary/octet-stream`.
    #[must_use]
    pub fn headers(&self) -> BTreeMap<String, Value> {
        let stored = self.rest.get("headers").and_then(Value::as_object);
        let mut headers: BTreeMap<_, _> = stored.cloned().unwrap_or_default().into_iter().collect();
        headers.entry("content-type".to_owned()).or_insert_with(|| "binary/octet-stream".into());
        headers
    }
}

impl Sandbox {
    /// Starts one with these arguments, on any free port.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(binary("reseal-sandbox"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let stdout = child.stdout.take().expect("a pipe");
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).expect("the sandbox prints its address");
        Self { child, url: url.trim().to_owned() }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every version in a bucket.
    ///
    /// # Panics
    /// When there is no such bucket.
    #[must_use]
    pub fn dump(&self, bucket: &str) -> Vec<Version> {
        let body = self.get(&format!("dump?bucket={bucket}"));
        body.lines().map(|line| serde_json::from_str(line).expect("a dump line")).collect()
    }

    /// Requests seen so far, by operation.
    ///
    /// # Panics
    /// When the sandbox doesn't answer.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<String, u64> {
        let stats: Value = serde_json::from_str(&self.get("stats")).expect("JSON");
        let operations = stats["operations"].as_object().expect("operations");
        operations
            .iter()
            .map(|(name, counts)| (name.clone(), counts["requests"].as_u64().unwrap_or(0)))
            .collect()
    }

    /// Requests that can change an object or an upload, seen so far.
    #[must_use]
    pub fn mutations(&self) -> u64 {
        let reads = ["Get", "Head", "List", "Describe"];
        self.requests()
            .iter()
            .filter(|(name, _)| !reads.iter().any(|read| name.starts_with(read)))
            .map(|(_, count)| count)
            .sum()
    }

    /// Puts something there, by one of the admin routes.
    ///
    /// # Panics
    /// When the sandbox refuses.
    pub fn admin(&self, route: &str, body: &Value) -> Value {
        let url = format!("{}/_sandbox/{route}", self.url);
        let mut answer = ureq::post(&url)
            .config()
            .http_status_as_error(false)
            .build()
            .content_type("application/json")
            .send(body.to_string())
            .expect("the sandbox answers");
        let status = answer.status();
        let text = answer.body_mut().read_to_string().expect("a body");
        assert!(status.is_success(), "{route} {body}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// A new bucket.
    pub fn bucket(&self, name: &str, versioning: Option<&str>) {
        let body = match versioning {
            Some(versioning) => json!({ "name": name, "versioning": versioning }),
            None => json!({ "name": name }),
        };
        self.admin("buckets", &body);
    }

    /// Switches versioning, by S3's own call.
    ///
    /// # Panics
    /// When the sandbox refuses.
    pub fn set_versioning(&self, bucket: &str, status: &str) {
        let body =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let url = format!("{}/{bucket}?versioning", self.url);
        ureq::put(&url).send(body).expect("the sandbox takes it");
    }

    /// Deletes a bucket with all that is in it, as somebody else might.
    ///
    /// # Panics
    /// When the sandbox refuses.
    pub fn delete_bucket(&self, bucket: &str) {
        for version in self.dump(bucket) {
            // The keys of tests that use this need no encoding.
            let url = format!("{}/{bucket}/{}", self.url, version.key);
            ureq::delete(&url).call().expect("deleted");
        }
        ureq::delete(&format!("{}/{bucket}", self.url)).call().expect("empty, so deleted");
    }

    /// A new symmetric key under this alias; its ARN.
    ///
    /// # Panics
    /// When the sandbox doesn't tell it.
    #[must_use]
    pub fn key(&self, alias: &str) -> String {
        let answer = self.admin("keys", &json!({ "alias": alias }));
        answer["arn"].as_str().expect("an ARN").to_owned()
    }

    fn get(&self, route: &str) -> String {
        let url = format!("{}/_sandbox/{route}", self.url);
        let mut answer = ureq::get(&url).call().expect("the sandbox answers");
        answer.body_mut().with_config().limit(1 << 30).read_to_string().expect("a body")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
