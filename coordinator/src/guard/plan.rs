//! What would change in a bucket, worked out from what was read of it.

use std::collections::BTreeSet;

use reseal_core::ports::EncryptionRule;
use reseal_core::{BucketName, KmsTarget, Target};
use serde::Serialize;

use super::backup::Backup;
use super::document::{Document, LONGEST_POLICY, Unedited, same_but_for_form, same_meaning};
use super::history::{steps, undone};
use super::statements::{Measure, Statement, Wanted};

/// The settings of a bucket at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    pub(crate) policy: Option<String>,
    /// Absent where it may not be read and no measure is about it.
    pub(crate) rule: Option<EncryptionRule>,
}

/// One statement that comes, goes or stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) sid: String,
    pub(crate) does: Does,
    /// The statement as it stands there.
    #[serde(skip)]
    pub(crate) old: Option<String>,
    #[serde(skip)]
    pub(crate) new: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Does {
    Add,
    Replace,
    Remove,
    Stay,
}

/// One bucket's change.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) bucket: BucketName,
    pub(crate) before: Now,
    pub(crate) after: Now,
    pub(crate) changes: Vec<Change>,
    /// What else is to be said of it.
    pub(crate) notes: Vec<String>,
}

impl Plan {
    /// No change of a policy, to begin with.
    pub(crate) fn nothing(bucket: &BucketName, policy: Option<String>) -> Self {
        let now = Now { policy, rule: None };
        let (before, after) = (now.clone(), now);
        Self { bucket: bucket.clone(), before, after, changes: Vec::new(), notes: Vec::new() }
    }

    /// Whether every statement that isn't ours is there before and after: looked
    /// at once more before a write, whatever the editor did.
    pub(crate) fn keeps_others(&self) -> bool {
        let ours: Vec<&str> = self.changes.iter().map(|change| change.sid.as_str()).collect();
        let others = |policy: &Option<String>| match policy {
            None => Some(Vec::new()),
            Some(text) => Document::parse(text).ok().map(|document| document.others(&ours)),
        };
        let before = others(&self.before.policy);
        before.is_some() && before == others(&self.after.policy)
    }

    pub(crate) fn changes_policy(&self) -> bool {
        self.before.policy != self.after.policy
    }

    pub(crate) fn changes_rule(&self) -> bool {
        self.before.rule != self.after.rule
    }

    pub(crate) fn is_nothing(&self) -> bool {
        !self.changes_policy() && !self.changes_rule()
    }
}

/// The measures' statements in a document of their own.
///
/// # Errors
/// One line, where they don't fit.
pub(crate) fn plan_offline(bucket: &BucketName, wanted: &Wanted) -> Result<Plan, String> {
    plan_apply(bucket, Now { policy: None, rule: None }, wanted)
}

/// What `--apply` would do.
///
/// # Errors
/// One line, where the policy can't be edited or gets too long.
pub(crate) fn plan_apply(bucket: &BucketName, now: Now, wanted: &Wanted) -> Result<Plan, String> {
    let statements = wanted.statements(bucket);
    let mut changes = Vec::new();
    let mut policy = now.policy.clone();
    for statement in &statements {
        policy = Some(put(policy, statement, &mut changes).map_err(|e| of(bucket, &e))?);
    }
    // Such as the key's, when the target has none any more.
    let named = |sid: &str| statements.iter().any(|statement| statement.sid == sid);
    let stale = wanted.measures.iter().flat_map(|measure| measure.sids());
    let stale: Vec<&str> = stale.filter(|sid| !named(sid)).copied().collect();
    policy = take(policy, &stale, &mut changes).map_err(|e| of(bucket, &e))?;
    fits(bucket, policy.as_deref())?;
    let mut notes = Vec::new();
    let rule = now.rule.as_ref().map(|rule| rule_after(rule, wanted));
    if let (Some(rule), Some((target, _))) = (&rule, &wanted.target)
        && wanted.measures.contains(&Measure::DenyWrongEncryption)
        && !is_default(rule, target)
    {
        notes.push(
            "its default encryption isn't the target: a writer who names no encryption passes and gets that default; see --default-encryption"
                .to_owned(),
        );
    }
    let after = Now { policy, rule };
    Ok(Plan { bucket: bucket.clone(), before: now, after, changes, notes })
}

