//! Objects of reseal's own, written where somebody asked for them: the parts
//! of a report that a query engine reads.

use async_trait::async_trait;

use crate::{ObjectRef, StoreError};

/// Creates objects; never replaces one, and never deletes.
///
/// One attempt per call; the caller retries. Whether a call whose answer was
/// lost had its effect, the next one tells: the key is taken then, and what is
/// there can be read and compared. The adapter owns the deadline and sends the
/// expected bucket owner.
#[async_trait]
pub trait Deposits: Send + Sync {
    /// Writes an object, encrypted as its bucket's default says, only if the
    /// key is free.
    ///
    /// # Errors
    /// [`PreconditionFailed`](crate::StoreErrorKind::PreconditionFailed) where
    /// there is one already.
    async fn create(&self, object: &ObjectRef, bytes: &[u8]) -> Result<(), StoreError>;
}
