//! Keys: described, judged, and frozen to their ARN.

use reseal_core::ports::{KeyFacts, KeyStatus};
use reseal_core::{KeyArn, KeyTrouble, KmsTarget, Selection, StoreError, StoreErrorKind, Target};

use super::PreflightError;
use crate::cli::TargetRequest;
use crate::cloud::Cloud;

/// A target whose key can be used.
pub(super) struct Resolved {
    /// With the key's full ARN.
    pub(super) target: Target,
    /// Whether AWS manages the key, and its policy.
    pub(super) aws_managed: bool,
}

/// The target with its key's ARN, if the key can be used.
///
/// # Errors
/// One line naming `--kms-key`.
pub(crate) async fn resolve_target(
    cloud: &Cloud,
    target: &TargetRequest,
) -> Result<Target, PreflightError> {
    Ok(resolve(cloud, target).await?.target)
}

/// The same, and whether AWS manages the key.
///
/// # Errors
/// One line naming `--kms-key`.
pub(crate) async fn resolve_key(
    cloud: &Cloud,
    target: &TargetRequest,
) -> Result<(Target, bool), PreflightError> {
    let Resolved { target, aws_managed } = resolve(cloud, target).await?;
    Ok((target, aws_managed))
}

/// The same, with what else is to be known of the key.
///
/// # Errors
/// One line naming `--kms-key`.
pub(super) async fn resolve(
    cloud: &Cloud,
    target: &TargetRequest,
) -> Result<Resolved, PreflightError> {
    let Some(named) = target.key() else {
        return Ok(Resolved { target: Target::SseS3, aws_managed: false });
    };
    check_region(cloud, "--kms-key", named)?;
    let facts = cloud.patience().retry(|| cloud.keys.describe(named)).await;
    let facts = facts.map_err(|error| describe_error("--kms-key", named, error))?;
    let aws_managed = facts.aws_managed;
    let key = judge(cloud, named, facts)?;
    let target = match target {
        TargetRequest::SseS3 => Target::SseS3,
        TargetRequest::SseKms { bucket_key, .. } => {
            Target::SseKms(KmsTarget { key, bucket_key: *bucket_key })
        }
        TargetRequest::DsseKms { .. } => Target::DsseKms { key },
    };
    Ok(Resolved { target, aws_managed })
}

/// The selection with the source key's ARN. A full ARN is taken as it is: the
/// key that one moves away from may be gone by now.
///
/// # Errors
/// One line naming `--source-kms-key`.
pub(crate) async fn resolve_source_key(
    cloud: &Cloud,
    mut selection: Selection,
) -> Result<Selection, PreflightError> {
    if let Some(named) = selection.source_kms_key.take() {
        selection.source_kms_key = Some(match named.parse::<KeyArn>() {
            Ok(arn) => arn.to_string(),
            Err(_) => {
                let facts = cloud.patience().retry(|| cloud.keys.describe(&named)).await;
                let facts =
                    facts.map_err(|error| describe_error("--source-kms-key", &named, error))?;
                facts.arn.to_string()
            }
        });
    }
    Ok(selection)
}

/// KMS doesn't know keys of other regions; an ARN can be told at a glance.
fn check_region(cloud: &Cloud, flag: &str, named: &str) -> Result<(), PreflightError> {
    let mut fields = named.split(':');
    let is_kms = fields.next() == Some("arn") && fields.nth(1) == Some("kms");
    match fields.next() {
        Some(region) if is_kms && region != cloud.region => Err(PreflightError::Refused(format!(
            "{flag} {named} is in {region}, this run works in {}: S3 only takes keys of the bucket's own region",
            cloud.region
        ))),
        _ => Ok(()),
    }
}

fn judge(cloud: &Cloud, named: &str, facts: KeyFacts) -> Result<KeyArn, PreflightError> {
    let KeyFacts { arn, status, symmetric_encryption, aws_managed: _ } = facts;
    let why = match status {
        KeyStatus::Enabled if !symmetric_encryption => {
            "is not a symmetric encryption key, the only kind that S3 takes"
        }
        KeyStatus::Enabled => {
            check_region(cloud, "--kms-key", arn.as_str())?;
            return Ok(arn);
        }
        KeyStatus::Disabled => "is disabled: enable it first, or name another",
        KeyStatus::PendingDeletion => {
            "is pending deletion: cancel the deletion first, or name another"
        }
        KeyStatus::Unusable => "can't be used now (creating, pending import or unavailable)",
    };
    Err(PreflightError::Refused(format!("--kms-key {named} {why}")))
}

fn describe_error(flag: &str, named: &str, error: StoreError) -> PreflightError {
    let line = match error.kind {
        StoreErrorKind::Key(KeyTrouble::NotFound) | StoreErrorKind::Gone => {
            format!("{flag} {named} does not exist in this account and region")
        }
        StoreErrorKind::Key(KeyTrouble::Denied) | StoreErrorKind::Denied => {
            format!(
                "{flag} {named} may not be described: kms:DescribeKey is missing ({})",
                error.message
            )
        }
        StoreErrorKind::Key(trouble) => format!("{flag} {named}: {trouble}"),
        StoreErrorKind::Credentials => {
            format!("no usable AWS credentials ({error}): configure them, or name a --profile")
        }
        StoreErrorKind::Invalid => {
            format!("{flag} {named} is not a key's ARN, id or alias/NAME: {error}")
        }
        _ => {
            let what = format!("asking KMS about {flag} {named}");
            return PreflightError::Unreachable { what, error };
        }
    };
    PreflightError::Refused(line)
}
