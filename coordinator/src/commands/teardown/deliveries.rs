//! The inventory configurations of ours that deliver to a stack's place.

use reseal_core::ports::{Inventories, InventorySetup};
use reseal_core::{BucketName, StackName, StackPlace};

use crate::cli::{InventoryDeed, InventoryRequest, Output, TeardownRequest, Which};
use crate::cloud::Cloud;
use crate::commands::{Surroundings, inventory};
use crate::console::Console;
use crate::exit::{CommandError, Exit};
use crate::inventory::{ID, LeftOut, destination_bucket};

/// What CloudFormation puts on each bucket that it makes, and leaves on those
/// that it keeps.
const STACK_TAG: &str = "aws:cloudformation:stack-name";

/// Where our configurations deliver to that are to go.
pub(super) enum Place {
    /// As the stack tells.
    Told(StackPlace),
    /// Anywhere in these, which the stack left.
    Left(Vec<BucketName>),
}

impl Place {
    fn takes(&self, setup: &InventorySetup) -> bool {
        let Some(bucket) = destination_bucket(setup) else { return false };
        match self {
            Self::Told(StackPlace { bucket: reports, folder }) => {
                bucket == *reports && setup.destination_prefix == *folder
            }
            Self::Left(buckets) => buckets.contains(&bucket),
        }
    }
}

/// What was found among an estate's buckets.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    pub(super) buckets: Vec<BucketName>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Those that CloudFormation made for a stack of this name, and those that
/// don't tell.
///
/// # Errors
/// When S3 can't be asked just now.
pub(super) async fn made_for(
    stack: &StackName,
    buckets: &[BucketName],
    cloud: &Cloud,
    inventories: &dyn Inventories,
) -> Result<Deliveries, CommandError> {
    let mut made = Deliveries::default();
    for bucket in buckets {
        match cloud.patience().retry(|| inventories.bucket_tags(bucket)).await {
            Ok(tags) if tags.get(STACK_TAG).map(String::as_str) == Some(stack.as_str()) => {
                made.buckets.push(bucket.clone());
            }
            Ok(_) => {}
            Err(error) if error.is_transient() => {
                return Err(
                    anyhow::anyhow!("bucket {bucket}: its tags can't be read: {error}").into()
                );
            }
            Err(error) => {
                let why = format!("its tags can't be read (s3:GetBucketTagging): {error}");
                made.left_out.push(LeftOut::untold(bucket, why));
            }
        }
    }
    Ok(made)
}

/// The buckets whose configuration of ours delivers there.
///
/// # Errors
/// When S3 can't be asked just now.
pub(super) async fn deliveries(
    place: &Place,
    buckets: &[BucketName],
    cloud: &Cloud,
    inventories: &dyn Inventories,
) -> Result<Deliveries, CommandError> {
    let mut found = Deliveries::default();
    for bucket in buckets {
        match cloud.patience().retry(|| inventories.setup(bucket, ID)).await {
            Ok(Some(setup)) if place.takes(&setup) => found.buckets.push(bucket.clone()),
            Ok(_) => {}
            Err(error) if error.is_transient() => {
                return Err(anyhow::anyhow!(
                    "bucket {bucket}: its inventory configuration can't be read: {error}"
                )
                .into());
            }
            Err(error) => {
                let why = format!(
                    "its inventory configuration can't be read (s3:GetInventoryConfiguration): {error}"
                );
                found.left_out.push(LeftOut::untold(bucket, why));
            }
        }
    }
    Ok(found)
}

/// As `inventory disable` does it; a note where something needs a look.
///
/// # Errors
/// As `inventory disable`.
pub(super) async fn disable(
    buckets: Vec<BucketName>,
    request: &TeardownRequest,
    surroundings: &Surroundings<'_>,
) -> Result<(Exit, Option<String>), CommandError> {
    if buckets.is_empty() {
        return Ok((Exit::Done, None));
    }
    let request = InventoryRequest {
        which: Which::Named(buckets),
        deed: InventoryDeed::Disable,
        dry_run: false,
        yes: true,
        backups: request.backups.clone(),
        connection: request.connection.clone(),
        output: Output::Json,
    };
    let console = Console::keeping();
    let surroundings = Surroundings { console: &console, ..*surroundings };
    let ended = inventory::inventory(&request, &surroundings).await?;
    let note = (ended == Exit::NeedsALook).then(|| console.taken().map(|kept| kept.text));
    Ok((ended, note.flatten()))
}
