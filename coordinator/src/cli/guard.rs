//! `guard`: what the user typed, and what it means.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use reseal_core::BucketName;

use super::args::{ConnectionArgs, Output, PlaceArgs, Sse, TargetArgs};
use super::meaning::{Meant, connection, refuse, state_folder, target};
use super::request::{ConnectionRequest, Environment, RefusedUsage, TargetRequest};
use crate::guard::Measure;

/// Nothing is re-encrypted, so its codes are told in its own words.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0    shown, or every bucket is as asked for
  3    written, and something needs a look: see the notes
  2    bad usage, or refused: nothing was changed
  1    failed; each bucket's state is in the result
  130  interrupted, or not confirmed; the same command again is safe")]
pub(crate) struct GuardArgs {
    /// The buckets that it is for
    #[arg(value_name = "BUCKET", required = true)]
    pub(crate) buckets: Vec<String>,

    #[command(flatten)]
    pub(crate) measures: MeasureArgs,
    #[command(flatten)]
    pub(crate) about: AboutArgs,

    /// Put it in force: back up, confirm, change, read back
    #[arg(long, conflicts_with = "remove")]
    pub(crate) apply: bool,

    /// Take back what --apply did: these measures, or all when none is named
    #[arg(long, conflicts_with_all = ["sse", "kms_key", "bucket_key", "tag", "exempt_role_arn"])]
    pub(crate) remove: bool,

    /// Print the statements alone: nobody is asked, the buckets' own policies aren't read
    #[arg(long, conflicts_with_all = ["apply", "remove"])]
    pub(crate) offline: bool,

    /// With --apply or --remove: say what would be changed; changes nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,

    /// Don't ask for confirmation; needed where there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,

    /// Where the old policy and encryption rule are written before a change [default: guard in the state folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) backup_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Measures (at least one)")]
pub(crate) struct MeasureArgs {
    /// The bucket's default encryption becomes --sse
    #[arg(long)]
    pub(crate) default_encryption: bool,

    /// Deny uploads that ask for another encryption or key than --sse; those that ask for none get the default
    #[arg(long)]
    pub(crate) deny_wrong_encryption: bool,

    /// Deny uploads under customers' own keys, by the policy and by the bucket's setting
    #[arg(long)]
    pub(crate) block_sse_c: bool,

    /// Deny reads, of current and of old versions, wherever --tag is missing
    #[arg(long)]
    pub(crate) deny_untagged_reads: bool,

    /// Deny every request over plain HTTP
    #[arg(long)]
    pub(crate) tls_only: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What they are about")]
pub(crate) struct AboutArgs {
    /// The encryption that new objects shall have
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) sse: Option<Sse>,

    /// The KMS key: ARN, id or alias/NAME; resolved to its ARN. For aws:kms and aws:kms:dsse
    #[arg(long, value_name = "KEY")]
    pub(crate) kms_key: Option<String>,

    /// Whether to use an S3 Bucket Key [default: true]. Only for aws:kms
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub(crate) bucket_key: Option<bool>,

    /// The tag that `reseal run --tag` puts on what is at the target
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) tag: Option<String>,

    /// A role that may read all the same, by its full ARN, such as the one that reseal runs under; repeatable
    #[arg(long, value_name = "ARN")]
    pub(crate) exempt_role_arn: Vec<String>,
}

/// What becomes of the measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guarding {
    /// Printed, without a look at anything.
    Offline,
    /// Printed as they would be put in force.
    Show,
    Apply,
    Remove,
}

/// What `guard` was told.
#[derive(Clone, Debug)]
pub(crate) struct GuardRequest {
    pub(crate) buckets: Vec<BucketName>,
    /// Never empty.
    pub(crate) measures: BTreeSet<Measure>,
    pub(crate) guarding: Guarding,
    pub(crate) target: Option<TargetRequest>,
    pub(crate) tag: Option<(String, String)>,
    pub(crate) exempt: Vec<String>,
    pub(crate) dry_run: bool,
    pub(crate) yes: bool,
    pub(crate) backups: PathBuf,
    pub(crate) connection: ConnectionRequest,
    pub(crate) output: Output,
}

