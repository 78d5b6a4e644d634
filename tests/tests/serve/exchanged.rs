//! Reports that change between the look at them and their reading.

use reseal_tests::Rule;

use crate::world::{STOCK, World, created};

/// The manifest that is replaced.
const MANIFEST: &str = "a/b/stock/reseal/2026-11-20T01-00Z/manifest.json";

/// A world with a report of three rows, which somebody replaces by one of five
/// in the instant of the `n`-th look at it; and one more, of the next day, that
/// arrives then.
fn exchanged_at(world: &World, n: u64) {
    let keys = world.objects(7);
    world.deliver(&world.written("first", STOCK, &keys[..3]), "");
    let second = world.written("second", STOCK, &keys[..5]);
    let newer = world.written_on("newer", "2026-11-21", STOCK, &keys);
    let url = world.sandbox.url().to_owned();
    let objects: Vec<_> = second.objects().into_iter().chain(newer.objects()).collect();
    world.s3.rule(Rule::on("GetObject").key(MANIFEST).nth(n).first(move |_| {
        for (key, bytes) in &objects {
            ureq::put(format!("{url}/reports/{key}")).send(&bytes[..]).expect("taken");
        }
    }));
}

/// The days of the reports that there are records of, and what became of them.
fn handled(world: &World, prefix: &str) -> Vec<(String, String)> {
    let records = world.records(prefix).into_iter();
    let handled = records.filter(|(_, value)| value["outcome"].is_string());
    handled
        .map(|(name, value)| {
            let day = name.split('/').rev().nth(1).unwrap_or_default().to_owned();
            (day, value["outcome"].as_str().unwrap_or_default().to_owned())
        })
        .collect()
}

#[test]
fn a_record_is_never_about_another_report_than_was_read() {
    // The look at what is due twice, then the census, then the plan.
    for n in [3, 4] {
        let world = World::with_reports();
        exchanged_at(&world, n);
        let mode = ["--mode", "report", "--report-to", "s3://fleet-files/plans"];
        let serve = world.start("serve.log", &mode);
        world.wait_for_log("serve.log", "a round ended");
        world.send(&created("reports", MANIFEST));
        world.wait_for_an_empty_queue();
        let log = world.log("serve.log");
        let newest = ("2026-11-21T01-00Z".to_owned(), "reported".to_owned());
        assert_eq!(handled(&world, "plans/"), [newest], "{n}: {log}");
        assert!(log.contains("isn't the one any more"), "{n}: {log}");
        serve.signal("TERM");
        let _ = serve.wait().expect_code(0);
    }
}