fn of(bucket: &BucketName, error: &Unedited) -> String {
    format!("bucket {bucket}: {error}")
}

fn put(
    policy: Option<String>,
    statement: &Statement,
    changes: &mut Vec<Change>,
) -> Result<String, Unedited> {
    let new = statement.text();
    let sid = statement.sid.to_owned();
    let Some(policy) = policy else {
        let document =
            format!("{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {new}\n  ]\n}}\n");
        changes.push(Change { sid, does: Does::Add, old: None, new: Some(new) });
        return Ok(document);
    };
    let document = Document::parse(&policy)?;
    let old = document.statement(&sid)?.map(str::to_owned);
    let does = match &old {
        None => Does::Add,
        Some(old) if same_meaning(old, &new) => Does::Stay,
        Some(_) => Does::Replace,
    };
    let text = match does {
        Does::Stay => policy.clone(),
        _ => document.with(&sid, &new)?,
    };
    changes.push(Change { sid, does, old, new: Some(new) });
    Ok(text)
}

fn take(
    policy: Option<String>,
    sids: &[&str],
    changes: &mut Vec<Change>,
) -> Result<Option<String>, Unedited> {
    let Some(policy) = policy else { return Ok(None) };
    let document = Document::parse(&policy)?;
    let mut found = false;
    for sid in sids {
        if let Some(old) = document.statement(sid)?.map(str::to_owned) {
            found = true;
            let (sid, does) = ((*sid).to_owned(), Does::Remove);
            changes.push(Change { sid, does, old: Some(old), new: None });
        }
    }
    Ok(if found { document.without(sids) } else { Some(policy) })
}

fn fits(bucket: &BucketName, policy: Option<&str>) -> Result<(), String> {
    match policy.map(str::len).filter(|long| *long > LONGEST_POLICY) {
        None => Ok(()),
        Some(long) => Err(format!(
            "bucket {bucket}: its policy would have {long} bytes, S3 takes {LONGEST_POLICY}: shorten it first, or ask for less"
        )),
    }
}

/// Its very bytes where nothing else changed since: a list that we put around
/// a single statement goes, too.
fn in_its_form(policy: Option<String>, changes: &[Change], backups: &[Backup]) -> Option<String> {
    let left = policy?;
    let mut before = backups.iter().filter_map(|backup| backup.policy.as_deref());
    let alike = before.find(|before| same_but_for_form(before, &left));
    Some(alike.filter(|_| !changes.is_empty()).map(str::to_owned).unwrap_or(left))
}

/// The statement with this Sid in a bucket's policy.
///
/// # Errors
/// One line, where the policy isn't understood.
pub(crate) fn statement_of<'a>(
    bucket: &BucketName,
    policy: Option<&'a str>,
    sid: &str,
) -> Result<Option<&'a str>, String> {
    let found = match policy {
        Some(policy) => Document::parse(policy).and_then(|document| document.statement(sid)),
        None => Ok(None),
    };
    found.map_err(|error| of(bucket, &error))
}

/// One statement put into a policy, which is all that changes.
///
/// # Errors
/// As [`plan_apply`].
pub(crate) fn plan_put(
    bucket: &BucketName,
    policy: Option<String>,
    statement: &Statement,
) -> Result<Plan, String> {
    let mut plan = Plan::nothing(bucket, policy);
    let after = put(plan.before.policy.clone(), statement, &mut plan.changes);
    plan.after.policy = Some(after.map_err(|error| of(bucket, &error))?);
    fits(bucket, plan.after.policy.as_deref())?;
    Ok(plan)
}

/// Statements taken out of a policy, which is all that changes.
///
/// # Errors
/// As [`plan_remove`].
pub(crate) fn plan_take(
    bucket: &BucketName,
    policy: Option<String>,
    sids: &[&str],
    backups: &[Backup],
) -> Result<Plan, String> {
    let mut plan = Plan::nothing(bucket, policy);
    let left = take(plan.before.policy.clone(), sids, &mut plan.changes);
    let left = left.map_err(|error| of(bucket, &error))?;
    plan.after.policy = in_its_form(left, &plan.changes, backups);
    Ok(plan)
}

