//! Failures of the wire, each made to happen for real.

use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_sdk_s3::config::SharedCredentialsProvider;
use reseal_core::ports::ObjectDetails as _;
use reseal_core::ports::{
    CopyRequest, CopyTags, DestinationGuard, Identity, KeyService, ObjectStore, SourceGuard,
};
use reseal_core::{Attributes, ETag, KeyTrouble, KmsTarget, StorageClass, Target, Throttler};

use super::*;
use crate::canned::{Canned, KEY, OWNER, answer, error, object};
use crate::{S3Store, Settings, connect};

async fn copy(store: &S3Store) -> StoreError {
    let attributes = Attributes {
        storage_class: StorageClass::standard(),
        metadata: Default::default(),
        missing_metadata: 0,
        content_type: None,
        content_encoding: None,
        content_language: None,
        content_disposition: None,
        cache_control: None,
        expires: None,
        website_redirect: None,
        checksum: None,
    };
    let key = KEY.parse().expect("an ARN");
    let request = CopyRequest {
        from: &object("k", None),
        to: &object("k", None),
        size: 5,
        source: SourceGuard::ETag(ETag::new("e")),
        destination: DestinationGuard::ETag(ETag::new("e")),
        target: &Target::SseKms(KmsTarget { key, bucket_key: true }),
        attributes: &attributes,
        protection: &reseal_core::Protection::default(),
        tags: CopyTags::Keep,
    };
    store.copy(&request).await.expect_err("fails")
}

async fn copy_answered(bytes: Vec<u8>) -> StoreError {
    let server = Canned::serve([bytes]);
    copy(&server.store().await).await
}

async fn tags_answered(bytes: Vec<u8>) -> StoreError {
    let server = Canned::serve([bytes]);
    server.store().await.tags(&object("k", None)).await.expect_err("fails")
}

#[tokio::test]
async fn a_connection_that_was_never_made_had_no_effect() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("an address");
    drop(port);
    let settings = Settings::for_testing(&format!("http://{address}"));
    let store = connect(&settings).await.expect("connects").store(OWNER.parse().expect("id"));
    let error = copy(&store).await;
    assert_eq!((error.kind, error.code.as_str()), (StoreErrorKind::Unavailable, "NoConnection"));
    assert!(error.message.contains("refused"), "{}", error.message);
}

