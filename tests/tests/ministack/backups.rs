//! `--backup-to` on a server that isn't ours.

use std::collections::BTreeMap;

use reseal_tests::read_report;
use serde_json::json;

use crate::world::{EVERY_ENCRYPTION, PLAIN, World, objects};

const BACKUPS: &str = "backups";

#[test]
fn what_is_replaced_lies_where_the_report_says() {
    let seeds = objects(PLAIN, 40, &EVERY_ENCRYPTION);
    let world = World::with_buckets(&json!([{ "name": PLAIN }, { "name": BACKUPS }]), &seeds);
    let see = |bucket| {
        let seen = world.ministack.see(&[bucket]).into_iter();
        seen.map(|seen| (seen.key.clone(), seen)).collect::<BTreeMap<_, _>>()
    };
    let before = see(PLAIN);
    let to = format!("s3://{BACKUPS}/old");
    let copy = ["--strategy", "copy", "--accept-unfenced-copies", "--backup-to", &to];
    let ended = world.run(&[PLAIN], &world.kms(), &copy).expect_code(0);

    let (after, backups) = (see(PLAIN), see(BACKUPS));
    let rows = read_report(&ended.report());
    let replaced: Vec<_> = rows.iter().filter(|row| row.outcome == "re-encrypted").collect();
    assert_eq!((rows.len(), replaced.len(), backups.len()), (40, 30, 30));
    for row in replaced {
        let key = row.backup.strip_prefix(&format!("s3://{BACKUPS}/")).expect("a backup");
        assert_eq!(backups[key].content(), before[&row.key].content(), "{row:?}");
        assert_eq!(after[&row.key].content(), before[&row.key].content(), "{row:?}");
        assert!(world.kms().is_met_by(&backups[key]), "{row:?}");
    }
}
