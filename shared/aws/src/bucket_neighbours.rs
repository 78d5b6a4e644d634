//! What else lives off a bucket. Whatever may not be read is told as such:
//! a run doesn't rest on it, so it doesn't fail by it either.

use async_trait::async_trait;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput;
use aws_sdk_s3::types::{
    Event, ExpirationStatus, LifecycleRule as SdkLifecycleRule, Payer,
    ReplicationRule as SdkReplicationRule, ReplicationRuleStatus, SseKmsEncryptedObjectsStatus,
};
use reseal_core::ports::{
    LifecycleRule, Neighbourhood, Neighbours, PublicAccessBlock, ReplicationRule, Setting, Told,
};
use reseal_core::{BucketName, Encryption, KeyTrouble, StorageClass, StoreError, StoreErrorKind};

use crate::bucket::default_encryption;
use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};
use crate::{S3Store, timeouts};

#[async_trait]
impl Neighbours for S3Store {
    async fn look_around(&self, bucket: &BucketName) -> Result<Neighbourhood, StoreError> {
        Ok(Neighbourhood {
            default_encryption: self.told_default_encryption(bucket).await?,
            replication: self.replication_of(bucket).await?,
            listeners: self.listeners_of(bucket).await?,
            lifecycle: self.lifecycle_of(bucket).await?,
            requester_pays: self.requester_pays(bucket).await?,
            policy: self.policy_of(bucket).await?,
            policy_is_public: self.policy_is_public(bucket).await?,
            public_access_block: self.public_access_block_of(bucket).await?,
        })
    }
}

/// A read of one of the bucket's settings, in the owner's name. An answer that
/// came whole and makes no sense is one: an endpoint that takes the question
/// for another one won't do better next time.
macro_rules! read {
    ($store:ident, $bucket:ident, $operation:ident) => {
        $store
            .at($bucket)
            .client
            .$operation()
            .bucket($bucket.as_str())
            .expected_bucket_owner($store.at($bucket).owner.as_str())
            .customize()
            .config_override(S3Store::within(timeouts::LOOK))
            .send()
            .await
            .map_err(|error| match &error {
                SdkError::ServiceError(answer) if answer.raw().status().is_success() => {
                    unusable_answer(StoreErrorKind::Invalid, "its answer makes no sense")
                }
                _ => store_error(Call::Bucket, error),
            })
    };
}

impl S3Store {
    async fn told_default_encryption(
        &self,
        bucket: &BucketName,
    ) -> Result<Told<Option<Encryption>>, StoreError> {
        let absent = Absent {
            code: "ServerSideEncryptionConfigurationNotFoundError",
            permission: "s3:GetEncryptionConfiguration",
        };
        absent.told(read!(self, bucket, get_bucket_encryption).map(default_encryption))
    }

    async fn replication_of(
        &self,
        bucket: &BucketName,
    ) -> Result<Told<Vec<ReplicationRule>>, StoreError> {
        let absent = Absent {
            code: "ReplicationConfigurationNotFoundError",
            permission: "s3:GetReplicationConfiguration",
        };
        absent.told(read!(self, bucket, get_bucket_replication).map(|answer| {
            let rules = answer.replication_configuration.map(|found| found.rules);
            rules.iter().flatten().filter_map(replication_rule).collect()
        }))
    }

    async fn listeners_of(&self, bucket: &BucketName) -> Result<Told<Vec<String>>, StoreError> {
        // A bucket without notifications answers with an empty document.
        let absent = Absent { code: "", permission: "s3:GetBucketNotification" };
        let answer = read!(self, bucket, get_bucket_notification_configuration);
        absent.told(answer.map(|answer| listeners(&answer)))
    }

    async fn lifecycle_of(
        &self,
        bucket: &BucketName,
    ) -> Result<Told<Vec<LifecycleRule>>, StoreError> {
        let absent = Absent {
            code: "NoSuchLifecycleConfiguration",
            permission: "s3:GetLifecycleConfiguration",
        };
        let answer = read!(self, bucket, get_bucket_lifecycle_configuration);
        absent.told(answer.map(|answer| answer.rules().iter().filter_map(lifecycle_rule).collect()))
    }

    async fn requester_pays(&self, bucket: &BucketName) -> Result<Setting, StoreError> {
        let absent = Absent { code: "", permission: "s3:GetBucketRequestPayment" };
        let answer = read!(self, bucket, get_bucket_request_payment);
        let pays = absent.told(answer.map(|answer| answer.payer == Some(Payer::Requester)));
        Ok(setting(pays?))
    }

    async fn policy_of(&self, bucket: &BucketName) -> Result<Told<Option<String>>, StoreError> {
        let absent = Absent { code: NO_POLICY, permission: "s3:GetBucketPolicy" };
        absent.told(read!(self, bucket, get_bucket_policy).map(|answer| answer.policy))
    }

