//! Uploads that are still on record when a job is over: their abort failed
//! when their object was settled, or their worker died before it.

use reseal_core::ports::{LedgerError, OpenUpload, UploadId, UploadRef};
use reseal_core::{JobRecord, ObjectRef, StoreError, StoreErrorKind};

use crate::{Ports, retry};

/// Chunks read from the ledger at a time.
const PAGE: u32 = 500;

/// An upload that could not be removed: its parts are billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// What it would have written.
    pub object: ObjectRef,
    /// Its id.
    pub id: UploadId,
    /// Why it is still there.
    pub error: StoreError,
}

/// Aborts whatever uploads a job that is over has on record (I7).
///
/// # Errors
/// When the ledger can't be read.
pub async fn abort_leftovers(ports: &Ports, job: &JobRecord) -> Result<Vec<Leftover>, LedgerError> {
    let store = ports.stores.through(&job.spec.roles).await;
    let (clock, random) = (ports.clock.as_ref(), ports.random.as_ref());
    let mut left = Vec::new();
    let mut after = None;
    loop {
        let page =
            retry::ledger(clock, random, || ports.ledger.chunks(&job.id, after, PAGE)).await?;
        let Some(last) = page.last() else { return Ok(left) };
        after = Some(last.id);
        for OpenUpload { id, to, .. } in page.iter().flat_map(|chunk| chunk.uploads.values()) {
            let upload = UploadRef { object: to, id };
            let abort = || store.abort_upload(&upload);
            match retry::read(clock, random, abort).await {
                Ok(()) => {}
                Err(error) if error.kind == StoreErrorKind::UploadGone => {}
                Err(error) => left.push(Leftover { object: to.clone(), id: id.clone(), error }),
            }
        }
    }
}
