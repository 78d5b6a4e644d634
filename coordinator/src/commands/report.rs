//! `report`: rows or totals of a job, whether or not it is still running.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reseal_core::ports::{Ledger, ReportSink};
use reseal_core::{JobId, JobRecord};
use serde::Serialize;

use super::retry;
use crate::cli::{Output, ReportFormat, ReportOut, ReportRequest};
use crate::commands::Surroundings;
use crate::console::Console;
use crate::exit::{CommandError, Exit};
use crate::report::{Encoding, ReportError, RowKind, Totals, find_job, write_rows};
use crate::retry::Patience;
use crate::wiring;

mod parts;

/// What is reported, and in parts as what.
struct Of<'a> {
    ledger: &'a dyn Ledger,
    sink: &'a dyn ReportSink,
    job: &'a JobRecord,
    kind: RowKind,
    encoding: Encoding,
}

pub(super) async fn report(
    request: ReportRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, .. } = *surroundings;
    let ReportRequest { job, place, connection, format, output, out } = request;
    let view = wiring::look_at(&place, &connection).await?;
    let (ledger, sink) = (view.ledger.as_ref(), view.report.as_ref());
    let patience = machine.patience();
    let job = find_job(ledger, job.as_ref(), patience).await?;
    let (kind, encoding) = match format {
        ReportFormat::OldVersions => (RowKind::OldVersions, Encoding::Text),
        ReportFormat::Csv | ReportFormat::Json => (RowKind::Objects, Encoding::Text),
        ReportFormat::Parquet => (RowKind::Objects, Encoding::Parquet),
    };
    let of = Of { ledger, sink, job: &job, kind, encoding };
    let file = match out {
        ReportOut::Stdout => None,
        ReportOut::File(file) => Some(file),
        ReportOut::Folder(folder) => {
            return parts::to_folder(&of, folder, output, surroundings).await;
        }
        ReportOut::Bucket { bucket, prefix } => {
            let connection = retry::like(&job, connection);
            let place = parts::InBucket { bucket, prefix, connection };
            return parts::to_bucket(&of, &place, output, surroundings).await;
        }
    };
    let Some(totals) = to_file(&of, format, file.as_deref(), patience).await? else {
        return Ok(Exit::Done);
    };
    if let Some(file) = file.filter(|_| output == Output::Json) {
        let (taken_in, adds_up) = (totals.taken_in, totals.add_up());
        console.result(&Written { job: &job.id, file, taken_in, adds_up }, "")?;
    }
    judged(&job, &totals, console)
}

/// One file, or stdout; no totals where its reader left early.
async fn to_file(
    of: &Of<'_>,
    format: ReportFormat,
    file: Option<&Path>,
    patience: Patience<'_>,
) -> Result<Option<Totals>, CommandError> {
    let Of { ledger, sink, job, kind, .. } = *of;
    let mut destination = Destination::open(file)?;
    let totals = match format {
        ReportFormat::Csv | ReportFormat::OldVersions => {
            match write_rows(ledger, sink, job, kind, destination.writer(), patience).await {
                // Whoever reads has seen enough.
                Err(ReportError::Write(error)) if destination.is_a_pipe_left_by(&error) => {
                    return Ok(None);
                }
                written => written?,
            }
        }
        ReportFormat::Parquet => {
            return Err(CommandError::refused("--format parquet needs --layout hive".to_owned()));
        }
        ReportFormat::Json => {
            let totals = write_rows(ledger, sink, job, kind, io::sink(), patience).await?;
            let writer = destination.writer();
            serde_json::to_writer_pretty(&mut *writer, &totals.with_job(job))
                .map_err(io::Error::from)
                .and_then(|()| writeln!(writer))
                .context("writing the totals")?;
            totals
        }
    };
    destination.close().context("writing the report (--out)")?;
    Ok(Some(totals))
}

/// A report whose counts contradict each other is written, and no success.
fn judged(job: &JobRecord, totals: &Totals, console: &Console) -> Result<Exit, CommandError> {
    for contradiction in &totals.contradictions {
        console.warn(format!("THE COUNTS DO NOT ADD UP: {contradiction}"));
    }
    if totals.add_up() {
        console.note(format!("job {}: {} objects; the counts add up", job.id, totals.taken_in));
        Ok(Exit::Done)
    } else {
        Err(CommandError::Failed(anyhow::anyhow!("the counts of job {} do not add up", job.id)))
    }
}

/// What was written, for scripts.
#[derive(Serialize)]
struct Written<'a> {
    job: &'a JobId,
    file: PathBuf,
    taken_in: u64,
    adds_up: bool,
}

/// Where it goes: stdout, or a file that is whole or not there.
enum Destination<'a> {
    Stdout(BufWriter<io::Stdout>),
    File { writer: BufWriter<File>, side: std::path::PathBuf, path: &'a Path },
}

impl<'a> Destination<'a> {
    fn open(path: Option<&'a Path>) -> Result<Self, CommandError> {
        let Some(path) = path else { return Ok(Self::Stdout(BufWriter::new(io::stdout()))) };
        let mut name = path.as_os_str().to_owned();
        name.push(".partial");
        let side = std::path::PathBuf::from(name);
        let file = File::create(&side)
            .map_err(|error| CommandError::refused(format!("--out {}: {error}", path.display())))?;
        Ok(Self::File { writer: BufWriter::new(file), side, path })
    }

    fn is_a_pipe_left_by(&self, error: &io::Error) -> bool {
        matches!(self, Self::Stdout(_)) && error.kind() == io::ErrorKind::BrokenPipe
    }

    fn writer(&mut self) -> &mut (dyn Write + Send) {
        match self {
            Self::Stdout(writer) => writer,
            Self::File { writer, .. } => writer,
        }
    }

    fn close(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut writer) => writer.flush(),
            Self::File { mut writer, side, path } => {
                writer.flush()?;
                fs::rename(side, path)
            }
        }
    }
}
