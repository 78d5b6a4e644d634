//! Counters, by bucket and in shards: many workers complete chunks of one
//! bucket at once, and transactions that meet at one item cancel each other.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use reseal_core::ports::{Lease, LedgerError};
use reseal_core::{BucketName, FailReason, JobId, SkipReason, Tally};

use super::super::item::{Item, number, unreadable};
use super::super::table::{Key, Range, SORT, Table, Write};

/// Shards of one bucket's counters.
const SHARDS: u64 = 16;

const SKIPPED: &str = "skipped_";
const FAILED: &str = "failed_";

fn partition(job: &JobId) -> String {
    format!("t#{job}")
}

/// The write that moves a chunk's counters. Unconditional in itself: it takes
/// effect only together with the chunk's.
pub(super) fn moving(
    table: &Table,
    lease: &Lease,
    bucket: &str,
    by: &Tally,
) -> Result<TransactWriteItem, LedgerError> {
    let shard = lease.chunk.sequence % SHARDS;
    let (mut names, mut values, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (name, count)) in counters(by).into_iter().enumerate() {
        parts.push(format!("#n{index} :n{index}"));
        names.push((format!("#n{index}"), name));
        values.push((format!(":n{index}"), number(count)));
    }
    let change = format!("ADD {}", parts.join(", "));
    let write = Write {
        key: Key::new(partition(&lease.job), format!("{bucket}#{shard:02}")),
        change: &change,
        condition: None,
        values: values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
        names,
    };
    table.in_transaction(write)
}

/// Without the ones that stay; the chunk itself always counts, so that the
/// expression is never empty.
fn counters(by: &Tally) -> Vec<(String, u64)> {
    let Tally { re_encrypted, re_encrypted_bytes, already_compliant, skipped, failed, drifted } =
        by;
    let plain = [
        ("re_encrypted", *re_encrypted),
        ("re_encrypted_bytes", *re_encrypted_bytes),
        ("already_compliant", *already_compliant),
        ("drifted", *drifted),
        ("settled_chunks", 1),
    ];
    let plain = plain.map(|(name, count)| (name.to_owned(), count));
    let skipped = skipped.iter().map(|(why, count)| (format!("{SKIPPED}{}", why.word()), *count));
    let failed = failed.iter().map(|(why, count)| (format!("{FAILED}{}", why.word()), *count));
    plain.into_iter().chain(skipped).chain(failed).filter(|(_, count)| *count > 0).collect()
}

pub(super) async fn read(
    table: &Table,
    job: &JobId,
) -> Result<BTreeMap<BucketName, Tally>, LedgerError> {
    let mut tallies: BTreeMap<BucketName, Tally> = BTreeMap::new();
    for item in table.query(Range::of(partition(job))).await? {
        let sort = item.text(SORT)?;
        let bucket = sort.rsplit_once('#').map_or(sort, |(bucket, _)| bucket);
        let bucket = bucket.parse().map_err(|error| unreadable("a counter's bucket", &error))?;
        *tallies.entry(bucket).or_default() += &tally(&item)?;
    }
    Ok(tallies)
}

fn tally(item: &Item) -> Result<Tally, LedgerError> {
    let plain = |name| Ok::<u64, LedgerError>(item.number_if_there(name)?.unwrap_or(0));
    let mut tally = Tally {
        re_encrypted: plain("re_encrypted")?,
        re_encrypted_bytes: plain("re_encrypted_bytes")?,
        already_compliant: plain("already_compliant")?,
        drifted: plain("drifted")?,
        ..Tally::default()
    };
    for (name, value) in item.attributes() {
        let count = || {
            let digits = value.as_n().ok().and_then(|digits| digits.parse::<u64>().ok());
            digits.ok_or_else(|| unreadable(name, &"it isn't a count"))
        };
        if let Some(word) = name.strip_prefix(SKIPPED) {
            let reason = SkipReason::ALL.iter().find(|reason| reason.word() == word);
            tally.skipped.insert(*reason.ok_or_else(|| unknown(name))?, count()?);
        } else if let Some(word) = name.strip_prefix(FAILED) {
            let reason = FailReason::ALL.iter().find(|reason| reason.word() == word);
            tally.failed.insert(*reason.ok_or_else(|| unknown(name))?, count()?);
        }
    }
    Ok(tally)
}

fn unknown(name: &str) -> LedgerError {
    unreadable(name, &"a newer reseal counted it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_come_back_as_they_were() {
        let by = Tally {
            re_encrypted: 3,
            re_encrypted_bytes: u64::MAX,
            already_compliant: 0,
            skipped: BTreeMap::from([(SkipReason::DeleteMarker, 2), (SkipReason::SseC, 1)]),
            failed: BTreeMap::from([(FailReason::NotProved, 7)]),
            drifted: 1,
        };
        let stored = counters(&by).into_iter().map(|(name, count)| (name, number(count)));
        let item = Item::new(stored);
        assert_eq!(tally(&item), Ok(by));
        let newer = Item::new([("skipped_of-tomorrow".to_owned(), number(1))]);
        assert!(tally(&newer).is_err());
    }
}
