//! `teardown`: look, refuse while somebody works, confirm, call the reports
//! off, delete the stack, say what is left.
//!
//! Reports come first: once the stack is gone nobody can tell where they went.
//! And once more behind it: what served until then may have set some up again.

mod deletion;
mod deliveries;
mod show;

use reseal_core::ports::{Inventories, Stack, Stacks};
use reseal_core::{BucketName, FleetStack, JobRecord};

use self::deletion::{Deletion, Ended};
use self::deliveries::{Deliveries, Place, deliveries, disable, made_for};
use self::show::{Left, State, TornDown};
use crate::cli::TeardownRequest;
use crate::cloud::Cloud;
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::inventory::own_buckets;
use crate::run::{Answer, confirm_typing};
use crate::standing::list;
use crate::wiring;

/// What every step takes.
struct Teardown<'a> {
    request: &'a TeardownRequest,
    surroundings: &'a Surroundings<'a>,
    cloud: Cloud,
    inventories: &'a dyn Inventories,
    stacks: &'a dyn Stacks,
}

/// The stack as it was found.
enum Found {
    /// There, or being deleted, or what a deletion couldn't delete.
    There(Stack, FleetStack),
    /// Being deleted, and telling nothing any more.
    Going(Stack),
    Gone,
}

pub(super) async fn teardown(
    request: &TeardownRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let name = &request.stack;
    if !request.dry_run && !request.yes && !console.can_ask() {
        return Err(CommandError::refused(format!(
            "there is no terminal to confirm on: look at `reseal teardown --stack {name} --dry-run`, then say --yes"
        )));
    }
    let (cloud, inventories, stacks) =
        wiring::connect_to_teardown(machine, &request.connection).await?;
    let (inventories, stacks) = (inventories.as_ref(), stacks.as_ref());
    let teardown = Teardown { request, surroundings, cloud, inventories, stacks };
    let looked = tokio::select! {
        biased;
        () = stop.asked() => return Ok(Exit::Interrupted),
        looked = teardown.look() => looked?,
    };
    teardown.carry_out(looked).await
}

/// What was found, before anything is changed.
struct Looked {
    found: Found,
    place: Place,
    buckets: Vec<BucketName>,
    deliveries: Deliveries,
}

