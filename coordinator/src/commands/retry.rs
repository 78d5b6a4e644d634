//! `retry`: the failed and skipped rows of a job that is over, driven again
//! as a job of their own on the same terms.

use reseal_core::{Behaviour, JobId, JobRecord, KmsTarget, Target, WhichFleet};
use serde::Serialize;

use super::{run, submit};
use crate::cli::{ConnectionRequest, JobRequest, RetryRequest, SubmitRequest, TargetRequest};
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::report::find_job;
use crate::sources::JobRows;
use crate::wiring;

/// The result when there is nothing to do.
#[derive(Serialize)]
struct Nothing<'a> {
    retry_of: &'a JobId,
    objects: u64,
    /// Rows of chunks whose file can't be read.
    unnamed: u64,
}

pub(super) async fn retry(
    request: RetryRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, .. } = *surroundings;
    let view = wiring::look_at(&request.place, &request.connection).await?;
    let from = view.job_report();
    let patience = machine.patience();
    let job = find_job(from.ledger.as_ref(), Some(&request.job), patience).await?;
    if !job.state.is_terminal() {
        let id = &job.id;
        return Err(CommandError::refused(format!(
            "job {id} isn't over, so its rows may still change: let its run end, or `reseal cancel {id}`"
        )));
    }
    let ledger = view.ledger.as_ref();
    let held = patience.retry(|| ledger.leased_chunks(&job.id, None, 1)).await?;
    if view.fleet().is_some() && !held.is_empty() {
        let id = &job.id;
        return Err(CommandError::refused(format!(
            "job {id} is over, but workers still record what they had in flight: try again in a minute"
        )));
    }
    let rows = JobRows::check(from, &job.id, request.outcomes.clone()).await?;
    let unnamed = rows.unnamed();
    if unnamed > 0 {
        console.warn(format!(
            "{unnamed} rows lie in chunks whose file can't be read: nobody can name them, a run over the source takes them in again"
        ));
    }
    if rows.rows() == 0 {
        let nothing = Nothing { retry_of: &job.id, objects: 0, unnamed };
        let text = format!("job {}: nothing failed or was skipped so\n", job.id);
        console.result(&nothing, &text)?;
        return Ok(if unnamed > 0 { Exit::NeedsALook } else { Exit::Done });
    }
    let yes = request.yes;
    let again = again(&job, request);
    match view.fleet() {
        None => run::run(&again, yes, Some(rows), surroundings).await,
        Some(fleet) => {
            let fleet = WhichFleet::Named(fleet.clone());
            let priority = job.priority;
            let again = SubmitRequest { job: again, fleet, priority, yes };
            submit::submit(&again, Some(rows), surroundings).await
        }
    }
}

/// The job's own request, as it was frozen.
fn again(job: &JobRecord, request: RetryRequest) -> JobRequest {
    let RetryRequest { limits, prices, connection, state, output, .. } = request;
    let spec = job.spec.clone();
    JobRequest {
        sources: Vec::new(),
        target: target(&spec.target),
        selection: spec.selection,
        // What a report said then is no word to trust now.
        behaviour: Behaviour { trust_inventory: false, ..spec.behaviour },
        readers: Vec::new(),
        limits,
        prices,
        connection: like(job, connection),
        state,
        output,
        chunk_rows: spec.chunk_rows,
    }
}

fn target(target: &Target) -> TargetRequest {
    match target {
        Target::SseS3 => TargetRequest::SseS3,
        Target::SseKms(KmsTarget { key, bucket_key }) => {
            TargetRequest::SseKms { key: key.to_string(), bucket_key: *bucket_key }
        }
        Target::DsseKms { key } => TargetRequest::DsseKms { key: key.to_string() },
    }
}

/// A connection to where the job was, unless the user says otherwise.
pub(super) fn like(job: &JobRecord, connection: ConnectionRequest) -> ConnectionRequest {
    ConnectionRequest {
        endpoint: connection.endpoint.or_else(|| job.spec.endpoint.clone()),
        region: connection.region.or_else(|| Some(job.spec.region.clone())),
        bucket_owner: connection.bucket_owner.or_else(|| Some(job.owner.clone())),
        roles: job.spec.roles.clone(),
        ..connection
    }
}
