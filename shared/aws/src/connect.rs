//! Making the clients: one HTTP client, one set of credentials, six services.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::service_config::ServiceConfigKey;
use reseal_core::{AccountId, BucketName};

use crate::endpoint::{self, EndpointError};
use crate::payer::PayForRequests;
use crate::unreadable::CountUnreadable;
use crate::whole::OnlyWhole;
use crate::{
    CloudFormationStacks, FleetClients, KmsKeys, S3Records, S3Store, S3Stores, SqsEvents,
    StsIdentity, StsRoles, http, timeouts,
};

/// How to reach AWS. Whatever is left out comes from where every AWS tool
/// reads it: environment, profile, container or instance metadata.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The region.
    pub region: Option<String>,
    /// The profile in the shared configuration files.
    pub profile: Option<String>,
    /// An endpoint for all services instead of AWS's own. The SDK's
    /// `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_S3` count where this is absent.
    pub endpoint_url: Option<String>,
    /// An endpoint for SQS, DynamoDB and CloudFormation instead; `endpoint_url`
    /// counts for them where this is absent.
    pub fleet_endpoint_url: Option<String>,
    /// Whether an endpoint on another machine may be plain HTTP.
    pub allow_plain_http: bool,
    /// Whether to say on every request to S3 that the requester pays.
    pub request_payer: bool,
    /// Whose credentials to use.
    pub credentials: Credentials,
}

impl Settings {
    /// For a sandbox on this machine, with a region and credentials of its own.
    #[must_use]
    pub fn for_testing(endpoint_url: &str) -> Self {
        Self {
            region: Some("us-east-1".to_owned()),
            profile: None,
            endpoint_url: Some(endpoint_url.to_owned()),
            fleet_endpoint_url: None,
            allow_plain_http: false,
            request_payer: false,
            credentials: Credentials::Testing,
        }
    }
}

/// Whose credentials to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// The SDK's chain: environment, profile, SSO, container, instance.
    #[default]
    Chain,
    /// A fixed pair that no real account has.
    Testing,
}

/// Why no clients could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No region anywhere.
    #[error("no region: name one, or set AWS_REGION, or a region in the profile")]
    NoRegion,
    /// An endpoint that may not be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
}

/// The clients. Nothing was asked of AWS yet, credentials included: the first
/// call shows whether they work.
#[derive(Clone, Debug)]
pub struct Aws {
    config: SdkConfig,
    region: String,
    s3_endpoint: Option<String>,
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    sts: aws_sdk_sts::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    cloudformation: aws_sdk_cloudformation::Client,
}

impl Aws {
    /// The region that was resolved.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The endpoint that S3 is reached at instead of AWS's own.
    #[must_use]
    pub fn s3_endpoint(&self) -> Option<&str> {
        self.s3_endpoint.as_deref()
    }

    /// Whose credentials these are. Comes first: the data path needs an owner.
    #[must_use]
    pub fn identity(&self) -> StsIdentity {
        StsIdentity::new(self.sts.clone())
    }

    /// KMS.
    #[must_use]
    pub fn keys(&self) -> KmsKeys {
        KmsKeys::new(self.kms.clone())
    }

    /// S3, for buckets of this account and no other: S3 itself refuses every
    /// call on a bucket that somebody else owns.
    #[must_use]
    pub fn store(&self, owner: AccountId) -> S3Store {
        S3Store::new(self.s3.clone(), owner, self.region.clone())
    }

    /// The same, and through roles the buckets of other accounts.
    #[must_use]
    pub fn stores(&self, owner: AccountId) -> S3Stores {
        S3Stores::new(self.config.clone(), self.store(owner))
    }

    /// The services of a fleet.
    #[must_use]
    pub fn fleet(&self) -> FleetClients {
        FleetClients {
            dynamodb: self.dynamodb.clone(),
            sqs: self.sqs.clone(),
            s3: self.s3.clone(),
            region: self.region.clone(),
        }
    }

    /// The stacks that fleets are made by.
    #[must_use]
    pub fn stacks(&self) -> CloudFormationStacks {
        CloudFormationStacks::new(self.cloudformation.clone())
    }