    async fn policy_is_public(&self, bucket: &BucketName) -> Result<Setting, StoreError> {
        let absent = Absent { code: NO_POLICY, permission: "s3:GetBucketPolicyStatus" };
        let answer = read!(self, bucket, get_bucket_policy_status);
        let public = answer.map(|answer| answer.policy_status.and_then(|status| status.is_public));
        match absent.told(public)? {
            Told::Known(public) => Ok(setting(Told::Known(public == Some(true)))),
            Told::Unreadable(why) => Ok(Setting::Unreadable(why)),
        }
    }

    async fn public_access_block_of(
        &self,
        bucket: &BucketName,
    ) -> Result<Told<PublicAccessBlock>, StoreError> {
        let absent = Absent {
            code: "NoSuchPublicAccessBlockConfiguration",
            permission: "s3:GetBucketPublicAccessBlock",
        };
        absent.told(read!(self, bucket, get_public_access_block).map(|answer| {
            let block = answer.public_access_block_configuration;
            block.map_or_else(PublicAccessBlock::default, |block| PublicAccessBlock {
                ignores_public_acls: block.ignore_public_acls == Some(true),
                restricts_public_policy: block.restrict_public_buckets == Some(true),
            })
        }))
    }
}

const NO_POLICY: &str = "NoSuchBucketPolicy";

/// How S3 says that nobody made a setting, and what a caller needs to read it.
struct Absent {
    /// Empty where S3 answers with a default document instead.
    code: &'static str,
    permission: &'static str,
}

impl Absent {
    /// An absent setting is its type's default: none, no rules.
    fn told<T: Default>(&self, answer: Result<T, StoreError>) -> Result<Told<T>, StoreError> {
        match answer {
            Ok(found) => Ok(Told::Known(found)),
            Err(error) if !self.code.is_empty() && error.code == self.code => {
                Ok(Told::Known(T::default()))
            }
            Err(error) => unreadable(error, self.permission).map(Told::Unreadable),
        }
    }
}

/// Why it can't be told, unless the failure is one that concerns more than
/// this one setting.
pub(crate) fn unreadable(error: StoreError, permission: &str) -> Result<String, StoreError> {
    match error.kind {
        StoreErrorKind::Denied | StoreErrorKind::Key(KeyTrouble::Denied) => {
            Ok(format!("{permission} is missing"))
        }
        StoreErrorKind::Credentials => Err(error),
        _ if error.is_transient() || error.code == "NoSuchBucket" => Err(error),
        _ => Ok(format!("the endpoint doesn't tell ({})", error.code)),
    }
}

fn setting(told: Told<bool>) -> Setting {
    match told {
        Told::Known(true) => Setting::Yes,
        Told::Known(false) => Setting::No,
        Told::Unreadable(why) => Setting::Unreadable(why),
    }
}

fn replication_rule(rule: &SdkReplicationRule) -> Option<ReplicationRule> {
    if *rule.status() != ReplicationRuleStatus::Enabled {
        return None;
    }
    let destination = rule.destination();
    let criteria = rule.source_selection_criteria();
    let kms = criteria.and_then(|criteria| criteria.sse_kms_encrypted_objects());
    let encryption = destination.and_then(|to| to.encryption_configuration());
    Some(ReplicationRule {
        id: rule.id().unwrap_or_default().to_owned(),
        destination: destination.map(|to| to.bucket().to_owned()).unwrap_or_default(),
        replicates_kms: kms
            .is_some_and(|kms| *kms.status() == SseKmsEncryptedObjectsStatus::Enabled),
        replica_key: encryption.and_then(|e| e.replica_kms_key_id()).map(str::to_owned),
    })
}

fn listeners(answer: &GetBucketNotificationConfigurationOutput) -> Vec<String> {
    let topics = answer.topic_configurations().iter().map(|c| (c.topic_arn(), c.events()));
    let queues = answer.queue_configurations().iter().map(|c| (c.queue_arn(), c.events()));
    let functions = answer.lambda_function_configurations().iter();
    let functions = functions.map(|c| (c.lambda_function_arn(), c.events()));
    let hears = |events: &[Event]| events.iter().any(|e| e.as_str().starts_with(CREATED));
    let mut all: Vec<String> = topics
        .chain(queues)
        .chain(functions)
        .filter(|(_, events)| hears(events))
        .map(|(arn, _)| arn.to_owned())
        .collect();
    // It hears of everything, without a list of events.
    if answer.event_bridge_configuration().is_some() {
        all.push("EventBridge".to_owned());
    }
    all
}

const CREATED: &str = "s3:ObjectCreated:";

fn lifecycle_rule(rule: &SdkLifecycleRule) -> Option<LifecycleRule> {
    if *rule.status() != ExpirationStatus::Enabled {
        return None;
    }
    let moves = rule.transitions().iter().filter_map(|transition| {
        Some((transition.days()?, StorageClass::new(transition.storage_class()?.as_str())))
    });
    Some(LifecycleRule {
        id: rule.id().unwrap_or_default().to_owned(),
        expires: rule.expiration().and_then(|expiration| expiration.days()),
        moves: moves.collect(),
        old_versions_expire: rule.noncurrent_version_expiration().and_then(|e| e.noncurrent_days()),
    })
}

#[cfg(test)]
mod tests;
