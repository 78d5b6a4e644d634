//! What must be true before any object is touched: the key, the buckets, whose
//! they are. Reads only.
//!
//! Owns: resolving the target's key to its ARN, refusing what can't work, and
//! the hazards that a bucket's own settings bring.
//! Never: writes, not even scratch objects: that is the probe's.

mod around;
mod key;
mod losses;
mod policy;
mod readers;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::{BTreeMap, BTreeSet};

use reseal_core::ports::{BucketFacts, Identity, Setting};
use reseal_core::{
    AccountId, BackupTo, Behaviour, BucketName, Selection, StoreError, StoreErrorKind, Strategy,
    Target, Versioning,
};

use crate::cli::TargetRequest;
use crate::cloud::Cloud;
use crate::hazards::Hazard;
use crate::retry::Patience;

pub(crate) use key::{resolve_key, resolve_source_key, resolve_target};

/// Why a run was refused. One line each, for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PreflightError {
    /// Something that the user must change first.
    #[error("{0}")]
    Refused(String),
    /// A service that gave no usable answer.
    #[error("{what}: {error}")]
    Unreachable { what: String, error: StoreError },
}

/// What preflight settled.
#[derive(Clone, Debug)]
pub(crate) struct Preflight {
    /// With the key's full ARN.
    pub(crate) target: Target,
    /// With the source key's full ARN.
    pub(crate) selection: Selection,
    pub(crate) buckets: BTreeMap<BucketName, BucketFacts>,
    /// The bucket that backups go to, where one is named. Not one of the above.
    pub(crate) backup: Option<(BucketName, BucketFacts)>,
    pub(crate) hazards: Vec<Hazard>,
}

/// Whose credentials these are.
///
/// # Errors
/// When there are none, or none that work.
pub(crate) async fn caller(
    identity: &dyn Identity,
    patience: Patience<'_>,
) -> Result<AccountId, PreflightError> {
    patience.retry(|| identity.account()).await.map_err(|error| match error.kind {
        StoreErrorKind::Credentials | StoreErrorKind::Denied => PreflightError::Refused(format!(
            "no usable AWS credentials ({error}): configure them, or name a --profile"
        )),
        _ => PreflightError::Unreachable { what: "asking STS who we are".to_owned(), error },
    })
}

/// Checks the key and every bucket.
///
/// # Errors
/// At the first thing that can't work.
pub(crate) async fn preflight(
    cloud: &Cloud,
    buckets: &BTreeSet<BucketName>,
    target: &TargetRequest,
    selection: Selection,
    behaviour: &Behaviour,
) -> Result<Preflight, PreflightError> {
    let strategy = behaviour.policy.strategy;
    let key::Resolved { target, aws_managed } = key::resolve(cloud, target).await?;
    let selection = resolve_source_key(cloud, selection).await?;
    let key = target.key();
    let copied: Vec<BucketName> =
        buckets.iter().filter(|bucket| !allows_update(cloud, &target, bucket)).cloned().collect();
    if strategy == Strategy::Update
        && let Some(bucket) = copied.first()
    {
        return Err(PreflightError::Refused(format!(
            "--strategy update needs a key in account {}, which owns bucket {bucket}; --kms-key is in another account",
            cloud.owner_of(bucket)
        )));
    }
    let mut facts = BTreeMap::new();
    for bucket in buckets {
        let found = inspect(cloud, bucket).await?;
        losses::refuse_losses(bucket, &found, behaviour)?;
        if behaviour.trust_inventory {
            trust::refuse_trust(bucket, &found)?;
        }
        facts.insert(bucket.clone(), found);
    }
    let backup = match &behaviour.backup_to {
        Some(to) => Some(backup_bucket(cloud, to, buckets).await?),
        None => None,
    };
    let mut hazards = Vec::new();
    let may_copy = strategy != Strategy::Update;
    let versioned: Vec<BucketName> = facts
        .iter()
        .filter(|(_, facts)| facts.versioning == Versioning::Enabled)
        .map(|(bucket, _)| bucket.clone())
        .collect();
    if may_copy && !versioned.is_empty() {
        hazards.push(Hazard::VersionsKept { buckets: versioned });
    }
    if let Some(to) = &behaviour.backup_to {
        hazards.push(backup_hazard(to, &facts));
    }
    if may_copy {
        hazards.extend([Hazard::LastModifiedReset, Hazard::NotPutBack]);
        hazards.extend(losses::hazards(&facts, behaviour));
    }
    hazards.push(Hazard::EncryptionContextLost);
    if !copied.is_empty()
        && let Some(key) = key
    {
        hazards.push(Hazard::ForeignKey { key: key.clone(), buckets: copied });
    }
    let around = around::Around { cloud, target: &target, aws_managed, strategy };
    hazards.extend(around.hazards(&facts).await?);
    Ok(Preflight { target, selection, buckets: facts, backup, hazards })
}