    /// A queue of events, by its URL. Which host is asked is the client's
    /// choice, by region or endpoint, never the URL's.
    #[must_use]
    pub fn events(&self, url: &str) -> SqsEvents {
        SqsEvents::new(self.sqs.clone(), url.to_owned())
    }

    /// Small files in a bucket of this account, below a prefix that is empty
    /// or ends in `/`.
    #[must_use]
    pub fn records(&self, owner: AccountId, bucket: BucketName, prefix: String) -> S3Records {
        S3Records::new(self.store(owner), bucket, prefix)
    }

    /// Other roles' eyes on the buckets of this store.
    #[must_use]
    pub fn roles(&self, store: S3Store) -> StsRoles {
        StsRoles::new(self.sts.clone(), store)
    }
}

/// Reads the configuration and makes the clients.
///
/// # Errors
/// When no region is configured, or an endpoint is plain HTTP to another machine.
pub async fn connect(settings: &Settings) -> Result<Aws, ConnectError> {
    let config = load(settings).await;
    let region = config.region().ok_or(ConnectError::NoRegion)?.to_string();
    let endpoint = |service| {
        let url = endpoint_of(&config, service);
        if let Some(url) = &url {
            endpoint::check(url, settings.allow_plain_http)?;
        }
        Ok::<_, EndpointError>(url)
    };
    let s3_endpoint = endpoint("S3")?;
    let of_fleet = |service| match &settings.fleet_endpoint_url {
        Some(url) => {
            endpoint::check(url, settings.allow_plain_http)?;
            Ok::<_, EndpointError>(Some(url.clone()))
        }
        None => endpoint(service),
    };
    let (dynamodb_endpoint, sqs_endpoint) = (of_fleet("DynamoDB")?, of_fleet("SQS")?);
    let stacks_endpoint = of_fleet("CloudFormation")?;
    Ok(Aws {
        region,
        s3: s3(&config, s3_endpoint.clone(), settings.request_payer),
        kms: kms(&config, endpoint("KMS")?),
        sts: sts(&config, endpoint("STS")?),
        dynamodb: dynamodb(&config, dynamodb_endpoint),
        sqs: sqs(&config, sqs_endpoint),
        cloudformation: cloudformation(&config, stacks_endpoint),
        s3_endpoint,
        config,
    })
}

/// Retries and deadlines are not set here but per service below: what fetches
/// credentials keeps the SDK's own, since nobody else would retry for it.
async fn load(settings: &Settings) -> SdkConfig {
    let mut loader =
        aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http::client());
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if settings.credentials == Credentials::Testing {
        loader = loader.credentials_provider(testing_credentials());
    }
    loader.load().await
}

fn testing_credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(aws_credential_types::Credentials::new(
        "AKIATESTING",
        "not-a-secret",
        None,
        None,
        "testing",
    ))
}

/// The endpoint that the SDK would use for a service. It resolves this inside
/// its client, where nobody can read it; so it is resolved here by the same
/// rules, checked, and handed to the client outright.
fn endpoint_of(config: &SdkConfig, service_id: &str) -> Option<String> {
    let shared = config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return shared;
    }
    let key = ServiceConfigKey::builder()
        .service_id(service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok();
    key.and_then(|key| config.service_config()?.load_config(key)).or(shared)
}

/// One attempt: the engine must see every ambiguous answer and every 503.
fn one_attempt() -> RetryConfig {
    RetryConfig::disabled()
}

fn deadline() -> TimeoutConfig {
    within(timeouts::LOOK)
}

fn within(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(timeouts::CONNECT)
        .operation_attempt_timeout(attempt)
        .build()
}

/// Off: S3 answers a long copy or completion with a trickle of white space,
/// which this protection takes for a stalled download after 20 s. Every
/// attempt has a deadline of its own instead.
fn no_stall_detection() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}

