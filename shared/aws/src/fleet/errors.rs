//! What a failure of DynamoDB means to the ledger's caller.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use reseal_core::ports::{LedgerError, LedgerErrorKind};

use crate::failure::{Answered, answered};

/// A failed call of one item.
#[expect(clippy::needless_pass_by_value, reason = "so that it can stand in `map_err`")]
pub(super) fn ledger_error<E>(error: SdkError<E, HttpResponse>) -> LedgerError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let Answered { sent, status, code, message } = answered(&error);
    let kind = kind(sent, status, code.as_deref());
    LedgerError::new(kind, message)
}

/// A failed transaction, whose reasons say which condition it was.
pub(super) fn transaction_error(
    error: SdkError<TransactWriteItemsError, HttpResponse>,
) -> LedgerError {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().to_vec()
        }
        _ => return ledger_error(error),
    };
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
    let kind = if codes.contains(&"ConditionalCheckFailed") {
        LedgerErrorKind::Conflict
    } else if codes.iter().all(|code| *code == "None" || passes(code)) {
        LedgerErrorKind::Throttled
    } else {
        LedgerErrorKind::Unavailable
    };
    LedgerError::new(kind, format!("transaction cancelled: {}", codes.join(", ")))
}

/// What goes away when one waits.
fn passes(code: &str) -> bool {
    matches!(
        code,
        "TransactionConflict"
            | "TransactionConflictException"
            | "TransactionInProgressException"
            | "ThrottlingError"
            | "ThrottlingException"
            | "Throttling"
            | "ProvisionedThroughputExceeded"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "LimitExceededException"
            | "ReplicatedWriteConflictException"
    )
}

fn kind(sent: bool, status: Option<u16>, code: Option<&str>) -> LedgerErrorKind {
    match (code, status) {
        // Nothing was sent: to wait and repeat is all there is to do.
        _ if !sent => LedgerErrorKind::Throttled,
        (Some("ConditionalCheckFailedException"), _) => LedgerErrorKind::Conflict,
        (Some(code), _) if passes(code) => LedgerErrorKind::Throttled,
        (Some("RequestTimeTooSkewed" | "InvalidSignatureException"), _) => {
            LedgerErrorKind::Unavailable
        }
        (_, Some(429 | 503)) => LedgerErrorKind::Throttled,
        (_, Some(400..=499)) => LedgerErrorKind::Unavailable,
        // 5xx, a timeout, an answer that broke off.
        _ => LedgerErrorKind::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_to_do() {
        use LedgerErrorKind as K;
        for (sent, status, code, expected) in [
            (false, None, None, K::Throttled),
            (true, None, None, K::Ambiguous),
            (true, Some(500), Some("InternalServerError"), K::Ambiguous),
            (true, Some(503), None, K::Throttled),
            (true, Some(400), Some("ConditionalCheckFailedException"), K::Conflict),
            (true, Some(400), Some("ProvisionedThroughputExceededException"), K::Throttled),
            (true, Some(400), Some("ThrottlingException"), K::Throttled),
            (true, Some(400), Some("TransactionConflictException"), K::Throttled),
            (true, Some(400), Some("ValidationException"), K::Unavailable),
            (true, Some(400), Some("ResourceNotFoundException"), K::Unavailable),
            (true, Some(400), Some("AccessDeniedException"), K::Unavailable),
            (true, Some(200), None, K::Ambiguous),
        ] {
            assert_eq!(kind(sent, status, code), expected, "{sent} {status:?} {code:?}");
        }
    }
}
