//! Buckets by their own tag, and a bucket's configurations.

use futures_util::StreamExt as _;
use reseal_core::ports::{Inventories, InventorySetup, OwnBuckets, Reached};
use reseal_core::{BucketName, StoreError, TagSet};
use serde::Serialize;

use super::wanted::{ID, destination_bucket};
use crate::exit::CommandError;
use crate::retry::Patience;

/// Buckets whose tags are asked for at a time: S3 slows down who asks many
/// buckets for their settings.
const TAGS_AT_ONCE: usize = 8;

/// A bucket that may have been meant and isn't among those found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    pub(crate) bucket: String,
    pub(crate) why: String,
    /// Nobody who works in this region means it.
    #[serde(skip)]
    pub(crate) elsewhere: bool,
}

impl LeftOut {
    /// Whether this one is meant can't be told.
    pub(crate) fn untold(bucket: &BucketName, why: String) -> Self {
        Self { bucket: bucket.to_string(), why, elsewhere: false }
    }
}

/// Which buckets are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) buckets: Vec<BucketName>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// Every bucket of the caller's in this region with exactly this tag.
///
/// # Errors
/// When the buckets can't be listed.
pub(crate) async fn tagged(
    own: &dyn OwnBuckets,
    (key, value): &(String, String),
    region: &str,
    patience: Patience<'_>,
) -> Result<Found, CommandError> {
    let (all, left_out) = with_tags(own, region, patience).await?;
    let meant = all.into_iter().filter(|(_, tags)| tags.get(key) == Some(value));
    Ok(Found { buckets: meant.map(|(bucket, _)| bucket).collect(), left_out })
}

/// Every bucket of the caller's in this region with its tags, and those whose
/// tags can't be told.
///
/// # Errors
/// When the buckets can't be listed.
pub(crate) async fn with_tags(
    own: &dyn OwnBuckets,
    region: &str,
    patience: Patience<'_>,
) -> Result<(Vec<(BucketName, TagSet)>, Vec<LeftOut>), CommandError> {
    let found = own_buckets(own, region, patience).await.map_err(|error| {
        CommandError::refused(format!("--bucket-tag: the buckets can't be listed: {error}"))
    })?;
    let (mut all, mut left_out) = (Vec::new(), found.left_out);
    let asked = futures_util::stream::iter(found.buckets).map(|bucket| async move {
        let tags = patience.retry(|| own.bucket_tags(&bucket)).await;
        (bucket, tags)
    });
    let mut asked = std::pin::pin!(asked.buffered(TAGS_AT_ONCE));
    while let Some((bucket, tags)) = asked.next().await {
        match tags {
            Ok(tags) => all.push((bucket, tags)),
            Err(error) => {
                let why = format!("its tags can't be read: {error}");
                left_out.push(LeftOut::untold(&bucket, why));
            }
        }
    }
    Ok((all, left_out))
}

/// Every bucket of the caller's in this region, and those that reseal can't
/// speak of or doesn't run for.
///
/// # Errors
/// When they can't be listed.
pub(crate) async fn own_buckets(
    own: &dyn OwnBuckets,
    region: &str,
    patience: Patience<'_>,
) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let mut after: Option<String> = None;
    loop {
        let (page, next) = patience.retry(|| own.buckets(after.as_deref())).await?;
        for one in page {
            let mut leave = |why: String, elsewhere| {
                found.left_out.push(LeftOut { bucket: one.name.clone(), why, elsewhere });
            };
            let elsewhere = one.region.as_deref().filter(|own| *own != region);
            match (one.name.parse::<BucketName>(), elsewhere, &one.reached) {
                (Err(_), ..) => leave("its name isn't one that reseal takes".to_owned(), false),
                (Ok(_), Some(lies), _) => {
                    leave(format!("it lies in {lies}, and reseal runs for {region}"), true);
                }
                (Ok(_), None, Reached::ClaimedBy(role)) => {
                    let why = format!(
                        "its name fits the pattern of --assume-role-arn {role}, and it is another account's: narrow the pattern"
                    );
                    leave(why, false);
                }
                (Ok(_), None, Reached::Unnamed) => {
                    let why = "no pattern of --assume-role-arn fits it, whatever its tags";
                    leave(why.to_owned(), true);
                }
                (Ok(bucket), None, Reached::Yes) => found.buckets.push(bucket),
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// All configurations of a bucket.
///
/// # Errors
/// When a page can't be read.
pub(crate) async fn all_setups(
    inventories: &dyn Inventories,
    bucket: &BucketName,
    patience: Patience<'_>,
) -> Result<Vec<InventorySetup>, StoreError> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = patience.retry(|| inventories.setups(bucket, after.as_deref())).await?;
        all.extend(page.0);
        match page.1 {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// The ids of a bucket's other configurations, ours aside, that deliver there
/// too, switched off ones among them: without the destination's leave they
/// couldn't be switched on again.
///
/// # Errors
/// When a page can't be read.
pub(crate) async fn others_delivering(
    inventories: &dyn Inventories,
    bucket: &BucketName,
    destination: &BucketName,
    patience: Patience<'_>,
) -> Result<Vec<String>, StoreError> {
    let all = all_setups(inventories, bucket, patience).await?.into_iter();
    let others = all.filter(|setup| setup.id != ID);
    let there = others.filter(|setup| destination_bucket(setup).as_ref() == Some(destination));
    Ok(there.map(|setup| setup.id).collect())
}