pub(super) fn guard(typed: GuardArgs, environment: &Environment) -> Meant<GuardRequest> {
    let GuardArgs { measures, about, apply, remove, offline, dry_run, yes, backup_dir, .. } = typed;
    let guarding = match (apply, remove, offline) {
        (true, ..) => Guarding::Apply,
        (_, true, _) => Guarding::Remove,
        (.., true) => Guarding::Offline,
        _ => Guarding::Show,
    };
    if yes && !(apply || remove) {
        return refuse("--yes confirms --apply or --remove, and neither is named");
    }
    let measures = measures_of(&measures, guarding)?;
    let AboutArgs { sse, kms_key, bucket_key, tag, exempt_role_arn: exempt } = about;
    let typed_target = sse.map(|sse| TargetArgs { sse, kms_key: kms_key.clone(), bucket_key });
    let target = typed_target.map(target).transpose()?;
    if sse.is_none() && (kms_key.is_some() || bucket_key.is_some()) {
        return refuse("--kms-key and --bucket-key need --sse");
    }
    let request = GuardRequest {
        buckets: buckets(&typed.buckets)?,
        measures,
        guarding,
        target,
        tag: tag.map(|tag| key_and_value(&tag)).transpose()?,
        exempt,
        dry_run,
        yes,
        backups: match backup_dir {
            Some(folder) => folder,
            None if offline => PathBuf::new(),
            None => state_folder(typed.place.state, environment)?.join("guard"),
        },
        connection: connection(typed.connection)?,
        output: typed.place.output,
    };
    fits(&request)?;
    Ok(request)
}

fn measures_of(typed: &MeasureArgs, guarding: Guarding) -> Meant<BTreeSet<Measure>> {
    let MeasureArgs {
        default_encryption,
        deny_wrong_encryption,
        block_sse_c,
        deny_untagged_reads,
        tls_only,
    } = typed;
    let named = [
        (default_encryption, Measure::DefaultEncryption),
        (deny_wrong_encryption, Measure::DenyWrongEncryption),
        (block_sse_c, Measure::BlockSseC),
        (deny_untagged_reads, Measure::DenyUntaggedReads),
        (tls_only, Measure::TlsOnly),
    ];
    let named: BTreeSet<Measure> =
        named.into_iter().filter(|(is_named, _)| **is_named).map(|(_, measure)| measure).collect();
    match (named.is_empty(), guarding) {
        (true, Guarding::Remove) => Ok(Measure::ALL.into()),
        (true, _) => refuse(
            "name at least one measure: --default-encryption, --deny-wrong-encryption, --block-sse-c, --deny-untagged-reads, --tls-only",
        ),
        (false, _) => Ok(named),
    }
}

/// Whether each measure has what it is about, and nothing is about none.
fn fits(request: &GuardRequest) -> Meant<()> {
    let GuardRequest { measures, guarding, target, tag, exempt, .. } = request;
    if *guarding == Guarding::Remove {
        return Ok(());
    }
    let has = |measure| measures.contains(&measure);
    let about_target = has(Measure::DefaultEncryption) || has(Measure::DenyWrongEncryption);
    match (about_target, target) {
        (true, None) => {
            return refuse("--default-encryption and --deny-wrong-encryption need --sse");
        }
        (false, Some(_)) => {
            return refuse("--sse is for --default-encryption and --deny-wrong-encryption");
        }
        _ => {}
    }
    match (has(Measure::DenyUntaggedReads), tag) {
        (true, None) => return refuse("--deny-untagged-reads needs --tag KEY=VALUE"),
        (false, Some(_)) => return refuse("--tag is for --deny-untagged-reads"),
        (false, None) if !exempt.is_empty() => {
            return refuse("--exempt-role-arn is for --deny-untagged-reads");
        }
        _ => {}
    }
    if has(Measure::DefaultEncryption) && *guarding == Guarding::Offline {
        return refuse(
            "--default-encryption is no statement of a policy, so --offline has nothing to print of it",
        );
    }
    // A pattern would exempt whoever gives his role a fitting name.
    if let Some(wrong) = exempt.iter().find(|arn| !is_role(arn)) {
        return refuse(format!(
            "--exempt-role-arn '{wrong}' must be a role's whole ARN, such as arn:aws:iam::111122223333:role/reseal"
        ));
    }
    Ok(())
}

/// The buckets, each once.
pub(super) fn buckets(typed: &[String]) -> Meant<Vec<BucketName>> {
    let mut buckets: Vec<BucketName> = Vec::new();
    for name in typed {
        let name = name.strip_prefix("s3://").unwrap_or(name).trim_end_matches('/');
        let bucket: BucketName =
            name.parse().map_err(|error| RefusedUsage(format!("BUCKET: {error}")))?;
        if bucket.is_directory_bucket() {
            return refuse(format!(
                "BUCKET: {bucket} is a directory bucket (S3 Express One Zone), which reseal doesn't do"
            ));
        }
        if !buckets.contains(&bucket) {
            buckets.push(bucket);
        }
    }
    Ok(buckets)
}

fn key_and_value(tag: &str) -> Meant<(String, String)> {
    match tag.split_once('=').filter(|(key, _)| !key.is_empty()) {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => refuse(format!("--tag '{tag}' must be KEY=VALUE")),
    }
}

fn is_role(arn: &str) -> bool {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(fields.as_slice(), ["arn", _, "iam", "", account, role]
        if account.len() == 12 && role.starts_with("role/") && !role.contains(['*', '?']))
}
