//! `guard`: read each bucket, show what would change, back it up, confirm,
//! change, read back.

use std::collections::BTreeSet;
use std::path::PathBuf;

use reseal_core::ports::{EncryptionRule, Safeguards};
use reseal_core::{BucketName, KmsTarget, StoreError, StoreErrorKind, Target};

use crate::cli::{GuardRequest, Guarding, TargetRequest};
use crate::cloud::Cloud;
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::guard::{
    Action, Backups, CarryOut, Measure, Now, Plan, Shown, ShownBucket, State, Wanted, partition,
    plan_apply, plan_offline, plan_remove,
};
use crate::preflight::resolve_key;
use crate::run::{Answer, confirm_typing};
use crate::wiring;

pub(super) async fn guard(
    request: &GuardRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    if request.guarding == Guarding::Offline {
        return offline(request, surroundings);
    }
    let Surroundings { machine, console, stop } = *surroundings;
    let only_shown = request.dry_run || request.guarding == Guarding::Show;
    if !only_shown && !request.yes && !console.can_ask() {
        return Err(CommandError::refused(
            "there is no terminal to confirm on: look at the same command with --dry-run, then say --yes",
        ));
    }
    let (cloud, safeguards) = wiring::connect_to_safeguards(machine, &request.connection).await?;
    let plans = tokio::select! {
        biased;
        () = stop.asked() => return Ok(Exit::Interrupted),
        plans = plans(request, &cloud, safeguards.as_ref()) => plans?,
    };
    let warnings = warnings(request, cloud.endpoint.as_deref());
    tell(request, &warnings, surroundings);
    let is_nothing = plans.iter().all(Plan::is_nothing);
    let state = if is_nothing { State::NothingToDo } else { State::Planned };
    let shown: Vec<ShownBucket> =
        plans.iter().map(|plan| ShownBucket::new(plan, state, None)).collect();
    if only_shown || is_nothing {
        return finish(request, shown, warnings, surroundings);
    }
    for bucket in &shown {
        console.note(format!("# {}\n{}", bucket.bucket, bucket.difference()));
    }
    if !request.yes && !confirmed(&plans, surroundings).await? {
        console.note("nothing was changed");
        return Ok(Exit::Interrupted);
    }
    let deed = Deed { request, cloud: &cloud, safeguards: safeguards.as_ref() };
    let (shown, failure) = deed.carry_out(plans, surroundings).await;
    let ended = finish(request, shown, warnings, surroundings)?;
    failure.map_or(Ok(ended), Err)
}

fn offline(request: &GuardRequest, surroundings: &Surroundings<'_>) -> Result<Exit, CommandError> {
    let target = request.target.as_ref().map(unresolved).transpose()?;
    let region = request.connection.region.as_deref().unwrap_or_default();
    let wanted = wanted(request, target.map(|target| (target, false)), region);
    let plans: Result<Vec<Plan>, String> =
        request.buckets.iter().map(|bucket| plan_offline(bucket, &wanted)).collect();
    let plans = plans.map_err(CommandError::refused)?;
    let shown = plans.iter().map(|plan| ShownBucket::new(plan, State::Planned, None)).collect();
    let mut warnings = warnings(request, None);
    warnings.push(
        "merge the statements into the policy that the bucket has: PutBucketPolicy replaces all of it; --apply merges"
            .to_owned(),
    );
    tell(request, &warnings, surroundings);
    finish(request, shown, warnings, surroundings)
}

/// A target whose key nobody was asked about.
fn unresolved(target: &TargetRequest) -> Result<Target, CommandError> {
    let arn = |key: &str| {
        key.parse().map_err(|_| {
            CommandError::refused(format!(
                "--kms-key {key} must be a key's full ARN with --offline"
            ))
        })
    };
    Ok(match target {
        TargetRequest::SseS3 => Target::SseS3,
        TargetRequest::SseKms { key, bucket_key } => {
            Target::SseKms(KmsTarget { key: arn(key)?, bucket_key: *bucket_key })
        }
        TargetRequest::DsseKms { key } => Target::DsseKms { key: arn(key)? },
    })
}

