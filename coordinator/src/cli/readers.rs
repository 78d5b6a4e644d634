//! Readers that must stay served: what the user typed, and what it means.

use clap::Args;
use reseal_core::RoleArn;

use super::meaning::{Meant, refuse};
use super::request::{RefusedUsage, TargetRequest};

#[derive(Debug, Args)]
#[command(next_help_heading = "Readers")]
pub(crate) struct ReaderArgs {
    /// A role that reads these buckets: it must be able to read a scratch object under the new key, or
    /// the run is refused; repeatable. Tried at every start, resumed runs too. Needs sts:AssumeRole
    #[arg(long, value_name = "ARN")]
    pub(crate) reader_role_arn: Vec<String>,
}

pub(super) fn readers(typed: ReaderArgs, target: &TargetRequest) -> Meant<Vec<RoleArn>> {
    let ReaderArgs { reader_role_arn } = typed;
    if !reader_role_arn.is_empty() && target.key().is_none() {
        return refuse(
            "--reader-role-arn is for targets with a KMS key: under AES256, whoever may read an object needs no key",
        );
    }
    let role = |text: String| {
        text.parse().map_err(|error| RefusedUsage(format!("--reader-role-arn: {error}")))
    };
    reader_role_arn.into_iter().map(role).collect()
}
