//! The table of `docs/autoscaling.md`.

use std::fmt::Write as _;

use crate::Second;
use crate::simulate::Outcome;

/// Fargate on-demand, us-east-1, Linux, a task of 1 vCPU and 2 GB, in dollars
/// an hour; public price pages, November 2026.
const X86: f64 = 0.040_48 + 2.0 * 0.004_445;
const ARM: f64 = 0.032_38 + 2.0 * 0.003_56;

/// Of one scenario, each policy's outcome.
pub struct Section<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// The most workers that could be of use.
    pub useful: u32,
    /// By the policies' names.
    pub outcomes: Vec<(&'static str, Outcome)>,
}

fn time(seconds: Second) -> String {
    if seconds < 3_600 {
        format!("{}:{:02}", seconds / 60, seconds % 60)
    } else {
        format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }
}

fn maybe(seconds: Option<Second>) -> String {
    seconds.map_or_else(|| "never".to_owned(), time)
}

/// In Markdown.
#[must_use]
pub fn table(sections: &[Section<'_>]) -> String {
    let mut text = String::from(
        "| backlog, and the workers that it can use | policy | first worker | most workers | after | more than of use | all done | 0 tasks after that | worker-minutes | of them idle | idle, x86 | ARM |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for section in sections {
        for (number, (policy, outcome)) in section.outcomes.iter().enumerate() {
            let name = if number == 0 {
                format!("{}: {}", section.name, section.useful)
            } else {
                String::new()
            };
            let over = outcome.most.saturating_sub(section.useful);
            let (billed, needed) = (outcome.billed as f64 / 60.0, outcome.needed / 60.0);
            let idle = if outcome.drained.is_some() { (billed - needed).max(0.0) } else { billed };
            let after = if outcome.most == 0 { "–".to_owned() } else { time(outcome.most_after) };
            let zero =
                if outcome.drained.is_some() { maybe(outcome.zero) } else { "–".to_owned() };
            writeln!(
                text,
                "| {name} | {policy} | {} | {} | {after} | {over} | {} | {zero} | {billed:.0} | {idle:.0} | ${:.3} | ${:.3} |",
                maybe(outcome.first),
                outcome.most,
                maybe(outcome.drained),
                idle / 60.0 * X86,
                idle / 60.0 * ARM,
            )
            .expect("text takes it");
        }
    }
    text
}
