//! cfn-lint: AWS's own schemas of resources. What our rules demand beside is
//! `infra/rules/`, which the gate has cfn-guard check.

use std::path::Path;
use std::process::Command;

use reseal_tests::Scratch;

use crate::template;

/// Regions whose services and types differ.
const REGIONS: [&str; 4] = ["us-east-1", "eu-central-1", "us-gov-west-1", "ca-west-1"];

fn complaints(file: &Path) -> Result<(), String> {
    // Installed beside its Python.
    let mut command = Command::new(template::python().with_file_name("cfn-lint"));
    command.args(["--non-zero-exit-code", "warning", "--regions"]).args(REGIONS);
    let output = command.arg("--template").arg(file).output().expect("cfn-lint starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn cfn_lint_has_nothing_to_say() {
    complaints(&template::path()).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn cfn_lint_would_have_something_to_say() {
    let scratch = Scratch::new("lint");
    for (from, to, code) in [
        ("SqsManagedSseEnabled: true", "SqsManagedSse: true", "E3002"),
        ("!GetAtt DeadQueue.Arn", "!GetAtt NoSuchQueue.Arn", "E1010"),
        ("Default: FARGATE_SPOT", "Default: SPOTTY", "E2015"),
    ] {
        let text = template::text();
        assert!(text.contains(from), "{from}");
        let file = scratch.write("broken.yaml", text.replace(from, to));
        let said = complaints(&file).expect_err(to);
        assert!(said.contains(code), "{to}: {said}");
    }
}

/// Names of roles as they are: with hyphens, dots and paths.
#[test]
fn roles_of_other_accounts_may_have_any_name() {
    let scratch = Scratch::new("lint-roles");
    let text = template::text();
    let (before, after) = text.split_once("  BucketRoleArns:\n").expect("the parameter");
    let with = |value: &str| {
        let after = after.replacen("Default: ''", &format!("Default: '{value}'"), 1);
        scratch.write("roles.yaml", format!("{before}  BucketRoleArns:\n{after}"))
    };
    let role = "arn:aws:iam::111122223333:role";
    for good in [format!("{role}/team-a/reseal-x"), format!("{role}/a-b,{role}/x_y.z@c=1+2")] {
        complaints(&with(&good)).unwrap_or_else(|said| panic!("{good}: {said}"));
    }
    for bad in ["arn:aws:iam::1:role/x", "arn:aws:iam::111122223333:user/x", "reseal"] {
        let said = complaints(&with(bad)).expect_err(bad);
        assert!(said.contains("E2015"), "{bad}: {said}");
    }
}
