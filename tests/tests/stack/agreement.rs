//! The template against the pages, and against the code it starts.

use std::collections::{BTreeMap, BTreeSet};

use reseal_tests::{Page, Reseal, WrittenTest, tests_below};
use serde_json::Value;

use crate::template::{self, METRIC_MATH, REFUSED, texts};

fn whole(page: &str) -> String {
    Page::read(page).lines().collect::<Vec<_>>().join("\n")
}

/// The SQL of a page.
fn statements(page: &str) -> Vec<String> {
    let text = whole(page);
    let blocks = text.split("```sql\n").skip(1);
    blocks.filter_map(|rest| rest.split("\n```").next().map(str::to_owned)).collect()
}

#[test]
fn each_alarm_has_its_heading_and_each_heading_its_alarm() {
    let template = template::read(&template::path());
    let alarms = template::of_type(&template, "AWS::CloudWatch::Alarm");
    let name = |alarm: &&Value| {
        let name = alarm["AlarmName"]["Fn::Sub"].as_str().expect("a name").to_owned();
        name.replace("${AWS::StackName}", "STACK")
    };
    let named: BTreeSet<String> = alarms.values().map(name).collect();
    let text = whole("deploy.md");
    let runbook = text.split("## Runbook").nth(1).expect("a runbook");
    let runbook = runbook.split("\n## ").next().expect("its end");
    let headings = runbook.lines().filter_map(|line| line.strip_prefix("### "));
    assert_eq!(headings.map(str::to_owned).collect::<BTreeSet<_>>(), named);
    assert_eq!(alarms.len(), named.len(), "two of one name");
}

#[test]
fn the_page_names_what_ministack_refuses() {
    let template = template::read(&template::path());
    let alarms = template::of_type(&template, "AWS::CloudWatch::Alarm");
    let by_math: BTreeSet<&str> = alarms
        .iter()
        .filter(|(_, alarm)| alarm.get("Metrics").is_some())
        .map(|(n, _)| *n)
        .collect();
    assert_eq!(by_math, BTreeSet::from(METRIC_MATH));
    let text = whole("deploy.md");
    for name in REFUSED.iter().chain(&METRIC_MATH) {
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
}

/// Columns and types of the page's CREATE statement.
fn columns_on_the_page(table: &str) -> Vec<(String, String)> {
    let all = statements("athena.md");
    let head = format!("CREATE EXTERNAL TABLE IF NOT EXISTS {table} (");
    let create = all.iter().find(|sql| sql.starts_with(&head)).expect(table);
    let columns = create.lines().filter_map(|line| line.trim().strip_prefix('`'));
    columns
        .filter_map(|line| {
            let (name, kind) = line.split_once("` ")?;
            Some((name.to_owned(), kind.trim_end_matches(',').to_owned()))
        })
        .collect()
}

#[test]
fn tables_have_the_columns_and_properties_of_the_page() {
    let template = template::read(&template::path());
    let tables = template::of_type(&template, "AWS::Glue::Table");
    for (id, name, folder) in [
        ("ObjectsTable", "reseal_objects", "objects"),
        ("OldVersionsTable", "reseal_old_versions", "old-versions"),
    ] {
        let input = &tables[id]["TableInput"];
        assert_eq!(input["Name"], name);
        let columns = input["StorageDescriptor"]["Columns"].as_array().expect("columns");
        let text = |column: &Value, what: &str| column[what].as_str().expect("a text").to_owned();
        let columns: Vec<_> = columns.iter().map(|c| (text(c, "Name"), text(c, "Type"))).collect();
        assert!(columns.len() > 5);
        assert_eq!(columns, columns_on_the_page(name));
        let page = statements("athena.md").into_iter().find(|sql| sql.contains(name)).expect(name);
        let parameters = input["Parameters"].as_object().expect("parameters");
        for word in ["skip.header.line.count", "projection.enabled", "projection.job.type"] {
            let here = format!("'{word}' = '{}'", parameters[word].as_str().expect("a text"));
            assert!(page.contains(&here), "{here}");
        }
        let place = format!("s3://${{WorkBucket}}/reports/{folder}/job=${{!job}}/");
        assert_eq!(parameters["storage.location.template"]["Fn::Sub"], place);
        let serde = &input["StorageDescriptor"]["SerdeInfo"];
        assert!(page.contains(serde["SerializationLibrary"].as_str().expect("a name")));
    }
}

#[test]
fn saved_queries_are_those_of_the_pages() {
    let template = template::read(&template::path());
    let queries = template::of_type(&template, "AWS::Athena::NamedQuery");
    let text = |query: &&Value| query["QueryString"].as_str().expect("SQL").trim().to_owned();
    let saved: BTreeSet<String> = queries.values().map(text).collect();
    let pages = statements("athena.md").into_iter().chain(statements("deploy.md"));
    let written: BTreeSet<String> = pages.filter(|sql| sql.starts_with("SELECT")).collect();
    assert_eq!(saved, written);
}

#[test]
fn events_are_those_of_serves_page() {
    let template = template::read(&template::path());
    let rules = template::of_type(&template, "AWS::Events::Rule");
    let page = whole("serve.md");
    let patterns = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let patterns: Vec<Value> =
        patterns.filter_map(|text| serde_json::from_str(text).ok()).collect();
    let tags = &rules["TagRule"]["EventPattern"];
    assert!(patterns.contains(tags), "{tags}");
    let mut manifests = rules["ManifestRule"]["EventPattern"].clone();
    manifests["detail"]["bucket"]["name"][0] = "my-reports".into();
    assert!(patterns.contains(&manifests), "{manifests}");
}

fn container<'a>(tasks: &BTreeMap<&str, &'a Value>, name: &str) -> &'a Value {
    &tasks[name]["ContainerDefinitions"][0]
}

