//! Runs simulated worlds: many of them, or one again.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use reseal_simulator::{Campaign, Coverage, Mutant, Plan, Summary, run, shrink};

/// Lines of a trace that are shown before a violation.
const TAIL: usize = 60;
/// Characters of a violation in a list.
const SHORT: usize = 200;
/// A campaign of so many seeds must have met every named cell.
const WHOLE: u64 = 10_000;

#[derive(Parser)]
#[command(name = "simulate", about = "Deterministic simulation of a whole reseal fleet")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run many worlds; exit 1 at a violation, or when a cell was never met in 10,000 seeds
    Campaign {
        /// How many seeds
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
        /// The first one
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// With this bug at the ports
        #[arg(long, value_enum, default_value = "none")]
        mutant: Mutant,
        /// End at the first violation
        #[arg(long)]
        fail_fast: bool,
        /// Run every so manyth seed twice and compare the traces; 0 for none
        #[arg(long, default_value_t = 10)]
        replay_every: u64,
    },
    /// Run one world, and print its plan and what went wrong
    Seed {
        /// Which
        seed: u64,
        /// With this bug at the ports
        #[arg(long, value_enum, default_value = "none")]
        mutant: Mutant,
        /// Print the whole trace
        #[arg(long)]
        trace: bool,
        /// Leave away whatever isn't needed to go wrong
        #[arg(long)]
        shrink: bool,
    },
    /// Run worlds with each bug at the ports until it is caught
    Mutants {
        /// How many seeds each is given
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
    },
}

fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let fine = match Cli::parse().command {
        Command::Campaign { seeds, from, mutant, fail_fast, replay_every } => {
            let campaign = Campaign { from, seeds, mutant, fail_fast, replay_every };
            let summary = campaign.run();
            tell(&mut out, &summary)?;
            let missed = summary.coverage.missed();
            summary.guilty.is_empty() && (seeds < WHOLE || missed.is_empty())
        }
        Command::Seed { seed, mutant, trace, shrink } => {
            one(&mut out, seed, mutant, trace, shrink)?
        }
        Command::Mutants { seeds } => mutants(&mut out, seeds)?,
    };
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let Summary { coverage, guilty, replayed } = summary;
    let (worlds, hours) = (coverage.worlds(), coverage.virtual_hours());
    writeln!(out, "{worlds} worlds, {hours:.1} virtual hours, {} calls", coverage.calls())?;
    writeln!(
        out,
        "{replayed} of them run twice, to the same trace unless it says otherwise below"
    )?;
    for (mishap, count) in coverage.by_mishap() {
        writeln!(out, "{count:>10} × {mishap}")?;
    }
    let missed = coverage.missed();
    writeln!(out, "{} of {} cells met", Coverage::cells() - missed.len(), Coverage::cells())?;
    for cell in missed {
        writeln!(out, "never met: {cell}")?;
    }
    for (seed, violation) in guilty {
        let what: String = violation.what.chars().take(SHORT).collect();
        writeln!(out, "seed {seed}: {}: {what}", violation.invariant)?;
    }
    Ok(())
}

fn one(
    out: &mut impl Write,
    seed: u64,
    mutant: Mutant,
    whole: bool,
    tame: bool,
) -> io::Result<bool> {
    let mut plan = Plan::of(seed);
    let mut ending = run(&plan, mutant);
    if let Some(first) = ending.violations.first().filter(|_| tame) {
        plan = shrink(&plan, mutant, first.invariant);
        ending = run(&plan, mutant);
    }
    writeln!(out, "{plan:#?}")?;
    let from = if whole { 0 } else { ending.trace.len().saturating_sub(TAIL) };
    for line in &ending.trace[from..] {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{} events, trace {:016x}", ending.trace.len(), ending.hash)?;
    for violation in &ending.violations {
        writeln!(out, "{}: {}", violation.invariant, violation.what)?;
    }
    Ok(ending.violations.is_empty())
}

fn mutants(out: &mut impl Write, seeds: u64) -> io::Result<bool> {
    let all = <Mutant as clap::ValueEnum>::value_variants();
    let mut fine = true;
    for mutant in all.iter().filter(|mutant| **mutant != Mutant::None) {
        let campaign =
            Campaign { from: 0, seeds, mutant: *mutant, fail_fast: true, replay_every: 0 };
        match campaign.run().guilty.first() {
            Some((seed, violation)) => {
                writeln!(out, "{mutant:?}: seed {seed}, {}", violation.invariant)?;
            }
            None => {
                fine = false;
                writeln!(out, "{mutant:?}: NOT CAUGHT in {seeds} seeds")?;
            }
        }
    }
    Ok(fine)
}
