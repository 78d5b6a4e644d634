//! Plans, races and lost answers, without a cloud.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use reseal_core::ports::{Clock as _, EncryptionRule, Safeguards};
use reseal_core::{BucketName, KmsTarget, StoreError, StoreErrorKind, Target};
use reseal_testkit::{SeededRandom, SimClock, build};

use super::*;
use crate::exit::CommandError;
use crate::retry::Patience;

fn bucket() -> BucketName {
    build::bucket("my-bucket")
}

const FOREIGN: &str = "{\"Statement\":[{\"Sid\":\"a\"}]}";

/// A bucket, and what goes wrong with it.
#[derive(Default)]
struct Bucket {
    policy: Mutex<Option<String>>,
    rule: Mutex<EncryptionRule>,
    writes: Mutex<u32>,
    /// Looks that still show what was there before.
    stale: Mutex<Vec<Option<String>>>,
    /// Whether a write's answer is lost, and whether it was carried out.
    lost: Option<bool>,
    forgets_blocked: bool,
}

fn ambiguous() -> StoreError {
    StoreError::new(StoreErrorKind::Ambiguous, "NoAnswer", "the line broke")
}

#[async_trait]
impl Safeguards for Bucket {
    async fn policy(&self, _: &BucketName) -> Result<Option<String>, StoreError> {
        if let Some(stale) = self.stale.lock().expect("ok").pop() {
            return Ok(stale);
        }
        Ok(self.policy.lock().expect("ok").clone())
    }

    async fn put_policy(&self, _: &BucketName, policy: &str) -> Result<(), StoreError> {
        *self.writes.lock().expect("ok") += 1;
        if self.lost != Some(false) {
            *self.policy.lock().expect("ok") = Some(policy.to_owned());
        }
        if self.lost.is_some() { Err(ambiguous()) } else { Ok(()) }
    }

    async fn delete_policy(&self, _: &BucketName) -> Result<(), StoreError> {
        *self.writes.lock().expect("ok") += 1;
        *self.policy.lock().expect("ok") = None;
        Ok(())
    }

    async fn encryption(&self, _: &BucketName) -> Result<EncryptionRule, StoreError> {
        Ok(self.rule.lock().expect("ok").clone())
    }

    async fn put_encryption(
        &self,
        _: &BucketName,
        rule: &EncryptionRule,
    ) -> Result<(), StoreError> {
        *self.writes.lock().expect("ok") += 1;
        let blocked = rule.blocked.clone().filter(|_| !self.forgets_blocked);
        *self.rule.lock().expect("ok") = EncryptionRule { blocked, ..rule.clone() };
        Ok(())
    }
}

fn wanted(measures: &[Measure]) -> Wanted {
    let target = Target::SseKms(KmsTarget { key: build::key_arn("k"), bucket_key: true });
    Wanted {
        measures: measures.iter().copied().collect(),
        target: Some((target, false)),
        tag: None,
        exempt: Vec::new(),
        partition: "aws",
    }
}

async fn plan(there: &Bucket, measures: &[Measure]) -> Plan {
    let policy = there.policy.lock().expect("ok").clone();
    let now = Now { policy, rule: there.encryption(&bucket()).await.ok() };
    plan_apply(&bucket(), now, &wanted(measures)).expect("a plan")
}

async fn carry_out(there: &Bucket, plan: &mut Plan) -> (Result<State, CommandError>, Duration) {
    let (clock, random) = (SimClock::new(), SeededRandom::new(1));
    let patience = Patience { clock: &clock, random: &random };
    let out = CarryOut { safeguards: there, clock: &clock, patience };
    let ended = out.carry_out(plan, true).await;
    (ended, clock.monotonic())
}

