//! `docs/faults.md` and the tests it names, held together.

use std::collections::BTreeSet;

use reseal_tests::{Page, tests_below};

fn named() -> BTreeSet<String> {
    Page::named(Page::read("faults.md").rows(""))
}

/// Every test of this binary but the ones here.
fn written() -> BTreeSet<String> {
    let tests = tests_below("tests/tests/faults").into_iter();
    tests.filter(|test| !test.file.ends_with("table.rs")).map(|t| t.in_module()).collect()
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let (named, written) = (named(), written());
    assert!(named.len() > 30, "{} tests named", named.len());
    let missing: Vec<_> = named.difference(&written).collect();
    assert!(missing.is_empty(), "named and not there: {missing:?}");
}

#[test]
fn every_test_is_named_on_the_page() {
    let (named, written) = (named(), written());
    let silent: Vec<_> = written.difference(&named).collect();
    assert!(silent.is_empty(), "there and not named: {silent:?}");
}

/// No row without a test.
#[test]
fn every_row_names_a_test() {
    let page = Page::read("faults.md");
    let bare: Vec<_> = page.rows("").into_iter().filter(|row| !row.contains("::")).collect();
    assert!(bare.is_empty(), "{bare:?}");
}
