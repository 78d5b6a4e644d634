//! `plan`: looks at every object, changes nothing.

use std::time::Duration;

use crate::cli::JobRequest;
use crate::commands::{Passing, Surroundings, begin};
use crate::exit::{CommandError, Exit};
use crate::hazards::Hazard;
use crate::plan::{Planner, Priced, Shown, text};
use crate::start::Wanted;
use crate::wiring;

/// How often the count is shown.
const SHOW_EVERY: Duration = Duration::from_secs(2);

pub(super) async fn plan(
    request: &JobRequest,
    surroundings: &Surroundings<'_>,
) -> Result<Exit, CommandError> {
    let Surroundings { machine, console, stop } = *surroundings;
    let Some(started) = begin(Wanted::from(request), surroundings).await? else {
        return Ok(Exit::Interrupted);
    };
    let spec = started.spec(request);
    let terms = started.assumed_terms(&request.behaviour);
    // The engine's eyes come with a ledger. A plan has nothing to record, and
    // must not wait for the lock of a run: it gets one that passes with it.
    let random = machine.random.next_u64();
    let folder = Passing(std::env::temp_dir().join(format!("reseal-plan-{random:016x}")));
    let state = wiring::lock(machine, &folder.0, "plan")?;
    let ports = wiring::engine_ports(machine, &started.cloud, state)?;
    let settings = wiring::engine_settings(&request.limits);
    let planner = Planner { ports: &ports, settings: &settings, spec: &spec, terms: &terms };
    let sources = started.open_sources(spec.behaviour.versions);
    let shown_at = std::cell::Cell::new(machine.clock.monotonic());
    let looked = planner
        .all(&sources, stop, |objects| {
            let now = machine.clock.monotonic();
            if now.saturating_sub(shown_at.get()) >= SHOW_EVERY {
                shown_at.set(now);
                console.progress(&format!("{objects} objects looked at"));
            }
        })
        .await?;
    let mut hazards = started.hazards(&terms);
    hazards.insert(0, Hazard::AssumedCapabilities);
    let shown = Shown::new(
        started.describe_sources(),
        spec.target.to_string(),
        &looked.census,
        looked.left_out,
        hazards,
        &request.limits,
        Priced { list: &request.prices, region: &started.cloud.region, fleet: false },
    );
    if !looked.whole {
        console.warn("interrupted: nothing was changed, and the plan is not complete");
        return Ok(Exit::Interrupted);
    }
    console.result(&shown, &text(&shown))?;
    let caps = request.limits.caps;
    let refused = caps
        .refuse_objects(shown.objects())
        .or_else(|| caps.refuse_unpriced(&request.prices, &started.cloud.region, &request.target))
        .or_else(|| caps.put_off_cost(shown.estimate()))
        .or_else(|| caps.refuse_cost(shown.estimate()));
    if let Some(refused) = refused {
        console.warn(format!("a run would be refused: {refused}"));
    }
    Ok(Exit::Done)
}
