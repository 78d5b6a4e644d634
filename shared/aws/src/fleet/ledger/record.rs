//! A chunk as an item, and back.

use aws_sdk_dynamodb::types::AttributeValue;
use reseal_core::ports::{ChunkRecord, LedgerError};
use reseal_core::{ChunkDigest, ChunkId, ChunkState, Cursor, Epoch, JobId, Timestamp, WorkerId};
use serde::de::IntoDeserializer as _;
use serde::de::value::Error as ValueError;

use super::super::item::{Item, number, packed, text, unreadable};
use super::super::table::{Key, SORT};

/// The index of chunks that are neither done nor quarantined, and its sort key.
pub(in super::super) const OPEN: &str = "open_chunk";
/// The index of chunks that somebody holds, and its sort key.
pub(in super::super) const LEASED: &str = "leased_chunk";

pub(super) fn partition(job: &JobId) -> String {
    format!("c#{job}")
}

pub(super) fn key(job: &JobId, chunk: ChunkId) -> Key {
    Key::new(partition(job), chunk.to_string())
}

/// What comes before every chunk of a job's next source.
pub(super) fn prefix_of_source(source: u32) -> String {
    format!("s{source:04}-")
}

/// A chunk that nobody has touched: all that is ever put.
pub(super) fn attributes(
    chunk: &ChunkRecord,
) -> Result<Vec<(&'static str, AttributeValue)>, LedgerError> {
    // Without `..`: a new field must find its attribute.
    let ChunkRecord {
        job: _,
        id,
        bucket,
        rows,
        digest,
        next,
        state,
        epoch,
        renewals,
        worker: _,
        attempts,
        first_claimed_at: _,
        checkpoint,
        uploads: _,
    } = chunk;
    Ok(vec![
        (OPEN, text(id.to_string())),
        ("in_bucket", text(bucket.as_str())),
        ("row_count", number(rows)),
        ("digest", text(digest.as_str())),
        ("next_cursor", text(next.0.as_str())),
        ("chunk_state", text(state_word(*state))),
        ("lease_epoch", number(epoch.0)),
        ("renewals", number(renewals)),
        ("attempts", number(attempts)),
        ("checkpoint", packed(checkpoint)?),
    ])
}

/// A chunk from its item; its uploads are items of their own.
pub(super) fn chunk(job: &JobId, item: &Item) -> Result<ChunkRecord, LedgerError> {
    let first_claimed_at: Option<i64> = item.number_if_there("first_claimed")?;
    Ok(ChunkRecord {
        job: job.clone(),
        id: item.parsed(SORT)?,
        bucket: item.parsed("in_bucket")?,
        rows: item.number("row_count")?,
        digest: word::<ChunkDigest>(item, "digest")?,
        next: Cursor(item.text("next_cursor")?.to_owned()),
        state: word::<ChunkState>(item, "chunk_state")?,
        epoch: Epoch(item.number("lease_epoch")?),
        renewals: item.number("renewals")?,
        worker: item.text_if_there("worker")?.map(WorkerId::new),
        attempts: item.number("attempts")?,
        first_claimed_at: first_claimed_at.map(Timestamp::from_millis),
        checkpoint: item.unpacked("checkpoint")?,
        uploads: std::collections::BTreeMap::new(),
    })
}

/// Serde's word, which reads it back.
pub(super) fn state_word(state: ChunkState) -> &'static str {
    match state {
        ChunkState::Pending => "pending",
        ChunkState::Leased => "leased",
        ChunkState::Done => "done",
        ChunkState::Quarantined => "quarantined",
    }
}

fn word<'a, T: serde::Deserialize<'a>>(item: &'a Item, name: &str) -> Result<T, LedgerError> {
    let text = item.text(name)?;
    T::deserialize(text.into_deserializer()).map_err(|error: ValueError| unreadable(name, &error))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::primitives::Blob;
    use proptest::prelude::*;
    use reseal_core::Outcome;
    use reseal_testkit::build::{self, ChunkBuilder};

    use super::*;

    fn item_of(chunk: &ChunkRecord) -> Vec<(String, AttributeValue)> {
        let named = attributes(chunk).expect("packs").into_iter();
        let mut item: Vec<_> = named.map(|(name, value)| (name.to_owned(), value)).collect();
        item.push((SORT.to_owned(), text(chunk.id.to_string())));
        item
    }

    fn chunk_record() -> ChunkRecord {
        let mut record = ChunkBuilder::new(&build::job_id("job"), 1, 7).build();
        record.checkpoint = build::checkpoint(4, Epoch(1), &[Outcome::ReEncrypted; 3]);
        record
    }

    #[test]
    fn a_chunk_comes_back_from_its_item() {
        let record = chunk_record();
        assert_eq!(chunk(&record.job, &Item::new(item_of(&record))), Ok(record));
    }

    proptest! {
        /// Packed by somebody else, damaged, or no text at all.
        #[test]
        fn hostile_items_never_panic(
            at in any::<prop::sample::Index>(),
            raw in prop::collection::vec(any::<u8>(), 0..60),
            kind in 0..4u8,
        ) {
            let record = chunk_record();
            let mut item = item_of(&record);
            let attribute = at.index(item.len());
            let lossy = String::from_utf8_lossy(&raw).into_owned();
            item[attribute].1 = match (kind, &item[attribute].1) {
                (0, _) => text(lossy),
                (1, _) => number(lossy),
                (2, AttributeValue::B(packed)) => {
                    let mut bytes = packed.as_ref().to_vec();
                    let at = at.index(bytes.len());
                    bytes.splice(at..at, raw);
                    AttributeValue::B(Blob::new(bytes))
                }
                (3, _) => packed(&lossy).expect("packs"),
                _ => AttributeValue::B(Blob::new(raw)),
            };
            if let Ok(read) = chunk(&record.job, &Item::new(item)) {
                prop_assert_eq!(read.job, record.job);
                let _ = (read.checkpoint.adds_up(), read.checkpoint.accounts_for_all());
            }
        }
    }
}
