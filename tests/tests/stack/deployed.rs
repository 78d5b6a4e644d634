//! The stack on ministack: made, upgraded, deleted, and what it is made of.

use serde_json::{Value, json};

use crate::template::{self, REFUSED};
use crate::world::{STACK, World, commands};

const OUTPUTS: [&str; 11] = [
    "AuditorRole",
    "BucketTag",
    "CoordinatorRole",
    "Events",
    "Files",
    "Fleet",
    "Key",
    "Next",
    "Reports",
    "WorkBucket",
    "WorkerRole",
];

fn container(world: &World, family: &str) -> Value {
    let told = world.aws(&["ecs", "describe-task-definition", "--task-definition", family]);
    told["taskDefinition"]["containerDefinitions"][0].clone()
}

#[test]
fn the_pages_commands_make_upgrade_and_delete_the_stack() {
    assert_eq!(commands().len(), 2, "one to deploy, one to upgrade");
    let world = World::deployed();
    let outputs = world.outputs();
    assert_eq!(outputs.keys().map(String::as_str).collect::<Vec<_>>(), OUTPUTS);
    let bucket = world.output("WorkBucket");
    assert_eq!(world.output("Fleet"), STACK);
    assert_eq!(world.output("Files"), format!("s3://{bucket}/fleet"));
    assert_eq!(world.output("Reports"), format!("s3://{bucket}/inventory"));
    assert_eq!(world.output("BucketTag"), "__Inventory=true");
    let command = container(&world, "reseal-coordinator")["command"].to_string();
    assert!(command.contains("--mode=report"), "{command}");
    assert!(command.contains(&format!("--report-to=s3://{bucket}/plans")), "{command}");
    assert!(!command.contains("--fleet="), "{command}");
    let files = world.output("Files");
    let _ = world.json(&["fleet", "init", "--fleet", STACK, "--files", &files]);

    // The upgrade keeps what isn't named, and the fleet's ledger.
    let said = world.deploy(1, "registry.example/reseal:2", &["EncryptBuckets=encrypt"]);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(world.outputs(), outputs);
    let worker = container(&world, "reseal-worker");
    assert_eq!(worker["image"], "registry.example/reseal:2");
    let command = container(&world, "reseal-coordinator")["command"].to_string();
    let target = format!("--kms-key={}", world.output("Key"));
    for flag in ["--mode=encrypt", "--fleet=reseal", &format!("--fleet-files={files}"), &target] {
        assert!(command.contains(flag), "{flag}: {command}");
    }
    assert!(!command.contains("--report-to"), "{command}");
    assert_eq!(world.json(&["status", "--fleet", STACK])["jobs"], json!([]));

    let _ = world.aws(&["cloudformation", "delete-stack", "--stack-name", STACK]);
    let wait = ["cloudformation", "wait", "stack-delete-complete", "--stack-name", STACK];
    let _ = world.aws(&wait);
    let missing = world.reseal(&["status", "--fleet", STACK]).run().expect_code(2);
    assert!(missing.stderr.contains("there is no fleet"), "{}", missing.stderr);
    let _ = world.aws(&["s3api", "head-bucket", "--bucket", &bucket]);
    let key = outputs["Key"].as_str().expect("an ARN");
    let key = world.aws(&["kms", "describe-key", "--key-id", key]);
    assert_eq!(key["KeyMetadata"]["KeyState"], "Enabled", "{key}");
}

/// A table's shape, without its name and age.
fn table(world: &World, name: &str) -> Value {
    let told = world.aws(&["dynamodb", "describe-table", "--table-name", name]);
    let table = &told["Table"];
    let mut attributes = table["AttributeDefinitions"].as_array().expect("attributes").clone();
    attributes.sort_by_key(Value::to_string);
    let index = |index: &Value| {
        json!({ "name": index["IndexName"], "keys": index["KeySchema"],
                "projection": index["Projection"] })
    };
    let indexes = table["LocalSecondaryIndexes"].as_array().expect("indexes");
    let indexes: Vec<Value> = indexes.iter().map(index).collect();
    json!({ "attributes": attributes, "keys": table["KeySchema"], "indexes": indexes,
            "global": table["GlobalSecondaryIndexes"], "billing": table["BillingModeSummary"]["BillingMode"] })
}

