//! Archived objects, and their way back for a while or for good.

use super::attributes::{ObjectVersion, StorageClass, words};
use super::fault::{Code, Fault};
use super::moment::Moment;

words! {
    /// How fast, and how dear, a restore is. The model's take all the same time.
    RestoreTier {
        Expedited = "Expedited",
        Standard = "Standard",
        Bulk = "Bulk",
    }
}

/// A restore that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// When the bytes can be read.
    pub ready: Moment,
    /// When the restored copy goes. Absent: the object leaves its archive tier for good.
    pub expiry: Option<Moment>,
}

/// Whether an object's bytes can be read at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// They can, and always could.
    Online,
    /// They can't.
    Archived,
    /// They can't yet.
    Restoring,
    /// They can until then.
    Restored(Moment),
}

impl ObjectVersion {
    /// Whether its bytes can be read or copied at `now`.
    pub fn readiness(&self, now: Moment) -> Readiness {
        let in_class =
            matches!(self.storage_class, StorageClass::Glacier | StorageClass::DeepArchive);
        if !in_class && self.archive.is_none() {
            return Readiness::Online;
        }
        match self.restore.as_deref() {
            None => Readiness::Archived,
            Some(Restore { ready, .. }) if now < *ready => Readiness::Restoring,
            Some(Restore { expiry: None, .. }) => Readiness::Online,
            Some(Restore { expiry: Some(expiry), .. }) if now < *expiry => {
                Readiness::Restored(*expiry)
            }
            Some(_) => Readiness::Archived,
        }
    }

    /// Refuses to read the bytes of an archived object.
    pub(crate) fn check_active(&self, now: Moment) -> Result<(), Fault> {
        match self.readiness(now) {
            Readiness::Online | Readiness::Restored(_) => Ok(()),
            Readiness::Archived | Readiness::Restoring => {
                Err(self.wrong_class("The operation is not valid for the object's storage class"))
            }
        }
    }

    /// A refusal because of the storage class.
    pub(crate) fn wrong_class(&self, message: &str) -> Fault {
        let fault = Fault::new(Code::InvalidObjectState, message)
            .with("StorageClass", self.storage_class.as_str());
        match self.archive {
            Some(tier) => fault.with("AccessTier", tier.as_str()),
            None => fault,
        }
    }
}
