//! Pages of `docs/` that name tests, and the tests that there are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::workspace;

/// A page of `docs/`.
#[derive(Debug)]
pub struct Page(String);

impl Page {
    /// Reads it.
    ///
    /// # Panics
    /// When it can't be read.
    pub fn read(name: &str) -> Self {
        let path = workspace().join("docs").join(name);
        Self(std::fs::read_to_string(path).expect("a readable page"))
    }

    /// All of its lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }

    /// The rows of its tables below this heading (of any level; of the
    /// whole page where it is empty), without their heads and rules.
    pub fn rows(&self, heading: &str) -> Vec<&str> {
        let mut within = heading.is_empty();
        let mut rows = Vec::new();
        let mut lines = self.0.lines().peekable();
        while let Some(line) = lines.next() {
            if line.starts_with('#') && !heading.is_empty() {
                within = line.trim_start_matches('#').trim() == heading;
            }
            let is_head = lines.peek().is_some_and(|next| next.starts_with("|---"));
            if within && line.starts_with("| ") && !is_head {
                rows.push(line);
            }
        }
        rows
    }

    /// Every `module::test` that these lines name.
    pub fn named<'a>(lines: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let quoted = lines.into_iter().flat_map(|line| line.split('`').skip(1).step_by(2));
        quoted.filter(|word| word.contains("::")).map(str::to_owned).collect()
    }
}

/// A test as it is written somewhere in the workspace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrittenTest {
    /// Its file, from the workspace on.
    pub file: PathBuf,
    /// Its function.
    pub name: String,
}

impl WrittenTest {
    /// As a page names it: by its module, which is its file's name, or the
    /// folder's of a `main.rs`, `mod.rs` or `tests.rs`.
    pub fn in_module(&self) -> String {
        let stem =
            |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let module = match stem(&self.file).as_str() {
            "main" | "mod" | "tests" => stem(self.file.parent().unwrap_or(Path::new(""))),
            own => own.to_owned(),
        };
        format!("{module}::{}", self.name)
    }
}

/// The tests in all files below a folder of the workspace.
///
/// # Panics
/// When something below it can't be read.
pub fn tests_below(folder: &str) -> Vec<WrittenTest> {
    let mut tests = Vec::new();
    let mut open = vec![workspace().join(folder)];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(&path).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                tests.extend(tests_in(&path));
            }
        }
    }
    tests.sort();
    tests
}

fn tests_in(path: &Path) -> Vec<WrittenTest> {
    let text = std::fs::read_to_string(path).expect("a file");
    let file = path.strip_prefix(workspace()).expect("below the workspace").to_owned();
    let (mut is_test, mut tests) = (false, Vec::new());
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            let name = function.and_then(|rest| rest.split_once('(')).filter(|_| is_test);
            tests.extend(
                name.map(|(name, _)| WrittenTest { file: file.clone(), name: name.to_owned() }),
            );
            is_test = false;
        }
    }
    tests
}
