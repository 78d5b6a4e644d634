//! `probe`: does this endpoint, key and role really do what a run relies on?

use std::fmt::Write as _;

use crate::cli::ProbeRequest;
use crate::commands::{Surroundings, begin};
use crate::exit::{CommandError, Exit};
use crate::probe::BucketProbe;
use crate::start::Wanted;

pub(super) async fn probe(
    request: &ProbeRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, .. } = *surroundings;
    let Some(started) = begin(Wanted::from(request), surroundings).await? else {
        return Ok(Exit::Interrupted);
    };
    let id = format!("probe-{:016x}", machine.random.next_u64());
    let probes = started.probe(&request.behaviour, &request.readers, &id).await?;
    let text: String = probes.iter().map(text).collect();
    console.result(&probes, &text)?;
    match probes.iter().flat_map(|probe| &probe.refusals).next() {
        Some(refusal) => Err(CommandError::refused(refusal)),
        None => Ok(Exit::Done),
    }
}

/// One bucket's findings, for people.
pub(super) fn text(probe: &BucketProbe) -> String {
    let mut out = format!("bucket {}\n", probe.bucket);
    for finding in &probe.findings {
        let mark = if finding.as_documented { "ok  " } else { "note" };
        // Writing to a String can't fail.
        let _ = writeln!(out, "  {mark} {}: {}", finding.tried, finding.seen);
    }
    for refusal in &probe.refusals {
        let _ = writeln!(out, "  a run would be refused: {refusal}");
    }
    out
}
