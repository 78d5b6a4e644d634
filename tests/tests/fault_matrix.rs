//! `docs/reliability.md` and the tests it names, held together.

use std::collections::BTreeSet;

use reseal_tests::{Page, tests_below};

/// The faults of the design's matrix, in its order: none may be dropped.
const FAULTS: &[&str] = &[
    "worker `kill -9` at each step",
    "kill inside a multipart copy",
    "coordinator killed while splitting",
    "two coordinators",
    "delivered twice or out of order",
    "visibility expires in mid-copy",
    "queue lost or purged",
    "poison chunk, hostile message",
    "SQS down",
    "DynamoDB throttles, conflicts, is down",
    "a transaction repeated after its token expired",
    "S3 503, 500",
    "error in a 200, answer cut, reply lost",
    "412, 409",
    "deleted in mid-flight",
    "overwritten in mid-flight",
    "tags or grants edited in mid-flight",
    "KMS throttled, disabled, denied",
    "403 for an object",
    "expired credentials",
    "clock skew",
    "corrupt gzip, bad MD5, truncated manifest, wrong columns",
    "decompression bomb, giant field",
    "hostile keys",
    "sizes 0, limit ± 1, 10,000 parts, 50 TB",
    "archived, locked, SSE-C, DSSE",
    "disk full, fsync error (one machine)",
    "SIGTERM, with little time, twice",
    "partition from one service",
];
const INVARIANTS: usize = 18;

fn first_cell(row: &str) -> &str {
    row.trim_start_matches('|').split('|').next().unwrap_or_default().trim()
}

#[test]
fn every_fault_of_the_design_has_its_row() {
    let page = Page::read("reliability.md");
    let found: Vec<_> = page.rows("Fault matrix").into_iter().map(first_cell).collect();
    assert_eq!(found, FAULTS);
}

#[test]
fn every_invariant_has_its_row() {
    let page = Page::read("reliability.md");
    let found: Vec<_> = page.rows("Invariants").into_iter().map(first_cell).collect();
    let expected: Vec<_> = (1..=INVARIANTS).map(|number| format!("I{number}")).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_row_names_a_test() {
    let page = Page::read("reliability.md");
    for heading in ["Invariants", "Fault matrix", "Models"] {
        for row in page.rows(heading) {
            let tests = row.trim_end_matches([' ', '|']).rsplit('|').next();
            assert!(tests.is_some_and(|cell| cell.contains("::")), "no test: {row}");
        }
    }
}

#[test]
fn every_test_that_the_page_names_is_in_the_tree() {
    let folders = ["coordinator", "shared", "tests", "worker"];
    let written: BTreeSet<String> =
        folders.iter().flat_map(|f| tests_below(f)).map(|test| test.in_module()).collect();
    let page = Page::read("reliability.md");
    let rows = ["Fault matrix", "Models"].into_iter().flat_map(|heading| page.rows(heading));
    // Of an invariant, what keeps it is named like a test too.
    let checks = page.rows("Invariants").into_iter().filter_map(|row| row.rsplit('|').nth(1));
    let named = Page::named(rows.chain(checks));
    assert!(named.len() > 60, "{} tests named", named.len());
    let missing: Vec<_> = named.difference(&written).collect();
    assert!(missing.is_empty(), "named and not there: {missing:?}");
}