/// The rule with what the measures are about, and the rest as it was.
fn rule_after(rule: &EncryptionRule, wanted: &Wanted) -> EncryptionRule {
    let mut after = rule.clone();
    if let Some((target, _)) = &wanted.target
        && wanted.measures.contains(&Measure::DefaultEncryption)
        && !is_default(rule, target)
    {
        after.algorithm = Some(target.word().to_owned());
        after.key = target.key().map(|key| key.as_str().to_owned());
        // Bucket keys are for SSE-KMS alone; S3 keeps the flag all the same.
        after.bucket_key = match target {
            Target::SseKms(KmsTarget { bucket_key, .. }) => Some(*bucket_key),
            Target::SseS3 | Target::DsseKms { .. } => Some(false),
        };
    }
    let blocked = rule.blocked.iter().flatten().any(|kind| kind == SSE_C);
    if wanted.measures.contains(&Measure::BlockSseC) && !blocked {
        after.algorithm.get_or_insert_with(|| "AES256".to_owned());
        let others = rule.blocked.iter().flatten().filter(|kind| *kind != "NONE");
        after.blocked = Some(others.cloned().chain([SSE_C.to_owned()]).collect());
    }
    after
}

const SSE_C: &str = "SSE-C";

/// Whether writers who name no encryption get this one.
fn is_default(rule: &EncryptionRule, target: &Target) -> bool {
    let bucket_key = rule.bucket_key.unwrap_or(false);
    let algorithm = rule.algorithm.as_deref().unwrap_or("AES256");
    algorithm == target.word()
        && match target {
            Target::SseS3 => true,
            Target::SseKms(kms) => {
                rule.key.as_deref() == Some(kms.key.as_str()) && bucket_key == kms.bucket_key
            }
            Target::DsseKms { key } => rule.key.as_deref() == Some(key.as_str()),
        }
}

/// What `--remove` would do. The backups are this bucket's, newest first.
///
/// # Errors
/// One line, where the policy can't be edited.
pub(crate) fn plan_remove(
    bucket: &BucketName,
    now: Now,
    measures: &BTreeSet<Measure>,
    backups: &[Backup],
) -> Result<Plan, String> {
    let sids: Vec<&str> = measures.iter().flat_map(|measure| measure.sids()).copied().collect();
    let mut changes = Vec::new();
    let policy = take(now.policy.clone(), &sids, &mut changes).map_err(|e| of(bucket, &e))?;
    let policy = in_its_form(policy, &changes, backups);
    let mut notes = Vec::new();
    let about_rule = [Measure::DefaultEncryption, Measure::BlockSseC];
    if backups.is_empty() && about_rule.iter().any(|measure| measures.contains(measure)) {
        notes.push(
            "no backup says what its encryption rule was before, so that is left as it is: see --backup-dir"
                .to_owned(),
        );
    }
    let rule = now.rule.clone().map(|mut rule| {
        if measures.contains(&Measure::DefaultEncryption) {
            let own = |rule: &EncryptionRule| {
                (rule.algorithm.clone(), rule.key.clone(), rule.bucket_key.unwrap_or(false))
            };
            match undone(&own(&rule), steps(backups, own)) {
                Ok(Some((algorithm, key, bucket_key))) => {
                    let bucket_key = Some(bucket_key);
                    rule = EncryptionRule { algorithm, key, bucket_key, ..rule };
                }
                Ok(None) => {}
                Err(why) => notes.push(format!("its default encryption is left alone: {why}")),
            }
        }
        if measures.contains(&Measure::BlockSseC) {
            match undone(&rule.blocked.clone(), steps(backups, |rule| rule.blocked.clone())) {
                // What a rule without the element means to S3 depends on the
                // bucket's age; this always means that nothing is blocked.
                Ok(Some(None)) => rule.blocked = Some(vec!["NONE".to_owned()]),
                Ok(Some(blocked)) => rule.blocked = blocked,
                Ok(None) => {}
                Err(why) => {
                    notes.push(format!("its blocked encryption types are left alone: {why}"));
                }
            }
        }
        rule
    });
    let after = Now { policy, rule };
    Ok(Plan { bucket: bucket.clone(), before: now, after, changes, notes })
}
