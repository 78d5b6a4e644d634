//! `purge`: count by the report, look at the buckets, confirm, then prove and
//! delete version by version.

use std::collections::BTreeMap;

use reseal_core::{BucketRoles, JobRecord};

use super::retry;
use crate::cli::{ConnectionRequest, PurgeRequest};
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::plan::bytes;
use crate::purge::{Candidate, Census, Deleter, Fate, Findings, Grounds, Left, Of, Pace};
use crate::report::{RowStream, find_job};
use crate::run::{Answer, confirm_typing};
use crate::wiring;

/// Versions between two lines of progress.
const SHOW_EVERY: u64 = 10_000;

pub(super) async fn purge(
    request: &PurgeRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let view = wiring::look_at(&request.place, &request.connection).await?;
    let patience = machine.patience();
    let job = find_job(view.ledger.as_ref(), Some(&request.job), patience).await?;
    may(&job, request, console.can_ask())?;
    let rows = || RowStream::new(view.ledger.as_ref(), view.report.as_ref(), &job.id);
    let mut census = Census::default();
    let mut stream = rows();
    while let Some((_, rows)) = stream.next(patience).await? {
        if stop.is_asked() {
            return Ok(Exit::Interrupted);
        }
        census.add(Candidate::all_of(rows));
    }
    if let Some(limit) = request.max_objects.filter(|limit| census.versions > *limit) {
        return Err(CommandError::refused(format!(
            "--max-objects {limit}: the job superseded {} versions",
            census.versions
        )));
    }
    let of = |interrupted| Of {
        job: &job.id,
        target: job.spec.target.to_string(),
        census: &census,
        dry_run: request.dry_run,
        interrupted,
    };
    if census.versions == 0 {
        let purged = Findings::new(request.out.as_deref())?.finish(of(false))?;
        console.result(&purged, &purged.text())?;
        return Ok(purged.exit());
    }
    let connection = connection(&job, &request.connection)?;
    let (cloud, purger) = wiring::connect_to_purge(machine, &connection).await?;
    let grounds = Grounds { job: &job, purger: purger.as_ref(), patience };
    look_at_buckets(&grounds, &census, surroundings).await?;
    if !request.dry_run && !request.yes && !confirmed(&census, surroundings).await? {
        console.note("nothing was deleted");
        return Ok(Exit::Interrupted);
    }
    let deleter = Deleter {
        store: cloud.store.as_ref(),
        purger: purger.as_ref(),
        clock: machine.clock.as_ref(),
        patience,
        stop,
        pace: Pace::new(machine.clock.as_ref(), stop, request.rate),
        target: &job.spec.target,
        dry_run: request.dry_run,
        concurrency: request.concurrency as usize,
    };
    let mut findings = Findings::new(request.out.as_deref())?;
    let worked = work(rows(), &grounds, &deleter, &mut findings, surroundings).await;
    // Also after trouble: what is deleted is deleted, and must be told.
    let interrupted = findings.settled() < census.versions;
    let purged = findings.finish(of(interrupted))?;
    console.result(&purged, &purged.text())?;
    worked.map(|()| purged.exit())
}

/// The job's, but for the roles that somebody named for this: a job's own need
/// no permission to delete.
fn connection(
    job: &JobRecord,
    named: &ConnectionRequest,
) -> Result<ConnectionRequest, CommandError> {
    let like = retry::like(job, named.clone());
    if named.roles.is_empty() {
        return Ok(like);
    }
    for bucket in job.buckets.keys() {
        let account = |roles: &BucketRoles| roles.of(bucket).map(|role| role.account().clone());
        let (ours, theirs) = (account(&job.spec.roles), account(&named.roles));
        // Without a role it is the job's own account either way.
        let is_same = ours.as_ref().unwrap_or(&job.owner) == theirs.as_ref().unwrap_or(&job.owner);
        if !is_same {
            return Err(CommandError::refused(format!(
                "--assume-role-arn: bucket {bucket} is worked in account {} by this job: name a role of that account",
                ours.as_ref().unwrap_or(&job.owner)
            )));
        }
    }
    Ok(ConnectionRequest { roles: named.roles.clone(), ..like })
}

/// What needs no look at a bucket.
fn may(job: &JobRecord, request: &PurgeRequest, can_ask: bool) -> Result<(), CommandError> {
    let id = &job.id;
    if !job.state.is_terminal() {
        return Err(CommandError::refused(format!(
            "job {id} isn't over, so its copies may still be undecided: let its run end, or `reseal cancel {id}`"
        )));
    }
    if !request.dry_run && !request.yes && !can_ask {
        return Err(CommandError::refused(format!(
            "there is no terminal to confirm on: look at `reseal purge {id} --dry-run`, then say --yes"
        )));
    }
    Ok(())
}

/// Says which buckets are left out, and refuses where none is left.
async fn look_at_buckets(
    grounds: &Grounds<'_>,
    census: &Census,
    surroundings: &Surroundings<'_>,
) -> Result<(), CommandError> {
    let mut refused = BTreeMap::new();
    for (bucket, example) in &census.buckets {
        if let Err(why) = grounds.of(bucket, example).await? {
            refused.insert(bucket, why);
        }
    }
    let lines: Vec<String> = refused.iter().map(|(b, why)| format!("bucket {b}: {why}")).collect();
    if refused.len() == census.buckets.len() {
        return Err(CommandError::refused(lines.join("; ")));
    }
    lines.iter().for_each(|line| surroundings.console.warn(format!("left out: {line}")));
    Ok(())
}

async fn confirmed(census: &Census, surroundings: &Surroundings<'_>) -> Result<bool, CommandError> {
    let Surroundings { console, stop, .. } = *surroundings;
    let Census { versions, bytes: size, buckets } = census;
    let names: Vec<String> = buckets.keys().map(ToString::to_string).collect();
    console.note(format!(
        "{versions} old versions, {}, in {}: deleted for good, once each is proved to be superseded",
        bytes(*size),
        names.join(", ")
    ));
    let expected = versions.to_string();
    let prompt = format!("Type the number of versions ({expected}) to delete them: ");
    Ok(confirm_typing(&expected, &prompt, console, stop).await? == Answer::Yes)
}

/// Chunk by chunk, each bucket looked at again: its settings may change.
async fn work(
    mut rows: RowStream<'_>,
    grounds: &Grounds<'_>,
    deleter: &Deleter<'_>,
    findings: &mut Findings,
    surroundings: &Surroundings<'_>,
) -> Result<(), CommandError> {
    let Surroundings { console, stop, .. } = *surroundings;
    let mut shown = 0;
    while let Some((chunk, rows)) = rows.next(grounds.patience).await? {
        let candidates = Candidate::all_of(rows);
        let Some(first) = candidates.first() else { continue };
        if stop.is_asked() {
            break;
        }
        match grounds.of(&chunk.bucket, &first.old).await? {
            Ok(ground) => deleter.purge(&ground, candidates, findings).await?,
            Err(why) => {
                for candidate in &candidates {
                    findings.note(candidate, Fate::Left(Left::BucketRefused), &why)?;
                }
                findings.refuse(&chunk.bucket, why);
            }
        }
        findings.flush()?;
        if findings.settled() - shown >= SHOW_EVERY {
            shown = findings.settled();
            console.progress(&format!("{shown} versions settled"));
        }
    }
    Ok(())
}
