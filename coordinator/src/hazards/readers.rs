//! Hazards to readers: whoever lacks kms:Decrypt is locked out.

use reseal_core::{BucketName, KeyArn};
use serde::Serialize;

use super::shortened;

/// One hazard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "hazard", rename_all = "kebab-case")]
pub(crate) enum ReaderHazard {
    /// Whoever reads needs the key from now on.
    ReadersNeedKey {
        key: KeyArn,
        /// Whether IAM policies of the key's account decide too; absent where
        /// the key's policy can't be told.
        iam_decides: Option<bool>,
        /// Whom else the key's policy lets decrypt.
        named: Vec<String>,
    },
    /// Anybody reads, without credentials.
    PublicReads { bucket: BucketName, why: String },
    /// Grants on objects let others read.
    AclReads { bucket: BucketName },
    /// A website's visitors have no credentials.
    WebsiteReads { bucket: BucketName },
    /// An origin access identity can't use a KMS key.
    OriginAccessIdentityReads { bucket: BucketName, identities: Vec<String> },
    /// Origin access control can, if the key's policy lets it.
    OriginAccessControlReads {
        bucket: BucketName,
        distributions: Vec<String>,
        key_policy: KeyOpens,
    },
    /// Principals of other accounts read.
    ForeignReads { bucket: BucketName, readers: Vec<String>, key_policy: KeyOpens },
    /// Other services of AWS's read.
    ServiceReads { bucket: BucketName, readers: Vec<String>, key_policy: KeyOpens },
}

/// Whether a key's policy lets a bucket's reader decrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyOpens {
    /// It does.
    LetsIn,
    /// It names them nowhere.
    LocksOut,
    /// The key is AWS's own, and its policy can't be changed.
    AwsManaged,
    /// It can't be read.
    Unreadable,
}

impl ReaderHazard {
    pub(super) fn text(&self) -> String {
        match self {
            Self::ReadersNeedKey { key, iam_decides, named } => need_key(key, *iam_decides, named),
            Self::PublicReads { bucket, why } => format!(
                "{bucket} is read without credentials ({why}), which fails for objects under a KMS key: stay with --sse AES256 there, or let CloudFront read with origin access control"
            ),
            Self::AclReads { bucket } => format!(
                "object ACLs count in {bucket}: whoever reads by a grant needs kms:Decrypt from then on, and the public can't have it"
            ),
            Self::WebsiteReads { bucket } => format!(
                "{bucket} is a website, which can't serve objects under a KMS key: stay with --sse AES256 there, or put CloudFront with origin access control before it"
            ),
            Self::OriginAccessIdentityReads { bucket, identities } => format!(
                "CloudFront reads {bucket} by origin access identity ({}), which can't use KMS keys: move the distribution to origin access control first",
                shortened(identities)
            ),
            Self::OriginAccessControlReads { bucket, distributions, key_policy } => format!(
                "CloudFront reads {bucket} by origin access control ({}): {}",
                match distributions.as_slice() {
                    [] => "any distribution".to_owned(),
                    some => shortened(some),
                },
                opens(*key_policy, "cloudfront.amazonaws.com")
            ),
            Self::ForeignReads { bucket, readers, key_policy } => format!(
                "{} may read {bucket} from outside its account: {}, beside IAM policies of their own",
                shortened(readers),
                opens(*key_policy, "them")
            ),
            Self::ServiceReads { bucket, readers, key_policy } => {
                format!("{} may read {bucket}: {}", shortened(readers), opens(*key_policy, "them"))
            }
        }
    }
}

fn need_key(key: &KeyArn, iam_decides: Option<bool>, others: &[String]) -> String {
    let account = key.account();
    let who = match (iam_decides, others) {
        (None, _) => String::new(),
        (Some(true), []) => format!(", which IAM policies of account {account} decide"),
        (Some(true), others) => format!(
            ", which IAM policies of account {account} decide, and for {} the key's own policy",
            shortened(others)
        ),
        (Some(false), []) => ", and its policy lets nobody decrypt but by grants".to_owned(),
        (Some(false), others) => {
            format!(", and its policy lets only {} decrypt", shortened(others))
        }
    };
    format!(
        "whoever reads needs kms:Decrypt on {key} from then on{who}; --reader-role-arn tries a reader before anything is touched"
    )
}

fn opens(key_policy: KeyOpens, whom: &str) -> String {
    match key_policy {
        KeyOpens::LetsIn => format!("the key's policy lets {whom} decrypt"),
        KeyOpens::LocksOut => {
            format!(
                "the key's policy must let {whom} decrypt (kms:Decrypt), and doesn't name {whom}"
            )
        }
        KeyOpens::AwsManaged => format!(
            "the key is AWS's own and its policy can't let {whom} decrypt: name a key of yours with --kms-key"
        ),
        KeyOpens::Unreadable => format!(
            "the key's policy must let {whom} decrypt (kms:Decrypt), and whether it does can't be told"
        ),
    }
}
