//! House rules that a reader would otherwise have to remember.

use std::path::{Path, PathBuf};
use std::process::Command;

use reseal_tests::workspace;

/// Longer files hide a second idea.
const LONGEST: usize = 450;

fn tracked(pattern: &str) -> Vec<PathBuf> {
    let output = Command::new("git")
        // Whoever owns the checkout.
        .args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            pattern,
        ])
        .current_dir(workspace())
        .output()
        .expect("git runs");
    let listed = String::from_utf8(output.stdout).expect("UTF-8");
    let files: Vec<_> =
        listed.lines().map(|l| workspace().join(l)).filter(|p| p.exists()).collect();
    assert!(!files.is_empty(), "no {pattern} found: is this a git checkout?");
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a readable file")
}

fn offenders(files: &[PathBuf], broken: impl Fn(&Path, &str) -> bool) -> Vec<String> {
    let shown =
        |path: &PathBuf| path.strip_prefix(workspace()).unwrap_or(path).display().to_string();
    files.iter().filter(|path| broken(path, &read(path))).map(shown).collect()
}

#[test]
fn the_sdk_is_named_in_one_crate_only() {
    // The benchmarks hold a bare loop of the SDK against us.
    let homes = ["shared/aws", "tests/bench"].map(|folder| workspace().join(folder));
    let word = ["aws", "sdk", ""].join("_");
    let named = offenders(&tracked("*.rs"), |path, text| {
        !homes.iter().any(|home| path.starts_with(home)) && text.contains(&word)
    });
    assert!(named.is_empty(), "the SDK is named outside shared/aws: {named:?}");
}

#[test]
fn files_stay_short_and_crates_open_with_their_duties() {
    let long = offenders(&tracked("*.rs"), |_, text| text.lines().count() > LONGEST);
    assert!(long.is_empty(), "longer than {LONGEST} lines: {long:?}");
    let silent = offenders(&tracked("*.rs"), |path, text| {
        path.ends_with("src/lib.rs") && !(text.contains("//! Owns:") && text.contains("//! Never:"))
    });
    assert!(silent.is_empty(), "no 'Owns' and 'Never' at the top: {silent:?}");
}

#[test]
fn nothing_is_left_open_in_the_code() {
    let words = [["to", "do!("].concat(), ["unimple", "mented!("].concat(), ["FIX", "ME"].concat()];
    let open = offenders(&tracked("*.rs"), |_, text| words.iter().any(|word| text.contains(word)));
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn links_between_documents_lead_somewhere() {
    for page in tracked("*.md") {
        let text = read(&page);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let local = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
        for link in local {
            let file = link.split('#').next().unwrap_or(link);
            let target = page.parent().expect("a folder").join(file);
            assert!(target.exists(), "{}: {link}", page.display());
        }
    }
}

#[test]
fn the_readme_is_short() {
    let lines = read(&workspace().join("README.md")).lines().count();
    assert!(lines <= 150, "{lines} lines");
}
