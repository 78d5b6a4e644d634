//! `pause`, `resume`, `cancel`: changing a job's state in the ledger, beside
//! whoever works it. The run itself looks at that state twice a second.

use reseal_core::{JobEvent, JobId, JobRecord, JobState, next_job_state};
use reseal_worker::{JobError, change_job_state, resend};
use serde::Serialize;

use crate::cli::{SteerRequest, Steering};
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::report::find_job;
use crate::run::{Answer, confirm_with, survey};
use crate::wiring;

/// What became of the job.
#[derive(Serialize)]
struct Steered<'a> {
    job: &'a JobId,
    was: JobState,
    state: JobState,
}

pub(super) async fn steer(
    request: &SteerRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let view = wiring::beside(&request.place, &request.connection).await?;
    let (ledger, patience) = (view.ledger.as_ref(), machine.patience());
    let job = find_job(ledger, Some(&request.job), patience).await?;
    may(&job, request.steering)?;
    if request.steering == (Steering::Cancel { yes: false }) && job.state != JobState::Cancelled {
        if !console.can_ask() {
            return Err(CommandError::refused("there is no terminal to confirm on: say --yes"));
        }
        let what = format!("give job {} up for good", job.id);
        if confirm_with(&what, console, stop).await? == Answer::No {
            console.note("nothing was changed");
            return Ok(Exit::Interrupted);
        }
    }
    let (clock, random) = (machine.clock.as_ref(), machine.random.as_ref());
    let event = event(request.steering);
    let now = change_job_state(ledger, clock, random, &job.id, event).await;
    let now = now.map_err(|error| match error {
        JobError::Illegal(..) => CommandError::refused(error.to_string()),
        error => CommandError::Failed(error.into()),
    })?;
    if let (JobState::Running, Some(queue)) = (now.state, view.queue(job.priority)) {
        // Workers dropped the messages of a job that stood still.
        resend(ledger, queue.as_ref(), clock, random, &job.id).await?;
    }
    let uploads = survey(ledger, &job.id, patience).await?.uploads;
    let steered = Steered { job: &job.id, was: job.state, state: now.state };
    let told = match view.fleet() {
        Some(_) => fleet_text(&job, now.state),
        None => text(&job, now.state, uploads),
    };
    console.result(&steered, &told)?;
    Ok(Exit::Done)
}

/// What a fleet makes of it.
fn fleet_text(job: &JobRecord, now: JobState) -> String {
    let id = &job.id;
    match now {
        JobState::Paused(_) => format!(
            "job {id} is paused: its workers let what is in flight end; `reseal resume {id}` goes on\n"
        ),
        JobState::Running => format!("job {id} is handed out to the fleet's workers\n"),
        JobState::Cancelled => format!(
            "job {id} is cancelled: its workers let what is in flight end and abort its uploads; what was re-encrypted stays so\n"
        ),
        JobState::Planned | JobState::Finished => format!("job {id} is as it was\n"),
    }
}

fn event(steering: Steering) -> JobEvent {
    match steering {
        Steering::Pause => JobEvent::Pause(reseal_core::PauseReason::Requested),
        Steering::Resume => JobEvent::Start,
        Steering::Cancel { .. } => JobEvent::Cancel,
    }
}

/// What the lifecycle can't know: to resume a job that nobody confirmed would
/// be to confirm it.
fn may(job: &JobRecord, steering: Steering) -> Result<(), CommandError> {
    // Before anybody is asked to confirm what can't be done.
    next_job_state(job.state, event(steering))
        .map_err(|error| CommandError::refused(format!("job {}: {error}", job.id)))?;
    if job.state == JobState::Planned && steering == Steering::Resume {
        return Err(CommandError::refused(format!(
            "job {} was never confirmed: the run's own command asks for that",
            job.id
        )));
    }
    Ok(())
}

fn text(job: &JobRecord, now: JobState, uploads: u64) -> String {
    let id = &job.id;
    match now {
        JobState::Paused(_) => format!(
            "job {id} is paused: a run of it lets what is in flight end and exits with 130; `reseal resume {id}` or the run's own command goes on\n"
        ),
        JobState::Running if job.state == JobState::Running => {
            format!("job {id} was not paused: the run's own command works it\n")
        }
        JobState::Running => {
            format!("job {id} goes on: the run's own command works it\n")
        }
        JobState::Cancelled if uploads > 0 => format!(
            "job {id} is cancelled; up to {uploads} multipart uploads that it began may be open: a rule that aborts incomplete uploads removes them\n"
        ),
        JobState::Cancelled => format!(
            "job {id} is cancelled: a run of it lets what is in flight end and exits with 1; what was re-encrypted stays so\n"
        ),
        JobState::Planned | JobState::Finished => format!("job {id} is as it was\n"),
    }
}
