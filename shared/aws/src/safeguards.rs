//! A bucket's policy and encryption rule, read and replaced whole.

use async_trait::async_trait;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, EncryptionType, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use reseal_core::ports::{EncryptionRule, Safeguards};
use reseal_core::{BucketName, StoreError, StoreErrorKind};

use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};
use crate::{S3Store, timeouts};

/// One call on a bucket's setting, in the owner's name.
macro_rules! ask {
    ($store:ident, $bucket:ident, $kind:ident, $within:ident, $operation:ident $(, $set:ident: $value:expr)*) => {
        $store
            .at($bucket)
            .client
            .$operation()
            .bucket($bucket.as_str())
            .expected_bucket_owner($store.at($bucket).owner.as_str())
            $(.$set($value))*
            .customize()
            .config_override(S3Store::within(timeouts::$within))
            .send()
            .await
            .map_err(|error| store_error(Call::$kind, error))
    };
}

#[async_trait]
impl Safeguards for S3Store {
    async fn policy(&self, bucket: &BucketName) -> Result<Option<String>, StoreError> {
        match ask!(self, bucket, Bucket, LOOK, get_bucket_policy) {
            Ok(answer) => Ok(answer.policy.filter(|text| !text.is_empty())),
            Err(error) if error.code == "NoSuchBucketPolicy" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn put_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), StoreError> {
        // ConfirmRemoveSelfBucketAccess isn't sent: S3 then refuses a policy
        // that would keep the caller from changing it again.
        ask!(self, bucket, Write, CHANGE, put_bucket_policy, policy: policy).map(|_| ())
    }

    async fn delete_policy(&self, bucket: &BucketName) -> Result<(), StoreError> {
        ask!(self, bucket, Write, CHANGE, delete_bucket_policy).map(|_| ())
    }

    async fn encryption(&self, bucket: &BucketName) -> Result<EncryptionRule, StoreError> {
        match ask!(self, bucket, Bucket, LOOK, get_bucket_encryption) {
            Ok(answer) => match answer.server_side_encryption_configuration {
                Some(configuration) => our_rule(&configuration),
                None => Ok(EncryptionRule::default()),
            },
            Err(error) if error.code == "ServerSideEncryptionConfigurationNotFoundError" => {
                Ok(EncryptionRule::default())
            }
            Err(error) => Err(error),
        }
    }

    async fn put_encryption(
        &self,
        bucket: &BucketName,
        rule: &EncryptionRule,
    ) -> Result<(), StoreError> {
        if rule.algorithm.is_none() {
            return ask!(self, bucket, Write, CHANGE, delete_bucket_encryption).map(|_| ());
        }
        let configuration = sdk_rule(rule)?;
        ask!(self, bucket, Write, CHANGE, put_bucket_encryption,
            server_side_encryption_configuration: configuration)
        .map(|_| ())
    }
}

fn our_rule(
    configuration: &ServerSideEncryptionConfiguration,
) -> Result<EncryptionRule, StoreError> {
    let rule = match configuration.rules() {
        [] => return Ok(EncryptionRule::default()),
        [rule] => rule,
        _ => {
            let what = "the bucket has more than one encryption rule, which S3 doesn't know";
            return Err(unusable_answer(StoreErrorKind::Invalid, what));
        }
    };
    let default = rule.apply_server_side_encryption_by_default();
    let blocked = rule.blocked_encryption_types();
    Ok(EncryptionRule {
        algorithm: default.map(|default| default.sse_algorithm().as_str().to_owned()),
        key: default.and_then(|default| default.kms_master_key_id()).map(str::to_owned),
        bucket_key: rule.bucket_key_enabled(),
        blocked: blocked.map(|blocked| {
            blocked.encryption_type().iter().map(|kind| kind.as_str().to_owned()).collect()
        }),
    })
}

fn sdk_rule(rule: &EncryptionRule) -> Result<ServerSideEncryptionConfiguration, StoreError> {
    let EncryptionRule { algorithm, key, bucket_key, blocked } = rule;
    let unbuildable = |error: aws_smithy_types::error::operation::BuildError| {
        StoreError::new(StoreErrorKind::Invalid, "UnbuildableRequest", error.to_string())
    };
    let default = algorithm.as_deref().map(|algorithm| {
        ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::from(algorithm))
            .set_kms_master_key_id(key.clone())
            .build()
    });
    let blocked = blocked.as_ref().map(|kinds| {
        let kinds = kinds.iter().map(|kind| EncryptionType::from(kind.as_str())).collect();
        BlockedEncryptionTypes::builder().set_encryption_type(Some(kinds)).build()
    });
    let rule = ServerSideEncryptionRule::builder()
        .set_apply_server_side_encryption_by_default(default.transpose().map_err(unbuildable)?)
        .set_bucket_key_enabled(*bucket_key)
        .set_blocked_encryption_types(blocked)
        .build();
    ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(unbuildable)
}

#[cfg(test)]
mod tests;
