//! Stacks of CloudFormation.

use async_trait::async_trait;
use aws_sdk_cloudformation::types::StackEvent;
use reseal_core::ports::{Stack, StackResource, Stacks};
use reseal_core::{StoreError, StoreErrorKind};

use crate::errors::Call;
use crate::failure::{store_error, unusable_answer};

/// The kind by which a stack's own events are known.
const STACK: &str = "AWS::CloudFormation::Stack";

/// The `Stacks` port on CloudFormation. One attempt per call.
#[derive(Clone, Debug)]
pub struct CloudFormationStacks {
    client: aws_sdk_cloudformation::Client,
}

impl CloudFormationStacks {
    pub(crate) fn new(client: aws_sdk_cloudformation::Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Stacks for CloudFormationStacks {
    async fn stack(&self, name: &str) -> Result<Option<Stack>, StoreError> {
        let call = self.client.describe_stacks().stack_name(name).send();
        let answer = match call.await.map_err(|error| store_error(Call::Stack, error)) {
            Ok(answer) => answer,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        answer.stacks.unwrap_or_default().into_iter().next().map(ours).transpose()
    }

    async fn delete(&self, id: &str) -> Result<(), StoreError> {
        let call = self.client.delete_stack().stack_name(id).send();
        match call.await.map_err(|error| store_error(Call::Stack, error)) {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn deletion(&self, id: &str) -> Result<Vec<StackResource>, StoreError> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let call =
                self.client.describe_stack_events().stack_name(id).set_next_token(after).send();
            let answer = call.await.map_err(|error| store_error(Call::Stack, error))?;
            for event in answer.stack_events.unwrap_or_default() {
                match read(event) {
                    Read::Resource(resource) => found.push(resource),
                    Read::Began => return Ok(found),
                    Read::Other => {}
                }
            }
            after = answer.next_token.filter(|token| !token.is_empty());
            if after.is_none() {
                // It never was deleted: what was found is of its making.
                return Ok(Vec::new());
            }
        }
    }
}

/// Told only by the message: "Stack with id NAME does not exist".
fn is_missing(error: &StoreError) -> bool {
    error.code == "ValidationError" && error.message.contains("does not exist")
}

fn ours(stack: aws_sdk_cloudformation::types::Stack) -> Result<Stack, StoreError> {
    let aws_sdk_cloudformation::types::Stack {
        stack_id,
        stack_status,
        stack_status_reason,
        outputs,
        ..
    } = stack;
    let (Some(id), Some(status)) = (stack_id, stack_status) else {
        let what = "a stack without an id or a state";
        return Err(unusable_answer(StoreErrorKind::Invalid, what));
    };
    let outputs = outputs.unwrap_or_default().into_iter();
    Ok(Stack {
        id,
        status: status.as_str().to_owned(),
        reason: stack_status_reason.filter(|reason| !reason.is_empty()),
        outputs: outputs.filter_map(|told| Some((told.output_key?, told.output_value?))).collect(),
    })
}

/// What one event says of a deletion, read from its end to its beginning.
enum Read {
    Resource(StackResource),
    Began,
    Other,
}

fn read(event: StackEvent) -> Read {
    let (Some(kind), Some(status)) = (event.resource_type, event.resource_status) else {
        return Read::Other;
    };
    let status = status.as_str().to_owned();
    let id = event.physical_resource_id.unwrap_or_default();
    if kind == STACK && Some(&id) == event.stack_id.as_ref() {
        return if status == "DELETE_IN_PROGRESS" { Read::Began } else { Read::Other };
    }
    Read::Resource(StackResource {
        name: event.logical_resource_id.unwrap_or_default(),
        kind,
        id,
        status,
        reason: event.resource_status_reason.filter(|reason| !reason.is_empty()),
    })
}
