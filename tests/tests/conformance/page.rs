//! `docs/semantics.md` and the suite say the same: every sentence with its
//! stand in each world, and how the unproven ones are met.

use reseal_testkit::conformance::object_store::{Known, Probe, Semantic, Stand};
use reseal_tests::workspace;

use crate::known::{IN_PROCESS, MINISTACK, OVER_HTTP};
use crate::sentences;

#[test]
fn the_page_says_what_the_suite_does() {
    let page = std::fs::read_to_string(workspace().join("docs/semantics.md")).expect("the page");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let wanted = [stands(), unproven()].concat();
    for row in &wanted {
        assert!(
            rows.contains(&row.as_str()),
            "not in docs/semantics.md; all rows:\n{}",
            wanted.join("\n")
        );
    }
    assert_eq!(rows, wanted, "docs/semantics.md has rows of its own, or in another order");
}

#[test]
fn no_two_sentences_share_a_name() {
    let mut names: Vec<_> = sentences().iter().map(|sentence| sentence.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// A row for each sentence.
fn stands() -> Vec<String> {
    let row = |Semantic { name, says, .. }: &Semantic| {
        let [a, b, c] = [IN_PROCESS, OVER_HTTP, MINISTACK].map(|known| cell(known, name));
        format!("| `{name}` | {says} | {a} | {b} | {c} |")
    };
    sentences().iter().map(row).collect()
}

fn cell(known: &[Known], name: &str) -> String {
    match known.iter().find(|(known, _)| *known == name).map(|(_, stand)| stand) {
        None => "confirmed".to_owned(),
        Some(Stand::Differs(how)) => format!("differs: {how}"),
        Some(Stand::CannotBeAsked(why)) => format!("can't be asked: {why}"),
    }
}

/// A row for each sentence that nobody else's S3 confirms.
fn unproven() -> Vec<String> {
    let nobody_else = |name: &str| MINISTACK.iter().any(|(known, _)| *known == name);
    let row = |Semantic { name, probe, .. }: &Semantic| match probe {
        Probe::Tries(how) => format!("| `{name}` | yes | {how} |"),
        Probe::No(instead) => format!("| `{name}` | no | {instead} |"),
    };
    sentences().iter().filter(|sentence| nobody_else(sentence.name)).map(row).collect()
}
