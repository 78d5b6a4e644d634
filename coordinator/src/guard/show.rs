//! A change for people and for scripts.

use std::fmt::Write as _;
use std::path::PathBuf;

use reseal_core::BucketName;
use reseal_core::ports::EncryptionRule;
use serde::Serialize;
use serde_json::value::RawValue;

use super::carry_out::State;
use super::document::LONGEST_POLICY;
use super::plan::{Change, Does, Plan};
use super::statements::Measure;

/// The command's result.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    pub(crate) buckets: Vec<ShownBucket>,
    /// What it means for whoever reads and writes.
    pub(crate) trade: Vec<Trade>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Trade {
    measure: Measure,
    says: &'static [&'static str],
}

#[derive(Debug, Serialize)]
pub(crate) struct ShownBucket {
    pub(crate) bucket: BucketName,
    pub(crate) state: State,
    pub(crate) changes: Vec<Change>,
    /// The whole policy with the change in it, byte for byte.
    policy: Option<Box<RawValue>>,
    policy_bytes: usize,
    default_encryption: Option<Turn>,
    pub(crate) backup: Option<PathBuf>,
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Turn {
    before: EncryptionRule,
    after: EncryptionRule,
}

impl Shown {
    pub(crate) fn trade_of<'a>(measures: impl IntoIterator<Item = &'a Measure>) -> Vec<Trade> {
        let trade = |measure: &Measure| Trade { measure: *measure, says: measure.trade() };
        measures.into_iter().map(trade).collect()
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for bucket in &self.buckets {
            bucket.write(&mut text);
        }
        text
    }
}

impl ShownBucket {
    pub(crate) fn new(plan: &Plan, state: State, backup: Option<PathBuf>) -> Self {
        let Plan { bucket, before, after, changes, notes } = plan;
        let policy = after.policy.clone().map(RawValue::from_string);
        let turn = before.rule.clone().zip(after.rule.clone());
        Self {
            bucket: bucket.clone(),
            state,
            changes: changes.clone(),
            // It was taken apart before, so it is JSON.
            policy: policy.and_then(Result::ok),
            policy_bytes: after.policy.as_ref().map_or(0, String::len),
            default_encryption: turn.map(|(before, after)| Turn { before, after }),
            backup,
            notes: notes.clone(),
        }
    }

    /// What changes, without the whole policy.
    pub(crate) fn difference(&self) -> String {
        let mut text = String::new();
        for Change { sid, does, old, new } in &self.changes {
            let mut lines = |sign: char, statement: &Option<String>| {
                for line in statement.iter().flat_map(|text| text.lines()) {
                    let _ = writeln!(text, "{sign} {line}");
                }
            };
            match does {
                Does::Stay => _ = writeln!(text, "  {sid} is there already"),
                Does::Add | Does::Replace | Does::Remove => {
                    lines('-', old);
                    lines('+', new);
                }
            }
        }
        if let Some(Turn { before, after }) = &self.default_encryption
            && before != after
        {
            let _ = writeln!(text, "- default encryption: {}", describe(before));
            let _ = writeln!(text, "+ default encryption: {}", describe(after));
        }
        text
    }

    pub(crate) fn write(&self, text: &mut String) {
        let _ = writeln!(text, "# {}: {}", self.bucket, self.state.words());
        text.push_str(&self.difference());
        match &self.policy {
            Some(policy) => {
                let bytes = self.policy_bytes;
                let _ = writeln!(text, "# its policy, {bytes} bytes of {LONGEST_POLICY}:");
                let _ = writeln!(text, "{}", policy.get());
            }
            None => _ = writeln!(text, "# it has no policy then"),
        }
        for note in &self.notes {
            let _ = writeln!(text, "# {note}");
        }
        if let Some(backup) = &self.backup {
            let _ = writeln!(text, "# what it was before: {}", backup.display());
        }
    }
}

fn describe(rule: &EncryptionRule) -> String {
    let EncryptionRule { algorithm, key, bucket_key, blocked } = rule;
    let mut text = algorithm.clone().unwrap_or_else(|| "none set (AES256)".to_owned());
    if let Some(key) = key {
        let _ = write!(text, " under {key}");
    }
    if *bucket_key == Some(true) {
        text.push_str(", with bucket key");
    }
    if let Some(blocked) = blocked {
        let _ = write!(text, ", blocked: {}", blocked.join(" "));
    }
    text
}