/// A queue's attributes, with the fleet's name left out of them.
fn queue(world: &World, fleet: &str, suffix: &str) -> Value {
    let name = format!("{fleet}{suffix}");
    let url = world.aws(&["sqs", "get-queue-url", "--queue-name", &name]);
    let url = url["QueueUrl"].as_str().expect("a URL");
    let words = ["sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All"];
    let all = &world.aws(&words)["Attributes"];
    let redrive = all["RedrivePolicy"].as_str().unwrap_or("{}").replace(fleet, "FLEET");
    let redrive: Value = serde_json::from_str(&redrive).expect("a policy");
    let number = |value: &Value| value.to_string().replace('"', "");
    json!({ "redrive": [redrive["deadLetterTargetArn"], number(&redrive["maxReceiveCount"])],
            "encrypted": all["SqsManagedSseEnabled"], "retention": all["MessageRetentionPeriod"],
            "visibility": all["VisibilityTimeout"], "delay": all["DelaySeconds"],
            "size": all["MaximumMessageSize"] })
}

#[test]
fn the_stack_and_fleet_init_make_the_same_fleet() {
    let world = World::deployed();
    let files = world.output("Files");
    let _ = world.json(&["fleet", "init", "--fleet", "by-hand", "--files", &files]);
    assert_eq!(table(&world, STACK), table(&world, "by-hand"));
    assert_eq!(table(&world, STACK)["indexes"].as_array().map(Vec::len), Some(2));
    // ministack's CloudFormation takes no notice of it: so by the template.
    let expiry = world.aws(&["dynamodb", "describe-time-to-live", "--table-name", "by-hand"]);
    let template = template::read(&template::path());
    let wanted = &template["Resources"]["Table"]["Properties"]["TimeToLiveSpecification"];
    let attribute = &expiry["TimeToLiveDescription"]["AttributeName"];
    assert_eq!(*wanted, json!({ "AttributeName": attribute, "Enabled": true }));
    for suffix in ["", "-high", "-low", "-dead"] {
        assert_eq!(queue(&world, STACK, suffix), queue(&world, "by-hand", suffix), "{suffix}");
    }
    let redrive = json!(["arn:aws:sqs:us-east-1:000000000000:FLEET-events-dead", "20"]);
    let events = queue(&world, STACK, "-events");
    assert_eq!((&events["redrive"], &events["visibility"]), (&redrive, &json!("300")));
}

#[test]
fn parameters_that_contradict_each_other_are_refused() {
    let world = World::new();
    for (more, why) in [
        (vec!["CreateKMSKey=false"], "needs KMSKeyId"),
        (vec!["SSEType=AES256"], "takes neither KMSKeyId nor CreateKMSKey"),
        (vec!["KMSKeyId=arn:aws:kms:us-east-1:000000000000:key/1"], "contradicts CreateKMSKey"),
    ] {
        let said = world.deploy(0, "registry.example/reseal:1", &more);
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(!said.status.success() && text.contains(why), "{more:?}: {text}");
    }
    let alias = world.deploy(0, "registry.example/reseal:1", &["KMSKeyId=alias/mine"]);
    assert!(String::from_utf8_lossy(&alias.stderr).contains("full ARN"), "{alias:?}");
}

/// Once it takes them, they belong into the tests above.
#[test]
fn ministack_refuses_exactly_what_is_left_out() {
    let world = World::new();
    let refusal = |template: &Value| {
        let file = world.scratch.write("other.json", template.to_string());
        let said = world.deploy_file(&file, 0, "registry.example/reseal:1", &[]);
        assert!(!said.status.success(), "{said:?}");
        String::from_utf8_lossy(&said.stderr).into_owned()
    };
    let whole = template::read(&template::path());
    let said = refusal(&whole);
    let named = said.split("Unrecognized resource types: [").nth(1);
    let named = named.and_then(|rest| rest.split(']').next()).unwrap_or_else(|| panic!("{said}"));
    assert_eq!(named.split(", ").collect::<Vec<_>>(), REFUSED);

    let mut with_math = template::reduced();
    let mut alarm = whole["Resources"]["ThrottledAlarm"].clone();
    alarm["Properties"]["AlarmActions"] = json!([]);
    with_math["Resources"]["ThrottledAlarm"] = alarm;
    let _ = refusal(&with_math);
    let events = ["cloudformation", "describe-stack-events", "--stack-name", STACK];
    let said = world.aws(&events).to_string();
    assert!(said.contains("(metric math) is not supported"), "{said}");
}
