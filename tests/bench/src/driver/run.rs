//! Running: everything once, then everything again, so that whatever else the
//! machine does falls on all tools alike.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::args::Options;
use super::build::{Binaries, build, folder};
use super::machine::{Machine, can_pin};
use super::measure::Costs;
use super::peers::{Peers, first_line};
use super::report::{CaseResult, Report, ScenarioResult};
use super::sample::Sample;
use super::scenarios::{Case, Scenario, scenario};
use super::server::Server;
use super::tools::{Place, Tool};

/// The core that the tools run on.
const CORE: &str = "0";

struct Bench {
    binaries: Binaries,
    peers: Peers,
    pinned: bool,
    work: PathBuf,
}

/// Runs these scenarios and reports.
///
/// # Errors
/// When nothing can be measured at all; a tool that fails is a result.
pub(super) fn run(options: &Options, names: &[&str]) -> anyhow::Result<()> {
    eprintln!("building");
    let binaries = build(options.reseal.as_deref())?;
    eprintln!("looking for the peers");
    let peers = Peers::install();
    let pinned = !options.no_pinning && can_pin();
    let work = folder().join("work");
    std::fs::create_dir_all(&work)?;
    let mut versions = peers.versions();
    let reseal = first_line(Command::new(&binaries.reseal).arg("--version"));
    versions.insert(0, ("reseal".to_owned(), reseal));
    let bench = Bench { binaries, peers, pinned, work };
    let machine = Machine::look(pinned);
    let mut report = Report { machine, versions, quick: options.quick, scenarios: Vec::new() };
    for scenario in names.iter().filter_map(|name| scenario(name, options)) {
        report.scenarios.push(bench.scenario(&scenario)?);
        // Written after each, so that a long run which is ended leaves something.
        report.write(&folder().join("results"))?;
    }
    report.print()
}

impl Bench {
    fn scenario(&self, scenario: &Scenario) -> anyhow::Result<ScenarioResult> {
        let mut cases = Vec::new();
        for case in scenario.cases.iter().filter(|case| !case.tools.is_empty()) {
            cases.push(self.case(scenario, case)?);
        }
        Ok(ScenarioResult::new(scenario, cases))
    }

    fn case(&self, scenario: &Scenario, case: &Case) -> anyhow::Result<CaseResult> {
        let mut result = CaseResult::new(case);
        for repeat in 1..=case.repeats {
            for &tool in &case.tools {
                if result.is_missing(tool) {
                    continue;
                }
                let label = format!("{}, {}, {}", scenario.name, case.name, tool.name());
                eprint!("{label}, {repeat} of {}: ", case.repeats);
                match self.once(scenario, case, tool)? {
                    Ok(sample) => {
                        eprintln!("{}", brief(scenario, &sample));
                        result.samples.push(sample);
                    }
                    Err(why) => {
                        eprintln!("missing: {why}");
                        result.missing.push((tool, why));
                    }
                }
            }
        }
        Ok(result)
    }

    /// One run against a fresh server; the inner error says why the tool
    /// can't be run here at all.
    fn once(
        &self,
        scenario: &Scenario,
        case: &Case,
        tool: Tool,
    ) -> anyhow::Result<Result<Sample, String>> {
        let scratch = self.work.join("scratch");
        let _ = std::fs::remove_dir_all(&scratch);
        std::fs::create_dir_all(&scratch)?;
        let binary = self.binaries.own("bench-server");
        let server = Server::start(&binary, &case.server, self.pinned)?;
        let (binaries, peers) = (&self.binaries, &self.peers);
        let (url, settings) = (server.url(), &case.server);
        let place = Place { binaries, peers, url, scratch: &scratch, server: settings };
        let invocation = match tool.invocation(&place) {
            Ok(invocation) => invocation,
            Err(why) => return Ok(Err(why)),
        };
        let log = self.work.join(format!("{}-{}.log", scenario.name, tool.word()));
        let mut command = self.measured(&scratch, &log, case.bound);
        command.args(&invocation.words).envs(invocation.environment);
        let costs = costs(&mut command, &scratch)?;
        let sample = Sample::new(tool, &case.server, case.warm_up, costs, server.counters()?);
        std::fs::remove_dir_all(&scratch)?;
        Ok(Ok(sample))
    }

    /// `bench measure -- …`, pinned, with nothing of the user's own settings.
    fn measured(&self, scratch: &Path, log: &Path, bound: u64) -> Command {
        let mut command = Command::new(self.binaries.own("bench"));
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if ["AWS_", "RCLONE_", "S3_"].iter().any(|prefix| name_text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .arg("measure")
            .arg("--result")
            .arg(scratch.join("costs.json"))
            .arg("--log")
            .arg(log)
            .args(["--seconds", &bound.to_string(), "--"]);
        if self.pinned {
            command.args(["taskset", "-c", CORE]);
        }
        command
    }
}

fn costs(command: &mut Command, scratch: &Path) -> anyhow::Result<Costs> {
    let status = command.status().context("bench measure")?;
    ensure!(status.success(), "a tool could not be started");
    let text = std::fs::read_to_string(scratch.join("costs.json"))?;
    Ok(serde_json::from_str(&text)?)
}

/// The run in a line, to watch.
fn brief(scenario: &Scenario, sample: &Sample) -> String {
    let value = |column: &super::scenarios::Column| {
        let value = (column.value)(sample).filter(|value| value.is_finite());
        value.map_or("–".to_owned(), |value| format!("{value:.*}", column.decimals))
    };
    let figures: Vec<String> = scenario
        .columns
        .iter()
        .take(3)
        .map(|column| format!("{} {}", value(column), column.title))
        .collect();
    let ended = match (sample.costs.timed_out, sample.costs.exit_code) {
        (true, _) => ", ENDED: took too long".to_owned(),
        (false, Some(0)) => String::new(),
        (false, Some(code)) => format!(", exit code {code}"),
        (false, None) => ", ended by a signal".to_owned(),
    };
    format!("{}{ended}", figures.join(", "))
}