/// Whether the key is where UpdateObjectEncryption needs it: in the account
/// that owns the bucket.
pub(crate) fn allows_update(cloud: &Cloud, target: &Target, bucket: &BucketName) -> bool {
    target.key().is_some_and(|key| key.account() == *cloud.owner_of(bucket))
}

/// The bucket of the backups: ours, in this region, and none that is worked on,
/// where a listing would come upon the backups.
async fn backup_bucket(
    cloud: &Cloud,
    to: &BackupTo,
    buckets: &BTreeSet<BucketName>,
) -> Result<(BucketName, BucketFacts), PreflightError> {
    let BackupTo { bucket, .. } = to;
    if buckets.contains(bucket) {
        return Err(PreflightError::Refused(format!(
            "--backup-to {bucket}: the job works on that bucket itself; name another one"
        )));
    }
    let role = cloud.accounts.of(bucket);
    if let Some(other) = buckets.iter().find(|other| cloud.accounts.of(other) != role) {
        return Err(PreflightError::Refused(format!(
            "--backup-to {bucket}: nobody may both read {other} and write there, since --assume-role-arn names different roles for them; back up each account on its own"
        )));
    }
    let facts = inspect(cloud, bucket).await?;
    match &facts.object_lock {
        Setting::No => Ok((bucket.clone(), facts)),
        Setting::Yes | Setting::Unreadable(_) => Err(PreflightError::Refused(format!(
            "--backup-to {bucket}: the bucket has Object Lock on, or that can't be told, and the probe's scratch objects could not be removed again; name another one"
        ))),
    }
}

fn backup_hazard(to: &BackupTo, facts: &BTreeMap<BucketName, BucketFacts>) -> Hazard {
    let replaced = facts.iter().filter(|(_, facts)| facts.versioning != Versioning::Enabled);
    let place = format!("s3://{}/{}", to.bucket, to.prefix);
    Hazard::BackupsKept { place, buckets: replaced.map(|(bucket, _)| bucket.clone()).collect() }
}

async fn inspect(cloud: &Cloud, bucket: &BucketName) -> Result<BucketFacts, PreflightError> {
    if bucket.is_directory_bucket() {
        return Err(PreflightError::Refused(format!(
            "{bucket} is a directory bucket (S3 Express One Zone), which reseal doesn't do"
        )));
    }
    let facts = cloud.patience().retry(|| cloud.inspector.inspect(bucket)).await;
    let facts = facts.map_err(|error| bucket_error(cloud, bucket, error))?;
    if facts.region != cloud.region {
        return Err(PreflightError::Refused(format!(
            "bucket {bucket} is in {}, this run works in {}: run each region on its own, with --region",
            facts.region, cloud.region
        )));
    }
    Ok(facts)
}

fn bucket_error(cloud: &Cloud, bucket: &BucketName, error: StoreError) -> PreflightError {
    let owner = cloud.owner_of(bucket);
    let line = match error.kind {
        StoreErrorKind::BucketGone | StoreErrorKind::Gone => {
            format!("bucket {bucket} does not exist")
        }
        StoreErrorKind::Denied => format!(
            "bucket {bucket} may not be inspected: s3:ListBucket or s3:GetBucketVersioning is missing, or it isn't owned by account {owner} (--bucket-owner, --assume-role-arn): {}",
            error.message
        ),
        StoreErrorKind::Credentials => match cloud.accounts.of(bucket) {
            None => {
                format!("no usable AWS credentials ({error}): configure them, or name a --profile")
            }
            Some(role) => {
                format!("--assume-role-arn: {role} can't be assumed for bucket {bucket}: {error}")
            }
        },
        StoreErrorKind::Invalid if error.code == "WrongRegion" => {
            format!("{}: name the region with --region", error.message)
        }
        StoreErrorKind::Invalid => format!("bucket {bucket} can't be inspected: {error}"),
        _ => {
            let what = format!("inspecting bucket {bucket}");
            return PreflightError::Unreachable { what, error };
        }
    };
    PreflightError::Refused(line)
}
