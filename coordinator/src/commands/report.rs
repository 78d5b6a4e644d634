//! `report`: rows or totals of a job, whether or not it is still running.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reseal_core::JobId;
use serde::Serialize;

use crate::cli::{Output, ReportFormat, ReportRequest};
use crate::commands::Surroundings;
use crate::exit::{CommandError, Exit};
use crate::report::{ReportError, RowKind, find_job, write_rows};
use crate::wiring;

pub(super) async fn report(
    request: ReportRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, .. } = *surroundings;
    let ReportRequest { job, place, connection, format, output, out } = request;
    let told = out.clone().filter(|_| output == Output::Json);
    let view = wiring::look_at(&place, &connection).await?;
    let (ledger, sink) = (view.ledger.as_ref(), view.report.as_ref());
    let patience = machine.patience();
    let job = find_job(ledger, job.as_ref(), patience).await?;
    let mut destination = Destination::open(out.as_deref())?;
    let totals = match format {
        ReportFormat::Csv | ReportFormat::OldVersions => {
            let kind = match format {
                ReportFormat::OldVersions => RowKind::OldVersions,
                ReportFormat::Csv | ReportFormat::Json => RowKind::Objects,
            };
            match write_rows(ledger, sink, &job, kind, destination.writer(), patience).await {
                // Whoever reads has seen enough.
                Err(ReportError::Write(error)) if destination.is_a_pipe_left_by(&error) => {
                    return Ok(Exit::Done);
                }
                written => written?,
            }
        }
        ReportFormat::Json => {
            let totals =
                write_rows(ledger, sink, &job, RowKind::Objects, io::sink(), patience).await?;
            let writer = destination.writer();
            serde_json::to_writer_pretty(&mut *writer, &totals.with_job(&job))
                .map_err(io::Error::from)
                .and_then(|()| writeln!(writer))
                .context("writing the totals")?;
            totals
        }
    };
    destination.close().context("writing the report (--out)")?;
    for contradiction in &totals.contradictions {
        console.warn(format!("THE COUNTS DO NOT ADD UP: {contradiction}"));
    }
    if let Some(file) = told {
        let (taken_in, adds_up) = (totals.taken_in, totals.add_up());
        console.result(&Written { job: &job.id, file, taken_in, adds_up }, "")?;
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
