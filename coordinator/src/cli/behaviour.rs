//! How a job treats what it finds: what the user typed, and what it means.

use clap::{Args, ValueEnum};
use reseal_core::{
    Archived, Behaviour, FullTags, Locked, MarkerTag, Policy, RestoreTerms, RestoreTier,
    StorageClass, Strategy, Versions,
};

use super::args::WhichVersions;
use super::meaning::{Meant, refuse};
use super::request::{SourceRequest, TargetRequest};
use super::sources::backup_to;

/// A week: longer than any restore takes, and time to run again.
const DEFAULT_RESTORE_DAYS: u32 = 7;
/// S3's own limit is far beyond what a migration needs; a slip of the finger
/// would be billed for years.
const MAX_RESTORE_DAYS: u32 = 365;
/// S3's limits on tags, in characters.
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

#[derive(Debug, Args)]
#[command(next_help_heading = "Behaviour")]
pub(crate) struct BehaviourArgs {
    /// How: update without moving data where that works and copy elsewhere; update only; copy only
    #[arg(long, value_enum, default_value = "auto", value_name = "HOW")]
    pub(crate) strategy: How,

    /// Let a report's row stand for a look at the object where it says all that is needed: fewer
    /// requests, on the word of a report that may be days old. Only with --manifest
    #[arg(long)]
    pub(crate) trust_inventory: bool,

    /// Copy even where the endpoint ignores If-Match on the destination: a write by somebody
    /// else in the instant of the copy could be lost. AWS doesn't need this
    #[arg(long)]
    pub(crate) accept_unfenced_copies: bool,

    /// In buckets that use object ACLs, let a copy reset them to private instead of restating them
    #[arg(long)]
    pub(crate) accept_acl_reset: bool,

    /// Objects under a governance retention or a legal hold: leave and report them, or copy them into
    /// a new version under the same lock. A lock is never lifted, a compliance retention never copied
    #[arg(long, value_enum, default_value = "report", value_name = "WHAT")]
    pub(crate) locked: OnLocked,

    /// Archived objects that only a copy would do: leave and report them, or request their restore,
    /// so that a later run can copy them. Needs --restore-class
    #[arg(long, value_enum, default_value = "report", value_name = "WHAT")]
    pub(crate) archived: OnArchived,

    /// The storage class that restored objects are copied into, such as STANDARD_IA
    #[arg(long, value_name = "CLASS")]
    pub(crate) restore_class: Option<String>,

    /// For how many days restored objects can be read [default: 7]
    #[arg(long, value_name = "DAYS")]
    pub(crate) restore_days: Option<u32>,

    /// How fast, and how dear, a restore is [default: standard]
    #[arg(long, value_enum, value_name = "TIER")]
    pub(crate) restore_tier: Option<Tier>,

