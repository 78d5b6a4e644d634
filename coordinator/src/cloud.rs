//! What the coordinator can reach of a cloud, as one bundle of ports.

use std::sync::Arc;

use reseal_core::ports::{
    Blobs, Clock, Identity, Inspector, KeyPolicies, KeyService, Lister, Neighbours, ObjectStore,
    OwnBuckets, Random, Roles, Scratch, ScratchUploads, Stores,
};
use reseal_core::{AccountId, BucketName, BucketRoles, RoleArn};

use crate::retry::Patience;

/// Before the owner is known: who we are and which key it is.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Arc<dyn Identity>,
    pub(crate) region: String,
    /// The endpoint of S3, where it isn't AWS's own.
    pub(crate) endpoint: Option<String>,
}

/// Everything, for the buckets of one account and of those whose roles were named.
#[derive(Clone)]
pub(crate) struct Cloud {
    /// The account that must own every bucket that no role is named for: sent
    /// with every call.
    pub(crate) owner: AccountId,
    /// Buckets of other accounts, and the roles that reach them.
    pub(crate) accounts: BucketRoles,
    pub(crate) region: String,
    /// The endpoint of S3, where it isn't AWS's own.
    pub(crate) endpoint: Option<String>,
    pub(crate) store: Arc<dyn ObjectStore>,
    /// The same for jobs, which may name other roles.
    pub(crate) stores: Arc<dyn Stores>,
    pub(crate) keys: Arc<dyn KeyService>,
    pub(crate) key_policies: Arc<dyn KeyPolicies>,
    pub(crate) inspector: Arc<dyn Inspector>,
    pub(crate) neighbours: Arc<dyn Neighbours>,
    pub(crate) lister: Arc<dyn Lister>,
    pub(crate) scratch: Arc<dyn Scratch>,
    pub(crate) scratch_uploads: Arc<dyn ScratchUploads>,
    pub(crate) roles: Arc<dyn Roles>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) own_buckets: Arc<dyn OwnBuckets>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
}

impl Cloud {
    /// The account that must own this bucket.
    pub(crate) fn owner_of(&self, bucket: &BucketName) -> &AccountId {
        self.accounts.of(bucket).map_or(&self.owner, RoleArn::account)
    }

    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience { clock: self.clock.as_ref(), random: self.random.as_ref() }
    }
}
