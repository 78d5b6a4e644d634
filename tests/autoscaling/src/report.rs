//! Every scenario under every policy.

use crate::backlog::{Recorded, Scenario, scenarios};
use crate::plot::{Panel, plot};
use crate::policies::{Policy, both, tracking_alone};
use crate::simulate::simulate;
use crate::table::{Section, table};

/// Scenarios that are drawn, by their places.
const DRAWN: [usize; 5] = [0, 1, 3, 8, 9];

/// What is printed and drawn.
pub struct Report {
    /// Markdown.
    pub table: String,
    /// SVG.
    pub plot: String,
}

/// The most workers that could be of use: those that the job's limits feed, with
/// a minute of work for each.
fn useful(scenario: &Scenario, max: u32) -> u32 {
    let most = scenario.arrivals.values().sum::<u64>() as f64;
    let work = (most / scenario.worker / 60.0).floor();
    let limit = (scenario.limit / scenario.worker).ceil();
    let all = work.min(limit).min(f64::from(scenario.max_workers.unwrap_or(max)));
    all.max(1.0) as u32
}

/// Simulates it all.
#[must_use]
pub fn report(policy: &Policy, record: &[Recorded]) -> Report {
    let scenarios = scenarios(record);
    let policies = [policy.clone(), tracking_alone(1, policy), both(policy)];
    let mut sections = Vec::new();
    for (number, scenario) in scenarios.iter().enumerate() {
        let mut outcomes: Vec<_> =
            policies.iter().map(|policy| (policy.name, simulate(scenario, policy))).collect();
        if number == 0 {
            let from_nothing = tracking_alone(0, policy);
            outcomes.push((from_nothing.name, simulate(scenario, &from_nothing)));
        }
        let useful = useful(scenario, policy.max);
        sections.push(Section { name: scenario.name, useful, outcomes });
    }
    let panel = |number: usize| {
        let outcomes = sections[number].outcomes.iter().take(policies.len());
        let outcomes = outcomes.map(|(name, outcome)| (*name, outcome)).collect();
        Panel { name: sections[number].name, outcomes }
    };
    let panels: Vec<_> = DRAWN.into_iter().map(panel).collect();
    let plot = plot(&panels);
    Report { table: table(&sections), plot }
}
