//! A stack deleted by CloudFormation, and waited for.

use std::time::Duration;

use anyhow::anyhow;
use reseal_core::StackName;
use reseal_core::ports::{Clock, Stack, StackResource, Stacks};
use reseal_worker::Stop;

use crate::console::Console;
use crate::exit::CommandError;
use crate::retry::Patience;
use crate::wiring::look_at_stack;

/// How often the stack is looked at. Tasks that drain take minutes.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looks before a deletion that was taken must show: some ten seconds.
const LOOKS_TO_BEGIN: u32 = 5;

/// What deleting takes.
pub(super) struct Deletion<'a> {
    pub(super) name: &'a StackName,
    pub(super) stacks: &'a dyn Stacks,
    pub(super) clock: &'a dyn Clock,
    pub(super) patience: Patience<'a>,
    pub(super) console: &'a Console,
    pub(super) stop: &'a Stop,
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Gone,
    /// It goes on without us.
    Interrupted,
}

impl Deletion<'_> {
    /// Deletes this very stack, by its id: a later one of its name is another's.
    ///
    /// # Errors
    /// When CloudFormation refuses, or couldn't delete all of it: what.
    pub(super) async fn delete(&self, stack: &Stack) -> Result<Ended, CommandError> {
        let Self { name, stacks, clock, patience, console, stop } = *self;
        if !stack.is_going() {
            patience.retry(|| stacks.delete(&stack.id)).await.map_err(|error| {
                anyhow!("stack {name} is not deleted (cloudformation:DeleteStack): {error}")
            })?;
        }
        let mut shown = String::new();
        let mut looks = 0;
        loop {
            let Some(now) = look_at_stack(stacks, &stack.id, patience).await? else {
                return Ok(Ended::Gone);
            };
            looks += 1;
            // The old state may be told for a moment.
            let begins = now.status == stack.status && looks <= LOOKS_TO_BEGIN;
            match now {
                now if now.is_gone() => return Ok(Ended::Gone),
                now if now.is_going() || begins => {
                    if now.status != shown {
                        console.progress(&format!("stack {name}: {}", now.status));
                        shown = now.status;
                    }
                }
                now => return Err(self.failed(&now).await),
            }
            tokio::select! {
                biased;
                () = stop.asked() => return Ok(Ended::Interrupted),
                () = clock.sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// What it left, where CloudFormation still tells of it.
    pub(super) async fn kept(&self, stack: &Stack) -> Option<Vec<StackResource>> {
        let told = self.patience.retry(|| self.stacks.deletion(&stack.id)).await.ok()?;
        Some(newest(told).into_iter().filter(|one| one.status == "DELETE_SKIPPED").collect())
    }

    async fn failed(&self, now: &Stack) -> CommandError {
        let Self { name, stacks, patience, .. } = *self;
        let told = patience.retry(|| stacks.deletion(&now.id)).await.unwrap_or_default();
        let failed = newest(told).into_iter().filter(|one| one.status == "DELETE_FAILED");
        let named = failed.map(|one| {
            let why = one.reason.unwrap_or_else(|| "it isn't said why".to_owned());
            format!("{} ({} {}): {why}", one.name, one.kind, one.id)
        });
        let named: Vec<String> = named.collect();
        let why = match named.is_empty() {
            true => now.reason.clone().unwrap_or_else(|| "it isn't said why".to_owned()),
            false => named.join("; "),
        };
        let why = reseal_core::escape_control(&format!("{}: {why}", now.status));
        anyhow!("stack {name} could not be deleted: {why}; mend that, then the same command again")
            .into()
    }
}

/// The last word on each resource, by what is told newest first.
fn newest(told: Vec<StackResource>) -> Vec<StackResource> {
    let mut seen = std::collections::BTreeSet::new();
    told.into_iter().filter(|one| seen.insert(one.name.clone())).collect()
}

#[cfg(test)]
mod tests;
