//! A job's ledger and files to look at, wherever they lie.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reseal_core::ports::{ChunkStore, Ledger, Queue, ReportSink, Roster};
use reseal_core::{FleetName, Priority, WhichFleet};
use reseal_local::{Holder, LocalView, StateDir};

use super::{Machine, find_fleet, open_error};
use crate::cli::{ConnectionRequest, Place};
use crate::exit::CommandError;
use crate::retry::Patience;
use crate::sources::JobReport;
use crate::standing::Hands;

/// A worker that was silent for longer is taken for gone: several times its
/// own interval.
const SILENT: Duration = Duration::from_secs(120);

/// What a command beside the work needs.
pub(crate) struct View {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) chunks: Arc<dyn ChunkStore>,
    pub(crate) report: Arc<dyn ReportSink>,
    place: At,
}

enum At {
    Folder(std::path::PathBuf),
    Fleet { name: FleetName, roster: Arc<dyn Roster>, queue: reseal_aws::SqsQueue },
}

impl View {
    fn local(folder: &Path, view: LocalView) -> Self {
        let LocalView { ledger, chunks, report } = view;
        Self {
            ledger: Arc::new(ledger),
            chunks: Arc::new(chunks),
            report: Arc::new(report),
            place: At::Folder(folder.to_owned()),
        }
    }

    /// Who works there now.
    ///
    /// # Errors
    /// When the folder's lock or the fleet's roster can't be looked at.
    pub(crate) async fn hands(&self, machine: &Machine) -> Result<Hands, CommandError> {
        match &self.place {
            At::Folder(folder) => process_in(folder).map(Hands::Folder),
            At::Fleet { roster, .. } => {
                let patience: Patience<'_> = machine.patience();
                let all = patience.retry(|| roster.workers()).await?;
                let now = machine.clock.now();
                let alive = all.into_iter().filter(|beat| now.since(beat.seen_at) <= SILENT);
                Ok(Hands::Fleet(alive.collect()))
            }
        }
    }

    /// The fleet's queue for jobs of this priority; `None` for a state folder.
    pub(crate) fn queue(&self, priority: Priority) -> Option<Arc<dyn Queue>> {
        match &self.place {
            At::Folder(_) => None,
            At::Fleet { queue, .. } => Some(Arc::new(queue.of(priority))),
        }
    }

    /// The fleet, if it is one.
    pub(crate) fn fleet(&self) -> Option<&FleetName> {
        match &self.place {
            At::Folder(_) => None,
            At::Fleet { name, .. } => Some(name),
        }
    }

    /// The report of jobs that are over, for whoever drives their rows again.
    pub(crate) fn job_report(&self) -> JobReport {
        JobReport {
            ledger: Arc::clone(&self.ledger),
            chunks: Arc::clone(&self.chunks),
            report: Arc::clone(&self.report),
        }
    }
}

/// A job's place to look at.
///
/// # Errors
/// Refused when there is none.
pub(crate) async fn look_at(
    place: &Place,
    connection: &ConnectionRequest,
) -> Result<View, CommandError> {
    match place {
        Place::Folder(folder) => {
            let view = StateDir::open_read_only(folder).map_err(|error| open_error(&error))?;
            Ok(View::local(folder, view))
        }
        Place::Fleet(which) => with_fleet(which, connection).await,
    }
}

/// A job's place to change its state in, whoever works there.
///
/// # Errors
/// Refused when there is none.
pub(crate) async fn beside(
    place: &Place,
    connection: &ConnectionRequest,
) -> Result<View, CommandError> {
    match place {
        Place::Folder(folder) => {
            let view = StateDir::open_beside(folder).map_err(|error| open_error(&error))?;
            Ok(View::local(folder, view))
        }
        Place::Fleet(which) => with_fleet(which, connection).await,
    }
}

async fn with_fleet(
    which: &WhichFleet,
    connection: &ConnectionRequest,
) -> Result<View, CommandError> {
    let fleet = find_fleet(which, connection).await?;
    Ok(View {
        ledger: Arc::new(fleet.ledger.clone()),
        chunks: Arc::new(fleet.files.clone()),
        report: Arc::new(fleet.files),
        place: At::Fleet { name: fleet.name, roster: Arc::new(fleet.ledger), queue: fleet.queue },
    })
}

/// The process that works in a state folder, for people; `None` where none does.
fn process_in(folder: &Path) -> Result<Option<String>, CommandError> {
    let holder = StateDir::holder(folder).map_err(|error| open_error(&error))?;
    let named = |holder: Option<Holder>| holder.map_or("a process".to_owned(), |h| h.to_string());
    Ok(holder.map(named))
}