fn wanted(request: &GuardRequest, target: Option<(Target, bool)>, region: &str) -> Wanted {
    Wanted {
        measures: request.measures.clone(),
        target,
        tag: request.tag.clone(),
        exempt: request.exempt.clone(),
        partition: partition(region),
    }
}

async fn plans(
    request: &GuardRequest,
    cloud: &Cloud,
    safeguards: &dyn Safeguards,
) -> Result<Vec<Plan>, CommandError> {
    let target = match &request.target {
        Some(target) => Some(resolve_key(cloud, target).await?),
        None => None,
    };
    let wanted = wanted(request, target, &cloud.region);
    let mut plans = Vec::new();
    for bucket in &request.buckets {
        let now = look(bucket, &request.measures, cloud, safeguards).await?;
        let plan = match request.guarding {
            Guarding::Remove => {
                let backups = Backups(&request.backups).of(bucket, cloud)?;
                plan_remove(bucket, now, &request.measures, &backups)
            }
            _ => plan_apply(bucket, now, &wanted),
        };
        plans.push(plan.map_err(CommandError::refused)?);
    }
    Ok(plans)
}

async fn look(
    bucket: &BucketName,
    measures: &BTreeSet<Measure>,
    cloud: &Cloud,
    safeguards: &dyn Safeguards,
) -> Result<Now, CommandError> {
    let policy = cloud.patience().retry(|| safeguards.policy(bucket)).await;
    let policy = policy.map_err(|error| unread(bucket, "s3:GetBucketPolicy", cloud, &error))?;
    let rule = cloud.patience().retry(|| safeguards.encryption(bucket)).await;
    let about_rule = [Measure::DefaultEncryption, Measure::DenyWrongEncryption, Measure::BlockSseC];
    let rule: Option<EncryptionRule> = match rule {
        Ok(rule) => Some(rule),
        Err(error) if about_rule.iter().any(|measure| measures.contains(measure)) => {
            return Err(unread(bucket, "s3:GetEncryptionConfiguration", cloud, &error));
        }
        // It is for the backup alone.
        Err(_) => None,
    };
    Ok(Now { policy, rule })
}

/// Why a bucket can't be looked at.
pub(super) fn unread(
    bucket: &BucketName,
    permission: &str,
    cloud: &Cloud,
    error: &StoreError,
) -> CommandError {
    let owner = &cloud.owner;
    match error.kind {
        StoreErrorKind::BucketGone | StoreErrorKind::Gone => {
            CommandError::refused(format!("bucket {bucket} does not exist"))
        }
        StoreErrorKind::Denied => CommandError::refused(format!(
            "bucket {bucket}: {permission} is missing, or it isn't owned by account {owner} (--bucket-owner): {}",
            error.message
        )),
        StoreErrorKind::Invalid | StoreErrorKind::Unsupported | StoreErrorKind::Credentials => {
            CommandError::refused(format!(
                "bucket {bucket} can't be read (--region, --profile): {error}"
            ))
        }
        _ => anyhow::anyhow!("bucket {bucket}: {error}").into(),
    }
}

fn warnings(request: &GuardRequest, endpoint: Option<&str>) -> Vec<String> {
    let mut warnings = Vec::new();
    if request.guarding == Guarding::Remove {
        return warnings;
    }
    if request.measures.contains(&Measure::DenyUntaggedReads) && request.exempt.is_empty() {
        warnings.push(
            "nobody is exempt, so a later run of reseal couldn't read what it is to mark: name its role with --exempt-role-arn"
                .to_owned(),
        );
    }
    let plain = endpoint.is_some_and(|url| url.to_ascii_lowercase().starts_with("http://"));
    if request.measures.contains(&Measure::TlsOnly) && plain {
        warnings.push(
            "--tls-only locks you out: this endpoint is plain HTTP, so every request of yours to the bucket would be refused"
                .to_owned(),
        );
    }
    warnings
}

