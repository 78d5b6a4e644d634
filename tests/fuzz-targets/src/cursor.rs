//! Cursors as the ledger gives them back, which somebody else may have
//! written.

use reseal_coordinator::{InventoryReport, KeyList, Source};
use reseal_core::Cursor;

use crate::folder::Folder;
use crate::inventory::one_row;
use crate::pulls::{pull_all, wait};

/// Three rows; the second is of two lines.
const CSV: &[u8] = b"bucket,key\nstock,a\nstock,\"b\nb\"\nstock,c,v1\n";
const NDJSON: &[u8] =
    b"{\"bucket\":\"stock\",\"key\":\"a\"}\n\n{\"bucket\":\"stock\",\"key\":\"b\"}";

pub(crate) fn cursor(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let folder = Folder::new();
    for list in [CSV, NDJSON] {
        goes_on(&KeyList::check("list", &folder.write("list", list)).expect("a list"), text);
    }
    let report = wait(InventoryReport::on_disk(&one_row(&folder))).expect("a report");
    goes_on(&report.open(), text);
}

/// From a place of its own a source gives the rest; from any other it gives
/// what lies there, or says that the place isn't its own.
fn goes_on(source: &dyn Source, text: &str) {
    let ours = pull_all(source, &Cursor::default()).expect("pulls");
    let cursor = Cursor(text.to_owned());
    let Ok(batch) = wait(source.pull(&cursor)) else { return };
    assert!(batch.rows.len() <= ours.len() + 1, "no cursor makes rows");
    if let Some(at) = ours.iter().position(|pulled| pulled.after == cursor) {
        assert_eq!(batch.rows, ours[at + 1..]);
    }
}
