//! 200 with an error body, a truncated answer, a reply lost after success: for
//! every operation that changes something. Nobody can tell from the answer
//! whether it happened; HEAD decides, and nothing happens twice.

use reseal_tests::{Answer, Call, Fault, Rule};
use serde_json::json;

use crate::world::{Settled, World};

/// What can become of a request whose effect is then unknown, by the prefix of
/// the keys that it happens to.
fn fates() -> [(&'static str, Fault); 7] {
    let error = || Answer::new(200, "InternalError");
    [
        ("error-in-200/", Fault::Refuse(error())),
        ("error-in-200-after/", Fault::RefuseAfter(error())),
        ("500-after/", Fault::RefuseAfter(Answer::new(500, "InternalError"))),
        ("lost/", Fault::ResetAfter),
        ("never-arrived/", Fault::ResetBefore),
        ("broken-off/", Fault::BreakOff),
        ("cut-short/", Fault::CutShort),
    ]
}

/// So many small objects for each of them.
const EACH: u64 = 6;

fn hit_once(world: &World, operation: &'static str) {
    for (prefix, fault) in fates() {
        world.proxy.rule(Rule::on(operation).prefix(prefix).first_of_each_key(1).does(fault));
    }
}

fn everything_is_done(world: &World, settled: &Settled, operation: &str) {
    settled.all_are("re-encrypted");
    let hit = world.proxy.faulted(operation);
    assert_eq!(hit, settled.rows.len() as u64, "{:?}", world.proxy.counts());
}

#[test]
fn a_copy_of_unknown_outcome() {
    let world = fates().iter().fold(World::new("copy"), |w, (p, _)| w.objects(p, EACH));
    hit_once(&world, "CopyObject");
    let ended = world.run(&[]).expect_code(0);
    everything_is_done(&world, &world.settled(&ended, &[]), "CopyObject");
}

fn large_world(label: &str) -> World {
    fates().iter().fold(World::new(label), |w, (prefix, _)| w.large(&format!("{prefix}o")))
}

#[test]
fn a_part_of_unknown_outcome() {
    let world = large_world("part");
    hit_once(&world, "UploadPartCopy");
    let ended = world.run(&[]).expect_code(0);
    everything_is_done(&world, &world.settled(&ended, &[]), "UploadPartCopy");
}

#[test]
fn a_completion_of_unknown_outcome() {
    let world = large_world("complete");
    hit_once(&world, "CompleteMultipartUpload");
    let ended = world.run(&[]).expect_code(0);
    everything_is_done(&world, &world.settled(&ended, &[]), "CompleteMultipartUpload");
}

/// The reply is lost, and somebody edits the tags of what came out: found at the
/// target, it is compared all the same, and what differs is said.
#[test]
fn a_completion_unheard_of_is_compared() {
    let world = World::new("unheard").large("a");
    let somebody = world.somebody();
    let edit = move |_: &Call| somebody.tag("a", &[("edited", "yes")]);
    world.proxy.rule(Rule::on("CompleteMultipartUpload").nth(1).then(edit).loses_the_reply());
    let ended = world.run(&[]).expect_code(3);
    let settled = world.settled(&ended, &["a"]);
    settled.all_are("re-encrypted");
    assert_eq!((settled.rows["a"].drift.as_str(), settled.now["a"].len()), ("true", 2));
}

/// The id of an upload may be lost with the reply. Nobody can remove such a
/// one by its id, and it has no part; every other one must be gone.
#[test]
fn an_upload_begun_with_unknown_outcome() {
    let world = large_world("create");
    hit_once(&world, "CreateMultipartUpload");
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled_but_for_uploads(&ended, &[]);
    everything_is_done(&world, &settled, "CreateMultipartUpload");
    let begun_unheard = |key: &str| !key.starts_with("error-in-200/") && !key.starts_with("never");
    for upload in world.somebody().uploads() {
        assert!(upload.parts == 0 && begun_unheard(&upload.key), "{upload:?}");
    }
}

/// A conflict on Complete has the upload aborted and begun anew.
#[test]
fn an_abort_of_unknown_outcome() {
    let world = large_world("abort");
    let conflict = Rule::on("CompleteMultipartUpload").first_of_each_key(1);
    world.proxy.rule(conflict.answers(409, "ConditionalRequestConflict"));
    hit_once(&world, "AbortMultipartUpload");
    let ended = world.run(&[]).expect_code(0);
    everything_is_done(&world, &world.settled(&ended, &[]), "AbortMultipartUpload");
}

/// An update's answer says nothing at all: what it did is seen by HEAD alone.
#[test]
fn an_update_of_unknown_outcome() {
    let world = fates().iter().fold(World::new("update"), |w, (prefix, _)| {
        w.object(json!({ "key": format!("{prefix}o"), "size": 9, "encryption": "SSE-S3" }))
    });
    hit_once(&world, "UpdateObjectEncryption");
    let ended = world.run(&["--strategy", "update"]).expect_code(0);
    let settled = world.settled(&ended, &[]);
    everything_is_done(&world, &settled, "UpdateObjectEncryption");
    assert_eq!(world.versions().values().map(Vec::len).max(), Some(1), "an update makes none");
}
