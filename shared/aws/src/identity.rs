//! The caller's account, from STS.

use async_trait::async_trait;
use reseal_core::ports::Identity;
use reseal_core::{AccountId, StoreError, StoreErrorKind};

use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};

/// The `Identity` port on STS. One attempt per call.
#[derive(Clone, Debug)]
pub struct StsIdentity {
    client: aws_sdk_sts::Client,
}

impl StsIdentity {
    pub(crate) fn new(client: aws_sdk_sts::Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Identity for StsIdentity {
    async fn account(&self) -> Result<AccountId, StoreError> {
        let call = self.client.get_caller_identity().send();
        let answer = call.await.map_err(|e| store_error(Call::Sts, e))?;
        answer.account().and_then(|account| account.parse().ok()).ok_or_else(|| {
            unusable_answer(StoreErrorKind::Invalid, "GetCallerIdentity named no account")
        })
    }
}
