//! `docs/objects.md` and the tests it names, held together.

use std::path::PathBuf;

use reseal_tests::workspace;

/// The file of `binary::module::test` or `binary::test`, and the test.
fn place(named: &str) -> (PathBuf, String) {
    let folder = workspace().join("tests/tests");
    let parts: Vec<&str> = named.split("::").collect();
    let (test, path) = parts.split_last().expect("a name");
    let file = path.iter().fold(folder, |folder, part| folder.join(part)).with_extension("rs");
    (file, (*test).to_owned())
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let page = std::fs::read_to_string(workspace().join("docs/objects.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let quoted = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let named: Vec<&str> = quoted.filter(|word| word.contains("::")).collect();
    assert!(named.len() > 25, "{} tests named", named.len());
    for name in named {
        let (file, test) = place(name);
        let code = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            code.contains(&format!("#[test]\nfn {test}()")),
            "{name} isn't in {}",
            file.display()
        );
    }
}

/// No row without a test.
#[test]
fn every_row_names_a_test() {
    let page = std::fs::read_to_string(workspace().join("docs/objects.md")).expect("the page");
    let heads = ["| question |", "| attribute |", "| what |"];
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let bare: Vec<&str> = rows
        .filter(|row| !row.contains("::") && !heads.iter().any(|head| row.starts_with(head)))
        .collect();
    assert!(bare.is_empty(), "{bare:?}");
}
