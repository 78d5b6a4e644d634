//! What is done and what is left, for people and for scripts.

use std::fmt::Write as _;

use reseal_core::ports::StackResource;
use reseal_core::{BucketName, FleetName, FleetStack, escape_control};
use serde::Serialize;

use crate::inventory::LeftOut;

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// Nothing was changed.
    Planned,
    /// It was there, and is no more.
    Deleted,
    /// It wasn't there.
    Gone,
}

/// The result.
#[derive(Debug, Serialize)]
pub(super) struct TornDown {
    pub(super) stack: String,
    pub(super) state: State,
    /// As far as the stack told.
    pub(super) fleet: Option<FleetName>,
    /// Whose reports are disabled, or would be.
    pub(super) disabled: Vec<BucketName>,
    /// Buckets that could not be looked at.
    pub(super) left_out: Vec<LeftOut>,
    pub(super) left: Vec<Left>,
    pub(super) notes: Vec<String>,
}

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Left {
    pub(super) what: String,
    pub(super) name: String,
    /// Why it stays, or how to remove it.
    pub(super) about: String,
}

/// What guards newcomers isn't the fleet's, and nobody asked to lift it.
const GUARDS: &str = "what `reseal guard --apply` put in force stays, for it protects; `reseal guard BUCKET … --remove` takes it back";

const KEY: &str = "KMS key";

impl Left {
    fn bucket(name: &str) -> Self {
        Self {
            what: "bucket".to_owned(),
            name: name.to_owned(),
            about: format!(
                "holds the jobs' rows and the inventory reports; `aws s3 rb s3://{name} --force` removes all of it, unless it keeps versions"
            ),
        }
    }

    fn key(name: &str) -> Self {
        Self {
            what: KEY.to_owned(),
            name: name.to_owned(),
            about: "keep it: what was re-encrypted under it can't be read without".to_owned(),
        }
    }

    /// By what the stack said while it was there.
    pub(super) fn told(told: &FleetStack) -> Vec<Self> {
        let (files, reports) = (&told.files.bucket, &told.reports.bucket);
        let reports = Some(reports).filter(|reports| *reports != files);
        let buckets = [Some(files), reports].into_iter().flatten();
        let buckets = buckets.map(|bucket| Self::bucket(bucket.as_str()));
        buckets.chain(told.key.as_deref().map(Self::key)).collect()
    }

    /// By what CloudFormation said that it kept.
    pub(super) fn kept(kept: &[StackResource]) -> Vec<Self> {
        let one = |kept: &StackResource| match kept.kind.as_str() {
            "AWS::S3::Bucket" => Self::bucket(&kept.id),
            "AWS::KMS::Key" => Self::key(&kept.id),
            kind => Self {
                what: kind.to_owned(),
                name: kept.id.clone(),
                about: format!("the template keeps {}", kept.name),
            },
        };
        kept.iter().map(one).collect()
    }

    /// What is left in the end: what CloudFormation kept, where it told that,
    /// and any key that the stack named, for one that was brought along isn't
    /// CloudFormation's. The stack tells a key by its ARN, CloudFormation by
    /// its id.
    pub(super) fn after_all(told: Vec<Self>, kept: Vec<Self>) -> Vec<Self> {
        if kept.is_empty() {
            return told;
        }
        let is_new = |key: &Self| !kept.iter().any(|kept| key.name.contains(&kept.name));
        let keys: Vec<_> =
            told.into_iter().filter(|told| told.what == KEY && is_new(told)).collect();
        kept.into_iter().chain(keys).collect()
    }

    /// By the tag that CloudFormation put on them.
    pub(super) fn tagged(buckets: &[BucketName]) -> Vec<Self> {
        buckets.iter().map(|bucket| Self::bucket(bucket.as_str())).collect()
    }
}

impl TornDown {
    pub(super) fn needs_a_look(&self) -> bool {
        !self.left_out.is_empty() || !self.notes.is_empty()
    }

    pub(super) fn text(&self) -> String {
        let Self { stack, state, fleet, disabled, left_out, left, notes } = self;
        let mut text = String::new();
        let (deleted, reports) = match state {
            State::Planned => ("would be deleted", "would be disabled"),
            State::Deleted => ("is deleted", "disabled"),
            State::Gone => ("isn't there", "disabled"),
        };
        for bucket in disabled {
            let _ = writeln!(text, "reports of {bucket}: {reports}");
        }
        let _ = match fleet {
            Some(fleet) => {
                writeln!(text, "stack {stack}, with the fleet {fleet} and its ledger: {deleted}")
            }
            None => writeln!(text, "stack {stack}: {deleted}"),
        };
        for Left { what, name, about } in left {
            let _ = writeln!(text, "stays: {what} {}: {about}", escape_control(name));
        }
        let _ = writeln!(text, "stays: {GUARDS}");
        for LeftOut { bucket, why, .. } in left_out {
            let _ = writeln!(text, "left out: {}: {why}", escape_control(bucket));
        }
        notes.iter().for_each(|note| _ = writeln!(text, "{}", escape_control(note)));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_stays_is_left_unsaid_and_nothing_is_said_twice() {
        let told = vec![Left::bucket("work"), Left::key("arn:aws:kms:us-east-1:1:key/one")];
        let nothing_told = Left::after_all(told.clone(), Vec::new());
        assert_eq!(nothing_told, told, "after a deletion that failed once, for instance");
        let both = vec![Left::bucket("work"), Left::key("one")];
        assert_eq!(Left::after_all(told.clone(), both.clone()), both);
        let brought_along = Left::after_all(told.clone(), vec![Left::bucket("work")]);
        assert_eq!(brought_along, told);
    }
}
