//! The figures, for people as Markdown and for programs as JSON.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

use super::machine::Machine;
use super::sample::Sample;
use super::scenarios::{Case, Column, Scenario};
use super::stats::Spread;
use super::tools::Tool;

/// Everything of one run of the driver.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) versions: Vec<(String, String)>,
    /// Whether this was a first look only.
    pub(super) quick: bool,
    pub(super) scenarios: Vec<ScenarioResult>,
}

/// One scenario's results.
#[derive(Serialize)]
pub(super) struct ScenarioResult {
    name: &'static str,
    title: &'static str,
    cases: Vec<CaseResult>,
    #[serde(skip)]
    table: String,
}

/// One case's results.
#[derive(Serialize)]
pub(super) struct CaseResult {
    name: String,
    tools: Vec<Tool>,
    pub(super) samples: Vec<Sample>,
    pub(super) missing: Vec<(Tool, String)>,
}

impl CaseResult {
    pub(super) fn new(case: &Case) -> Self {
        let (name, tools) = (case.name.clone(), case.tools.clone());
        Self { name, tools, samples: Vec::new(), missing: Vec::new() }
    }

    pub(super) fn is_missing(&self, tool: Tool) -> bool {
        self.missing.iter().any(|(missing, _)| *missing == tool)
    }

    fn spread(&self, tool: Tool, column: &Column) -> Option<Spread> {
        let samples = self.samples.iter().filter(|sample| sample.tool == tool);
        Spread::of(samples.filter_map(|sample| (column.value)(sample)))
    }
}

impl ScenarioResult {
    pub(super) fn new(scenario: &Scenario, cases: Vec<CaseResult>) -> Self {
        let table = table(scenario, &cases);
        Self { name: scenario.name, title: scenario.title, cases, table }
    }
}

impl Report {
    /// Writes `latest.json` and `latest.md` into the folder.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("latest.json"), serde_json::to_vec_pretty(self)?)?;
        Ok(std::fs::write(folder.join("latest.md"), self.markdown())?)
    }

    pub(super) fn print(&self) -> anyhow::Result<()> {
        Ok(std::io::stdout().write_all(self.markdown().as_bytes())?)
    }

    fn markdown(&self) -> String {
        let Machine { processor, cores, memory, kernel, load, pinned } = &self.machine;
        let pinned = if *pinned { "server on core 1, tool on core 0" } else { "not pinned" };
        let mut text = format!(
            "{cores} × {processor}, {memory}, Linux {kernel}; {pinned}; load before: {load}\n\n"
        );
        for (name, version) in &self.versions {
            let _ = writeln!(text, "- {name}: {version}");
        }
        if self.quick {
            text.push_str("\n**A first look with few objects: not figures to quote.**\n");
        }
        text.push_str("\nMedian (minimum–maximum) of each tool's runs.\n");
        for scenario in &self.scenarios {
            let _ = write!(text, "\n### {}\n\n{}", scenario.title, scenario.table);
        }
        text
    }
}

fn table(scenario: &Scenario, cases: &[CaseResult]) -> String {
    let mut text = String::from("| case | tool | runs |");
    for column in &scenario.columns {
        let _ = write!(text, " {} |", column.title);
    }
    if scenario.compared {
        let first = scenario.columns.first().map_or("", |column| column.title);
        let _ = write!(text, " {first} ÷ bare SDK with the same requests |");
    }
    let columns = 3 + scenario.columns.len() + usize::from(scenario.compared);
    let _ = writeln!(text, "\n|{}", "---|".repeat(columns));
    for case in cases {
        for &tool in &case.tools {
            text.push_str(&line(scenario, case, tool, yardstick(scenario, cases, tool)));
        }
    }
    text
}

/// The median that the tool's is divided by, from whichever case has it.
fn yardstick(scenario: &Scenario, cases: &[CaseResult], tool: Tool) -> Option<f64> {
    let column = scenario.columns.first()?;
    let found = cases.iter().find_map(|case| case.spread(tool.yardstick(), column));
    found.map(|spread| spread.median)
}

fn line(scenario: &Scenario, case: &CaseResult, tool: Tool, base: Option<f64>) -> String {
    let mut text = format!("| {} | {} |", case.name, tool.name());
    if let Some((_, why)) = case.missing.iter().find(|(missing, _)| *missing == tool) {
        let _ = writeln!(text, " missing: {why} |");
        return text;
    }
    let samples: Vec<&Sample> = case.samples.iter().filter(|sample| sample.tool == tool).collect();
    let _ = write!(text, " {} |", runs(&samples));
    for column in &scenario.columns {
        let spread = case.spread(tool, column);
        let _ = write!(text, " {} |", spread.map_or("–".to_owned(), |s| cell(s, column.decimals)));
    }
    if scenario.compared {
        let first = scenario.columns.first().and_then(|column| case.spread(tool, column));
        let ratio = first.zip(base).map(|(spread, base)| spread.median / base);
        let _ = write!(text, " {} |", ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")));
    }
    text.push('\n');
    text
}

/// How many runs there were, and how many didn't end well.
fn runs(samples: &[&Sample]) -> String {
    let late = samples.iter().filter(|sample| sample.costs.timed_out).count();
    let bad = samples.iter().filter(|s| !s.costs.timed_out && s.costs.exit_code != Some(0)).count();
    let mut text = samples.len().to_string();
    if bad > 0 {
        let _ = write!(text, ", {bad} ended with an error");
    }
    if late > 0 {
        let _ = write!(text, ", {late} took too long");
    }
    text
}

fn cell(spread: Spread, decimals: usize) -> String {
    let Spread { min, median, max } = spread;
    let (low, high) = (format!("{min:.decimals$}"), format!("{max:.decimals$}"));
    let middle = format!("{median:.decimals$}");
    if low == high { middle } else { format!("{middle} ({low}–{high})") }
}
