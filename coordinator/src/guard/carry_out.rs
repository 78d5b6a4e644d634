//! A plan carried out on one bucket: looked at again just before each write,
//! and read back behind it.

use std::time::Duration;

use anyhow::anyhow;
use reseal_core::ports::{Clock, EncryptionRule, Safeguards};
use reseal_core::{BucketName, StoreError};
use serde::Serialize;

use super::document::same_meaning;
use super::plan::Plan;
use crate::exit::CommandError;
use crate::retry::Patience;

/// S3's bucket settings are eventually consistent, commonly within a second.
pub(crate) const LOOKS: u32 = 10;
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// How far a bucket got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Nothing was changed: that was all that was asked for, or not begun.
    Planned,
    /// It is as it should be already.
    NothingToDo,
    /// Changed, and read back so.
    Done,
    /// Written, and read back as something that differs: see the notes.
    NeedsALook,
    /// See the error; whether it was changed is in it.
    Failed,
}

impl State {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Planned => "would change",
            Self::NothingToDo => "nothing to do",
            Self::Done => "done",
            Self::NeedsALook => "done, and needs a look",
            Self::Failed => "failed",
        }
    }
}

/// What carrying out takes.
pub(crate) struct CarryOut<'a> {
    pub(crate) safeguards: &'a dyn Safeguards,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) patience: Patience<'a>,
}

/// What is there now, compared with what was wanted.
pub(crate) enum Seen<T> {
    Wanted,
    Other(T),
}

impl CarryOut<'_> {
    /// Default encryption first, since denials of other encryptions rest on
    /// it; the other way round where things are taken back.
    ///
    /// # Errors
    /// Where the bucket changed meanwhile, or a write was refused.
    pub(crate) async fn carry_out(
        &self,
        plan: &mut Plan,
        rule_first: bool,
    ) -> Result<State, CommandError> {
        if plan.is_nothing() {
            return Ok(State::NothingToDo);
        }
        let mut state = State::Done;
        for rule in [rule_first, !rule_first] {
            state = state.max(match rule {
                true => self.rule(plan).await?,
                false => self.policy(plan).await?,
            });
        }
        Ok(state)
    }

    async fn policy(&self, plan: &mut Plan) -> Result<State, CommandError> {
        if !plan.changes_policy() {
            return Ok(State::Done);
        }
        let Plan { bucket, before, after, .. } = &*plan;
        if !plan.keeps_others() {
            return Err(anyhow!(
                "bucket {bucket}: its policy was not written, since a statement of somebody else's would have changed"
            )
            .into());
        }
        // S3 knows no condition on a policy: between this look and the write
        // somebody else's change would be lost.
        if self.policy_now(bucket).await? != before.policy {
            return Err(changed(bucket, "policy"));
        }
        let written = match &after.policy {
            Some(policy) => self.safeguards.put_policy(bucket, policy).await,
            None => self.safeguards.delete_policy(bucket).await,
        };
        let wanted = after.policy.as_deref();
        let is_wanted = |now: &Option<String>| match (now.as_deref(), wanted) {
            (Some(now), Some(wanted)) => same_meaning(now, wanted),
            (now, wanted) => now == wanted,
        };
        let mut looks = if written.is_ok() { LOOKS } else { 1 };
        let seen = loop {
            let now = self.policy_now(bucket).await?;
            match is_wanted(&now) {
                true => break Seen::Wanted,
                false if looks <= 1 => break Seen::Other(now),
                false => looks -= 1,
            }
            self.clock.sleep(BETWEEN_LOOKS).await;
        };
        let is_old = |now: &Option<String>| *now == before.policy;
        let note = settle(bucket, "policy", written, seen, is_old)?;
        Ok(noted(plan, note))
    }

    async fn rule(&self, plan: &mut Plan) -> Result<State, CommandError> {
        let Plan { bucket, before, after, .. } = &*plan;
        let (Some(old), Some(new)) = (&before.rule, &after.rule) else { return Ok(State::Done) };
        if old == new {
            return Ok(State::Done);
        }
        if self.rule_now(bucket).await? != *old {
            return Err(changed(bucket, "default encryption"));
        }
        let written = self.safeguards.put_encryption(bucket, new).await;
        let mut looks = if written.is_ok() { LOOKS } else { 1 };
        let seen = loop {
            let now = self.rule_now(bucket).await?;
            // An endpoint that doesn't know blocked types won't learn of them.
            let partly = writes_like(&now) == writes_like(new) && now.blocked == old.blocked;
            match writes_like(&now) == writes_like(new) && blocks(&now) == blocks(new) {
                true => break Seen::Wanted,
                false if looks <= 1 || partly && written.is_ok() && now.blocked.is_none() => {
                    break Seen::Other(now);
                }
                false => looks -= 1,
            }
            self.clock.sleep(BETWEEN_LOOKS).await;
        };
        if let Seen::Other(now) = &seen
            && written.is_ok()
            && writes_like(now) == writes_like(new)
        {
            let note = "the endpoint took the encryption rule and doesn't keep BlockedEncryptionTypes: the policy alone keeps customers' keys out";
            return Ok(noted(plan, Some(note.to_owned())));
        }
        let note = settle(bucket, "default encryption", written, seen, |now| same_rule(now, old))?;
        Ok(noted(plan, note))
    }

    async fn policy_now(&self, bucket: &BucketName) -> Result<Option<String>, CommandError> {
        let now = self.patience.retry(|| self.safeguards.policy(bucket)).await;
        now.map_err(|error| unread(bucket, "policy", &error))
    }

    async fn rule_now(&self, bucket: &BucketName) -> Result<EncryptionRule, CommandError> {
        let now = self.patience.retry(|| self.safeguards.encryption(bucket)).await;
        now.map_err(|error| unread(bucket, "default encryption", &error))
    }
}

