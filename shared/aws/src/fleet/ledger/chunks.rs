//! Chunks as splitting writes them and as everybody reads them.

use std::collections::BTreeMap;

use reseal_core::ports::{
    Binding, ChunkRecord, LedgerError, LedgerErrorKind, OpenUpload, SourceState,
};
use reseal_core::{ChunkId, ChunkState, JobId};

use super::super::item::{Item, unreadable};
use super::super::table::{Key, Range, SORT, Table};
use super::record::{self, LEASED};

pub(super) async fn bind(table: &Table, chunk: &ChunkRecord) -> Result<Binding, LedgerError> {
    let key = record::key(&chunk.job, chunk.id);
    let put = table.putting_new(key, record::attributes(chunk)?)?;
    let open = table.absent(closed_key(&chunk.job, chunk.id.source))?;
    match table.transact(vec![put, open]).await {
        Ok(()) => Ok(Binding::Bound),
        Err(error) if error.kind == LedgerErrorKind::Conflict => {
            let first = get(table, &chunk.job, chunk.id).await?;
            first.map(|first| Binding::Adopted(Box::new(first))).ok_or(error)
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn close_source(
    table: &Table,
    job: &JobId,
    source: u32,
) -> Result<(), LedgerError> {
    table.put(closed_key(job, source), Vec::new()).await
}

pub(super) async fn source(
    table: &Table,
    job: &JobId,
    source: u32,
) -> Result<SourceState, LedgerError> {
    let last = Range {
        prefix: Some(record::prefix_of_source(source)),
        backwards: true,
        limit: Some(1),
        ..Range::of(record::partition(job))
    };
    let last = match table.query(last).await?.first() {
        Some(item) => Some(with_uploads(table, job, item).await?),
        None => None,
    };
    let closed = table.get(closed_key(job, source)).await?.is_some();
    Ok(SourceState { last, closed })
}

fn closed_key(job: &JobId, source: u32) -> Key {
    Key::new(format!("s#{job}"), format!("{source:04}"))
}

pub(super) async fn get(
    table: &Table,
    job: &JobId,
    chunk: ChunkId,
) -> Result<Option<ChunkRecord>, LedgerError> {
    match table.get(record::key(job, chunk)).await? {
        Some(item) => with_uploads(table, job, &item).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn page(
    table: &Table,
    job: &JobId,
    after: Option<ChunkId>,
    limit: u32,
) -> Result<Vec<ChunkRecord>, LedgerError> {
    let after = after.map(|id| id.to_string());
    let range = Range { after, limit: Some(limit), ..Range::of(record::partition(job)) };
    let items = table.query(range).await?;
    all_with_uploads(table, job, &items).await
}

/// Through a sparse index, which holds keys alone: what is projected into an
/// index is billed at every change of it.
pub(super) async fn indexed(
    table: &Table,
    index: &str,
    job: &JobId,
    after: Option<ChunkId>,
    limit: u32,
) -> Result<Vec<ChunkRecord>, LedgerError> {
    let mut after = after.map(|id| id.to_string());
    let mut chunks: Vec<ChunkRecord> = Vec::new();
    loop {
        let left = limit - chunks.len() as u32;
        let range = Range {
            index: Some(index),
            after: after.take(),
            limit: Some(left),
            ..Range::of(record::partition(job))
        };
        let found = table.query(range).await?;
        let sorts: Vec<String> = found
            .iter()
            .map(|item| item.text(SORT).map(str::to_owned))
            .collect::<Result<_, _>>()?;
        let items = table.get_all(&record::partition(job), &sorts).await?;
        let mut records = all_with_uploads(table, job, &items).await?;
        // It may have moved on between the two reads.
        records.retain(|chunk| match chunk.state {
            ChunkState::Leased => true,
            ChunkState::Pending => index != LEASED,
            ChunkState::Done | ChunkState::Quarantined => false,
        });
        records.sort_by_key(|chunk| chunk.id);
        chunks.extend(records);
        let more = sorts.len() as u64 == u64::from(left);
        if !more || chunks.len() as u64 == u64::from(limit) {
            return Ok(chunks);
        }
        after = sorts.last().cloned();
    }
}

async fn all_with_uploads(
    table: &Table,
    job: &JobId,
    items: &[Item],
) -> Result<Vec<ChunkRecord>, LedgerError> {
    let mut chunks = Vec::with_capacity(items.len());
    for item in items {
        chunks.push(with_uploads(table, job, item).await?);
    }
    Ok(chunks)
}

/// Uploads are items of their own, since an item ends at 400 KB and a chunk
/// may have many; the chunk's own item says whether there are any.
pub(super) async fn with_uploads(
    table: &Table,
    job: &JobId,
    item: &Item,
) -> Result<ChunkRecord, LedgerError> {
    let mut chunk = record::chunk(job, item)?;
    if item.has("uploads") {
        chunk.uploads = uploads(table, job, chunk.id).await?;
    }
    Ok(chunk)
}

async fn uploads(
    table: &Table,
    job: &JobId,
    chunk: ChunkId,
) -> Result<BTreeMap<u32, OpenUpload>, LedgerError> {
    let range = Range { prefix: Some(format!("{chunk}#")), ..Range::of(uploads_of(job)) };
    let mut uploads = BTreeMap::new();
    for item in table.query(range).await? {
        let row = item.text(SORT)?.rsplit('#').next().and_then(|row| row.parse().ok());
        let row = row.ok_or_else(|| unreadable("an upload", &"its key names no row"))?;
        uploads.insert(row, item.unpacked("upload")?);
    }
    Ok(uploads)
}

fn uploads_of(job: &JobId) -> String {
    format!("u#{job}")
}

pub(super) fn upload_key(job: &JobId, chunk: ChunkId, row: u32) -> Key {
    Key::new(uploads_of(job), format!("{chunk}#{row:05}"))
}
