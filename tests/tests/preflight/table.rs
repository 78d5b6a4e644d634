//! `docs/preflight.md` and the tests it names, held together.

use std::collections::BTreeSet;

use reseal_tests::{Page, tests_below, workspace};

fn named() -> BTreeSet<String> {
    Page::named(Page::read("preflight.md").lines())
}

/// Every test of this binary but the ones here.
fn written() -> BTreeSet<String> {
    let tests = tests_below("tests/tests/preflight").into_iter();
    tests.filter(|test| !test.file.ends_with("table.rs")).map(|t| t.in_module()).collect()
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let (named, written) = (named(), written());
    assert!(named.len() > 20, "{} tests named", named.len());
    let missing: Vec<_> = named.difference(&written).collect();
    assert!(missing.is_empty(), "named and not there: {missing:?}");
}

#[test]
fn every_test_is_named_on_the_page() {
    let (named, written) = (named(), written());
    let silent: Vec<_> = written.difference(&named).collect();
    assert!(silent.is_empty(), "there and not named: {silent:?}");
}

/// The hazards of the page are those that the code can name.
#[test]
fn every_hazard_has_its_row() {
    let page = std::fs::read_to_string(workspace().join("docs/preflight.md")).expect("the page");
    for file in ["neighbours", "readers"] {
        let path = workspace().join(format!("coordinator/src/hazards/{file}.rs"));
        let code = std::fs::read_to_string(path).expect("the hazards");
        let (_, body) = code.split_once("Hazard {\n").expect("an enum");
        let (body, _) = body.split_once("\n}").expect("its end");
        let variants: Vec<String> = body.lines().filter_map(variant).collect();
        assert!(variants.len() > 5, "{variants:?}");
        for name in variants {
            assert!(page.contains(&format!("| `{name}` |")), "{name} has no row");
        }
    }
}

/// A variant's name as it is in JSON.
fn variant(line: &str) -> Option<String> {
    let word = line.strip_prefix("    ")?;
    let end = word.find([' ', '(', ',']).unwrap_or(word.len());
    let name = word.get(..end).filter(|name| name.starts_with(char::is_uppercase))?;
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    Some(kebab)
}