/// The flags that a command may be given, through whatever function.
fn flags(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("--") => {
            let flag = text.split('=').next().unwrap_or(text);
            found.insert(flag.to_owned());
        }
        Value::Array(all) => all.iter().for_each(|value| flags(value, found)),
        Value::Object(map) => map.values().for_each(|value| flags(value, found)),
        _ => {}
    }
}

#[test]
fn tasks_are_started_with_flags_and_variables_that_there_are() {
    let template = template::read(&template::path());
    let tasks = template::of_type(&template, "AWS::ECS::TaskDefinition");
    let coordinator = container(&tasks, "CoordinatorTask");
    assert_eq!(texts(&coordinator["EntryPoint"]), ["/usr/local/bin/reseal"]);
    assert_eq!(coordinator["Command"][0], "serve");
    let mut given = BTreeSet::new();
    flags(&coordinator["Command"], &mut given);
    assert!(given.len() > 12, "{given:?}");
    let help = Reseal::without_endpoint("serve").args(["--help"]).run().expect_code(0).stdout;
    let known = |flag: &String| help.split_whitespace().any(|word| word == flag);
    let unknown: Vec<String> = given.into_iter().filter(|flag| !known(flag)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");

    let worker = container(&tasks, "WorkerTask");
    let help = Reseal::worker().args(["--help"]).run().expect_code(0).stdout;
    for pair in worker["Environment"].as_array().expect("variables") {
        let name = pair["Name"].as_str().expect("a name");
        let is_known = help.contains(&format!("[env: {name}=")) || name == "AWS_REGION";
        assert!(is_known, "{name}");
    }
}

/// The fleet's test of a disabled key sees that a worker writes such a line.
#[test]
fn the_filter_for_key_trouble_is_on_the_workers_lines() {
    let template = template::read(&template::path());
    let filter = &template::of_type(&template, "AWS::Logs::MetricFilter")["KeyTroubleMetric"];
    assert_eq!(filter["FilterPattern"], r#"{ $.level = "ERROR" && $.reason = "Key*" }"#);
    assert_eq!(filter["LogGroupName"]["Ref"], "WorkerLogs");
    let alarm = &template::of_type(&template, "AWS::CloudWatch::Alarm")["KeyTroubleAlarm"];
    let written = &filter["MetricTransformations"][0];
    assert_eq!(alarm["Namespace"], written["MetricNamespace"]);
    assert_eq!(alarm["MetricName"], written["MetricName"]);
}

/// Names of metrics are those of the page.
#[test]
fn metrics_of_workers_are_those_of_their_page() {
    let text = template::text();
    let page = whole("observability.md");
    let section = page.split("### CloudWatch").nth(1).expect("a section");
    let section = section.split("\n## ").next().expect("its end");
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let of_dashboard = line.split("[\"reseal\",\"").skip(1);
        found.extend(of_dashboard.filter_map(|rest| rest.split('"').next()));
        if let Some((_, rest)) = line.split_once("Namespace: reseal, MetricName: ") {
            found.extend(rest.split(',').next());
        }
    }
    assert!(found.len() > 10, "{found:?}");
    for name in found {
        assert!(section.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn tests_that_the_page_names_are_there() {
    let page = Page::read("deploy.md");
    let is_test = |name: &String| !name.starts_with("AWS::") && !name.ends_with("::…");
    let named: BTreeSet<String> = Page::named(page.lines()).into_iter().filter(is_test).collect();
    let there: BTreeSet<String> =
        tests_below("tests/tests/stack").iter().map(WrittenTest::in_module).collect();
    assert!(named.len() > 4 && named.is_subset(&there), "{named:?}");
}
