//! What KMS tells of a key.

use async_trait::async_trait;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType};
use reseal_core::ports::{KeyFacts, KeyPolicies, KeyService, KeyStatus, Told};
use reseal_core::{KeyArn, StoreError, StoreErrorKind};

use crate::bucket_neighbours::unreadable;
use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};

/// The `KeyService` port on KMS, in the region of the settings: KMS finds no
/// key of another region. One attempt per call.
#[derive(Clone, Debug)]
pub struct KmsKeys {
    client: aws_sdk_kms::Client,
}

impl KmsKeys {
    pub(crate) fn new(client: aws_sdk_kms::Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl KeyService for KmsKeys {
    async fn describe(&self, key: &str) -> Result<KeyFacts, StoreError> {
        let call = self.client.describe_key().key_id(key).send();
        let answer = call.await.map_err(|e| store_error(Call::Kms, e))?;
        answer
            .key_metadata()
            .and_then(facts)
            .ok_or_else(|| unusable_answer(StoreErrorKind::Invalid, "DescribeKey told no key ARN"))
    }
}

#[async_trait]
impl KeyPolicies for KmsKeys {
    async fn policy(&self, key: &KeyArn) -> Result<Told<String>, StoreError> {
        let call = self.client.get_key_policy().key_id(key.as_str()).send();
        match call.await.map_err(|e| store_error(Call::Kms, e)) {
            Ok(answer) => Ok(answer.policy.map_or_else(
                || Told::Unreadable("GetKeyPolicy answered without a policy".to_owned()),
                Told::Known,
            )),
            Err(error) => unreadable(error, "kms:GetKeyPolicy").map(Told::Unreadable),
        }
    }
}

fn facts(metadata: &KeyMetadata) -> Option<KeyFacts> {
    Some(KeyFacts {
        arn: metadata.arn()?.parse().ok()?,
        status: status(metadata.key_state()),
        symmetric_encryption: metadata.key_usage() == Some(&KeyUsageType::EncryptDecrypt)
            && metadata.key_spec() == Some(&KeySpec::SymmetricDefault),
        aws_managed: metadata.key_manager() == Some(&KeyManagerType::Aws),
    })
}

fn status(state: Option<&KeyState>) -> KeyStatus {
    match state {
        Some(KeyState::Enabled) => KeyStatus::Enabled,
        Some(KeyState::Disabled) => KeyStatus::Disabled,
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => {
            KeyStatus::PendingDeletion
        }
        _ => KeyStatus::Unusable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/k";

    #[test]
    fn metadata_becomes_facts() {
        let metadata = KeyMetadata::builder()
            .key_id("k")
            .arn(ARN)
            .key_state(KeyState::Enabled)
            .key_usage(KeyUsageType::EncryptDecrypt)
            .key_spec(KeySpec::SymmetricDefault)
            .key_manager(KeyManagerType::Customer);
        let told = facts(&metadata.clone().build().expect("complete")).expect("facts");
        assert_eq!(told.arn.as_str(), ARN);
        assert_eq!(told.status, KeyStatus::Enabled);
        assert!(told.symmetric_encryption && !told.aws_managed);

        let signing = metadata.key_spec(KeySpec::Rsa2048).key_manager(KeyManagerType::Aws);
        let told = facts(&signing.build().expect("complete")).expect("facts");
        assert!(!told.symmetric_encryption && told.aws_managed);
    }

    #[test]
    fn only_an_enabled_key_can_be_used() {
        for (state, expected) in [
            (KeyState::Disabled, KeyStatus::Disabled),
            (KeyState::PendingDeletion, KeyStatus::PendingDeletion),
            (KeyState::PendingReplicaDeletion, KeyStatus::PendingDeletion),
            (KeyState::PendingImport, KeyStatus::Unusable),
            (KeyState::Creating, KeyStatus::Unusable),
            (KeyState::from("Unheard"), KeyStatus::Unusable),
        ] {
            assert_eq!(status(Some(&state)), expected, "{state}");
        }
        assert_eq!(status(None), KeyStatus::Unusable);
    }
}
