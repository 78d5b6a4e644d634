//! Checkpoints, as SQLite's columns and DynamoDB's items hold them: both are
//! this JSON, the latter packed.

use reseal_core::{Bitmap, Checkpoint, FailReason, MAX_CHUNK_ROWS};

pub(crate) fn checkpoint(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(bitmap) = Bitmap::decode(text)
    {
        assert_eq!(bitmap.encode(), text, "one set has one text");
        counts_its_rows(&bitmap);
    }
    let Ok(checkpoint) = serde_json::from_slice::<Checkpoint>(bytes) else { return };
    let ours = serde_json::to_vec(&checkpoint).expect("what was read is written");
    let again: Checkpoint = serde_json::from_slice(&ours).expect("what we wrote is read");
    assert_eq!(again, checkpoint);
    counts_its_rows(&checkpoint.settled);
    let Checkpoint { settled, tally, segments } = &checkpoint;
    // In numbers that nothing of this overflows.
    let skipped: u128 = tally.skipped.values().map(|count| u128::from(*count)).sum();
    let failed: u128 = tally.failed.values().map(|count| u128::from(*count)).sum();
    let counted =
        u128::from(tally.re_encrypted) + u128::from(tally.already_compliant) + skipped + failed;
    let reported: u128 = segments.iter().map(|segment| u128::from(segment.rows)).sum();
    let rows = u128::from(settled.count());
    assert_eq!(checkpoint.adds_up(), rows == counted && rows == reported, "{checkpoint:?}");
    let complete = checkpoint.adds_up() && settled.count() == settled.len();
    assert_eq!(checkpoint.is_complete(), complete, "{checkpoint:?}");
    let given_up = tally.failed.get(&FailReason::Quarantined).copied().unwrap_or(0);
    let accounted = counted == u128::from(settled.len())
        && u128::from(settled.len()) - rows <= u128::from(given_up);
    assert_eq!(checkpoint.accounts_for_all(), accounted, "{checkpoint:?}");
    assert!(u128::from(tally.needs_a_look()) <= counted + u128::from(tally.drifted));
}

fn counts_its_rows(bitmap: &Bitmap) {
    assert!(bitmap.len() <= MAX_CHUNK_ROWS, "a bitmap that fits a ledger's row");
    let rows = (0..bitmap.len()).filter(|row| bitmap.contains(*row)).count();
    assert_eq!(rows, bitmap.count() as usize);
    assert_eq!(bitmap.is_full(), bitmap.count() == bitmap.len());
    assert!(!bitmap.contains(bitmap.len()), "nothing beyond the chunk");
}
