//! `status`: where jobs stand, by the ledger alone, beside whoever works them.

use std::time::Duration;

use reseal_core::{JobId, JobRecord, Progress, Tally};
use reseal_worker::MeterReading;

use crate::cli::StatusRequest;
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::progress::{Standing, line};
use crate::report::find_job;
use crate::run::survey;
use crate::standing::{Listed, Status, list};
use crate::wiring::{self, View};

/// How often a watched job is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(super) async fn status(
    request: &StatusRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, .. } = *surroundings;
    let view = wiring::look_at(&request.place, &request.connection).await?;
    let ledger = view.ledger.as_ref();
    let Some(id) = &request.job else {
        let worked = view.hands(machine).await?.are_there();
        let listed = Listed::new(list(ledger, machine.patience()).await?, worked);
        console.result(&listed, &listed.text())?;
        return Ok(Exit::Done);
    };
    let watched = if request.watch { watch(&view, id, surroundings).await? } else { Exit::Done };
    let job = find_job(ledger, Some(id), machine.patience()).await?;
    let status = look(&view, &job, surroundings).await?;
    console.result(&status, &status.text())?;
    Ok(watched)
}

async fn look(
    view: &View,
    job: &JobRecord,
    surroundings: &Surroundings<'_>,
) -> Result<Status, CommandError> {
    let patience = surroundings.machine.patience();
    let ledger = view.ledger.as_ref();
    let survey = survey(ledger, &job.id, patience).await?;
    let hands = view.hands(surroundings.machine).await?;
    Ok(Status::new(ledger, job, survey, hands, patience).await?)
}

/// Shows progress until the job is over or stands still, or a stop is asked for.
async fn watch(
    view: &View,
    id: &JobId,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let mut progress = Progress::default();
    loop {
        let began = machine.clock.monotonic();
        let job = find_job(view.ledger.as_ref(), Some(id), machine.patience()).await?;
        let status = look(view, &job, surroundings).await?;
        // A look reads every chunk: at a large job it takes longer and costs more.
        let took = machine.clock.monotonic().saturating_sub(began);
        progress.sample(machine.clock.monotonic(), status.settled);
        console.progress(&line(&progress, &standing(&status)));
        if status.stands_still() {
            return Ok(Exit::Done);
        }
        tokio::select! {
            biased;
            () = stop.asked() => return Ok(Exit::Interrupted),
            () = machine.clock.sleep(LOOK_EVERY.max(took * 10)) => {}
        }
    }
}

/// What the ledger tells of a run's progress: everything but throttling.
fn standing(status: &Status) -> Standing {
    let Tally { re_encrypted, already_compliant, .. } = status.totals;
    let (skipped, failed) = (status.totals.skipped_total(), status.totals.failed_total());
    Standing {
        settled_before: 0,
        total: status.taken_in,
        total_is_final: status.is_all_taken_in,
        meter: MeterReading {
            re_encrypted,
            already_compliant,
            skipped,
            failed,
            ..MeterReading::default()
        },
    }
}
