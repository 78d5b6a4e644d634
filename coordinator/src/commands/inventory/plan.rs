//! What would be changed, of which buckets and in which destinations.

use std::collections::BTreeMap;

use reseal_core::{BucketName, escape_control};

use super::World;
use crate::commands::guard::unread;
use crate::exit::CommandError;
use crate::guard::{Backups, Plan, State, Statement, partition};
use crate::inventory::{Change, Delivery, ID, Reports, destination_bucket, others_delivering};

/// Everything that one command changes.
pub(super) struct Planned {
    pub(super) changes: Vec<Change>,
    /// By destination.
    pub(super) deliveries: Vec<Plan>,
    /// The reports' key, and what its policy needs.
    pub(super) key: Option<(String, Statement)>,
}

impl Planned {
    pub(super) fn is_nothing(&self) -> bool {
        self.changes.iter().all(Change::is_nothing) && self.deliveries.iter().all(Plan::is_nothing)
    }

    /// The buckets that change, destinations included.
    pub(super) fn changed(&self) -> Vec<String> {
        let changes = self.changes.iter().filter(|change| !change.is_nothing());
        let plans = self.deliveries.iter().filter(|plan| !plan.is_nothing());
        let names = changes.map(|change| &change.bucket).chain(plans.map(|plan| &plan.bucket));
        names.map(ToString::to_string).collect()
    }
}

async fn policy_of(world: &World<'_>, bucket: &BucketName) -> Result<Option<String>, CommandError> {
    let World { cloud, safeguards, .. } = *world;
    let policy = cloud.patience().retry(|| safeguards.policy(bucket)).await;
    policy.map_err(|error| unread(bucket, "s3:GetBucketPolicy", cloud, &error))
}

/// Our configuration on each, and all of them let in at the destination.
///
/// # Errors
/// Refused where one of ours differs and isn't to be replaced.
pub(super) async fn plan_enable(
    world: &World<'_>,
    buckets: &[BucketName],
    reports: &Reports,
    replace: bool,
) -> Result<Planned, CommandError> {
    let cloud = world.cloud;
    let partition = partition(&cloud.region);
    let wanted = reports.setup(&cloud.owner, partition);
    let delivery = Delivery { destination: &reports.destination, owner: &cloud.owner, partition };
    let policy = policy_of(world, &reports.destination).await?;
    let delivered = delivery.let_in(policy, buckets).map_err(CommandError::refused)?;
    let mut changes = Vec::new();
    for bucket in buckets {
        let before = now(world, bucket).await?;
        let (after, state) = (Some(wanted.clone()), State::Planned);
        let mut notes = Vec::new();
        let elsewhere = before.as_ref().filter(|before| before.destination != wanted.destination);
        if let Some(before) = elsewhere {
            notes.push(format!(
                "{} still lets it deliver: `inventory disable` first would have taken that back",
                before.destination
            ));
        }
        changes.push(Change { bucket: bucket.clone(), state, before, after, notes });
    }
    let differ: Vec<String> = changes
        .iter()
        .filter(|change| change.before.is_some() && !change.is_nothing())
        .map(|change| change.bucket.to_string())
        .collect();
    if !differ.is_empty() && !replace && !world.request.dry_run {
        return Err(CommandError::refused(format!(
            "--replace is needed: {} already {} a configuration `{ID}` that differs; --dry-run shows how",
            differ.join(", "),
            if differ.len() == 1 { "has" } else { "have" }
        )));
    }
    let key = reports.key.as_ref();
    let key = key.map(|key| (key.as_str().to_owned(), delivery.key_statement(buckets)));
    Ok(Planned { changes, deliveries: vec![delivered], key })
}

async fn now(
    world: &World<'_>,
    bucket: &BucketName,
) -> Result<Option<reseal_core::ports::InventorySetup>, CommandError> {
    let World { cloud, inventories, .. } = *world;
    let now = cloud.patience().retry(|| inventories.setup(bucket, ID)).await;
    now.map_err(|error| unread(bucket, "s3:GetInventoryConfiguration", cloud, &error))
}

/// Who else needs the destination's leave for this bucket, in words.
async fn still_needed(
    world: &World<'_>,
    bucket: &BucketName,
    destination: &BucketName,
) -> Result<Option<String>, CommandError> {
    let World { cloud, inventories, .. } = *world;
    let others = others_delivering(inventories, bucket, destination, cloud.patience()).await;
    let others =
        others.map_err(|error| unread(bucket, "s3:GetInventoryConfiguration", cloud, &error))?;
    let ids: Vec<_> = others.iter().take(3).map(|id| escape_control(id)).collect();
    Ok((!others.is_empty()).then(|| {
        format!(
            "{destination} goes on letting it deliver: {} of its other configurations {} there too ({})",
            others.len(),
            if others.len() == 1 { "delivers" } else { "deliver" },
            ids.join(", ")
        )
    }))
}

/// Ours gone from each, and each out of the statement where its reports went,
/// unless reports of another configuration go there.
///
/// # Errors
/// When configurations or a destination's policy can't be read or edited.
pub(super) async fn plan_disable(
    world: &World<'_>,
    buckets: &[BucketName],
) -> Result<Planned, CommandError> {
    let cloud = world.cloud;
    let mut changes = Vec::new();
    let mut destinations: BTreeMap<BucketName, Vec<BucketName>> = BTreeMap::new();
    for bucket in buckets {
        let before = now(world, bucket).await?;
        let (state, mut notes) = (State::Planned, Vec::new());
        if let Some(destination) = before.as_ref().and_then(destination_bucket) {
            match still_needed(world, bucket, &destination).await? {
                Some(why) => notes.push(why),
                None => destinations.entry(destination).or_default().push(bucket.clone()),
            }
        }
        changes.push(Change { bucket: bucket.clone(), state, before, after: None, notes });
    }
    let mut deliveries = Vec::new();
    for (destination, sources) in &destinations {
        let policy = match policy_of(world, destination).await {
            Ok(policy) => policy,
            Err(CommandError::Refused(why)) => {
                // Not a reason to leave S3 writing reports nobody wants.
                for change in changes.iter_mut().filter(|c| sources.contains(&c.bucket)) {
                    change.notes.push(format!("its destination's statement stays: {why}"));
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        let partition = partition(&cloud.region);
        let delivery = Delivery { destination, owner: &cloud.owner, partition };
        let backups = Backups(&world.request.backups).of(destination, cloud)?;
        let plan = delivery.shut_out(policy, sources, &backups);
        deliveries.push(plan.map_err(CommandError::refused)?);
    }
    Ok(Planned { changes, deliveries, key: None })
}
