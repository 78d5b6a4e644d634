//! Bugs in the code itself, to be caught by worlds or else by a test:
//! `mutants.json`.

use serde::Deserialize;

/// One bug: a text that stands once in a file, and what stands there instead.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// What it is.
    pub name: String,
    /// Where.
    pub file: String,
    /// What is right.
    pub from: String,
    /// What is wrong.
    pub to: String,
    /// For what no world can show: the test that must fail, as `cargo test`
    /// takes it.
    #[serde(default)]
    pub test: Vec<String>,
}

/// All of them.
///
/// # Panics
/// When the table isn't JSON.
#[must_use]
pub fn patches() -> Vec<Patch> {
    serde_json::from_str(include_str!("../mutants.json")).expect("mutants.json is a list of bugs")
}
