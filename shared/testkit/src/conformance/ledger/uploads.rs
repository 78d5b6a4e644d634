//! Multipart uploads on record (I7).

use std::collections::BTreeMap;

use reseal_core::Outcome;
use reseal_core::ports::Ledger;

use super::Bench;
use crate::build::{self, open_upload};

pub(super) async fn uploads_are_kept_by_row(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    let mut expected = BTreeMap::new();
    // Upload ids are opaque: S3's hold what would need escaping elsewhere.
    for (row, id) in [(3, r#"a"b\c'd$.e"#), (0, "ü/+=~"), (3, "the second of its row")] {
        for _ in 0..2 {
            ledger.open_upload(&lease, row, &open_upload(id)).await.expect("may be repeated");
            expected.insert(row, open_upload(id));
            assert_eq!(bench.read(lease.chunk).await.uploads, expected);
        }
    }
    for row in [3, 3, 1] {
        ledger.close_upload(&lease, row).await.expect("may be repeated");
        expected.remove(&row);
        assert_eq!(bench.read(lease.chunk).await.uploads, expected);
    }
}

pub(super) async fn uploads_outlive_their_holder(ledger: &dyn Ledger) {
    let bench = Bench::new(ledger);
    let lease = bench.leased(0).await;
    ledger.open_upload(&lease, 2, &open_upload("u")).await.expect("opens");
    let checkpoint = build::checkpoint(4, lease.epoch, &[Outcome::ReEncrypted; 2]);
    ledger.checkpoint(&lease, &checkpoint).await.expect("checkpoints");
    ledger.renew(&lease).await.expect("renews");
    bench.release(&lease).await;
    bench.claim(lease.chunk).await;
    bench.take_over(lease.chunk).await;
    let found = bench.read(lease.chunk).await;
    assert_eq!(found.uploads, BTreeMap::from([(2, open_upload("u"))]));
    assert_eq!(found.checkpoint, checkpoint, "and they don't touch the checkpoint");
}
