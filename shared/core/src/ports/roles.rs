//! Reading as somebody else: how a run finds out that readers stay served.

use async_trait::async_trait;

use crate::{ObjectRef, RoleArn, StoreError};

/// Becomes other roles. One attempt per call; the caller retries.
#[async_trait]
pub trait Roles: Send + Sync {
    /// AssumeRole, for the shortest time there is. The reader that comes of it
    /// can do nothing but read.
    async fn assume(&self, role: &RoleArn) -> Result<Box<dyn ScratchReader>, StoreError>;
}

/// Reads scratch objects, as whoever it was made for. An adapter refuses any
/// key outside [`SCRATCH_PREFIX`](super::SCRATCH_PREFIX).
#[async_trait]
pub trait ScratchReader: Send + Sync {
    /// Reads the whole object.
    async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, StoreError>;
}
