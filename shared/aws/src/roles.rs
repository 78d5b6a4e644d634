//! Other roles' eyes: AssumeRole, and a client that signs as the role.

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sdk_s3::config::SharedCredentialsProvider;
use reseal_core::ports::{Roles, Scratch, ScratchReader};
use reseal_core::{ObjectRef, RoleArn, StoreError, StoreErrorKind};

use crate::S3Store;
use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};

/// What the role's own audit log will show.
const SESSION: &str = "reseal-probe";
/// The shortest that STS grants, in seconds: 15 minutes.
const DURATION: i32 = 900;

/// The `Roles` port on STS, for the buckets of one account. One attempt per call.
#[derive(Clone, Debug)]
pub struct StsRoles {
    sts: aws_sdk_sts::Client,
    store: S3Store,
}

impl StsRoles {
    pub(crate) fn new(sts: aws_sdk_sts::Client, store: S3Store) -> Self {
        Self { sts, store }
    }
}

#[async_trait]
impl Roles for StsRoles {
    async fn assume(&self, role: &RoleArn) -> Result<Box<dyn ScratchReader>, StoreError> {
        let call = self
            .sts
            .assume_role()
            .role_arn(role.as_str())
            .role_session_name(SESSION)
            .duration_seconds(DURATION)
            .send();
        let answer = call.await.map_err(|e| store_error(Call::Sts, e))?;
        let given = answer.credentials.ok_or_else(|| {
            unusable_answer(StoreErrorKind::Invalid, "AssumeRole gave no credentials")
        })?;
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "AssumeRole",
        );
        let credentials = SharedCredentialsProvider::new(credentials);
        Ok(Box::new(RoleReader(self.store.signing_as(&credentials))))
    }
}

/// The same S3, for reading scratch objects alone.
struct RoleReader(S3Store);

#[async_trait]
impl ScratchReader for RoleReader {
    async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, StoreError> {
        Scratch::get(&self.0, object).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canned::{Canned, OWNER, answer, error, object};

    const ROLE: &str = "arn:aws:iam::444455556666:role/reader";
    const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
        <AccessKeyId>ASIAREADER</AccessKeyId><SecretAccessKey>not-a-secret</SecretAccessKey>\
        <SessionToken>the-token</SessionToken><Expiration>2037-01-01T00:00:00Z</Expiration>\
        </Credentials></AssumeRoleResult></AssumeRoleResponse>";

    async fn roles(server: &Canned) -> StsRoles {
        let aws = server.aws().await;
        aws.roles(aws.store(OWNER.parse().expect("an account")))
    }

    #[tokio::test]
    async fn reads_are_signed_by_the_role() {
        let found = answer("200 OK", &[], "body");
        let server = Canned::serve([answer("200 OK", &[], ASSUMED), found]);
        let role = ROLE.parse().expect("a role");
        let reader = roles(&server).await.assume(&role).await.expect("assumed");
        let scratch = object(".reseal-probe/job/reader-0", None);
        assert_eq!(reader.get(&scratch).await.expect("read"), b"body");
        let outside = reader.get(&object("data", None)).await;
        assert_eq!(outside.expect_err("refused").code, "NotScratch");
        let sent = server.sent();
        assert!(sent[0].body.contains("DurationSeconds=900"), "{}", sent[0].body);
        assert!(sent[0].body.contains("role%2Freader"), "{}", sent[0].body);
        let signed = sent[1].header("authorization").expect("signed");
        assert!(signed.contains("Credential=ASIAREADER/"), "{signed}");
        assert_eq!(sent[1].header("x-amz-security-token"), Some("the-token"));
        assert_eq!(sent[1].header("x-amz-expected-bucket-owner"), Some(OWNER));
    }

    #[tokio::test]
    async fn a_role_that_may_not_be_assumed_is_denied() {
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>\
            </ErrorResponse>";
        for (refusal, kind) in [
            (answer("403 Forbidden", &[], body), StoreErrorKind::Denied),
            (
                answer("200 OK", &[], &ASSUMED.replace("Credentials>", "Other>")),
                StoreErrorKind::Invalid,
            ),
            (
                error("503 Service Unavailable", "ServiceUnavailable", "later"),
                StoreErrorKind::Unavailable,
            ),
        ] {
            let server = Canned::serve([refusal]);
            let role = ROLE.parse().expect("a role");
            let error = roles(&server).await.assume(&role).await.err().expect("refused");
            assert_eq!(error.kind, kind, "{error}");
        }
    }
}
