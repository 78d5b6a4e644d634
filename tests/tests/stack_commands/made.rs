//! `fleet init` makes what is missing and nothing else.

use reseal_tests::Rule;
use serde_json::json;

use crate::world::{FILES, STACK, World};

const MAKES: [&str; 3] = ["CreateTable", "CreateQueue", "UpdateTimeToLive"];

#[test]
fn a_role_that_may_make_nothing_sets_up_what_a_stack_made() {
    let world = World::new();
    world.expire(STACK);
    for operation in MAKES {
        world.control.rule(Rule::on(operation).answers(400, "AccessDeniedException"));
    }
    let init = ["fleet", "init", "--fleet", STACK, "--files", FILES];
    let made = world.reseal(&init).args(["--output", "json"]).run().expect_code(0).json();
    for (queue, ending) in
        [("normal", "/main"), ("high", "-high"), ("low", "-low"), ("dead", "-dead")]
    {
        let url = made["queues"][queue].as_str().expect("a URL");
        assert!(url.ends_with(ending), "{made}");
    }
    let again = world.reseal(&init).args(["--output", "json"]).run().expect_code(0).json();
    assert_eq!(again, made);
    for operation in MAKES {
        assert_eq!(world.control.requests(operation), 0, "{operation}");
    }
}

#[test]
fn what_a_stack_left_out_is_made_and_somebody_in_between_is_harmless() {
    let world = World::new();
    let gone = world.ask("AmazonSQS.GetQueueUrl", &json!({ "QueueName": "main-low" }));
    world.ask("AmazonSQS.DeleteQueue", &json!({ "QueueUrl": gone["QueueUrl"] }));
    // Somebody makes it between our look and our request, and otherwise.
    let url = world.ministack.url().to_owned();
    world.control.rule(Rule::on("CreateQueue").nth(1).first(move |_| {
        let body = json!({ "QueueName": "main-low", "Attributes": { "VisibilityTimeout": "7" } });
        ureq::post(&url)
            .header("x-amz-target", "AmazonSQS.CreateQueue")
            .header("content-type", "application/x-amz-json-1.0")
            .send(body.to_string())
            .expect("made");
    }));
    let init = ["fleet", "init", "--fleet", STACK, "--files", FILES, "--output", "json"];
    let made = world.reseal(&init).run().expect_code(0).json();
    assert!(made["queues"]["low"].as_str().expect("a URL").ends_with("/main-low"), "{made}");
    let counts = MAKES.map(|operation| world.control.requests(operation));
    assert_eq!(counts, [0, 1, 1], "no table, one queue, the time to live that ministack ignored");
    let ask = json!({ "QueueUrl": made["queues"]["low"], "AttributeNames": ["VisibilityTimeout"] });
    let kept = world.ask("AmazonSQS.GetQueueAttributes", &ask);
    assert_eq!(kept["Attributes"]["VisibilityTimeout"], "7", "it stays as somebody made it");
}
