//! Whose credentials the data path works by.

use std::sync::Arc;

use async_trait::async_trait;

use super::ObjectStore;
use crate::BucketRoles;

/// Hands out the data path of a job.
#[async_trait]
pub trait Stores: Send + Sync {
    /// The store that reaches the buckets that a role is named for through
    /// that role, demanding the role's account as their owner, and all others
    /// by the caller's own credentials. Asks nothing yet: a role that can't be
    /// assumed shows in the first call, as a failure of the credentials.
    async fn through(&self, roles: &BucketRoles) -> Arc<dyn ObjectStore>;
}

/// A store that knows no credentials: the same for every job.
#[derive(Clone)]
pub struct AnyRoles(Arc<dyn ObjectStore>);

impl AnyRoles {
    /// Hands out this one.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>) -> Arc<Self> {
        Arc::new(Self(store))
    }
}

#[async_trait]
impl Stores for AnyRoles {
    async fn through(&self, _: &BucketRoles) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.0)
    }
}
