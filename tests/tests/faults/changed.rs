//! Somebody else writes to the very object that is being worked on.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use reseal_tests::{Call, Rule, Version};
use serde_json::json;

use crate::somebody::tags_of;
use crate::world::{BUCKET, GIB, World};

/// How often an object is tried that others keep rewriting: once, and once for
/// each of five changes.
const TRIES: u64 = 6;

#[test]
fn a_412_is_looked_at_anew() {
    let world = World::new("412").objects("o", 12).large("large");
    for call in ["CopyObject", "CompleteMultipartUpload"] {
        world.proxy.rule(Rule::on(call).first_of_each_key(1).answers(412, "PreconditionFailed"));
    }
    let ended = world.run(&[]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    let counts = world.proxy.counts();
    assert_eq!((counts["CopyObject"].faulted, counts["CompleteMultipartUpload"].faulted), (12, 1));
}

#[test]
fn a_conflict_on_a_copy_is_repeated() {
    let world = World::new("409-copy").objects("o", 12);
    for (nth, code) in [(1, "ConditionalRequestConflict"), (2, "OperationAborted")] {
        for n in 0..12 {
            let rule = Rule::on("CopyObject").key(&format!("o{n:03}"));
            world.proxy.rule(rule.nth(nth).answers(409, code));
        }
    }
    let ended = world.run(&[]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    assert_eq!(world.proxy.faulted("CopyObject"), 24);
}

/// S3 wants a new upload after a conflict on Complete.
#[test]
fn a_conflict_on_complete_begins_a_new_upload() {
    let world = World::new("409-complete").large("a").large("b");
    let complete = Rule::on("CompleteMultipartUpload").first_of_each_key(1);
    world.proxy.rule(complete.answers(409, "ConditionalRequestConflict"));
    let ended = world.run(&[]).expect_code(0);
    world.settled(&ended, &[]).all_are("re-encrypted");
    let requests = |call: &str| world.proxy.requests(call);
    assert_eq!(requests("CreateMultipartUpload"), 4);
    assert_eq!(requests("AbortMultipartUpload"), 2, "the two that met the conflict");
}

/// Deletes each object just before the first request of this kind to it.
fn deletes_before(world: &World, call: &'static str, prefix: &str) {
    let somebody = world.somebody();
    let rule = Rule::on(call).prefix(prefix).first_of_each_key(1);
    world.proxy.rule(rule.first(move |call| {
        somebody.delete(call.key.as_deref().expect("a key"));
    }));
}

fn deleted_mid_flight(versioning: Option<&str>) {
    let world = World::with_versioning("deleted", versioning).objects("copied/", 6);
    let world = ["part/a", "done/a"].into_iter().fold(world, World::large);
    deletes_before(&world, "CopyObject", "copied/");
    deletes_before(&world, "UploadPartCopy", "part/");
    deletes_before(&world, "CompleteMultipartUpload", "done/");
    let keys: Vec<_> = world.before().keys().map(String::as_str).collect();
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled(&ended, &keys);
    for key in keys {
        assert_eq!(settled.fate(key), ("skipped", "gone"), "{key}");
        assert_eq!(world.somebody().get(key), None, "{key} rose from the dead");
        let now = settled.now.get(key).map_or(&[][..], Vec::as_slice);
        let marked = now.first().is_some_and(|version| version.is_delete_marker);
        let expected = if versioning.is_some() { (2, true) } else { (0, false) };
        assert_eq!((now.len(), marked), expected, "{key}: {now:?}");
    }
}

#[test]
fn deleted_mid_flight_is_never_resurrected() {
    deleted_mid_flight(Some("Enabled"));
    deleted_mid_flight(None);
}

fn text_of(key: &str, n: usize) -> String {
    format!("written by somebody, {n}, over {key}")
}

/// Writes over each object just before such a request to it, as often as the
/// rule says.
fn overwrites(world: &World, rule: Rule) {
    let somebody = world.somebody();
    let times = Mutex::new(BTreeMap::<String, usize>::new());
    world.proxy.rule(rule.first(move |call| {
        let key = call.key.clone().expect("a key");
        let n = {
            let mut times = times.lock().expect("no panic");
            let n = times.entry(key.clone()).or_default();
            *n += 1;
            *n
        };
        somebody.put(&key, &text_of(&key, n));
    }));
}

fn bytes_are(world: &World, key: &str, version: &Version) {
    assert_eq!(world.somebody().get(key), Some(text_of(key, 1)), "{version:?}");
    assert_eq!(version.rest["metadata"]["by"], "somebody", "{version:?}");
}

fn overwritten_mid_flight(versioning: Option<&str>) {
    let world = World::with_versioning("overwritten", versioning).objects("copied/", 6);
    let world = ["part/a", "done/a"].into_iter().fold(world, World::large);
    let once = |call, prefix| Rule::on(call).prefix(prefix).first_of_each_key(1);
    overwrites(&world, once("CopyObject", "copied/"));
    overwrites(&world, once("UploadPartCopy", "part/"));
    overwrites(&world, once("CompleteMultipartUpload", "done/"));
    let keys: Vec<_> = world.before().keys().map(String::as_str).collect();
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled(&ended, &keys);
    settled.all_are("re-encrypted");
    for key in keys {
        let now = &settled.now[key];
        assert!(world.is_at_target(&now[0]), "{now:?}");
        bytes_are(&world, key, &now[0]);
        // Ours, theirs, the old one: each of them once.
        assert_eq!(now.len(), if versioning.is_some() { 3 } else { 1 }, "{now:?}");
        assert_eq!(now.last().expect("one").is_latest, versioning.is_none());
    }
}

#[test]
fn overwritten_mid_flight_is_evaluated_anew() {
    overwritten_mid_flight(Some("Enabled"));
    overwritten_mid_flight(None);
}

#[test]
fn overwritten_again_and_again_ends_as_changed() {
    let world = World::new("busy").objects("calm/", 6).objects("busy/", 1).large("large");
    overwrites(&world, Rule::on("CopyObject").prefix("busy/"));
    let (url, sizes) = (world.sandbox.url().to_owned(), AtomicU64::new(6 * GIB + 2));
    world.proxy.rule(Rule::on("CompleteMultipartUpload").first(move |_| {
        let size = sizes.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "bucket": BUCKET, "key": "large", "size": size }).to_string();
        let url = format!("{url}/_sandbox/objects");
        ureq::post(&url).content_type("application/json").send(body).expect("overwritten");
    }));
    let ended = world.run(&[]).expect_code(3);
    let settled = world.settled(&ended, &["busy/000", "large"]);
    assert_eq!(settled.count("re-encrypted"), 6);
    for key in ["busy/000", "large"] {
        assert_eq!(settled.fate(key), ("skipped", "changed"), "{key}");
        let now = &settled.now[key];
        assert_eq!(now.len() as u64, 1 + TRIES, "{key}: somebody's and none of ours");
        assert!(!now.iter().any(|version| world.is_at_target(version)), "{key}");
    }
    let last = Some(text_of("busy/000", TRIES as usize));
    assert_eq!(world.somebody().get("busy/000"), last);
}

