//! A live listing of a bucket below a prefix.

use std::sync::Arc;

use async_trait::async_trait;
use reseal_core::ports::{ListEntry, ListRequest, Lister, SCRATCH_PREFIX};
use reseal_core::{BucketName, Cursor, SourceRow, SourceSpec, VersionId, Versions};
use serde::{Deserialize, Serialize};

use super::{Batch, Pulled, Source, SourceError};

/// The most entries that S3 gives on one page.
const PAGE: u32 = 1_000;

/// Lists one page after the other, in S3's order. The next page begins after
/// the last key, not at a continuation token: keys don't expire.
pub struct Listing {
    lister: Arc<dyn Lister>,
    spec: SourceSpec,
    bucket: BucketName,
    prefix: String,
    versions: Versions,
}

/// The last entry seen. JSON, because keys may hold anything.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<VersionId>,
}

impl Listing {
    /// One of this bucket, below this prefix.
    pub fn new(
        lister: Arc<dyn Lister>,
        bucket: BucketName,
        prefix: String,
        versions: Versions,
    ) -> Self {
        let spec = SourceSpec::Listing { bucket: bucket.clone(), prefix: prefix.clone() };
        Self { lister, spec, bucket, prefix, versions }
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
        let from = read(from)?;
        let request = ListRequest {
            bucket: &self.bucket,
            prefix: &self.prefix,
            versions: self.versions,
            after: from.as_ref().map(|p| (p.key.as_str(), p.version.as_ref())),
            limit: PAGE,
        };
        let page = self.lister.list(&request).await;
        let page =
            page.map_err(|error| SourceError::Listing { bucket: self.bucket.clone(), error })?;
        // The page's own end, which a scratch key may be.
        let rows: Vec<Pulled> = page.entries.into_iter().map(|entry| self.row(entry)).collect();
        let next = rows.last().filter(|_| page.truncated).map(|last| last.after.clone());
        let ours = |pulled: &Pulled| !pulled.row.key.as_str().starts_with(SCRATCH_PREFIX);
        Ok(Batch { rows: rows.into_iter().filter(ours).collect(), next })
    }

    fn cursor_after(&self, row: &SourceRow) -> Option<Cursor> {
        Some(place(row))
    }
}
