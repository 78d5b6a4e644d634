//! The template as data, and what of it ministack takes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use reseal_tests::{python_environment, workspace};
use serde_json::{Map, Value};

const CFN_LINT: &str = "cfn-lint==1.58.0";

/// Resource types that ministack doesn't know. The template's other resources
/// are made there, but for [`METRIC_MATH`].
pub(crate) const REFUSED: [&str; 3] = [
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Athena::NamedQuery",
];
/// Alarms with `Metrics`, which it refuses as well.
pub(crate) const METRIC_MATH: [&str; 4] =
    ["BacklogAlarm", "IdleAlarm", "StalledJobAlarm", "ThrottledAlarm"];

/// The Python that has cfn-lint.
pub(crate) fn python() -> PathBuf {
    python_environment("cfn-lint", &[CFN_LINT])
}

pub(crate) fn path() -> PathBuf {
    workspace().join("infra/reseal.yaml")
}

pub(crate) fn text() -> String {
    std::fs::read_to_string(path()).expect("the template")
}

/// A template as JSON.
pub(crate) fn read(path: &Path) -> Value {
    let script = workspace().join("tests/python/template_as_json.py");
    let output = Command::new(python()).arg(script).arg(path).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

pub(crate) fn resources(template: &Value) -> &Map<String, Value> {
    template["Resources"].as_object().expect("resources")
}

/// Resources of a type by their logical ids.
pub(crate) fn of_type<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    let all = resources(template).iter().filter(|(_, resource)| resource["Type"] == kind);
    all.map(|(name, resource)| (name.as_str(), &resource["Properties"])).collect()
}

/// The template without what ministack refuses, nothing else.
///
/// # Panics
/// When something that is left refers to something that isn't.
pub(crate) fn reduced() -> Value {
    let mut template = read(&path());
    let all = template["Resources"].as_object_mut().expect("resources");
    let is_refused = |name: &str, resource: &Value| {
        REFUSED.iter().any(|kind| resource["Type"] == *kind) || METRIC_MATH.contains(&name)
    };
    let gone: BTreeSet<String> = all
        .iter()
        .filter(|(name, resource)| is_refused(name, resource))
        .map(|(name, _)| name.clone())
        .collect();
    all.retain(|name, _| !gone.contains(name));
    let mut named = BTreeSet::new();
    references(&template, &mut named);
    assert!(named.is_disjoint(&gone), "{:?}", named.intersection(&gone));
    template
}

/// Every name that a function refers to.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match (name.as_str(), value) {
                    ("Ref", Value::String(target)) => {
                        found.insert(target.clone());
                    }
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        found.extend(parts[0].as_str().map(str::to_owned));
                    }
                    ("DependsOn", value) => found.extend(texts(value)),
                    _ => references(value, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|value| references(value, found)),
        Value::String(text) => found.extend(placeholders(text)),
        _ => {}
    }
}

/// The `${Name}` and `${Name.Attribute}` of a text.
fn placeholders(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split("${").skip(1).filter_map(|rest| {
        let name = rest.split('}').next()?;
        Some(name.split('.').next().unwrap_or(name).to_owned())
    })
}

/// A text or a list of texts, as a list.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}
