//! What the coordinator can reach of a cloud, as one bundle of ports.

use std::sync::Arc;

use reseal_core::AccountId;
use reseal_core::ports::{
    Blobs, Clock, Identity, Inspector, KeyPolicies, KeyService, Lister, Neighbours, ObjectStore,
    OwnBuckets, Random, Roles, Scratch, ScratchUploads,
};

use crate::retry::Patience;

/// Before the owner is known: who we are and which key it is.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Arc<dyn Identity>,
    pub(crate) region: String,
    /// The endpoint of S3, where it isn't AWS's own.
    pub(crate) endpoint: Option<String>,
}

/// Everything, for the buckets of one account.
#[derive(Clone)]
pub(crate) struct Cloud {
    /// The account that must own every bucket: sent with every call.
    pub(crate) owner: AccountId,
    pub(crate) region: String,
    /// The endpoint of S3, where it isn't AWS's own.
    pub(crate) endpoint: Option<String>,
    pub(crate) store: Arc<dyn ObjectStore>,
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
    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience { clock: self.clock.as_ref(), random: self.random.as_ref() }
    }
}
