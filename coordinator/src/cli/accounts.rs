//! Buckets of other accounts.

use clap::Args;
use reseal_core::{BucketRole, BucketRoles};

use super::args::ConnectionArgs;
use super::meaning::{Meant, connection, refuse};
use super::request::{ConnectionRequest, RefusedUsage};

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Connection (credentials come from the usual AWS places)")]
pub(crate) struct AccountArgs {
    /// Reach buckets of another account through its role: 'team-a-*=ARN' for buckets so named, an ARN alone for all.
    /// They must be owned by the role's account. The first pattern that fits counts, buckets that none fits are
    /// reached without a role; repeatable
    #[arg(long, value_name = "[PATTERN=]ARN")]
    pub(crate) assume_role_arn: Vec<String>,
}

/// A connection that reaches other accounts too.
pub(super) fn connection_to(
    accounts: &AccountArgs,
    typed: ConnectionArgs,
) -> Meant<ConnectionRequest> {
    let role = |text: &String| {
        let parsed = text.parse::<BucketRole>();
        parsed.map_err(|error| RefusedUsage(format!("--assume-role-arn '{text}': {error}")))
    };
    let roles = accounts.assume_role_arn.iter().map(role).collect::<Meant<Vec<_>>>()?;
    Ok(ConnectionRequest { roles: BucketRoles::new(roles), ..connection(typed)? })
}

/// The same for a job that exists, which has roles of its own.
pub(super) fn connection_of_a_job(
    accounts: &AccountArgs,
    typed: ConnectionArgs,
) -> Meant<ConnectionRequest> {
    if !accounts.assume_role_arn.is_empty() {
        return refuse("--assume-role-arn: a JOB has roles of its own: name only the job");
    }
    connection(typed)
}
