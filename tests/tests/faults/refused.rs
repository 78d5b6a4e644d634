//! What UpdateObjectEncryption refuses, told by its message only: the object
//! goes on at the next row of the action table.

use reseal_tests::{Answer, Fault, Rule};

use crate::world::World;

/// More than half of more than a hundred are refused: no trouble for the breaker.
#[test]
fn a_refused_update_goes_on_as_a_copy() {
    for (status, code, message) in [
        (
            400,
            "InvalidRequest",
            "Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
        ),
        (403, "AccessDenied", "The key must be owned by the same account as the bucket."),
        (400, "InvalidRequest", "The account isn\u{2019}t part of an organization."),
    ] {
        let world = World::new("refused").objects("o", 150);
        let answer = Answer::new(status, code).saying(message);
        world.proxy.rule(Rule::on("UpdateObjectEncryption").does(Fault::Refuse(answer)));
        let ended = world.run(&["--strategy", "auto"]).expect_code(0);
        let settled = world.settled(&ended, &[]);
        settled.all_are("re-encrypted");
        assert!(settled.rows.values().all(|row| row.action == "copy"), "{message}");
        let refused = world.proxy.faulted("UpdateObjectEncryption");
        assert_eq!(refused, 100, "once for each that could be updated: {message}");
    }
}

/// Without those words it is a denial like any other.
#[test]
fn a_denied_update_is_no_refusal() {
    let world = World::new("denied-update").objects("o", 3);
    world.proxy.rule(Rule::on("UpdateObjectEncryption").answers(403, "AccessDenied"));
    let ended = world.run(&["--strategy", "auto"]).expect_code(3);
    let settled = world.settled(&ended, &[]);
    assert_eq!((settled.count("denied"), settled.count("re-encrypted")), (2, 1));
}
