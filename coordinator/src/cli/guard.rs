//! `guard`: what the user typed, and what it means.

use clap::Args;
use reseal_core::BucketName;

use super::args::PlaceArgs;
use super::meaning::{Meant, refuse};
use super::request::RefusedUsage;

#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// The buckets that it is for
    #[arg(value_name = "BUCKET", required = true)]
    pub(crate) buckets: Vec<String>,

    /// Statements that deny reads, of current and of old versions, wherever the tag is missing
    #[arg(long, required = true)]
    pub(crate) deny_untagged_reads: bool,

    /// The tag that `reseal run --tag` puts on what is at the target
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) tag: String,

    /// A role that may read all the same, by its full ARN, such as the one that reseal runs under; repeatable
    #[arg(long, value_name = "ARN")]
    pub(crate) exempt_role_arn: Vec<String>,

    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// What `guard` was told.
#[derive(Clone, Debug)]
pub(crate) struct GuardRequest {
    pub(crate) buckets: Vec<BucketName>,
    pub(crate) tag: (String, String),
    pub(crate) exempt: Vec<String>,
    pub(crate) output: super::Output,
}

pub(super) fn guard(typed: GuardArgs) -> Meant<GuardRequest> {
    let GuardArgs { buckets, deny_untagged_reads: _, tag, exempt_role_arn: exempt, place } = typed;
    let buckets: Result<Vec<BucketName>, _> = buckets
        .iter()
        .map(|name| name.strip_prefix("s3://").unwrap_or(name).trim_end_matches('/').parse())
        .collect();
    let buckets = buckets.map_err(|error| RefusedUsage(format!("BUCKET: {error}")))?;
    let Some((key, value)) = tag.split_once('=').filter(|(key, _)| !key.is_empty()) else {
        return refuse(format!("--tag '{tag}' must be KEY=VALUE"));
    };
    // A pattern would exempt whoever gives his role a fitting name.
    if let Some(wrong) = exempt.iter().find(|arn| !is_role(arn)) {
        return refuse(format!(
            "--exempt-role-arn '{wrong}' must be a role's whole ARN, such as arn:aws:iam::111122223333:role/reseal"
        ));
    }
    let tag = (key.to_owned(), value.to_owned());
    Ok(GuardRequest { buckets, tag, exempt, output: place.output })
}

fn is_role(arn: &str) -> bool {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(fields.as_slice(), ["arn", _, "iam", "", account, role]
        if account.len() == 12 && role.starts_with("role/") && !role.contains(['*', '?']))
}
