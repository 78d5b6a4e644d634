//! The destination's leave for S3 to deliver: one statement for all of our
//! sources, which come and go.

use std::collections::BTreeSet;

use reseal_core::{AccountId, BucketName};
use serde_json::{Value, json};

use crate::guard::{Backup, Plan, Statement, plan_put, plan_take, statement_of};

const SID: &str = "ResealInventoryDelivery";

/// A destination bucket.
pub(crate) struct Delivery<'a> {
    pub(crate) destination: &'a BucketName,
    pub(crate) owner: &'a AccountId,
    pub(crate) partition: &'static str,
}

impl Delivery<'_> {
    /// The policy with these sources let in, beside those that are.
    ///
    /// # Errors
    /// One line, where the policy can't be edited or gets too long.
    pub(crate) fn let_in(
        &self,
        policy: Option<String>,
        sources: &[BucketName],
    ) -> Result<Plan, String> {
        let mut all = self.present(policy.as_deref())?;
        all.extend(sources.iter().map(|source| self.arn(source)));
        plan_put(self.destination, policy, &self.statement(&all))
    }

    /// The policy without these sources; without the statement where none is
    /// left.
    ///
    /// # Errors
    /// As [`let_in`](Self::let_in).
    pub(crate) fn shut_out(
        &self,
        policy: Option<String>,
        sources: &[BucketName],
        backups: &[Backup],
    ) -> Result<Plan, String> {
        let present = self.present(policy.as_deref())?;
        let mut left = present.clone();
        left.retain(|arn| !sources.iter().any(|source| self.arn(source) == *arn));
        match (left == present && !left.is_empty(), left.is_empty()) {
            (true, _) => Ok(Plan::nothing(self.destination, policy)),
            (false, true) => plan_take(self.destination, policy, &[SID], backups),
            (false, false) => plan_put(self.destination, policy, &self.statement(&left)),
        }
    }

    fn arn(&self, bucket: &BucketName) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition)
    }

    /// The sources that our statement names now.
    fn present(&self, policy: Option<&str>) -> Result<BTreeSet<String>, String> {
        let text = statement_of(self.destination, policy, SID)?;
        let statement: Value = match text {
            Some(text) => serde_json::from_str(text).unwrap_or_default(),
            None => return Ok(BTreeSet::new()),
        };
        let operators = statement.get("Condition").and_then(Value::as_object);
        let mut present = BTreeSet::new();
        for keys in operators.into_iter().flat_map(|operators| operators.values()) {
            for (key, value) in keys.as_object().into_iter().flatten() {
                if key.eq_ignore_ascii_case("aws:SourceArn") {
                    let list = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                    present.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                }
            }
        }
        Ok(present)
    }

    /// As AWS documents it. The conditions keep out reports of other accounts'
    /// buckets, which S3 would deliver in its own name as well.
    fn statement(&self, sources: &BTreeSet<String>) -> Statement {
        Statement {
            sid: SID,
            effect: "Allow",
            principal: json!({ "Service": "s3.amazonaws.com" }),
            action: json!("s3:PutObject"),
            resource: json!(format!("{}/*", self.arn(self.destination))),
            condition: json!({
                "ArnLike": { "aws:SourceArn": sources },
                "StringEquals": {
                    "aws:SourceAccount": self.owner.as_str(),
                    "s3:x-amz-acl": "bucket-owner-full-control",
                },
            }),
        }
    }

    /// What the policy of the reports' key needs: for its owner to put there.
    pub(crate) fn key_statement(&self, sources: &[BucketName]) -> Statement {
        let sources: Vec<String> = sources.iter().map(|source| self.arn(source)).collect();
        Statement {
            sid: SID,
            effect: "Allow",
            principal: json!({ "Service": "s3.amazonaws.com" }),
            action: json!("kms:GenerateDataKey"),
            resource: json!("*"),
            condition: json!({
                "ArnLike": { "aws:SourceArn": sources },
                "StringEquals": { "aws:SourceAccount": self.owner.as_str() },
            }),
        }
    }
}
