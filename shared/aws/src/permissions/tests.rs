use std::collections::BTreeSet;

use super::*;

/// Asked for by commands that no role of the stack runs: setting a fleet up
/// without it, `purge`, `guard`.
const OTHERS: [&str; 7] = [
    "CreateQueue",
    "CreateTable",
    "DeleteBucketEncryption",
    "PutBucketEncryption",
    "UpdateTimeToLive",
    "DeleteStack",
    "DescribeStackEvents",
];

#[test]
fn every_operation_that_is_needed_has_actions_and_stands_there_once() {
    for role in Role::ALL {
        let mut seen = BTreeSet::new();
        for need in needs(role) {
            for operation in need.operations {
                assert!(actions(operation, need.place).is_some(), "{operation}");
                assert!(seen.insert((need.place, *operation)), "{role:?} {operation} twice");
            }
        }
    }
}

#[test]
fn no_action_is_a_wildcard_and_each_policy_fits() {
    for role in Role::ALL {
        let policy = managed_policy(role);
        let actions = policy.lines().filter_map(|line| line.trim().strip_prefix("- "));
        for action in actions.filter(|text| text.starts_with(|c: char| c.is_ascii_lowercase())) {
            assert!(action.contains(':') && !action.contains('*'), "{role:?}: {action}");
        }
        // IAM counts JSON: a quoted item and its comma for each of these lines.
        let size: usize = policy
            .lines()
            .filter(|line| !line.trim().starts_with('#'))
            .map(|line| line.chars().filter(|c| !c.is_whitespace()).count() + 3)
            .sum();
        assert!(size < MANAGED_POLICY_LIMIT, "{role:?}: about {size} characters");
    }
}

#[test]
fn who_only_looks_is_allowed_nothing_that_writes() {
    let words = ["Put", "Delete", "Create", "Update", "Send", "Abort", "Restore", "Complete"];
    for need in needs(Role::Auditor) {
        for operation in need.operations {
            assert!(!words.iter().any(|word| operation.starts_with(word)), "{operation}");
        }
    }
}

#[test]
fn who_uses_a_key_through_s3_asks_for_those_operations_himself() {
    for role in Role::ALL {
        let through_s3 = |place| matches!(place, Place::TargetThroughS3 | Place::OldKeysThroughS3);
        let (on_keys, own): (Vec<&Need>, Vec<&Need>) =
            needs(role).iter().partition(|need| through_s3(need.place));
        let own: BTreeSet<_> = own.iter().flat_map(|need| need.operations).collect();
        for operation in on_keys.iter().flat_map(|need| need.operations) {
            assert!(own.contains(operation), "{role:?} never asks for {operation}");
        }
    }
}

/// Nobody asks S3 for these two on a job's objects: they shape HEAD's answer.
#[test]
fn who_looks_at_objects_sees_their_locks() {
    for role in Role::ALL {
        let looks = |need: &&Need| need.operations.contains(&"HeadObject");
        for need in needs(role).iter().filter(looks) {
            let granted = actions("HeadObject", need.place).expect("known");
            for action in ["s3:GetObjectRetention", "s3:GetObjectLegalHold"] {
                assert!(granted.contains(&action), "{role:?} would take locked objects for free");
            }
        }
        assert!(managed_policy(role).contains("- s3:GetObjectRetention\n"), "{role:?}");
    }
}

/// What a scenario doesn't come across is found in the source: each operation
/// of a client must have its actions here.
#[test]
fn every_operation_of_the_source_is_in_the_table() {
    let mut files = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let (mut found, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    while let Some(path) = files.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder");
            files.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file");
        found.extend(operations_in(&text));
    }
    for operation in &found {
        if actions(operation, Place::Account).is_none() && !OTHERS.contains(&operation.as_str()) {
            unknown.insert(operation);
        }
    }
    assert!(found.len() > 60, "the source is read otherwise by now: {found:?}");
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Calls of a client's method without arguments (`client.head_object()`, on
/// one line or on several), and those that the macros `ask!` and `read!` make.
fn operations_in(text: &str) -> BTreeSet<String> {
    let packed: String = text.split_whitespace().collect();
    let word = |rest: &str| -> String {
        rest.chars().take_while(|c| c.is_ascii_lowercase() || matches!(c, '_' | '2')).collect()
    };
    let mut found = BTreeSet::new();
    for client in ["client", "sqs", "sts", "dynamodb", "cloudformation"] {
        for rest in packed.split(&format!("{client}.")).skip(1) {
            let name = word(rest);
            let is_operation = name.contains('_') || name == "query";
            if is_operation && rest[name.len()..].starts_with("()") {
                found.insert(camel(&name));
            }
        }
    }
    for asked in ["ask!(self,", "read!(self,"] {
        for rest in packed.split(asked).skip(1) {
            let named = rest.split([',', ')']).map(word).find(|name| {
                ["get_", "put_", "delete_", "list_"].iter().any(|verb| name.starts_with(verb))
            });
            found.extend(named.map(|name| camel(&name)));
        }
    }
    found
}

fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('_').filter_map(word).collect()
}
