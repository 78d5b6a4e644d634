//! What no linter looks at: each policy beside what it is for.

use serde_json::Value;

use crate::template;

fn denies_plain_http(document: &Value) -> bool {
    let statements = document["Statement"].as_array().expect("statements");
    statements.iter().any(|statement| {
        statement["Effect"] == "Deny"
            && statement["Principal"] == "*"
            && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
    })
}

#[test]
fn each_queue_and_bucket_has_a_policy_that_denies_plain_http() {
    let template = template::read(&template::path());
    for (kind, policy, what) in [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
    ] {
        let policies = template::of_type(&template, policy);
        for name in template::of_type(&template, kind).keys() {
            let about = |properties: &&&Value| {
                properties[what]["Ref"] == *name || properties[what][0]["Ref"] == *name
            };
            let its = policies.values().find(about).unwrap_or_else(|| panic!("none for {name}"));
            assert!(denies_plain_http(&its["PolicyDocument"]), "{name}");
            let resource = its["PolicyDocument"]["Statement"][0]["Resource"].to_string();
            assert!(resource.contains(name), "{name}: {resource}");
        }
    }
}

#[test]
fn whatever_is_allowed_on_everything_says_why() {
    let text = template::text();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = 0;
    for (line, before) in lines.iter().skip(1).zip(&lines) {
        assert!(!line.contains("Resource: ['*'"), "{line}");
        assert!(!line.contains("Resource: \"*\""), "write it as the others are: {line}");
        if line.contains("Resource: '*'") {
            assert!(before.starts_with("# "), "no reason before: {line}");
            found += 1;
        }
    }
    assert!(found > 0, "where are they?");
}

#[test]
fn no_secret_has_a_place() {
    let template = template::read(&template::path());
    for (name, parameter) in template["Parameters"].as_object().expect("parameters") {
        assert!(parameter.get("NoEcho").is_none(), "{name} is for a secret");
        let described = parameter["Description"].as_str().is_some_and(|text| text.len() > 15);
        assert!(described, "{name} isn't described");
        let is_bounded = ["AllowedValues", "AllowedPattern", "MaxValue"]
            .iter()
            .any(|bound| parameter.get(*bound).is_some());
        assert!(is_bounded || name == "SubnetIds", "{name} takes anything");
    }
    for task in template::of_type(&template, "AWS::ECS::TaskDefinition").values() {
        assert!(task["ContainerDefinitions"][0].get("Secrets").is_none());
    }
}

#[test]
fn each_parameter_stands_in_one_group_of_the_form() {
    let template = template::read(&template::path());
    let form = &template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
    let groups = form.as_array().expect("groups").iter();
    let mut shown: Vec<String> =
        groups.flat_map(|group| template::texts(&group["Parameters"])).collect();
    shown.sort();
    let mut all: Vec<String> =
        template["Parameters"].as_object().expect("parameters").keys().cloned().collect();
    all.sort();
    assert_eq!(shown, all);
}
