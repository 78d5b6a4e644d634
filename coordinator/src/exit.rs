//! How a command ends: the exit codes, and which failure means which.

use reseal_core::ports::{FileError, LedgerError};
use reseal_core::{JobState, PauseReason, Tally};

use crate::cli::RefusedUsage;
use crate::preflight::PreflightError;
use crate::probe::ProbeError;
use crate::report::ReportError;
use crate::sources::SourceError;
use crate::split::SplitError;

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: every object is at the target, or the command did what was asked.
    Done,
    /// 3: finished, and some objects need a look.
    NeedsALook,
    /// 1: the job stands still until somebody mends what stopped it.
    Paused,
    /// 1: the job was given up while it was worked.
    Cancelled,
    /// 130: interrupted, or paused on request; the same command resumes.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Paused | Self::Cancelled => 1,
            Self::NeedsALook => 3,
            Self::Interrupted => 130,
        }
    }

    /// By a finished job's counts (I15).
    pub(crate) fn of_finished(totals: &Tally) -> Self {
        if totals.needs_a_look() == 0 { Self::Done } else { Self::NeedsALook }
    }

    /// By a job's counts, whatever state it is in.
    pub(crate) fn of_job(state: JobState, totals: &Tally) -> Self {
        match state {
            JobState::Finished => Self::of_finished(totals),
            JobState::Paused(PauseReason::Requested) => Self::Interrupted,
            JobState::Paused(_) => Self::Paused,
            JobState::Cancelled => Self::Cancelled,
            JobState::Planned | JobState::Running => Self::Interrupted,
        }
    }
}

/// Why a command ended without doing its work. The text is one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// Bad usage or a refused preflight; nothing was touched.
    #[error("{0}")]
    Refused(String),
    /// Everything else.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

impl CommandError {
    pub(crate) fn refused(line: impl Into<String>) -> Self {
        Self::Refused(line.into())
    }

    /// The process's exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Refused(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

impl From<RefusedUsage> for CommandError {
    fn from(error: RefusedUsage) -> Self {
        Self::Refused(error.0)
    }
}

impl From<PreflightError> for CommandError {
    fn from(error: PreflightError) -> Self {
        match error {
            PreflightError::Refused(line) => Self::Refused(line),
            error @ PreflightError::Unreachable { .. } => Self::Failed(error.into()),
        }
    }
}

impl From<ProbeError> for CommandError {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Refused(line) => Self::Refused(line),
            error @ ProbeError::Unreachable { .. } => Self::Failed(error.into()),
        }
    }
}

impl From<SourceError> for CommandError {
    /// A list or a report that can't be used is the user's to mend; a listing
    /// that fails in the middle isn't.
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Malformed { .. } | SourceError::File { .. } => {
                Self::Refused(format!("--keys {error}"))
            }
            SourceError::Report { .. } | SourceError::Overlap { .. } => {
                Self::Refused(format!("--manifest {error}"))
            }
            error => Self::Failed(error.into()),
        }
    }
}

impl From<SplitError> for CommandError {
    fn from(error: SplitError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ReportError> for CommandError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NoSuchJob(_) | ReportError::NoJobs => Self::Refused(error.to_string()),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<LedgerError> for CommandError {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        Self::Failed(error.into())
    }
}
