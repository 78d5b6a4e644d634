//! What happens when, and when a world is over.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reseal_core::ports::Ledger as _;
use reseal_core::{JobEvent, JobState, PauseReason};
use reseal_sandbox::model::{
    Caller, KeyState, ListUploads, ListedUpload, Moment, Request, Response, UploadRef,
};

use crate::coverage::Coverage;
use crate::judge::Violation;
use crate::mutants::Mutant;
use crate::plan::{Event, Plan, storm};
use crate::stage::Stage;
use crate::verdict::judge_the_end;
use crate::wire::lock;
use crate::{node, wire::Line};

/// Once nothing fails any more a job must end within this time (I16).
const PATIENCE: Duration = Duration::from_secs(2 * 3600);
/// How often the director looks.
const LOOKS: Duration = Duration::from_secs(1);

/// How a world ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// What must never be, and was: the first that was seen first.
    pub violations: Vec<Violation>,
    /// Everything that happened, in order.
    pub trace: Vec<String>,
    /// The same in 64 bits: two runs of a plan are the same when these are.
    pub hash: u64,
    /// What met what.
    pub coverage: Coverage,
}

/// Runs a world to its end.
///
/// # Panics
/// When the runtime can't be built.
#[must_use]
pub fn run(plan: &Plan, mutant: Mutant) -> Ending {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let stage = Stage::set(plan, mutant).await;
        live(&stage).await;
        ending(&stage)
    })
}

fn ending(stage: &Stage) -> Ending {
    let records = std::mem::take(&mut *stage.net.records());
    let mut coverage = records.coverage;
    coverage.world(stage.net.clock.monotonic());
    let hash = records.trace.iter().fold(0xcbf2_9ce4_8422_2325, |hash, line| fnv(hash, line));
    Ending { violations: stage.net.judge.violations(), trace: records.trace, hash, coverage }
}

/// FNV-1a: the same on every machine and in every build.
fn fnv(hash: u64, line: &str) -> u64 {
    line.bytes().fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

async fn live(stage: &Stage) {
    // Only those are polled that were woken: worlds are many.
    let everybody: FuturesUnordered<_> = stage
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| node::live(stage, index, node))
        .collect();
    let everybody = everybody.collect::<Vec<()>>();
    tokio::select! {
        biased;
        () = stage.net.judge.guilty.notified() => {}
        () = direct(stage) => {}
        _ = everybody => {}
    }
}

async fn direct(stage: &Stage) {
    let lasts = storm(&stage.plan);
    let clock = stage.net.clock.as_ref();
    {
        let rage = async {
            stage.nemesis.rage(&stage.model, clock, lasts * 2 / stage.plan.edits.max(1)).await;
            std::future::pending::<()>().await;
        };
        let happen = |(at, event): &'_ (Duration, Event)| {
            let (at, event) = (*at, event.clone());
            async move {
                clock.sleep(at).await;
                happen(stage, &event).await;
            }
        };
        let happen: FuturesUnordered<_> = stage.plan.events.iter().map(happen).collect();
        let happen = happen.collect::<Vec<()>>();
        let storm = async {
            happen.await;
            let left = lasts.saturating_sub(clock.monotonic());
            clock.sleep(left).await;
        };
        tokio::select! {
            biased;
            () = rage => {}
            () = storm => {}
        }
    }
    calm_down(stage);
    if !finish(stage).await {
        let state = state(stage).await;
        stage.net.judge.convict("I16", format!("two hours later the job is {state:?}"));
        return;
    }
    judge_the_end(stage).await;
}

fn calm_down(stage: &Stage) {
    stage.net.note("nothing fails any more");
    stage.net.calm_down();
    stage.nemesis.calm_down();
    stage.nodes.iter().for_each(|node| node.line.mend());
    set_key(stage, KeyState::Enabled);
}

