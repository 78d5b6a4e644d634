//! The requests, with every header that reseal sends.

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{
    BehaviorVersion, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::types::{
    EncodingType, MetadataDirective, ServerSideEncryption, StorageClass, TaggingDirective,
};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::time::Duration;

use super::{Args, Mode};

/// The client and what all requests have in common.
pub(super) struct Requests {
    client: Client,
    bucket: String,
    owner: String,
    kms_key: String,
}

/// A page of the listing.
pub(super) struct Page {
    pub(super) keys: Vec<String>,
    pub(super) next: Option<String>,
}

impl Requests {
    pub(super) fn new(args: &Args) -> Self {
        Self {
            client: client(&args.endpoint_url),
            bucket: args.bucket.clone(),
            owner: args.owner.clone(),
            kms_key: args.kms_key.clone(),
        }
    }

    pub(super) async fn list(&self, place: Option<String>) -> anyhow::Result<Page> {
        let call = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .set_continuation_token(place)
            .encoding_type(EncodingType::Url)
            .expected_bucket_owner(&self.owner);
        let answer = call.send().await?;
        let next = answer.next_continuation_token;
        let objects = answer.contents.unwrap_or_default();
        Ok(Page { keys: objects.into_iter().filter_map(|object| object.key).collect(), next })
    }

    pub(super) async fn object(&self, key: &str, mode: Mode) -> anyhow::Result<()> {
        let etag = match mode {
            Mode::CopyOnly => None,
            Mode::HeadCopy => Some(self.head(key).await?),
        };
        self.copy(key, etag).await
    }

    async fn head(&self, key: &str) -> anyhow::Result<String> {
        let call = self.client.head_object().bucket(&self.bucket).key(key);
        let answer = call.expected_bucket_owner(&self.owner).send().await?;
        answer.e_tag.ok_or_else(|| anyhow::anyhow!("HEAD told no ETag"))
    }

    /// The keys here need no encoding in the copy's source.
    async fn copy(&self, key: &str, etag: Option<String>) -> anyhow::Result<()> {
        let answer = self
            .client
            .copy_object()
            .bucket(&self.bucket)
            .key(key)
            .copy_source(format!("{}/{key}", self.bucket))
            .expected_bucket_owner(&self.owner)
            .expected_source_bucket_owner(&self.owner)
            .set_if_match(etag.clone())
            .set_copy_source_if_match(etag)
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(&self.kms_key)
            .bucket_key_enabled(true)
            .metadata_directive(MetadataDirective::Copy)
            .tagging_directive(TaggingDirective::Copy)
            .storage_class(StorageClass::Standard)
            .send()
            .await?;
        anyhow::ensure!(answer.server_side_encryption == Some(ServerSideEncryption::AwsKms));
        Ok(())
    }
}

/// Set up as `reseal-aws` does it: one attempt, a deadline, no checksums of
/// the SDK's own, path style, hyper 1 with rustls on ring.
fn client(endpoint_url: &str) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(3_100))
        .operation_attempt_timeout(Duration::from_secs(60));
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint_url)
        .force_path_style(true)
        .credentials_provider(Credentials::new("test", "test", None, None, "bench"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .http_client(http_client());
    Client::from_conf(config.build())
}

fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .pool_idle_timeout(Duration::from_secs(20))
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