fn with_policy() -> Bucket {
    Bucket { policy: Mutex::new(Some(FOREIGN.to_owned())), ..Bucket::default() }
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_change_behind_the_look_is_not_overwritten() {
    let there = with_policy();
    let mut plan = plan(&there, &[Measure::TlsOnly]).await;
    let others = FOREIGN.replace("\"a\"", "\"b\"");
    *there.policy.lock().expect("ok") = Some(others.clone());
    let (ended, _) = carry_out(&there, &mut plan).await;
    let error = ended.expect_err("changed").to_string();
    assert!(error.contains("changed by somebody else"), "{error}");
    assert_eq!(*there.writes.lock().expect("ok"), 0);
    assert_eq!(*there.policy.lock().expect("ok"), Some(others));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_lost_somebodys_statement_is_never_written() {
    let there = with_policy();
    let mut plan = plan(&there, &[Measure::TlsOnly]).await;
    plan.after.policy = plan.after.policy.map(|policy| policy.replace("\"a\"", "\"b\""));
    let (ended, _) = carry_out(&there, &mut plan).await;
    assert!(ended.expect_err("lost").to_string().contains("was not written"));
    assert_eq!(*there.writes.lock().expect("ok"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_read_back_late_is_waited_for_and_then_told() {
    let there = with_policy();
    let mut plan = plan(&there, &[Measure::TlsOnly]).await;
    *there.stale.lock().expect("ok") = vec![Some(FOREIGN.to_owned()); 11];
    let (ended, waited) = carry_out(&there, &mut plan).await;
    assert_eq!(ended.expect("written"), State::NeedsALook);
    assert!(plan.notes[0].contains("isn't read back so yet"), "{:?}", plan.notes);
    assert!(waited >= Duration::from_secs(9) && waited < Duration::from_secs(20), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_a_look_and_never_by_a_second_write() {
    for carried_out in [true, false] {
        let there = Bucket { lost: Some(carried_out), ..with_policy() };
        let mut plan = plan(&there, &[Measure::TlsOnly]).await;
        let (ended, _) = carry_out(&there, &mut plan).await;
        assert_eq!(*there.writes.lock().expect("ok"), 1);
        match carried_out {
            true => assert_eq!(ended.expect("it was"), State::Done),
            false => {
                let error = ended.expect_err("it wasn't").to_string();
                assert!(error.contains("is as it was"), "{error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_forgets_blocked_types_is_found_out() {
    let there = Bucket { forgets_blocked: true, ..Bucket::default() };
    let mut plan = plan(&there, &[Measure::BlockSseC]).await;
    let (ended, _) = carry_out(&there, &mut plan).await;
    assert_eq!(ended.expect("written"), State::NeedsALook);
    assert!(plan.notes[0].contains("BlockedEncryptionTypes"), "{:?}", plan.notes);
    let policy = there.policy.lock().expect("ok").clone();
    assert!(policy.is_some_and(|policy| policy.contains("ResealDenyCustomerKeys")));
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_the_rule_is_written_back() {
    let rule = EncryptionRule {
        algorithm: Some("aws:kms:later".to_owned()),
        key: Some("k".to_owned()),
        bucket_key: Some(true),
        blocked: Some(vec!["SSE-X".to_owned()]),
    };
    let there = Bucket { rule: Mutex::new(rule.clone()), ..Bucket::default() };
    let blocking = plan(&there, &[Measure::BlockSseC]).await.after.rule.expect("a rule");
    let blocked = Some(vec!["SSE-X".to_owned(), "SSE-C".to_owned()]);
    assert_eq!(blocking, EncryptionRule { blocked, ..rule.clone() });
    let default = plan(&there, &[Measure::DefaultEncryption]).await.after.rule.expect("a rule");
    assert_eq!((default.blocked, default.algorithm.as_deref()), (rule.blocked, Some("aws:kms")));
}

#[test]
fn a_list_of_ours_that_the_endpoint_rewrote_is_still_ours() {
    let wanted = wanted(&[Measure::TlsOnly]);
    let once = plan_offline(&bucket(), &wanted).expect("a plan").after.policy.expect("a policy");
    let rewritten = once.replace("\"s3:*\"", "[ \"s3:*\" ]");
    assert_ne!(rewritten, once);
    let now = Now { policy: Some(rewritten), rule: None };
    assert!(plan_apply(&bucket(), now, &wanted).expect("a plan").is_nothing());
}

#[test]
fn aws_managed_keys_may_be_left_unnamed() {
    let mut wanted = wanted(&[Measure::DenyWrongEncryption]);
    let sids = |wanted: &Wanted| -> BTreeSet<&str> {
        wanted.statements(&bucket()).iter().map(|statement| statement.sid).collect()
    };
    assert!(sids(&wanted).contains("ResealDenyUnnamedKey"));
    wanted.target = wanted.target.map(|(target, _)| (target, true));
    assert_eq!(sids(&wanted), ["ResealDenyWrongEncryption", "ResealDenyWrongKey"].into());
}