async fn happen(stage: &Stage, event: &Event) {
    let clock = stage.net.clock.as_ref();
    stage.net.note(&format!("{event:?}"));
    let line = |node: usize| -> &Line { &stage.nodes[node % stage.nodes.len()].line };
    match event {
        Event::Crash { node, calls, after } => line(*node).light(*calls, *after),
        Event::CutOff { node, service, lasts } => {
            line(*node).set_cut(*service, true);
            clock.sleep(*lasts).await;
            line(*node).set_cut(*service, false);
        }
        Event::Outage { service, lasts } => {
            stage.net.set_down(*service, true);
            clock.sleep(*lasts).await;
            stage.net.set_down(*service, false);
        }
        Event::Meet { step, mishap } => stage.net.trap(*step, *mishap),
        Event::Stop { node } => stage.nodes[*node % stage.plan.workers].stop(),
        Event::DisableKey { lasts } => {
            set_key(stage, KeyState::Disabled);
            clock.sleep(*lasts).await;
            set_key(stage, KeyState::Enabled);
            set_state(stage, JobEvent::Start).await;
        }
        Event::Pause { lasts } => {
            set_state(stage, JobEvent::Pause(PauseReason::Requested)).await;
            clock.sleep(*lasts).await;
            set_state(stage, JobEvent::Start).await;
        }
        Event::Cancel => set_state(stage, JobEvent::Cancel).await,
        Event::AbortUploads => abort_uploads(stage),
        Event::PurgeQueue => stage.queue.purge(),
        Event::Forge => {
            for body in ["not json", r#"{"job":"job-9","chunk":"s0000-0000000000"}"#] {
                stage.queue.send_raw(body);
            }
            stage
                .queue
                .send_raw(format!(r#"{{"job":"{}","chunk":"s0009-0000000009"}}"#, stage.job.id));
        }
        Event::Damage { sequence } => {
            let chunk = reseal_core::ChunkId { source: 0, sequence: *sequence };
            stage.chunks.damage(&stage.job.id, chunk);
        }
        Event::Exchange { sequence } => {
            let chunk = |sequence| reseal_core::ChunkId { source: 0, sequence };
            stage.chunks.exchange(&stage.job.id, chunk(*sequence), chunk(sequence + 1));
        }
    }
}

fn abort_uploads(stage: &Stage) {
    let mut model = lock(&stage.model);
    let now = Moment::from_millis(stage.net.clock.now().as_millis());
    for bucket in stage.buckets.iter().map(ToString::to_string) {
        let list = ListUploads { bucket: bucket.clone(), ..ListUploads::default() };
        let listed = model.apply(&Caller::default(), Request::ListUploads(list), now);
        let Ok(Response::Uploads(page)) = listed else { continue };
        for ListedUpload { key, upload_id, .. } in page.uploads {
            let upload = UploadRef { bucket: bucket.clone(), key, upload_id };
            let abort = Request::AbortUpload(upload);
            model.apply(&Caller::default(), abort, now).expect("it is there");
        }
    }
}

fn set_key(stage: &Stage, state: KeyState) {
    lock(&stage.model).set_key(&stage.key, Some(state), None).expect("the key");
}

/// As somebody at a terminal does, without wires.
async fn set_state(stage: &Stage, event: JobEvent) {
    let job = stage.ledger.job(&stage.job.id).await.expect("a ledger").expect("a job");
    if let Ok(next) = reseal_core::next_job_state(job.state, event) {
        let set = stage.ledger.set_job_state(&job.id, job.revision, next).await;
        if set.is_ok() {
            stage.net.judge.state_is_set();
            stage.net.note(&format!("somebody sets the job to {next:?}"));
        }
    }
}

async fn state(stage: &Stage) -> JobState {
    stage.ledger.job(&stage.job.id).await.expect("a ledger").expect("a job").state
}

/// Whether the job ends; resumes it as often as it stands still.
async fn finish(stage: &Stage) -> bool {
    let clock = stage.net.clock.as_ref();
    let end = clock.monotonic() + PATIENCE;
    while clock.monotonic() < end {
        match state(stage).await {
            JobState::Finished => return true,
            JobState::Cancelled if is_left(stage).await => return true,
            JobState::Paused(_) => set_state(stage, JobEvent::Start).await,
            _ => {}
        }
        clock.sleep(LOOKS).await;
    }
    false
}

/// Whether nobody holds anything of the job any more, or its uploads.
async fn is_left(stage: &Stage) -> bool {
    let leased = stage.ledger.leased_chunks(&stage.job.id, None, 1).await.expect("a ledger");
    leased.is_empty() && stage.uploads_left() <= stage.net.judge.partless_uploads()
}
