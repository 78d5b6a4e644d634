//! `autoscaling`: simulates, prints the table of `docs/autoscaling.md` and, with
//! `--plot FILE`, draws its plot. From the repository's root.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use reseal_autoscaling::{backlog, report, template};

/// Simulates the autoscaling of infra/reseal.yaml and prints the table of docs/autoscaling.md.
#[derive(Parser)]
struct Arguments {
    /// The template whose policy is simulated
    #[arg(long, default_value = "infra/reseal.yaml")]
    template: PathBuf,
    /// The recorded backlog
    #[arg(long, default_value = "tests/autoscaling/records/job.csv")]
    record: PathBuf,
    /// Where to write the plot, as SVG
    #[arg(long)]
    plot: Option<PathBuf>,
}

#[expect(clippy::print_stdout, reason = "the table is what it is for")]
fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let read =
        |path: &PathBuf| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let policy = template::policy(&read(&arguments.template)?)?;
    let record = backlog::record(&read(&arguments.record)?)?;
    let report = report::report(&policy, &record);
    print!("{}", report.table);
    if let Some(path) = arguments.plot {
        std::fs::write(&path, report.plot).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
