//! `inventory`: find the buckets, look, show, confirm, change, read back.

mod plan;
mod show;

use reseal_core::ports::{Inventories, Safeguards};

use self::plan::{Planned, plan_disable, plan_enable};
use self::show::{Listed, ListedBucket, Shown};
use super::guard::confirm_change;
use crate::cli::{InventoryDeed, InventoryRequest, Which};
use crate::cloud::Cloud;
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::guard::{Action, Backups, CarryOut, Plan, ShownBucket, State};
use crate::inventory::{Found, Writer, all_setups, tagged};
use crate::wiring;

/// What every step takes.
struct World<'a> {
    request: &'a InventoryRequest,
    cloud: &'a Cloud,
    safeguards: &'a dyn Safeguards,
    inventories: &'a dyn Inventories,
}

impl World<'_> {
    fn writer(&self) -> Writer<'_> {
        let clock = self.cloud.clock.as_ref();
        Writer { inventories: self.inventories, clock, patience: self.cloud.patience() }
    }
}

pub(super) async fn inventory(
    request: &InventoryRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    if !request.dry_run && !request.yes && !console.can_ask() {
        return Err(CommandError::refused(
            "there is no terminal to confirm on: look at the same command with --dry-run, then say --yes",
        ));
    }
    let (cloud, safeguards, inventories) =
        wiring::connect_to_inventories(machine, &request.connection).await?;
    let (safeguards, inventories) = (safeguards.as_ref(), inventories.as_ref());
    let world = World { request, cloud: &cloud, safeguards, inventories };
    let looked = async {
        let found = find(&world).await?;
        let planned = match &request.deed {
            InventoryDeed::Enable { reports, replace } => {
                Some(plan_enable(&world, &found.buckets, reports, *replace).await?)
            }
            InventoryDeed::Disable => Some(plan_disable(&world, &found.buckets).await?),
            InventoryDeed::List => None,
        };
        Ok::<_, CommandError>((found, planned))
    };
    let (found, planned) = tokio::select! {
        biased;
        () = stop.asked() => return Ok(Exit::Interrupted),
        looked = looked => looked?,
    };
    match planned {
        None => list(&world, found, surroundings).await,
        Some(planned) => change(&world, planned, found, surroundings).await,
    }
}

async fn find(world: &World<'_>) -> Result<Found, CommandError> {
    let World { request, cloud, inventories, .. } = *world;
    let tag = match &request.which {
        Which::Named(buckets) => {
            return Ok(Found { buckets: buckets.clone(), left_out: Vec::new() });
        }
        Which::Tagged(tag) => tag,
    };
    let mut found = tagged(inventories, tag, &cloud.region, cloud.patience()).await?;
    if let InventoryDeed::Enable { reports, .. } = &request.deed {
        // Reports about reports.
        found.buckets.retain(|bucket| *bucket != reports.destination);
    }
    if found.buckets.is_empty() {
        let left: Vec<String> =
            found.left_out.iter().map(|left| format!("; {}: {}", left.bucket, left.why)).collect();
        let (key, value) = tag;
        return Err(CommandError::refused(format!(
            "--bucket-tag {key}={value}: no bucket of account {} in {} has it{}",
            cloud.owner,
            cloud.region,
            left.concat()
        )));
    }
    Ok(found)
}

async fn list(
    world: &World<'_>,
    found: Found,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Found { buckets, left_out } = found;
    let mut listed = Listed { buckets: Vec::new(), left_out };
    for bucket in buckets {
        match all_setups(world.inventories, &bucket, world.cloud.patience()).await {
            Ok(setups) => listed.buckets.push(ListedBucket::new(bucket, setups)),
            Err(error) => listed.leave_out(&bucket, &error),
        }
    }
    surroundings.console.result(&listed, &listed.text())?;
    Ok(if listed.left_out.is_empty() { Exit::Done } else { Exit::NeedsALook })
}

async fn change(
    world: &World<'_>,
    mut planned: Planned,
    found: Found,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let console = surroundings.console;
    let is_nothing = planned.is_nothing();
    if world.request.dry_run || is_nothing {
        let state = if is_nothing { State::NothingToDo } else { State::Planned };
        let shown: Vec<_> =
            planned.deliveries.iter().map(|plan| ShownBucket::new(plan, state, None)).collect();
        return finish(&planned, shown, found, surroundings);
    }
    if !world.request.yes {
        let shown = planned.deliveries.iter();
        let shown = shown.map(|plan| ShownBucket::new(plan, State::Planned, None)).collect();
        console.note(Shown::new(&planned, shown, Vec::new()).text());
        if !confirm_change(planned.changed(), surroundings).await? {
            console.note("nothing was changed");
            return Ok(Exit::Interrupted);
        }
    }
    let (shown, failure) = carry_out(world, &mut planned, surroundings).await;
    let ended = finish(&planned, shown, found, surroundings)?;
    failure.map_or(Ok(ended), Err)
}

/// The destinations' policies first: a bucket that isn't let in any more, and
/// still has its configuration, is found by the same command again.
async fn carry_out(
    world: &World<'_>,
    planned: &mut Planned,
    surroundings: &Surroundings<'_>,
) -> (Vec<ShownBucket>, Option<CommandError>) {
    let mut shown = Vec::new();
    let mut failure = None;
    for plan in &mut planned.deliveries {
        if failure.is_some() || surroundings.stop.is_asked() {
            shown.push(ShownBucket::new(plan, State::Planned, None));
            continue;
        }
        let mut backup = None;
        let state = match deliver(world, plan, &mut backup).await {
            Ok(state) => state,
            Err(error) => {
                failure = Some(error);
                State::Failed
            }
        };
        shown.push(ShownBucket::new(plan, state, backup));
    }
    let writer = world.writer();
    for change in &mut planned.changes {
        if failure.is_none() && !surroundings.stop.is_asked() {
            failure = writer.write(change).await.err();
        }
    }
    (shown, failure)
}

async fn deliver(
    world: &World<'_>,
    plan: &mut Plan,
    backup: &mut Option<std::path::PathBuf>,
) -> Result<State, CommandError> {
    let World { request, cloud, safeguards, .. } = *world;
    let action = match request.deed {
        InventoryDeed::Enable { .. } => Action::Apply,
        InventoryDeed::Disable | InventoryDeed::List => Action::Remove,
    };
    if !plan.is_nothing() {
        let none = std::collections::BTreeSet::new();
        let backups = Backups(&request.backups);
        *backup = Some(backups.write(plan, action, &none, cloud, cloud.clock.now())?);
    }
    let clock = cloud.clock.as_ref();
    let out = CarryOut { safeguards, clock, patience: cloud.patience() };
    let state = out.carry_out(plan, true).await?;
    Backups(&request.backups).ended(backup.as_deref(), state, plan);
    Ok(state)
}

fn finish(
    planned: &Planned,
    deliveries: Vec<ShownBucket>,
    found: Found,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let shown = Shown::new(planned, deliveries, found.left_out);
    surroundings.console.result(&shown, &shown.text())?;
    Ok(match surroundings.stop.is_asked() && shown.is_unfinished() {
        true => Exit::Interrupted,
        false if shown.needs_a_look() => Exit::NeedsALook,
        false => Exit::Done,
    })
}