fn noted(plan: &mut Plan, note: Option<String>) -> State {
    match note {
        None => State::Done,
        Some(note) => {
            plan.notes.push(note);
            State::NeedsALook
        }
    }
}

/// What a write and the look behind it come to; a note where something is odd.
///
/// # Errors
/// Where the write was refused, or nobody can tell what it did.
pub(crate) fn settle<T>(
    bucket: &BucketName,
    what: &str,
    written: Result<(), StoreError>,
    seen: Seen<T>,
    is_old: impl Fn(&T) -> bool,
) -> Result<Option<String>, CommandError> {
    match (written, seen) {
        // An answer that was lost, too.
        (_, Seen::Wanted) => Ok(None),
        (Ok(()), Seen::Other(now)) if is_old(&now) => Ok(Some(format!(
            "its {what} was written and taken, and isn't read back so yet: the same command again looks"
        ))),
        (Ok(()), Seen::Other(_)) => Ok(Some(format!(
            "its {what} was written, and what is read back is neither that nor what was there before: somebody else may have changed it meanwhile"
        ))),
        (Err(error), Seen::Other(now)) if is_old(&now) => Err(anyhow!(
            "bucket {bucket}: its {what} is as it was, the change was refused: {error}"
        )
        .into()),
        (Err(error), Seen::Other(_)) => Err(anyhow!(
            "bucket {bucket}: its {what} is neither what it was nor what was to be written ({error}): look at it, the backup has what it was"
        )
        .into()),
    }
}

pub(crate) fn changed(bucket: &BucketName, what: &str) -> CommandError {
    anyhow!("bucket {bucket}: its {what} was changed by somebody else since it was shown; that part was not written: look again")
        .into()
}

pub(crate) fn unread(bucket: &BucketName, what: &str, error: &StoreError) -> CommandError {
    anyhow!("bucket {bucket}: its {what} can't be read: {error}").into()
}

/// What a rule does to writers who name no encryption.
fn writes_like(rule: &EncryptionRule) -> (&str, Option<&str>, bool) {
    let EncryptionRule { algorithm, key, bucket_key, blocked: _ } = rule;
    (algorithm.as_deref().unwrap_or("AES256"), key.as_deref(), bucket_key.unwrap_or(false))
}

fn blocks(rule: &EncryptionRule) -> Vec<&str> {
    let kinds = rule.blocked.iter().flatten().map(String::as_str);
    kinds.filter(|kind| *kind != "NONE").collect()
}

fn same_rule(one: &EncryptionRule, other: &EncryptionRule) -> bool {
    writes_like(one) == writes_like(other) && blocks(one) == blocks(other)
}