#[tokio::test]
async fn a_reply_that_never_came_is_ambiguous_for_a_write_only() {
    assert_eq!(copy_answered(Vec::new()).await.kind, StoreErrorKind::Ambiguous);
    assert_eq!(tags_answered(Vec::new()).await.kind, StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_ambiguous_for_a_write_only() {
    let cut = || answer("200 OK", &[("content-length", "900")], "<CopyObjectResult><ETag>");
    assert_eq!(copy_answered(cut()).await.kind, StoreErrorKind::Ambiguous);
    assert_eq!(tags_answered(cut()).await.kind, StoreErrorKind::Unavailable);
    let error_cut = answer("500 Oops", &[("content-length", "900")], "<Error><Code>Inter");
    assert_eq!(copy_answered(error_cut).await.kind, StoreErrorKind::Ambiguous);
}

#[tokio::test]
async fn a_200_that_cannot_be_read_is_ambiguous() {
    for body in [
        "",
        " \n ",
        "<Err",
        "<CopyObjectResult><ETag>&quot;x",
        "<CopyObjectResult><ETag>&quot;",
        "<CopyObjectResult><ETag>",
        "<html>gateway</html>",
        "garbage",
    ] {
        let error = copy_answered(answer("200 OK", &[], body)).await;
        assert_eq!(error.kind, StoreErrorKind::Ambiguous, "{body:?} gave {error}");
    }
}

#[tokio::test]
async fn a_200_can_carry_an_error() {
    let failed = copy_answered(error("200 OK", "InternalError", "try again")).await;
    assert_eq!((failed.kind, failed.code.as_str()), (StoreErrorKind::Ambiguous, "InternalError"));
    assert_eq!(failed.request_id.as_deref(), Some("REQ1"));
    let slow = copy_answered(error("200 OK", "SlowDown", "please")).await;
    assert_eq!(slow.kind, StoreErrorKind::Throttled(Throttler::ObjectStore));
    let keep_alive = "<?xml version=\"1.0\"?>\n   \n<Error><Code>InternalError</Code></Error>";
    let failed = copy_answered(answer("200 OK", &[], keep_alive)).await;
    assert_eq!(failed.kind, StoreErrorKind::Ambiguous);
}

#[tokio::test]
async fn nothing_is_tried_twice() {
    // A second attempt would find no server, and say so.
    let slow = copy_answered(error("503 Slow Down", "SlowDown", "Reduce your request rate.")).await;
    assert_eq!(slow.kind, StoreErrorKind::Throttled(Throttler::ObjectStore));
    assert_eq!(slow.to_string(), "SlowDown: Reduce your request rate.");
    let broken = tags_answered(error("500 Oops", "InternalError", "sorry")).await;
    assert_eq!(broken.to_string(), "InternalError: sorry");
}

#[tokio::test]
async fn messages_are_one_line_and_not_endless() {
    let long = format!("two\nlines {}", "x".repeat(5_000));
    let error = copy_answered(error("403 Forbidden", "AccessDenied", &long)).await;
    assert!(error.message.starts_with("two\\nlines x"));
    assert!(error.message.chars().count() <= MAX_MESSAGE + 1);
}

#[tokio::test]
async fn an_attempt_ends_at_its_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let aws = connect(&Settings::for_testing(&url)).await.expect("connects");
    let store = aws.store(OWNER.parse().expect("id"));
    let call = store.home.client.head_bucket().bucket("my-bucket").customize();
    let soon = S3Store::within(std::time::Duration::from_millis(50));
    let error = call.config_override(soon).send().await.expect_err("never answered");
    let error = store_error(Call::Write, error);
    assert_eq!(error.kind, StoreErrorKind::Ambiguous);
    assert!(error.message.contains("timeout"), "{}", error.message);
}

#[derive(Debug)]
struct Nobody;

impl ProvideCredentials for Nobody {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::ready(Err(CredentialsError::provider_error("the token has expired")))
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_had_are_told_as_such() {
    let aws = connect(&Settings::for_testing("http://127.0.0.1:1")).await.expect("connects");
    let mut store = aws.store(OWNER.parse().expect("id"));
    let config = store.home.client.config().to_builder();
    let nobody = SharedCredentialsProvider::new(Nobody);
    store.home.client = aws_sdk_s3::Client::from_conf(config.credentials_provider(nobody).build());
    let error = copy(&store).await;
    assert_eq!((error.kind, error.code.as_str()), (StoreErrorKind::Credentials, "NoCredentials"));
    assert!(error.message.contains("the token has expired"), "{}", error.message);
}

#[tokio::test]
async fn sts_names_the_account_or_refuses_the_credentials() {
    let told = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn><UserId>u</UserId>\
        <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let server = Canned::serve([answer("200 OK", &[("content-type", "text/xml")], told)]);
    let account = server.aws().await.identity().account().await.expect("an account");
    assert_eq!(account.as_str(), OWNER);
    let refused = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>\
        <Message>The security token is invalid.</Message></Error></ErrorResponse>";
    let server = Canned::serve([answer("403 Forbidden", &[("content-type", "text/xml")], refused)]);
    let error = server.aws().await.identity().account().await.expect_err("refused");
    assert_eq!(error.kind, StoreErrorKind::Credentials);
}

#[tokio::test]
async fn kms_refusals_become_key_troubles() {
    for (code, kind) in [
        ("NotFoundException", StoreErrorKind::Key(KeyTrouble::NotFound)),
        ("AccessDeniedException", StoreErrorKind::Key(KeyTrouble::Denied)),
        ("ThrottlingException", StoreErrorKind::Throttled(Throttler::KeyService)),
    ] {
        let body = format!("{{\"__type\":\"{code}\",\"message\":\"no\"}}");
        let json = [("content-type", "application/x-amz-json-1.1"), ("x-amzn-requestid", "R")];
        let server = Canned::serve([answer("400 Bad Request", &json, &body)]);
        let error = server.aws().await.keys().describe("alias/x").await.expect_err("refused");
        assert_eq!(error.kind, kind, "{code}");
        assert_eq!(error.request_id.as_deref(), Some("R"));
        assert!(server.sent()[0].body.contains("\"KeyId\":\"alias/x\""));
    }
}
