//! Other roles, who may or may not read.

use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::RoleArn;
use reseal_core::ports::{Roles, Scratch, ScratchReader};
use reseal_core::{KeyTrouble, ObjectRef, StoreError, StoreErrorKind};

use super::{FakeCloud, refused};

/// What a role may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReaderQuirk {
    #[default]
    Reads,
    NotAssumed,
    /// S3 names the key.
    NoKey,
    /// S3 says AccessDenied and no more.
    NoKeySilently,
    NoObject,
    SeesOtherBytes,
}

struct Reader {
    cloud: Arc<FakeCloud>,
    quirk: ReaderQuirk,
}

/// STS beside the cloud.
pub(super) struct FakeRoles(pub(super) Arc<FakeCloud>);

#[async_trait]
impl Roles for FakeRoles {
    async fn assume(&self, _: &RoleArn) -> Result<Box<dyn ScratchReader>, StoreError> {
        let Self(cloud) = self;
        cloud.verb("assume")?;
        match cloud.quirks.reader {
            ReaderQuirk::NotAssumed => refused(StoreErrorKind::Denied),
            quirk => Ok(Box::new(Reader { cloud: Arc::clone(cloud), quirk })),
        }
    }
}

#[async_trait]
impl ScratchReader for Reader {
    async fn get(&self, object: &ObjectRef) -> Result<Vec<u8>, StoreError> {
        let under_key = self.cloud.find(object)?.head.encryption.key().is_some();
        match self.quirk {
            ReaderQuirk::NoKey if under_key => refused(StoreErrorKind::Key(KeyTrouble::Denied)),
            ReaderQuirk::NoKeySilently if under_key => refused(StoreErrorKind::Denied),
            ReaderQuirk::NoObject => refused(StoreErrorKind::Denied),
            ReaderQuirk::SeesOtherBytes => Ok(b"other".to_vec()),
            _ => Scratch::get(self.cloud.as_ref(), object).await,
        }
    }
}
