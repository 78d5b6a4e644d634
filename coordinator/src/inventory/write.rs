//! One bucket's configuration written or removed: looked at again before,
//! read back behind.

use reseal_core::BucketName;
use reseal_core::ports::{Clock, Inventories, InventorySetup};
use serde::Serialize;

use super::wanted::ID;
use crate::exit::CommandError;
use crate::guard::{BETWEEN_LOOKS, LOOKS, Seen, State, changed, settle, unread};
use crate::retry::Patience;

/// What becomes of our configuration of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) bucket: BucketName,
    pub(crate) state: State,
    pub(crate) before: Option<InventorySetup>,
    pub(crate) after: Option<InventorySetup>,
    pub(crate) notes: Vec<String>,
}

impl Change {
    pub(crate) fn is_nothing(&self) -> bool {
        self.before == self.after
    }
}

/// What writing takes.
pub(crate) struct Writer<'a> {
    pub(crate) inventories: &'a dyn Inventories,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) patience: Patience<'a>,
}

const WHAT: &str = "inventory configuration";

impl Writer<'_> {
    /// Our configuration now.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn now(
        &self,
        bucket: &BucketName,
    ) -> Result<Option<InventorySetup>, CommandError> {
        let now = self.patience.retry(|| self.inventories.setup(bucket, ID)).await;
        now.map_err(|error| unread(bucket, WHAT, &error))
    }

    /// Carries the change out.
    ///
    /// # Errors
    /// Where it was changed meanwhile, or the write was refused.
    pub(crate) async fn write(&self, change: &mut Change) -> Result<(), CommandError> {
        if change.is_nothing() {
            change.state = State::NothingToDo;
            return Ok(());
        }
        change.state = State::Failed;
        let Change { bucket, before, after, .. } = &*change;
        if self.now(bucket).await? != *before {
            return Err(changed(bucket, WHAT));
        }
        let written = match after {
            Some(setup) => self.inventories.put_setup(bucket, setup).await,
            None => self.inventories.delete_setup(bucket, ID).await,
        };
        let mut looks = if written.is_ok() { LOOKS } else { 1 };
        let seen = loop {
            let now = self.now(bucket).await?;
            match now == *after {
                true => break Seen::Wanted,
                false if looks <= 1 => break Seen::Other(now),
                false => looks -= 1,
            }
            self.clock.sleep(BETWEEN_LOOKS).await;
        };
        let note = settle(bucket, WHAT, written, seen, |now| now == before)?;
        change.state = if note.is_some() { State::NeedsALook } else { State::Done };
        change.notes.extend(note);
        Ok(())
    }
}
