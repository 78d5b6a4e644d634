//! From the SDK's errors to ours: which facts the table gets to see.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use reseal_core::{StoreError, StoreErrorKind, escape_control};

use crate::errors::{Answer, Call, Failure, classify};
use crate::xml::Unreadable;

/// The longest message that is passed on: S3's are far shorter, and one from
/// elsewhere shall not fill a report.
const MAX_MESSAGE: usize = 600;

/// An SDK error of a call that writes under no particular key.
pub(crate) fn store_error<E>(call: Call, error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    store_error_for(call, None, error)
}

/// An SDK error of a call that writes under this key.
#[expect(clippy::needless_pass_by_value, reason = "so that it can stand in `map_err`")]
pub(crate) fn store_error_for<E>(
    call: Call,
    target_key: Option<&str>,
    error: SdkError<E, HttpResponse>,
) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(why) = find::<Unreadable>(&error) {
        let unusable =
            unusable_answer(classify(call, Failure::NoAnswer), &one_line(&why.to_string()));
        return StoreError { request_id: error.raw_response().and_then(request_id), ..unusable };
    }
    let service = error.as_service_error();
    let said = service.and_then(ProvideErrorMetadata::message);
    let failure = failure(&error, service, target_key);
    let kind = classify(call, failure);
    StoreError {
        kind,
        code: code_of(failure),
        message: said.map_or_else(|| one_line(&chain(&error)), one_line),
        request_id: error.raw_response().and_then(request_id),
    }
}

/// What is known of a failed call to a service other than S3, KMS and STS.
pub(crate) struct Answered {
    /// False when the request certainly never left.
    pub(crate) sent: bool,
    /// HTTP status, where there was an answer.
    pub(crate) status: Option<u16>,
    /// The service's error code.
    pub(crate) code: Option<String>,
    /// One line for people.
    pub(crate) message: String,
}

/// The facts of an SDK error.
pub(crate) fn answered<E>(error: &SdkError<E, HttpResponse>) -> Answered
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let service = error.as_service_error();
    let failure = failure(error, service, None);
    let said = service.and_then(ProvideErrorMetadata::message);
    let said = said.map_or_else(|| one_line(&chain(error)), one_line);
    Answered {
        sent: !matches!(failure, Failure::NotSent),
        status: match failure {
            Failure::Answer(answer) => Some(answer.status),
            // Neither will repeating cure it.
            Failure::Unbuildable | Failure::NoCredentials => Some(400),
            Failure::NotSent | Failure::NoAnswer => None,
        },
        code: service.and_then(ProvideErrorMetadata::code).map(one_line),
        message: format!("{}: {said}", code_of(failure)),
    }
}

/// A failure that we saw ourselves, in an answer that was fine to the SDK.
pub(crate) fn unusable_answer(kind: StoreErrorKind, what: &str) -> StoreError {
    StoreError::new(kind, "UnusableAnswer", what)
}

fn failure<'a, E>(
    error: &'a SdkError<E, HttpResponse>,
    service: Option<&'a E>,
    target_key: Option<&'a str>,
) -> Failure<'a>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => Failure::Unbuildable,
        SdkError::DispatchFailure(dispatch) => {
            dispatch.as_connector_error().map_or(Failure::NoAnswer, unsent_or_lost)
        }
        SdkError::ServiceError(refused) => {
            let headers = refused.raw().headers();
            Failure::Answer(Answer {
                status: refused.raw().status().as_u16(),
                code: service.and_then(ProvideErrorMetadata::code),
                message: service.and_then(ProvideErrorMetadata::message).unwrap_or_default(),
                delete_marker: headers.get("x-amz-delete-marker") == Some("true"),
                target_key,
            })
        }
        // Timeouts, bodies that broke off, and whatever the SDK will add.
        _ => Failure::NoAnswer,
    }
}

/// The SDK reports whatever goes wrong between building a request and its
/// answer as a dispatch failure: the cause says whether it was sent.
fn unsent_or_lost(error: &ConnectorError) -> Failure<'static> {
    if find::<CredentialsError>(error).is_some() {
        let sts = find::<SdkError<AssumeRoleError, HttpResponse>>(error);
        let in_trouble = sts.is_some_and(|error| !is_refusal(error));
        return if in_trouble { Failure::NotSent } else { Failure::NoCredentials };
    }
    match find::<hyper_util::client::legacy::Error>(error) {
        Some(http) if http.is_connect() => Failure::NotSent,
        _ if error.is_user() => Failure::Unbuildable,
        _ => Failure::NoAnswer,
    }
}

/// Whether STS said no, rather than nothing or "later".
fn is_refusal(error: &SdkError<AssumeRoleError, HttpResponse>) -> bool {
    let SdkError::ServiceError(answer) = error else { return false };
    let code = answer.err().code().unwrap_or_default();
    let later = code.starts_with("Throttling") || code == "RequestLimitExceeded";
    answer.raw().status().is_client_error() && !later
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn code_of(failure: Failure<'_>) -> String {
    match failure {
        Failure::Unbuildable => "UnbuildableRequest".to_owned(),
        Failure::NoCredentials => "NoCredentials".to_owned(),
        Failure::NotSent => "NoConnection".to_owned(),
        Failure::NoAnswer => "NoAnswer".to_owned(),
        Failure::Answer(Answer { code: Some(code), .. }) => one_line(code),
        Failure::Answer(Answer { status, .. }) => format!("HTTP {status}"),
    }
}

/// The error and its causes, which name hosts and reasons but no secrets:
/// requests and their headers are in no `Display` of the SDK's.
fn chain<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + Send + Sync + 'static,
{
    let mut texts: Vec<String> = Vec::new();
    for text in causes(error).map(ToString::to_string) {
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

/// Without control characters, and not too long.
pub(crate) fn one_line(text: &str) -> String {
    let mut text = escape_control(text);
    if let Some((end, _)) = text.char_indices().nth(MAX_MESSAGE) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn request_id(response: &HttpResponse) -> Option<String> {
    let headers = response.headers();
    let id = headers.get("x-amz-request-id").or_else(|| headers.get("x-amzn-requestid"))?;
    Some(one_line(id))
}

#[cfg(test)]
mod tests;
