//! ministack, an S3 and KMS that we didn't write, behind the real adapter.

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use reseal_aws::{Settings, connect};
use reseal_core::ports::{Identity, KeyStatus};
use reseal_core::{BucketName, KeyArn, ObjectRef, VersionId};
use reseal_testkit::conformance::object_store::{
    BucketKind, Content, Doubt, Seed, Seeder, World, confront,
};
use reseal_tests::Ministack;
use serde_json::{Value, json};

use crate::ministack_requests::{Client, cannot, headers};
use crate::model_seeds::everybody_is_let_in;
use crate::{known, sentences};

/// The adapter's own, for tests, and somebody else's: ministack takes twelve
/// digits for the account.
const OURS: &str = "AKIATESTING";
const STRANGER: &str = "444455556666";
const FOREIGN: &str = "foreign";
/// Objects have their bytes there.
const MOST_BYTES: u64 = 64 << 20;

#[tokio::test]
async fn ministack() {
    let ministack = Ministack::start();
    let aws = connect(&Settings::for_testing(ministack.url())).await.expect("connects");
    let owner = aws.identity().account().await.expect("an account");
    let client = Client::new(ministack.url());
    let seeder = Arc::new(MinistackSeeder { client, serial: AtomicU32::new(0) });
    let world = World { store: Arc::new(aws.store(owner)), keys: Arc::new(aws.keys()), seeder };
    confront(&world, &sentences(), known::MINISTACK).await;
}

struct MinistackSeeder {
    client: Client,
    serial: AtomicU32,
}

impl MinistackSeeder {
    fn fresh(&self, what: &str) -> String {
        format!("{what}-{}", self.serial.fetch_add(1, Ordering::Relaxed))
    }

    fn kms(&self, operation: &str, words: &Value) -> Result<Value, Doubt> {
        let headers = vec![
            ("x-amz-target".to_owned(), format!("TrentService.{operation}")),
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
        ];
        let body = words.to_string();
        let mut answer = self.client.send(OURS, ("POST", "", ""), &headers, body.as_bytes())?;
        let text = answer.body_mut().read_to_string().map_err(cannot)?;
        serde_json::from_str(&text).or(Ok(Value::Null))
    }

    fn create_key(&self, words: &Value) -> Result<KeyArn, Doubt> {
        let made = self.kms("CreateKey", words)?;
        let arn = made["KeyMetadata"]["Arn"].as_str().unwrap_or_default();
        arn.parse().map_err(cannot)
    }

    fn put_bytes(
        &self,
        path: &str,
        query: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<ureq::http::Response<ureq::Body>, Doubt> {
        let whom = if path.starts_with(FOREIGN) { STRANGER } else { OURS };
        self.client.send(whom, ("PUT", path, query), headers, body)
    }

    fn put_parts(&self, path: &str, seed: &Seed, sizes: &[u64]) -> Result<Option<String>, Doubt> {
        let mut begun =
            self.client.send(OURS, ("POST", path, "uploads"), &headers(seed, true)?, b"")?;
        let text = begun.body_mut().read_to_string().map_err(cannot)?;
        let id = between(&text, "<UploadId>", "</UploadId>")?;
        let mut parts = String::new();
        for (number, size) in (1..).zip(sizes) {
            let query = format!("partNumber={number}&uploadId={id}");
            let part = self.put_bytes(path, &query, &[], &bytes(*size)?)?;
            let etag = header(&part, "etag").unwrap_or_default();
            let sum = header(&part, "x-amz-checksum-sha256");
            let sum = sum.map(|s| format!("<ChecksumSHA256>{s}</ChecksumSHA256>"));
            parts += &format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{}</Part>",
                sum.unwrap_or_default()
            );
        }
        let list = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let query = format!("uploadId={id}");
        let done = self.client.send(OURS, ("POST", path, &query), &[], list.as_bytes())?;
        Ok(header(&done, "x-amz-version-id"))
    }
}

fn bytes(size: u64) -> Result<Vec<u8>, Doubt> {
    if size > MOST_BYTES {
        return Err(cannot("bytes take memory there"));
    }
    // Not the same everywhere, so that a part in the wrong place shows.
    let pattern = (0..=u8::MAX).cycle().zip((0..251u8).cycle()).map(|(a, b)| a ^ b);
    let pattern: Vec<u8> = pattern.take(256 * 251).collect();
    let size = usize::try_from(size).map_err(cannot)?;
    let mut bytes = pattern.repeat(size.div_ceil(pattern.len()));
    bytes.truncate(size);
    Ok(bytes)
}

fn between(text: &str, from: &str, to: &str) -> Result<String, Doubt> {
    let found = text.split_once(from).and_then(|(_, rest)| rest.split_once(to));
    found.map(|(found, _)| found.to_owned()).ok_or_else(|| cannot(format!("no {from} in {text}")))
}

