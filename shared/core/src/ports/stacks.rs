//! CloudFormation stacks: looked at by whoever names a fleet by its stack,
//! deleted by `teardown` alone, on explicit request.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::StoreError;

/// A stack, in CloudFormation's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Its ARN, which no later stack of the same name has.
    pub id: String,
    /// Such as `CREATE_COMPLETE`.
    pub status: String,
    /// Why, where that is told.
    pub reason: Option<String>,
    /// What it tells of itself.
    pub outputs: BTreeMap<String, String>,
}

/// What became of one resource in a stack's newest deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub name: String,
    /// Such as `AWS::S3::Bucket`.
    pub kind: String,
    /// What it is called in the account; empty where it never was made.
    pub id: String,
    /// Such as `DELETE_FAILED`, or `DELETE_SKIPPED` where it stays.
    pub status: String,
    /// Why, where that is told.
    pub reason: Option<String>,
}

/// CloudFormation. One attempt per call; every call may be repeated.
#[async_trait]
pub trait Stacks: Send + Sync {
    /// The stack of this name, or by its id; one that was deleted is found by
    /// its id alone.
    async fn stack(&self, name: &str) -> Result<Option<Stack>, StoreError>;

    /// Begins to delete it. Nothing where that has begun already, or it is gone.
    async fn delete(&self, id: &str) -> Result<(), StoreError>;

    /// What the newest deletion has come to so far, newest first; nothing
    /// where there was none.
    async fn deletion(&self, id: &str) -> Result<Vec<StackResource>, StoreError>;
}
