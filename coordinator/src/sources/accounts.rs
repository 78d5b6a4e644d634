//! Buckets that nobody named: by their own tag, or all there are.

use std::collections::BTreeSet;

use reseal_core::BucketName;

use super::Prepared;
use crate::cloud::Cloud;
use crate::exit::CommandError;
use crate::inventory::{LeftOut, own_buckets, with_tags};

/// How many buckets that were left out are named in a line.
const NAMED: usize = 10;

/// The buckets with one or more of these tags, by their names: the same set is
/// the same job, whatever order they are found in.
///
/// # Errors
/// Refused when a tag finds none, or a bucket can't be told from those meant:
/// passed over, it would look finished.
pub(super) async fn tagged(
    tags: &[(String, String)],
    cloud: &Cloud,
) -> Result<Vec<BucketName>, CommandError> {
    let own = cloud.own_buckets.as_ref();
    let (all, left_out) = with_tags(own, &cloud.region, cloud.patience()).await?;
    let left_out = tell_elsewhere("--bucket-tag", left_out);
    if !left_out.is_empty() {
        return Err(CommandError::refused(format!(
            "--bucket-tag: which buckets are meant can't be told: {}; let this role read their tags (s3:GetBucketTagging), or name buckets as s3://BUCKET",
            few(&left_out)
        )));
    }
    let mut meant = BTreeSet::new();
    for (key, value) in tags {
        let with = all.iter().filter(|(_, tags)| tags.get(key) == Some(value));
        let found: Vec<_> = with.map(|(bucket, _)| bucket.clone()).collect();
        if found.is_empty() {
            return Err(CommandError::refused(format!(
                "--bucket-tag {key}={value}: no bucket in {} has it, of the caller's or of those of --assume-role-arn",
                cloud.region
            )));
        }
        meant.extend(found);
    }
    Ok(meant.into_iter().collect())
}

/// Every bucket in the region, by its name.
///
/// # Errors
/// Refused when they can't be listed, or one has no name that can be spoken of.
pub(super) async fn all(cloud: &Cloud) -> Result<Vec<BucketName>, CommandError> {
    let found = own_buckets(cloud.own_buckets.as_ref(), &cloud.region, cloud.patience()).await;
    let found = found.map_err(|error| {
        CommandError::refused(format!("--all-buckets: the buckets can't be listed: {error}"))
    })?;
    let left_out = tell_elsewhere("--all-buckets", found.left_out);
    if !left_out.is_empty() {
        return Err(CommandError::refused(format!("--all-buckets: {}", few(&left_out))));
    }
    if found.buckets.is_empty() {
        return Err(CommandError::refused(format!(
            "--all-buckets: the caller's account has none in {}",
            cloud.region
        )));
    }
    let all: BTreeSet<BucketName> = found.buckets.into_iter().collect();
    Ok(all.into_iter().collect())
}

/// Refused where a bucket was named besides: as two listings of it are that
/// somebody typed.
pub(super) fn not_named_too(found: &[BucketName], others: &[Prepared]) -> Result<(), CommandError> {
    for other in others {
        let Prepared::Listing { bucket, .. } = other else { continue };
        if found.contains(bucket) {
            let described = other.describe();
            return Err(CommandError::refused(format!(
                "--bucket-tag finds {bucket}, and SOURCE {} names it too: an object must be taken in once only",
                described.trim_end_matches(", listed live")
            )));
        }
    }
    Ok(())
}

/// Says which buckets of other regions were left out; the others come back.
fn tell_elsewhere(flag: &str, left_out: Vec<LeftOut>) -> Vec<LeftOut> {
    let (elsewhere, untold): (Vec<_>, Vec<_>) =
        left_out.into_iter().partition(|left| left.elsewhere);
    if !elsewhere.is_empty() {
        tracing::warn!("{flag}: left out: {}", few(&elsewhere));
    }
    untold
}

fn few(left_out: &[LeftOut]) -> String {
    let named = left_out
        .iter()
        .take(NAMED)
        .map(|left| format!("{}: {}", reseal_core::escape_control(&left.bucket), left.why));
    let mut all: Vec<String> = named.collect();
    if left_out.len() > NAMED {
        all.push(format!("and {} more", left_out.len() - NAMED));
    }
    all.join("; ")
}
