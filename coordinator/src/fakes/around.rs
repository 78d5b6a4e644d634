//! What lives off the one bucket, and its key's policy.

use async_trait::async_trait;
use reseal_core::ports::{
    KeyPolicies, Neighbourhood, Neighbours, OwnBucket, OwnBuckets, PublicAccessBlock, Reached,
    Setting, Told,
};
use reseal_core::{BucketName, Encryption, KeyArn, StoreError, TagSet};

use super::FakeCloud;

/// As a new bucket and a key nobody else knows of.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    pub(crate) bucket: Neighbourhood,
    pub(crate) key_policy: Told<String>,
}

impl Default for Around {
    fn default() -> Self {
        let iam_decides = r#"{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}}"#;
        Self {
            bucket: Neighbourhood {
                default_encryption: Told::Known(Some(Encryption::SseS3)),
                replication: Told::Known(Vec::new()),
                listeners: Told::Known(Vec::new()),
                lifecycle: Told::Known(Vec::new()),
                requester_pays: Setting::No,
                policy: Told::Known(None),
                policy_is_public: Setting::No,
                public_access_block: Told::Known(PublicAccessBlock::default()),
            },
            key_policy: Told::Known(iam_decides.to_owned()),
        }
    }
}

#[async_trait]
impl Neighbours for FakeCloud {
    async fn look_around(&self, _: &BucketName) -> Result<Neighbourhood, StoreError> {
        self.verb("look_around")?;
        Ok(self.around.lock().expect("not poisoned").bucket.clone())
    }
}

#[async_trait]
impl KeyPolicies for FakeCloud {
    async fn policy(&self, _: &KeyArn) -> Result<Told<String>, StoreError> {
        self.verb("key_policy")?;
        Ok(self.around.lock().expect("not poisoned").key_policy.clone())
    }
}

#[async_trait]
impl OwnBuckets for FakeCloud {
    async fn buckets(
        &self,
        _: Option<&str>,
    ) -> Result<(Vec<OwnBucket>, Option<String>), StoreError> {
        self.verb("buckets")?;
        Ok((
            vec![OwnBucket { name: "bucket".to_owned(), region: None, reached: Reached::Yes }],
            None,
        ))
    }

    async fn bucket_tags(&self, _: &BucketName) -> Result<TagSet, StoreError> {
        self.verb("bucket_tags")?;
        Ok(TagSet::new())
    }
}