fn s3(config: &SdkConfig, endpoint: Option<String>, request_payer: bool) -> aws_sdk_s3::Client {
    let mut builder = aws_sdk_s3::config::Builder::from(config)
        .retry_config(one_attempt())
        .timeout_config(deadline())
        .stalled_stream_protection(no_stall_detection())
        // The SDK would add a CRC of its own to what it writes, and so change
        // which checksum an object has.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        // An endpoint's certificate and DNS seldom cover bucket.host.
        .force_path_style(endpoint.is_some())
        .interceptor(CountUnreadable)
        .interceptor(OnlyWhole);
    if request_payer {
        builder = builder.interceptor(PayForRequests);
    }
    builder.set_endpoint_url(endpoint);
    aws_sdk_s3::Client::from_conf(builder.build())
}

fn kms(config: &SdkConfig, endpoint: Option<String>) -> aws_sdk_kms::Client {
    let mut builder = aws_sdk_kms::config::Builder::from(config)
        .retry_config(one_attempt())
        .timeout_config(deadline())
        .stalled_stream_protection(no_stall_detection());
    builder.set_endpoint_url(endpoint);
    aws_sdk_kms::Client::from_conf(builder.build())
}

fn sts(config: &SdkConfig, endpoint: Option<String>) -> aws_sdk_sts::Client {
    let mut builder = aws_sdk_sts::config::Builder::from(config)
        .retry_config(one_attempt())
        .timeout_config(deadline())
        .stalled_stream_protection(no_stall_detection());
    builder.set_endpoint_url(endpoint);
    aws_sdk_sts::Client::from_conf(builder.build())
}

fn dynamodb(config: &SdkConfig, endpoint: Option<String>) -> aws_sdk_dynamodb::Client {
    let mut builder = aws_sdk_dynamodb::config::Builder::from(config)
        .retry_config(one_attempt())
        .timeout_config(within(timeouts::LEDGER))
        .stalled_stream_protection(no_stall_detection());
    builder.set_endpoint_url(endpoint);
    aws_sdk_dynamodb::Client::from_conf(builder.build())
}

fn sqs(config: &SdkConfig, endpoint: Option<String>) -> aws_sdk_sqs::Client {
    let mut builder = aws_sdk_sqs::config::Builder::from(config)
        .retry_config(one_attempt())
        .timeout_config(within(timeouts::QUEUE))
        .stalled_stream_protection(no_stall_detection());
    builder.set_endpoint_url(endpoint);
    aws_sdk_sqs::Client::from_conf(builder.build())
}

fn cloudformation(config: &SdkConfig, endpoint: Option<String>) -> aws_sdk_cloudformation::Client {
    let mut builder = aws_sdk_cloudformation::config::Builder::from(config)
        .retry_config(one_attempt())
        .timeout_config(deadline())
        .stalled_stream_protection(no_stall_detection());
    builder.set_endpoint_url(endpoint);
    aws_sdk_cloudformation::Client::from_conf(builder.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn plain_http_elsewhere_is_refused_before_anything_is_sent() {
        let settings = Settings::for_testing("http://s3.example.com");
        let error = connect(&settings).await.expect_err("refused");
        assert!(matches!(error, ConnectError::Endpoint(EndpointError::PlainHttp(_))));
        let allowed = Settings { allow_plain_http: true, ..settings };
        assert!(connect(&allowed).await.is_ok());
    }

    #[tokio::test]
    async fn the_resolved_region_and_endpoint_are_told() {
        let aws = connect(&Settings::for_testing("http://127.0.0.1:1")).await.expect("connects");
        assert_eq!(aws.region(), "us-east-1");
        assert_eq!(aws.s3_endpoint(), Some("http://127.0.0.1:1"));
    }

    /// What the SDK itself would read from `AWS_ENDPOINT_URL_S3`.
    #[test]
    fn an_endpoint_of_the_service_outranks_the_shared_one() {
        #[derive(Debug)]
        struct OfS3;
        impl aws_types::service_config::LoadServiceConfig for OfS3 {
            fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
                (key.service_id() == "S3").then(|| "https://s3.test".to_owned())
            }
        }
        let config = SdkConfig::builder().endpoint_url("https://all.test").service_config(OfS3);
        let config = config.build();
        assert_eq!(endpoint_of(&config, "S3").as_deref(), Some("https://s3.test"));
        assert_eq!(endpoint_of(&config, "KMS").as_deref(), Some("https://all.test"));
    }
}