async fn confirmed(plans: &[Plan], surroundings: &Surroundings<'_>) -> Result<bool, CommandError> {
    let changed = plans.iter().filter(|plan| !plan.is_nothing());
    confirm_change(changed.map(|plan| plan.bucket.to_string()).collect(), surroundings).await
}

/// Has the one bucket's name typed, or how many they are.
pub(super) async fn confirm_change(
    buckets: Vec<String>,
    surroundings: &Surroundings<'_>,
) -> Result<bool, CommandError> {
    let Surroundings { console, stop, .. } = *surroundings;
    let (expected, prompt) = match buckets.as_slice() {
        [name] => {
            let name = name.clone();
            let prompt = format!("Type the bucket's name ({name}) to change it: ");
            (name, prompt)
        }
        several => {
            let count = several.len().to_string();
            let prompt = format!("Type the number of buckets ({count}) to change them: ");
            (count, prompt)
        }
    };
    Ok(confirm_typing(&expected, &prompt, console, stop).await? == Answer::Yes)
}

struct Deed<'a> {
    request: &'a GuardRequest,
    cloud: &'a Cloud,
    safeguards: &'a dyn Safeguards,
}

impl Deed<'_> {
    /// Bucket by bucket, up to the first that fails; all are told.
    async fn carry_out(
        &self,
        plans: Vec<Plan>,
        surroundings: &Surroundings<'_>,
    ) -> (Vec<ShownBucket>, Option<CommandError>) {
        let mut shown = Vec::new();
        let mut failure = None;
        for mut plan in plans {
            if failure.is_some() || surroundings.stop.is_asked() {
                let state = if plan.is_nothing() { State::NothingToDo } else { State::Planned };
                shown.push(ShownBucket::new(&plan, state, None));
                continue;
            }
            let mut backup = None;
            let state = match self.one(&mut plan, &mut backup).await {
                Ok(state) => state,
                Err(error) => {
                    failure = Some(error);
                    State::Failed
                }
            };
            shown.push(ShownBucket::new(&plan, state, backup));
        }
        (shown, failure)
    }

    async fn one(
        &self,
        plan: &mut Plan,
        backup: &mut Option<PathBuf>,
    ) -> Result<State, CommandError> {
        let Self { request, cloud, safeguards } = *self;
        let action = match request.guarding {
            Guarding::Remove => Action::Remove,
            _ => Action::Apply,
        };
        if !plan.is_nothing() {
            let backups = Backups(&request.backups);
            let now = cloud.clock.now();
            *backup = Some(backups.write(plan, action, &request.measures, cloud, now)?);
        }
        let clock = cloud.clock.as_ref();
        let out = CarryOut { safeguards, clock, patience: cloud.patience() };
        let state = out.carry_out(plan, action == Action::Apply).await?;
        Backups(&request.backups).ended(backup.as_deref(), state, plan);
        Ok(state)
    }
}

/// The measures whose price is to be told: what is taken back has none.
fn in_force(request: &GuardRequest) -> impl Iterator<Item = &Measure> {
    request.measures.iter().filter(|_| request.guarding != Guarding::Remove)
}

fn tell(request: &GuardRequest, warnings: &[String], surroundings: &Surroundings<'_>) {
    warnings.iter().for_each(|warning| surroundings.console.warn(warning));
    for line in in_force(request).flat_map(|measure| measure.trade()) {
        surroundings.console.note(line);
    }
}

fn finish(
    request: &GuardRequest,
    buckets: Vec<ShownBucket>,
    warnings: Vec<String>,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { console, stop, .. } = *surroundings;
    let trade = Shown::trade_of(in_force(request));
    let needs_a_look = buckets.iter().any(|bucket| bucket.state == State::NeedsALook);
    let left = buckets.iter().any(|bucket| bucket.state == State::Planned);
    let shown = Shown { buckets, trade, warnings };
    console.result(&shown, &shown.text())?;
    let changes = matches!(request.guarding, Guarding::Apply | Guarding::Remove);
    Ok(match (needs_a_look, changes && left && stop.is_asked()) {
        (_, true) => Exit::Interrupted,
        (true, _) => Exit::NeedsALook,
        _ => Exit::Done,
    })
}
