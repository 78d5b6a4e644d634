//! A live listing of a bucket below a prefix.
//!
//! Owns: many pages under way at a time, given out in S3's own order, from any
//! place on. The next page begins after a key, not at a continuation token:
//! keys don't expire, and tokens can't be made up for the middle of a bucket.
//! Never: lists a key twice or leaves one out, however the key space is cut.
//! Next: `ahead` for which page comes next, `keyspace` for where to cut.

mod ahead;
mod keyspace;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::ports::{ListEntry, ListPage, ListRequest, Lister, SCRATCH_PREFIX};
use reseal_core::{BucketName, Cursor, SourceRow, SourceSpec, StoreError, Versions};
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinSet};

use super::{Batch, Pulled, Source, SourceError};
use ahead::{Ahead, Ask, Place};

/// The most entries that S3 gives on one page.
const PAGE: u32 = 1_000;

/// Pages under way at a time. Listings count against a prefix's 5,500 reads a
/// second, of which this takes a small part at any latency above 3 ms; more
/// gained nothing once the answers' XML kept two cores busy.
const SLOTS: usize = 16;

/// Lists a bucket in S3's order, with pages under way ahead of whoever pulls.
pub struct Listing {
    lister: Arc<dyn Lister>,
    spec: SourceSpec,
    bucket: BucketName,
    prefix: String,
    versions: Versions,
    /// Of whoever pulls on where he left off; anybody else begins anew.
    reader: Mutex<Option<Reader>>,
}

/// A listing under way. Its requests end with it.
struct Reader {
    at: Cursor,
    ahead: Ahead,
    slots: usize,
    under_way: JoinSet<Answer>,
}

/// A ticket, and what came of it.
type Answer = (u64, Result<ListPage, StoreError>);

impl Listing {
    /// One of this bucket, below this prefix.
    pub fn new(
        lister: Arc<dyn Lister>,
        bucket: BucketName,
        prefix: String,
        versions: Versions,
    ) -> Self {
        let spec = SourceSpec::Listing { bucket: bucket.clone(), prefix: prefix.clone() };
        Self { lister, spec, bucket, prefix, versions, reader: Mutex::new(None) }
    }

    /// Sends as many requests as may be under way.
    fn send(&self, reader: &mut Reader) {
        while let Some(Ask { ticket, after }) = reader.ahead.ask(reader.slots) {
            let (lister, bucket) = (Arc::clone(&self.lister), self.bucket.clone());
            let (prefix, versions) = (self.prefix.clone(), self.versions);
            reader.under_way.spawn(async move {
                let after =
                    after.as_ref().map(|place| (place.key.as_str(), place.version.as_ref()));
                let (bucket, prefix) = (&bucket, prefix.as_str());
                let request = ListRequest { bucket, prefix, versions, after, limit: PAGE };
                (ticket, lister.list(&request).await)
            });
        }
    }

    /// Waits for the next page in order; none at the end.
    async fn next(&self, reader: &mut Reader) -> Result<Option<Vec<ListEntry>>, SourceError> {
        loop {
            let page = reader.ahead.take();
            // Goes on with the others while this page is worked on.
            self.send(reader);
            if page.is_some() {
                return Ok(page);
            }
            let Some(answered) = reader.under_way.join_next().await else {
                // Never take what is stuck for what is at its end.
                return match reader.ahead.is_over() {
                    true => Ok(None),
                    false => Err(SourceError::Unfinished { bucket: self.bucket.clone() }),
                };
            };
            if let Some(error) = self.settle(reader, answered)? {
                // One outage fails all that is under way: it is one failure to
                // whoever counts them, and all of it is asked for once more.
                while let Some(answered) = reader.under_way.join_next().await {
                    let _ = self.settle(reader, answered)?;
                }
                reader.slots = (reader.slots / 2).max(1);
                return Err(SourceError::Listing { bucket: self.bucket.clone(), error });
            }
        }
    }

    /// Takes in one answer; gives back a failure of S3.
    fn settle(
        &self,
        reader: &mut Reader,
        answered: Result<Answer, JoinError>,
    ) -> Result<Option<StoreError>, SourceError> {
        let (ticket, page) = answered.map_err(SourceError::Broken)?;
        match page {
            Ok(page) => {
                let in_order = reader.ahead.answer(ticket, page);
                in_order.map_err(|_| SourceError::Unordered { bucket: self.bucket.clone() })?;
                reader.slots = (reader.slots + 1).min(SLOTS);
                Ok(None)
            }
            Err(error) => {
                reader.ahead.failed(ticket);
                Ok(Some(error))
            }
        }
    }

    fn row(&self, entry: ListEntry) -> Pulled {
        let row = SourceRow {
            version: entry.version,
            is_latest: entry.is_latest,
            is_delete_marker: entry.is_delete_marker,
            size: entry.size,
            etag: entry.etag,
            last_modified: entry.last_modified,
            storage_class: entry.storage_class,
            ..SourceRow::of_key(entry.key)
        };
        let after = place(&row);
        Pulled { bucket: self.bucket.clone(), row, after }
    }
}

impl Reader {
    fn new(from: &Cursor, prefix: &str) -> Result<Self, SourceError> {
        let ahead = Ahead::new(prefix.to_owned(), PAGE as usize, read(from)?);
        // The first page shows where to cut; the others follow it.
        Ok(Self { at: from.clone(), ahead, slots: SLOTS, under_way: JoinSet::new() })
    }
}

fn place(row: &SourceRow) -> Cursor {
    let place = Place { key: row.key.as_str().to_owned(), version: row.version.clone() };
    // Two strings always serialise.
    Cursor(serde_json::to_string(&place).unwrap_or_default())
}

fn read(cursor: &Cursor) -> Result<Option<Place>, SourceError> {
    if cursor.0.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&cursor.0).map(Some).map_err(|_| SourceError::Cursor(cursor.0.clone()))
}

#[async_trait]
impl Source for Listing {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    async fn pull(&self, from: &Cursor) -> Result<Batch, SourceError> {
        let mut kept = self.reader.lock().await;
        let reader = match kept.take() {
            Some(reader) if reader.at == *from => kept.insert(reader),
            _ => kept.insert(Reader::new(from, &self.prefix)?),
        };
        let Some(entries) = self.next(reader).await? else { return Ok(Batch::default()) };
        // The page's own end, which a scratch key may be.
        let rows: Vec<Pulled> = entries.into_iter().map(|entry| self.row(entry)).collect();
        if let Some(last) = rows.last() {
            reader.at = last.after.clone();
        }
        let next = (!reader.ahead.is_over()).then(|| reader.at.clone());
        let ours = |pulled: &Pulled| !pulled.row.key.as_str().starts_with(SCRATCH_PREFIX);
        Ok(Batch { rows: rows.into_iter().filter(ours).collect(), next })
    }

    fn cursor_after(&self, row: &SourceRow) -> Option<Cursor> {
        Some(place(row))
    }
}
