//! Buckets of other accounts: reached through a role, and owned by its account.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_sdk_s3::config::SharedCredentialsProvider;
use reseal_core::ports::{ObjectStore, Stores};
use reseal_core::{AccountId, BucketName, BucketPattern, BucketRoles, RoleArn};
use tokio::sync::Mutex;

use crate::S3Store;

/// What the audit log of the role's account will show.
const SESSION: &str = "reseal";

/// By whose credentials some buckets are reached, and whose they must be.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) client: aws_sdk_s3::Client,
    /// The role whose credentials they are; `None` for the caller's own.
    pub(crate) role: Option<RoleArn>,
    pub(crate) owner: AccountId,
}

impl Reach {
    /// The same endpoint and owner, by somebody else's credentials.
    fn signing_as(&self, credentials: &SharedCredentialsProvider) -> Self {
        let config = self.client.config().to_builder().credentials_provider(credentials.clone());
        Self { client: aws_sdk_s3::Client::from_conf(config.build()), ..self.clone() }
    }
}

/// Buckets that are reached otherwise than by the caller's own credentials.
/// The first pattern that fits counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Elsewhere(Arc<[(BucketPattern, Reach)]>);

impl Elsewhere {
    pub(crate) fn at(&self, bucket: &BucketName) -> Option<&Reach> {
        self.0.iter().find(|(pattern, _)| pattern.fits(bucket)).map(|(_, reach)| reach)
    }

    /// In the order of their patterns.
    pub(crate) fn reaches(&self) -> impl Iterator<Item = &Reach> {
        self.0.iter().map(|(_, reach)| reach)
    }

    /// Whether one of the patterns fits every bucket.
    pub(crate) fn is_everywhere(&self) -> bool {
        self.0.iter().any(|(pattern, _)| *pattern == BucketPattern::all())
    }

    fn signing_as(&self, credentials: &SharedCredentialsProvider) -> Self {
        let entries = self.0.iter();
        let entries = entries.map(|(p, reach)| (p.clone(), reach.signing_as(credentials)));
        Self(entries.collect())
    }
}

impl S3Store {
    /// The same endpoint and owners, by somebody else's credentials.
    pub(crate) fn signing_as(&self, credentials: &SharedCredentialsProvider) -> Self {
        Self {
            home: self.home.signing_as(credentials),
            elsewhere: self.elsewhere.signing_as(credentials),
            region: self.region.clone(),
        }
    }
}

/// The `Stores` port: S3 by the caller's credentials, and by those of roles,
/// each of which is assumed once for all jobs and again before it expires.
#[derive(Clone, Debug)]
pub struct S3Stores {
    config: SdkConfig,
    home: S3Store,
    assumed: Arc<Mutex<BTreeMap<RoleArn, Reach>>>,
}

impl S3Stores {
    pub(crate) fn new(config: SdkConfig, home: S3Store) -> Self {
        Self { config, home, assumed: Arc::default() }
    }

    /// S3 with these roles.
    pub async fn with(&self, roles: &BucketRoles) -> S3Store {
        let mut assumed = self.assumed.lock().await;
        let mut entries = Vec::new();
        for entry in roles.iter() {
            let reach = match assumed.get(&entry.role) {
                Some(reach) => reach.clone(),
                None => {
                    let reach = self.assume(&entry.role).await;
                    assumed.insert(entry.role.clone(), reach.clone());
                    reach
                }
            };
            entries.push((entry.buckets.clone(), reach));
        }
        S3Store { elsewhere: Elsewhere(entries.into()), ..self.home.clone() }
    }

    async fn assume(&self, role: &RoleArn) -> Reach {
        let provider = AssumeRoleProvider::builder(role.as_str())
            .session_name(SESSION)
            .configure(&self.config)
            .build()
            .await;
        let reach = self.home.home.signing_as(&SharedCredentialsProvider::new(provider));
        Reach { role: Some(role.clone()), owner: role.account().clone(), ..reach }
    }
}

#[async_trait]
impl Stores for S3Stores {
    async fn through(&self, roles: &BucketRoles) -> Arc<dyn ObjectStore> {
        Arc::new(self.with(roles).await)
    }
}

#[cfg(test)]
mod tests {
    use reseal_core::{BucketRole, ObjectRef, StoreErrorKind};

    use super::*;
    use crate::canned::{Canned, OWNER, answer, object};