    /// Put this tag on every object that is at the target: in the copy where one is made, else after
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) tag: Option<String>,

    /// Objects that have ten tags already: re-encrypt them without the tag, or leave them and fail
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) tag_full: Option<OnFullTags>,

    /// Before a copy replaces an object for good (where the bucket keeps no old versions), copy it
    /// there first, encrypted as the target; the report says where. Backups stay until you remove them
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    pub(crate) backup_to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum How {
    /// Update where it works, else copy
    Auto,
    /// UpdateObjectEncryption only: never moves data
    Update,
    /// Copy only
    Copy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnLocked {
    /// Leave them as they are
    Report,
    /// Copy them under the same lock
    Copy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnArchived {
    /// Leave them as they are
    Report,
    /// Request their restore; a later run copies them
    Restore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tier {
    /// Hours
    Standard,
    /// Half a day to two days, the cheapest
    Bulk,
    /// Minutes, the dearest
    Expedited,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnFullTags {
    /// Re-encrypt without the tag
    SkipTag,
    /// Leave as they are
    Fail,
}

pub(super) fn behaviour(
    typed: &BehaviourArgs,
    versions: WhichVersions,
    target: &TargetRequest,
    sources: &[SourceRequest],
) -> Meant<Behaviour> {
    let strategy = match typed.strategy {
        How::Auto => Strategy::Auto,
        How::Update => Strategy::Update,
        How::Copy => Strategy::Copy,
    };
    if strategy == Strategy::Update && !matches!(target, TargetRequest::SseKms { .. }) {
        return refuse("--strategy update can only reach --sse aws:kms: other targets need copies");
    }
    if strategy == Strategy::Update && typed.accept_unfenced_copies {
        return refuse("--accept-unfenced-copies contradicts --strategy update: nothing is copied");
    }
    if typed.trust_inventory && !sources.iter().any(SourceRequest::is_manifest) {
        return refuse("--trust-inventory needs --manifest: no other source says enough to trust");
    }
    if strategy == Strategy::Update && typed.backup_to.is_some() {
        return refuse("--backup-to contradicts --strategy update: nothing is replaced by a copy");
    }
    if strategy == Strategy::Update && typed.locked == OnLocked::Copy {
        return refuse("--locked copy contradicts --strategy update: nothing is copied");
    }
    if strategy == Strategy::Update && typed.archived == OnArchived::Restore {
        return refuse("--archived restore contradicts --strategy update: it needs no restore");
    }
    Ok(Behaviour {
        policy: Policy {
            strategy,
            locked: match typed.locked {
                OnLocked::Report => Locked::Report,
                OnLocked::Copy => Locked::Copy,
            },
            archived: archived(typed)?,
            ..Policy::default()
        },
        versions: match versions {
            WhichVersions::Current => Versions::Current,
            WhichVersions::All => Versions::All,
        },
        accept_unfenced_copies: typed.accept_unfenced_copies,
        trust_inventory: typed.trust_inventory,
        accept_acl_reset: typed.accept_acl_reset,
        tag: marker_tag(typed)?,
        backup_to: typed.backup_to.as_deref().map(backup_to).transpose()?,
    })
}

fn archived(typed: &BehaviourArgs) -> Meant<Archived> {
    let BehaviourArgs { archived, restore_class, restore_days, restore_tier, .. } = typed;
    if *archived == OnArchived::Report {
        let unused = restore_class.is_some() || restore_days.is_some() || restore_tier.is_some();
        return match unused {
            true => {
                refuse("--restore-class, --restore-days and --restore-tier need --archived restore")
            }
            false => Ok(Archived::Report),
        };
    }
    let Some(class) = restore_class else {
        return refuse(
            "--archived restore needs --restore-class: S3 can't put a copy back where it was without archiving it anew",
        );
    };
    let days = restore_days.unwrap_or(DEFAULT_RESTORE_DAYS);
    if !(1..=MAX_RESTORE_DAYS).contains(&days) {
        return refuse(format!("--restore-days must lie between 1 and {MAX_RESTORE_DAYS}"));
    }
    let tier = match restore_tier.unwrap_or(Tier::Standard) {
        Tier::Standard => RestoreTier::Standard,
        Tier::Bulk => RestoreTier::Bulk,
        Tier::Expedited => RestoreTier::Expedited,
    };
    Ok(Archived::Restore(RestoreTerms { days, tier, class: StorageClass::new(class) }))
}

fn marker_tag(typed: &BehaviourArgs) -> Meant<Option<MarkerTag>> {
    let Some(text) = &typed.tag else {
        return match typed.tag_full {
            Some(_) => refuse("--tag-full needs --tag"),
            None => Ok(None),
        };
    };
    let Some((key, value)) = text.split_once('=') else {
        return refuse(format!("--tag '{text}' must be KEY=VALUE"));
    };
    let too_long = key.chars().count() > MAX_TAG_KEY || value.chars().count() > MAX_TAG_VALUE;
    if key.is_empty() || key.starts_with("aws:") || too_long {
        return refuse(format!(
            "--tag '{text}': S3 takes keys of 1 to {MAX_TAG_KEY} characters that don't begin with aws:, and values of up to {MAX_TAG_VALUE}"
        ));
    }
    Ok(Some(MarkerTag {
        key: key.to_owned(),
        value: value.to_owned(),
        when_full: match typed.tag_full.unwrap_or(OnFullTags::SkipTag) {
            OnFullTags::SkipTag => FullTags::SkipTag,
            OnFullTags::Fail => FullTags::Fail,
        },
    }))
}
