//! Buckets by their own tag, and a bucket's configurations.

use reseal_core::ports::{Inventories, InventorySetup};
use reseal_core::{BucketName, StoreError};
use serde::Serialize;

use super::wanted::{ID, destination_bucket};
use crate::exit::CommandError;
use crate::retry::Patience;

/// A bucket that may have been meant and isn't among those found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    pub(crate) bucket: String,
    pub(crate) why: String,
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
    inventories: &dyn Inventories,
    (key, value): &(String, String),
    region: &str,
    patience: Patience<'_>,
) -> Result<Found, CommandError> {
    let mut found = Found::default();
    let mut after: Option<String> = None;
    loop {
        let page = patience.retry(|| inventories.buckets(after.as_deref())).await;
        let (page, next) = page.map_err(|error| {
            CommandError::refused(format!("--bucket-tag: the buckets can't be listed: {error}"))
        })?;
        for own in page {
            let mut leave =
                |why: String| found.left_out.push(LeftOut { bucket: own.name.clone(), why });
            let Ok(bucket) = own.name.parse::<BucketName>() else {
                leave("its name isn't one that reseal takes".to_owned());
                continue;
            };
            if let Some(elsewhere) = own.region.as_deref().filter(|own| *own != region) {
                leave(format!("it lies in {elsewhere}, and reseal runs for {region}"));
                continue;
            }
            match patience.retry(|| inventories.bucket_tags(&bucket)).await {
                Ok(tags) if tags.get(key) == Some(value) => found.buckets.push(bucket),
                Ok(_) => {}
                Err(error) => leave(format!("its tags can't be read: {error}")),
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Every bucket of the caller's in this region that reseal can speak of.
///
/// # Errors
/// When they can't be listed.
pub(crate) async fn own_buckets(
    inventories: &dyn Inventories,
    region: &str,
    patience: Patience<'_>,
) -> Result<Vec<BucketName>, StoreError> {
    let mut buckets = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let (page, next) = patience.retry(|| inventories.buckets(after.as_deref())).await?;
        for own in page {
            let elsewhere = own.region.is_some_and(|own| own != region);
            buckets.extend(own.name.parse().ok().filter(|_: &BucketName| !elsewhere));
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(buckets),
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