fn header(answer: &ureq::http::Response<ureq::Body>, name: &str) -> Option<String> {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// An S3 document that says one thing.
fn document(root: &str, inner: &str) -> Vec<u8> {
    let xmlns = "http://s3.amazonaws.com/doc/2006-03-01/";
    format!("<{root} xmlns=\"{xmlns}\">{inner}</{root}>").into_bytes()
}

#[async_trait]
impl Seeder for MinistackSeeder {
    async fn bucket(&self, kind: BucketKind) -> Result<BucketName, Doubt> {
        let name = self.fresh(if kind == BucketKind::Foreign { FOREIGN } else { "bucket" });
        let headers = match kind {
            BucketKind::Locking => {
                vec![("x-amz-bucket-object-lock-enabled".to_owned(), "true".to_owned())]
            }
            BucketKind::WithAcls => {
                vec![("x-amz-object-ownership".to_owned(), "ObjectWriter".to_owned())]
            }
            BucketKind::Plain | BucketKind::Versioned | BucketKind::Foreign => Vec::new(),
        };
        self.put_bytes(&name, "", &headers, b"")?;
        if kind == BucketKind::WithAcls {
            let blocked = "<BlockPublicAcls>false</BlockPublicAcls>\
                           <IgnorePublicAcls>false</IgnorePublicAcls>\
                           <BlockPublicPolicy>false</BlockPublicPolicy>\
                           <RestrictPublicBuckets>false</RestrictPublicBuckets>";
            let body = document("PublicAccessBlockConfiguration", blocked);
            self.put_bytes(&name, "publicAccessBlock", &[], &body)?;
        }
        if kind == BucketKind::Foreign {
            let policy = everybody_is_let_in(&name);
            self.put_bytes(&name, "policy", &[], policy.as_bytes())?;
        }
        let name = name.parse().map_err(cannot)?;
        if kind == BucketKind::Versioned {
            self.keep_versions(&name).await?;
        }
        Ok(name)
    }

    async fn keep_versions(&self, bucket: &BucketName) -> Result<(), Doubt> {
        let body = document("VersioningConfiguration", "<Status>Enabled</Status>");
        self.put_bytes(bucket.as_str(), "versioning", &[], &body).map(|_| ())
    }

    async fn put(&self, seed: Seed) -> Result<ObjectRef, Doubt> {
        let path = format!("{}/{}", seed.bucket, seed.key);
        let body = match &seed.content {
            Content::Text(text) => text.as_bytes().to_vec(),
            Content::Bytes(size) => bytes(*size)?,
            Content::Parts(_) => Vec::new(),
        };
        let version = match &seed.content {
            Content::Parts(sizes) => self.put_parts(&path, &seed, sizes)?,
            Content::Text(_) | Content::Bytes(_) => {
                let put = self.put_bytes(&path, "", &headers(&seed, false)?, &body)?;
                header(&put, "x-amz-version-id")
            }
        };
        for (name, text) in &seed.annotations {
            let version = version.as_ref().map(|id| format!("&versionId={id}"));
            let version = version.unwrap_or_default();
            let query = format!("annotation&annotationName={name}{version}");
            self.put_bytes(&path, &query, &[], text.as_bytes())?;
        }
        let key = seed.key.parse().map_err(cannot)?;
        Ok(ObjectRef { bucket: seed.bucket, key, version: version.map(VersionId::new) })
    }

    async fn delete(&self, object: &ObjectRef) -> Result<ObjectRef, Doubt> {
        let path = format!("{}/{}", object.bucket, object.key);
        let done = self.client.send(OURS, ("DELETE", &path, ""), &[], b"")?;
        Ok(object.at(header(&done, "x-amz-version-id").map(VersionId::new)))
    }

    async fn bytes(&self, object: &ObjectRef) -> Result<String, Doubt> {
        let path = format!("{}/{}", object.bucket, object.key);
        let query = object.version.as_ref().map(|version| format!("versionId={version}"));
        let request = ("GET", path.as_str(), query.as_deref().unwrap_or_default());
        let mut answer = self.client.send(OURS, request, &[], b"")?;
        let body = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let body = body.map_err(cannot)?;
        let mut hasher = DefaultHasher::new();
        hasher.write(&body);
        Ok(format!("{} bytes, {:016x}", body.len(), hasher.finish()))
    }

    async fn key(&self) -> Result<KeyArn, Doubt> {
        self.create_key(&json!({}))
    }

    async fn foreign_key(&self) -> Result<KeyArn, Doubt> {
        let key = self.key().await?;
        key.as_str().replace(key.account().as_str(), STRANGER).parse().map_err(cannot)
    }

    async fn signing_key(&self) -> Result<KeyArn, Doubt> {
        self.create_key(&json!({ "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" }))
    }

    async fn alias(&self, key: &KeyArn) -> Result<String, Doubt> {
        let alias = self.fresh("alias/a");
        self.kms("CreateAlias", &json!({ "AliasName": alias, "TargetKeyId": key.as_str() }))?;
        Ok(alias)
    }

    async fn set_key(&self, key: &KeyArn, status: KeyStatus) -> Result<(), Doubt> {
        let words = json!({ "KeyId": key.as_str() });
        let operation = match status {
            KeyStatus::Enabled => "EnableKey",
            KeyStatus::Disabled => "DisableKey",
            KeyStatus::PendingDeletion => "ScheduleKeyDeletion",
            KeyStatus::Unusable => return Err(cannot("has no such state")),
        };
        self.kms(operation, &words).map(|_| ())
    }

    /// They take two seconds: long enough to be seen.
    async fn restores_take_long(&self, _long: bool) -> Result<(), Doubt> {
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "another process is waited for, in real time")]
    async fn restores_are_done(&self) -> Result<(), Doubt> {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        Ok(())
    }
}
