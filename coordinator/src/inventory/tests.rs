//! What the destination lets in, and which buckets are meant.

use std::sync::Mutex;

use async_trait::async_trait;
use reseal_core::ports::{Inventories, InventorySetup, OwnBucket, OwnBuckets, Reached};
use reseal_core::{AccountId, BucketName, StoreError, StoreErrorKind, TagSet};
use reseal_testkit::{SeededRandom, SimClock, build};

use super::*;
use crate::guard::State;
use crate::retry::Patience;

const FOREIGN: &str = "{\"Statement\" :[ {\"Sid\":\"a\"} ] }";

fn buckets(names: &[&str]) -> Vec<BucketName> {
    names.iter().map(|name| build::bucket(name)).collect()
}

#[test]
fn sources_come_and_go_and_the_last_takes_the_statement_along() {
    let (destination, owner): (_, AccountId) =
        (build::bucket("reports"), "111122223333".parse().expect("an account"));
    let delivery = Delivery { destination: &destination, owner: &owner, partition: "aws" };
    let let_in = |policy: &str, names: &[&str]| {
        let plan = delivery.let_in(Some(policy.to_owned()), &buckets(names)).expect("a plan");
        plan.after.policy.expect("a policy")
    };
    let shut_out = |policy: &str, names: &[&str]| {
        let policy = Some(policy.to_owned());
        delivery.shut_out(policy, &buckets(names), &[]).expect("a plan").after.policy
    };
    let one = let_in(FOREIGN, &["one"]);
    assert!(one.starts_with(&FOREIGN[..FOREIGN.len() - 4]), "{one}");
    let three = let_in(&one, &["three", "two"]);
    let arns = r#"["arn:aws:s3:::one","arn:aws:s3:::three","arn:aws:s3:::two"]"#;
    assert!(three.contains(arns), "{three}");
    assert_eq!(let_in(&three, &["two"]), three, "there already");
    assert_eq!(shut_out(&three, &["three", "two"]), Some(one.clone()));
    assert_eq!(shut_out(&one, &["another"]), Some(one.clone()));
    assert_eq!(shut_out(&one, &["one"]).as_deref(), Some(FOREIGN));
    assert_eq!(shut_out(FOREIGN, &["one"]).as_deref(), Some(FOREIGN));
    let alone = delivery.let_in(None, &buckets(&["one"])).expect("a plan").after.policy;
    assert_eq!(shut_out(&alone.expect("ours"), &["one"]), None);
    // An endpoint that writes a list of one as its element.
    let rewritten = one.replace(r#"["arn:aws:s3:::one"]"#, r#""arn:aws:s3:::one""#);
    assert_ne!(rewritten, one);
    assert_eq!(let_in(&rewritten, &["one"]), rewritten);
}

/// Two pages of buckets; one bucket whose configuration others change.
#[derive(Default)]
struct Account {
    setup: Mutex<Option<InventorySetup>>,
    writes: Mutex<u32>,
    lost: bool,
}

#[async_trait]
impl Inventories for Account {
    async fn setup(&self, _: &BucketName, _: &str) -> Result<Option<InventorySetup>, StoreError> {
        Ok(self.setup.lock().expect("ok").clone())
    }

    async fn setups(
        &self,
        bucket: &BucketName,
        _: Option<&str>,
    ) -> Result<(Vec<InventorySetup>, Option<String>), StoreError> {
        Ok((self.setup(bucket, "").await?.into_iter().collect(), None))
    }

    async fn put_setup(&self, _: &BucketName, setup: &InventorySetup) -> Result<(), StoreError> {
        *self.writes.lock().expect("ok") += 1;
        *self.setup.lock().expect("ok") = Some(setup.clone());
        match self.lost {
            true => Err(StoreError::new(StoreErrorKind::Ambiguous, "NoAnswer", "broke")),
            false => Ok(()),
        }
    }

    async fn delete_setup(&self, _: &BucketName, _: &str) -> Result<(), StoreError> {
        *self.writes.lock().expect("ok") += 1;
        *self.setup.lock().expect("ok") = None;
        Ok(())
    }
}

#[async_trait]
impl OwnBuckets for Account {
    async fn buckets(
        &self,
        after: Option<&str>,
    ) -> Result<(Vec<OwnBucket>, Option<String>), StoreError> {
        let own = |name: &str, region: Option<&str>| OwnBucket {
            name: name.to_owned(),
            region: region.map(str::to_owned),
            reached: Reached::Yes,
        };
        Ok(match after {
            None => {
                let page = vec![own("tagged-1", None), own(".not-a-name", None)];
                (page, Some("more".to_owned()))
            }
            Some(_) => {
                let far = own("tagged-far", Some("eu-west-1"));
                let here = Some("us-east-1");
                let page = [own("tagged-2", here), far, own("secret", here), own("plain", here)];
                (page.into(), None)
            }
        })
    }

    async fn bucket_tags(&self, bucket: &BucketName) -> Result<TagSet, StoreError> {
        match bucket.as_str() {
            "secret" => Err(StoreError::new(StoreErrorKind::Denied, "AccessDenied", "no")),
            "plain" => Ok([("team".to_owned(), "databases".to_owned())].into()),
            _ => Ok([("team".to_owned(), "data".to_owned())].into()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_pages_are_looked_through_and_what_cannot_be_told_is_named() {
    let (clock, random) = (SimClock::new(), SeededRandom::new(1));
    let patience = Patience { clock: &clock, random: &random };
    let tag = ("team".to_owned(), "data".to_owned());
    let found = tagged(&Account::default(), &tag, "us-east-1", patience).await.expect("listed");
    assert_eq!(found.buckets, buckets(&["tagged-1", "tagged-2"]));
    let left: Vec<&str> = found.left_out.iter().map(|left| left.bucket.as_str()).collect();
    assert_eq!(left, [".not-a-name", "tagged-far", "secret"]);
}

fn reports() -> InventorySetup {
    let reports = Reports {
        destination: build::bucket("reports"),
        prefix: None,
        format: "CSV",
        frequency: "Daily",
        versions: "All",
        key: None,
    };
    reports.setup(&"111122223333".parse().expect("an account"), "aws")
}

#[tokio::test(start_paused = true)]
async fn a_configuration_is_written_once_and_never_over_somebody_elses_change() {
    let (clock, random) = (SimClock::new(), SeededRandom::new(1));
    let patience = Patience { clock: &clock, random: &random };
    let change = |before: Option<InventorySetup>| Change {
        bucket: build::bucket("one"),
        state: State::Planned,
        before,
        after: Some(reports()),
        notes: Vec::new(),
    };
    for lost in [false, true] {
        let account = Account { lost, ..Account::default() };
        let writer = Writer { inventories: &account, clock: &clock, patience };
        let mut planned = change(None);
        writer.write(&mut planned).await.expect("written");
        assert_eq!((planned.state, *account.writes.lock().expect("ok")), (State::Done, 1));
        let mut stale = change(Some(InventorySetup { enabled: false, ..reports() }));
        let error = writer.write(&mut stale).await.expect_err("changed").to_string();
        assert!(error.contains("changed by somebody else"), "{error}");
        assert_eq!((stale.state, *account.writes.lock().expect("ok")), (State::Failed, 1));
    }
}