/// An update names the version that was looked at: what somebody writes over it
/// in that instant isn't touched, and is as any write after ours.
#[test]
fn overwritten_in_the_instant_of_an_update_nothing_of_it_is_touched() {
    let world = World::new("update-race").object(json!({
        "key": "o", "size": 9, "encryption": "SSE-S3",
    }));
    overwrites(&world, Rule::on("UpdateObjectEncryption"));
    let ended = world.run(&["--strategy", "update"]).expect_code(0);
    let settled = world.settled(&ended, &["o"]);
    settled.all_are("re-encrypted");
    let now = &settled.now["o"];
    assert_eq!(now.len(), 2);
    bytes_are(&world, "o", &now[0]);
    assert!(!world.is_at_target(&now[0]) && world.is_at_target(&now[1]));
    assert_eq!(settled.rows["o"].after_version, now[1].version_id);
}

/// Tags the object just before or after the first such request.
fn tags_once(world: &World, call: &'static str, before: bool) {
    let somebody = world.somebody();
    let tag = move |call: &Call| {
        somebody.tag(call.key.as_deref().expect("a key"), &[("team", "new"), ("edited", "yes")]);
    };
    let rule = Rule::on(call).first_of_each_key(1);
    world.proxy.rule(if before { rule.first(tag) } else { rule.then(tag) });
}

fn is_edited(version: &Version) -> bool {
    let tags = tags_of(version);
    tags.get("edited").map(String::as_str) == Some("yes") && tags.len() == 2
}

/// S3 reads the tags itself when it copies.
#[test]
fn tags_edited_before_a_copy_are_in_the_copy() {
    let world = World::new("tags-copy").objects("o", 6);
    tags_once(&world, "CopyObject", true);
    let ended = world.run(&[]).expect_code(0);
    let keys: Vec<_> = world.before().keys().map(String::as_str).collect();
    let settled = world.settled(&ended, &keys);
    settled.all_are("re-encrypted");
    for versions in settled.now.values() {
        assert!(versions.len() == 2 && is_edited(&versions[0]), "{versions:?}");
    }
}

#[test]
fn tags_edited_while_parts_are_copied_begin_the_copy_anew() {
    let world = World::new("tags-parts").large("a");
    tags_once(&world, "UploadPartCopy", true);
    let ended = world.run(&[]).expect_code(0);
    let settled = world.settled(&ended, &["a"]);
    settled.all_are("re-encrypted");
    assert!(is_edited(&settled.now["a"][0]), "{:?}", settled.now["a"]);
    assert_eq!(settled.rows["a"].drift, "false");
    assert_eq!(world.proxy.requests("CompleteMultipartUpload"), 1, "not over stale tags");
}

/// No condition can fence this instant: it is said, and nothing is overwritten.
#[test]
fn tags_edited_in_the_last_instant_are_drift() {
    for before_complete in [true, false] {
        let world = World::new("tags-drift").large("a");
        tags_once(&world, "CompleteMultipartUpload", before_complete);
        let ended = world.run(&[]).expect_code(3);
        let settled = world.settled(&ended, &["a"]);
        settled.all_are("re-encrypted");
        let row = &settled.rows["a"];
        assert_eq!(row.drift, "true", "{row:?}");
        let edited = &settled.now["a"][usize::from(before_complete)];
        assert!(is_edited(edited), "{:?}", settled.now["a"]);
        let named = row.detail.contains(&edited.version_id) || !before_complete;
        assert!(named && row.detail.contains("tags"), "{row:?}");
        assert_eq!(ended.json()["totals"]["buckets"][BUCKET]["drifted"], 1);
    }
}
