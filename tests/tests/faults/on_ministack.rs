//! The same troubles before an S3 that we didn't write. It keeps versions, so
//! that one too many would show, and fences no copy's destination, so that only
//! looking first keeps us from making one.

use std::collections::BTreeMap;

use reseal_tests::{Answer, Fault, Ministack, Proxy, Reseal, Rule, Scratch, read_report};
use serde_json::json;

const BUCKET: &str = "versioned";
const EACH: usize = 5;

#[test]
fn on_ministack_nothing_is_lost_or_done_twice() {
    let fates = [
        ("slow/", Fault::Refuse(Answer::new(503, "SlowDown"))),
        ("error/", Fault::Refuse(Answer::new(500, "InternalError"))),
        ("error-after/", Fault::RefuseAfter(Answer::new(500, "InternalError"))),
        ("error-in-200/", Fault::RefuseAfter(Answer::new(200, "InternalError"))),
        ("lost/", Fault::ResetAfter),
        ("never-arrived/", Fault::ResetBefore),
        ("broken-off/", Fault::BreakOff),
        ("cut-short/", Fault::CutShort),
    ];
    let keys: Vec<String> = fates
        .iter()
        .flat_map(|(prefix, _)| (0..EACH).map(move |n| format!("{prefix}{n}")))
        .collect();
    let ministack = Ministack::start();
    let objects: Vec<_> = keys
        .iter()
        .map(|key| {
            let put = json!({ "Tagging": "team=a%20b", "Metadata": { "n": key } });
            json!({ "bucket": BUCKET, "key": key, "body": key, "put": put })
        })
        .collect();
    let buckets = json!([{ "name": BUCKET, "versioning": true }]);
    let world = json!({ "keys": ["alias/target"], "buckets": buckets, "objects": objects });
    let arn = ministack.seed(&world)["alias/target"].as_str().expect("an ARN").to_owned();
    let before = ministack.see(&[BUCKET]);

    let (proxy, scratch) = (Proxy::before(ministack.url(), 1), Scratch::new("faults-on-ministack"));
    for (prefix, fault) in fates {
        let rule = Rule::on("CopyObject").prefix(prefix).first_of_each_key(1);
        proxy.rule(rule.does(fault));
    }
    for (prefix, fault) in [("slow/", Fault::ResetAfter), ("lost/", Fault::ResetBefore)] {
        proxy.rule(Rule::on("HeadObject").prefix(prefix).first_of_each_key(1).does(fault));
    }
    let ended = Reseal::without_endpoint("run")
        .args(["--endpoint-url", proxy.url(), &format!("s3://{BUCKET}"), "--strategy", "copy"])
        .args(["--sse", "aws:kms", "--kms-key", "alias/target", "--accept-unfenced-copies"])
        .args(["--concurrency", "4", "--yes", "--output", "json"])
        .state(scratch.folder())
        .run()
        .expect_code(0);

    let rows = read_report(&ended.report());
    assert!(rows.iter().all(|row| row.outcome == "re-encrypted"), "{rows:#?}");
    let mut reported: Vec<_> = rows.iter().map(|row| row.key.clone()).collect();
    let mut expected = keys.clone();
    reported.sort();
    expected.sort();
    assert_eq!(reported, expected);
    assert_eq!(proxy.faulted("CopyObject"), keys.len() as u64, "{:?}", proxy.counts());

    let after = ministack.see(&[BUCKET]);
    assert_eq!(after.len(), 2 * keys.len(), "one old and one new version each");
    let old: BTreeMap<_, _> = before.iter().map(|seen| (seen.key.clone(), seen)).collect();
    for seen in &after {
        assert_eq!(seen.content(), old[&seen.key].content(), "{seen:?}");
        assert_eq!(seen.is_latest, seen.is_under("SSE-KMS", Some(&arn)), "{seen:?}");
    }
}
