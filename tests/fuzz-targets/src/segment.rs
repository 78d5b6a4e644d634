//! Segments of the report.

use reseal_core::{Epoch, SegmentRef, Tally, encode_rows};

pub(crate) fn segment(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    let rows = u32::try_from(lines).expect("shorter than that");
    let named = SegmentRef { rows, ..SegmentRef::of(Epoch(1), 0, &[], bytes) };
    let fewer = SegmentRef { rows: rows + 1, ..named.clone() };
    assert!(fewer.decode_rows(bytes).is_err(), "as many rows as the checkpoint says");
    let other = SegmentRef::of(Epoch(1), 0, &[], b"another file");
    assert!(other.decode_rows(bytes).is_err(), "only the file that the checkpoint names");
    let Ok(rows) = named.decode_rows(bytes) else { return };
    assert_eq!(Tally::of(&rows).total(), rows.len() as u64, "each row is counted once");
    let ours = encode_rows(&rows).expect("what was read is written");
    let again = SegmentRef::of(Epoch(1), 0, &rows, &ours);
    assert_eq!(again.decode_rows(&ours).expect("what we wrote is read"), rows);
}