impl Teardown<'_> {
    async fn look(&self) -> Result<Looked, CommandError> {
        let Self { cloud, inventories, .. } = self;
        let found = self.find().await?;
        if let Found::There(stack, told) = &found {
            // Its table may be gone while the rest goes.
            if !stack.is_going() {
                self.nobody_works(told).await?;
            }
        }
        let buckets = own_buckets(*inventories, &cloud.region, cloud.patience()).await;
        let buckets = buckets.map(|found| found.buckets).map_err(|error| {
            anyhow::anyhow!("the buckets can't be listed (s3:ListAllMyBuckets): {error}")
        })?;
        let (place, untold) = match &found {
            Found::There(_, told) => (Place::Told(told.reports.clone()), Vec::new()),
            Found::Going(_) | Found::Gone => {
                let made = made_for(&self.request.stack, &buckets, cloud, *inventories).await?;
                (Place::Left(made.buckets), made.left_out)
            }
        };
        let mut deliveries = deliveries(&place, &buckets, cloud, *inventories).await?;
        deliveries.left_out.extend(untold);
        Ok(Looked { found, place, buckets, deliveries })
    }

    async fn find(&self) -> Result<Found, CommandError> {
        let name = &self.request.stack;
        let stack =
            wiring::look_at_stack(self.stacks, name.as_str(), self.cloud.patience()).await?;
        let Some(stack) = stack.filter(|stack| !stack.is_gone()) else { return Ok(Found::Gone) };
        let told = match stack.status.starts_with("DELETE_") {
            true => FleetStack::told(name, &stack),
            false => FleetStack::standing(name, Some(&stack)),
        };
        match told {
            Ok(told) => Ok(Found::There(stack, told)),
            Err(_) if stack.is_going() => Ok(Found::Going(stack)),
            Err(error) => Err(wiring::stack_error(&error)),
        }
    }

    /// # Errors
    /// Refused while a job of the fleet isn't over.
    async fn nobody_works(&self, told: &FleetStack) -> Result<(), CommandError> {
        let Self { request, surroundings, .. } = self;
        let patience = surroundings.machine.patience();
        let Some(ledger) = wiring::ledger_of(&told.fleet, &request.connection).await? else {
            return Ok(());
        };
        let open: Vec<JobRecord> = list(ledger.as_ref(), patience).await?;
        let open: Vec<_> = open.into_iter().filter(|job| !job.state.is_terminal()).collect();
        let Some(first) = open.first() else { return Ok(()) };
        let (id, stack) = (&first.id, &request.stack);
        let more = match open.len() {
            1 => String::new(),
            count => format!(" ({} more aren't either)", count - 1),
        };
        Err(CommandError::refused(format!(
            "job {id} isn't over{more}: let the workers end it, or `reseal cancel {id} --stack {stack}`"
        )))
    }

    async fn carry_out(&self, looked: Looked) -> Result<Exit, CommandError> {
        let Self { request, surroundings, cloud, .. } = self;
        let Surroundings { console, stop, .. } = **surroundings;
        let Looked {
            found,
            place,
            buckets,
            deliveries: Deliveries { buckets: mut disabled, mut left_out },
        } = looked;
        let (stack, told) = match &found {
            Found::There(stack, told) => (Some(stack), Some(told)),
            Found::Going(stack) => (Some(stack), None),
            Found::Gone => (None, None),
        };
        let mut left = match (&place, told) {
            (Place::Left(buckets), _) => Left::tagged(buckets),
            (Place::Told(_), Some(told)) => Left::told(told),
            (Place::Told(_), None) => Vec::new(),
        };
        let torn =
            |state, disabled: &[BucketName], left_out: &[_], left: &[Left], notes| TornDown {
                stack: request.stack.to_string(),
                state,
                fleet: told.map(|told| told.fleet.clone()),
                disabled: disabled.to_vec(),
                left_out: left_out.to_vec(),
                left: left.to_vec(),
                notes,
            };
        let changes = stack.is_some() || !disabled.is_empty();
        if request.dry_run {
            let state = if stack.is_some() { State::Planned } else { State::Gone };
            return self.tell(&torn(state, &disabled, &left_out, &left, Vec::new()));
        }
        if changes && !request.yes {
            console.note(torn(State::Planned, &disabled, &left_out, &left, Vec::new()).text());
            let name = request.stack.as_str();
            let prompt = format!("Type the stack's name ({name}) to delete it with its ledger: ");
            if confirm_typing(name, &prompt, console, stop).await? == Answer::No {
                console.note("nothing was changed");
                return Ok(Exit::Interrupted);
            }
        }
        let mut notes = Vec::new();
        if !self.disable(disabled.clone(), &mut notes).await? {
            return Ok(Exit::Interrupted);
        }
        let Some(stack) = stack else {
            return self.tell(&torn(State::Gone, &disabled, &left_out, &left, notes));
        };
        let deletion = Deletion {
            name: &request.stack,
            stacks: self.stacks,
            clock: cloud.clock.as_ref(),
            patience: cloud.patience(),
            console,
            stop,
        };
        if deletion.delete(stack).await? == Ended::Interrupted {
            console.note("CloudFormation goes on deleting; the same command again waits for it");
            return Ok(Exit::Interrupted);
        }
        if let Some(kept) = deletion.kept(stack).await {
            left = Left::after_all(left, Left::kept(&kept));
        }
        let again = deliveries(&place, &buckets, cloud, self.inventories).await?;
        if !self.disable(again.buckets.clone(), &mut notes).await? {
            return Ok(Exit::Interrupted);
        }
        disabled.extend(again.buckets);
        disabled.sort();
        disabled.dedup();
        // Whoever hid his tags before isn't looked at again.
        for more in again.left_out {
            if !left_out.iter().any(|known| known.bucket == more.bucket) {
                left_out.push(more);
            }
        }
        self.tell(&torn(State::Deleted, &disabled, &left_out, &left, notes))
    }

    /// False when a stop came first.
    async fn disable(
        &self,
        buckets: Vec<BucketName>,
        notes: &mut Vec<String>,
    ) -> Result<bool, CommandError> {
        let (ended, note) = disable(buckets, self.request, self.surroundings).await?;
        notes.extend(note);
        Ok(ended != Exit::Interrupted && !self.surroundings.stop.is_asked())
    }

    fn tell(&self, torn: &TornDown) -> Result<Exit, CommandError> {
        self.surroundings.console.result(torn, &torn.text())?;
        Ok(if torn.needs_a_look() { Exit::NeedsALook } else { Exit::Done })
    }
}
