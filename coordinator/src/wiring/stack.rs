//! A fleet by the stack that made it.

use reseal_aws::Aws;
use reseal_core::ports::{Stack, Stacks};
use reseal_core::{FleetName, FleetStack, StackError, StackName, StoreError, WhichFleet};

use super::Machine;
use crate::exit::CommandError;
use crate::retry::Patience;

/// The fleet's own name.
///
/// # Errors
/// Refused where the stack is none that a fleet can be found by.
pub(super) async fn fleet_name(aws: &Aws, which: &WhichFleet) -> Result<FleetName, CommandError> {
    match which {
        WhichFleet::Named(name) => Ok(name.clone()),
        WhichFleet::OfStack(stack) => Ok(fleet_stack(aws, stack).await?.fleet),
    }
}

/// What the stack tells of its fleet.
///
/// # Errors
/// As [`fleet_name`].
pub(super) async fn fleet_stack(aws: &Aws, name: &StackName) -> Result<FleetStack, CommandError> {
    let machine = Machine::new();
    let stack = look(&aws.stacks(), name.as_str(), machine.patience()).await?;
    FleetStack::standing(name, stack.as_ref()).map_err(|error| stack_error(&error))
}

/// The stack, as far as there is one.
///
/// # Errors
/// When CloudFormation doesn't tell.
pub(crate) async fn look(
    stacks: &dyn Stacks,
    name: &str,
    patience: Patience<'_>,
) -> Result<Option<Stack>, CommandError> {
    let told = patience.retry(|| stacks.stack(name)).await;
    told.map_err(|error: StoreError| {
        anyhow::anyhow!("--stack: CloudFormation (cloudformation:DescribeStacks): {error}").into()
    })
}

pub(crate) fn stack_error(error: &StackError) -> CommandError {
    CommandError::refused(format!("--stack: {error}"))
}