    const OTHER: &str = "444455556666";
    const ROLE: &str = "team-a-*=arn:aws:iam::444455556666:role/reseal";
    const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
        <AccessKeyId>ASIATEAM</AccessKeyId><SecretAccessKey>not-a-secret</SecretAccessKey>\
        <SessionToken>the-token</SessionToken><Expiration>2037-01-01T00:00:00Z</Expiration>\
        </Credentials></AssumeRoleResult></AssumeRoleResponse>";

    async fn stores(server: &Canned) -> S3Stores {
        server.aws().await.stores(OWNER.parse().expect("an account"))
    }

    fn roles() -> BucketRoles {
        BucketRoles::new(vec![ROLE.parse::<BucketRole>().expect("a role")])
    }

    fn team_a() -> ObjectRef {
        ObjectRef { bucket: "team-a-logs".parse().expect("a bucket"), ..object("k", None) }
    }

    fn found() -> Vec<u8> {
        let headers = [
            ("etag", "\"e\""),
            ("last-modified", "Sat, 21 Nov 2026 00:00:00 GMT"),
            ("content-length", "0"),
            ("x-amz-server-side-encryption", "AES256"),
        ];
        answer("200 OK", &headers, "")
    }

    #[tokio::test]
    async fn a_role_reaches_its_buckets_and_no_other() {
        let assumed = answer("200 OK", &[], ASSUMED);
        let server = Canned::serve([assumed, found(), found(), found()]);
        let stores = stores(&server).await;
        for _ in 0..2 {
            // Each job asks anew.
            let store = stores.through(&roles()).await;
            store.head(&team_a()).await.expect("found");
        }
        let store = stores.through(&roles()).await;
        store.head(&object("k", None)).await.expect("found");
        let sent = server.sent();
        assert!(sent[0].body.contains("444455556666%3Arole%2Freseal"), "{}", sent[0].body);
        assert!(sent[0].body.contains("RoleSessionName=reseal"), "{}", sent[0].body);
        let by = |at: usize, key: &str| {
            let signed: Option<&str> = sent[at].header("authorization");
            signed.is_some_and(|signed| signed.contains(&format!("Credential={key}/")))
        };
        let owner = |at: usize| sent[at].header("x-amz-expected-bucket-owner");
        for at in [1, 2] {
            assert!(by(at, "ASIATEAM"), "{:?}", sent[at]);
            assert_eq!(sent[at].header("x-amz-security-token"), Some("the-token"));
            assert_eq!(owner(at), Some(OTHER));
        }
        assert!(by(3, "AKIATESTING"), "{:?}", sent[3]);
        assert_eq!((owner(3), sent[3].header("x-amz-security-token")), (Some(OWNER), None));
    }

    #[tokio::test]
    async fn a_session_that_is_over_is_followed_by_another() {
        let over = answer("200 OK", &[], &ASSUMED.replace("2037", "2026"));
        let next = answer("200 OK", &[], &ASSUMED.replace("ASIATEAM", "ASIANEXT"));
        let server = Canned::serve([over, found(), next, found(), found()]);
        let store = stores(&server).await.through(&roles()).await;
        for _ in 0..3 {
            store.head(&team_a()).await.expect("found");
        }
        let sent = server.sent();
        let signed = |at: usize| sent[at].header("authorization").unwrap_or_default().to_owned();
        assert!(signed(1).contains("=ASIATEAM/"), "{}", signed(1));
        assert!(signed(3).contains("=ASIANEXT/") && signed(4).contains("=ASIANEXT/"));
    }

    #[tokio::test]
    async fn without_roles_nobody_is_assumed() {
        let server = Canned::serve([found()]);
        let store = stores(&server).await.through(&BucketRoles::default()).await;
        store.head(&team_a()).await.expect("found");
        let sent = server.sent();
        assert_eq!(sent[0].header("x-amz-expected-bucket-owner"), Some(OWNER));
    }

    #[tokio::test]
    async fn a_role_that_may_not_be_assumed_is_trouble_with_credentials() {
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message>\
            </Error></ErrorResponse>";
        let server = Canned::serve([answer("403 Forbidden", &[], body)]);
        let store = stores(&server).await.through(&roles()).await;
        let error = store.head(&team_a()).await.expect_err("refused");
        assert_eq!(error.kind, StoreErrorKind::Credentials, "{error}");
        assert!(error.message.contains("not you"), "{error}");
        server.sent();
    }
}
