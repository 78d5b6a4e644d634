//! What may follow what: one pure `match` for jobs and one for chunks.

use serde::{Deserialize, Serialize};

use crate::KeyTrouble;

/// Why a job stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PauseReason {
    /// Somebody asked for it.
    Requested,
    /// A bucket stopped keeping old versions: what a copy replaces is lost.
    Versioning,
    /// The target key can't be used (I10).
    Key(KeyTrouble),
    /// Credentials expired and could not be refreshed.
    Credentials,
    /// More objects failed than the user's threshold allows.
    Failures,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Recorded and perhaps split, not yet confirmed: no worker may touch it.
    Planned,
    /// Workers may lease its chunks.
    Running,
    /// Nothing new is started.
    Paused(PauseReason),
    /// Given up by its owner; terminal.
    Cancelled,
    /// Every object is settled; terminal.
    Finished,
}

impl JobState {
    /// Whether nothing can follow.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Cancelled | Self::Finished)
    }
}

/// What can happen to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// The user confirmed the plan, or started a paused job again.
    Start,
    /// Stop starting new work.
    Pause(PauseReason),
    /// Give up.
    Cancel,
    /// Every chunk of every source is settled.
    Finish,
}

/// An event that the state doesn't allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event} is not possible while {state}")]
pub struct IllegalEvent {
    state: &'static str,
    event: &'static str,
}

/// The job's next state. Starting twice, pausing twice and the like change
/// nothing, so that every command may be repeated (I17).
///
/// # Errors
/// When the event can't follow the state.
pub fn next_job_state(state: JobState, event: JobEvent) -> Result<JobState, IllegalEvent> {
    use JobEvent as E;
    use JobState as S;
    match (state, event) {
        (S::Planned | S::Running | S::Paused(_), E::Start) => Ok(S::Running),
        (S::Running, E::Pause(reason)) => Ok(S::Paused(reason)),
        // The first reason stays: it's the one that needs mending.
        (S::Paused(first), E::Pause(_)) => Ok(S::Paused(first)),
        (S::Planned | S::Running | S::Paused(_) | S::Cancelled, E::Cancel) => Ok(S::Cancelled),
        (S::Running | S::Paused(_) | S::Finished, E::Finish) => Ok(S::Finished),
        // Who starts a paused job takes it for confirmed: so only what was
        // confirmed can be paused.
        (S::Planned, E::Pause(_) | E::Finish)
        | (S::Finished, E::Start | E::Pause(_) | E::Cancel) => Err(illegal_job(state, event)),
        (S::Cancelled, E::Start | E::Pause(_) | E::Finish) => Err(illegal_job(state, event)),
    }
}

/// Whether some event leads from one state to the other: what a ledger checks
/// before it writes a state.
#[must_use]
pub fn job_may_become(from: JobState, to: JobState) -> bool {
    let event = match to {
        JobState::Planned => return false,
        JobState::Running => JobEvent::Start,
        JobState::Paused(reason) => JobEvent::Pause(reason),
        JobState::Cancelled => JobEvent::Cancel,
        JobState::Finished => JobEvent::Finish,
    };
    next_job_state(from, event) == Ok(to)
}

fn illegal_job(state: JobState, event: JobEvent) -> IllegalEvent {
    let state = match state {
        JobState::Planned => "planned",
        JobState::Running => "running",
        JobState::Paused(_) => "paused",
        JobState::Cancelled => "cancelled",
        JobState::Finished => "finished",
    };
    let event = match event {
        JobEvent::Start => "start",
        JobEvent::Pause(_) => "pause",
        JobEvent::Cancel => "cancel",
        JobEvent::Finish => "finish",
    };
    IllegalEvent { state, event }
}

/// Where a chunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChunkState {
    /// Nobody works on it.
    Pending,
    /// Somebody does.
    Leased,
    /// Every row is settled; terminal.
    Done,
    /// It could not be processed; its rows are accounted for (I18).
    Quarantined,
}

/// What can happen to a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkEvent {
    /// A worker claims it, or takes it over from one that stopped renewing.
    Claim,
    /// Its holder gives it back.
    Release,
    /// Its holder settled every row.
    Complete,
    /// Its holder gave it up after too many attempts.
    Quarantine,
}

/// The chunk's next state. Whether the one who asks holds the lease is the
/// ledger's condition on the epoch, not decided here.
///
/// # Errors
/// When the event can't follow the state.
pub fn next_chunk_state(state: ChunkState, event: ChunkEvent) -> Result<ChunkState, IllegalEvent> {
    use ChunkEvent as E;
    use ChunkState as S;
    match (state, event) {
        (S::Pending | S::Leased, E::Claim) => Ok(S::Leased),
        (S::Leased, E::Release) => Ok(S::Pending),
        (S::Leased, E::Complete) => Ok(S::Done),
        (S::Leased, E::Quarantine) => Ok(S::Quarantined),
        (S::Pending, E::Release | E::Complete | E::Quarantine) | (S::Done | S::Quarantined, _) => {
            Err(illegal_chunk(state, event))
        }
    }
}

fn illegal_chunk(state: ChunkState, event: ChunkEvent) -> IllegalEvent {
    let state = match state {
        ChunkState::Pending => "pending",
        ChunkState::Leased => "leased",
        ChunkState::Done => "done",
        ChunkState::Quarantined => "quarantined",
    };
    let event = match event {
        ChunkEvent::Claim => "claim",
        ChunkEvent::Release => "release",
        ChunkEvent::Complete => "complete",
        ChunkEvent::Quarantine => "quarantine",
    };
    IllegalEvent { state, event }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_jobs_stay_terminal() {
        for state in [JobState::Cancelled, JobState::Finished] {
            for event in [
                JobEvent::Start,
                JobEvent::Pause(PauseReason::Requested),
                JobEvent::Cancel,
                JobEvent::Finish,
            ] {
                if let Ok(next) = next_job_state(state, event) {
                    assert_eq!(next, state, "{event:?}");
                }
            }
        }
    }

    #[test]
    fn the_first_reason_for_a_pause_stays() {
        let key = JobState::Paused(PauseReason::Key(KeyTrouble::Disabled));
        assert_eq!(next_job_state(key, JobEvent::Pause(PauseReason::Requested)), Ok(key));
        assert_eq!(next_job_state(key, JobEvent::Start), Ok(JobState::Running));
    }

    #[test]
    fn an_unconfirmed_job_can_neither_finish_nor_pass_for_confirmed() {
        assert!(next_job_state(JobState::Planned, JobEvent::Finish).is_err());
        let pause = JobEvent::Pause(PauseReason::Requested);
        assert!(next_job_state(JobState::Planned, pause).is_err());
    }

    #[test]
    fn done_and_quarantined_chunks_take_no_event() {
        for state in [ChunkState::Done, ChunkState::Quarantined] {
            for event in [
                ChunkEvent::Claim,
                ChunkEvent::Release,
                ChunkEvent::Complete,
                ChunkEvent::Quarantine,
            ] {
                assert!(next_chunk_state(state, event).is_err(), "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn only_a_leased_chunk_can_be_completed() {
        assert!(next_chunk_state(ChunkState::Pending, ChunkEvent::Complete).is_err());
        assert_eq!(
            next_chunk_state(ChunkState::Leased, ChunkEvent::Complete),
            Ok(ChunkState::Done)
        );
    }
}
