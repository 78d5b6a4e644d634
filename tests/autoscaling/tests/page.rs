//! `docs/autoscaling.md` and its plot are what the program says of the stack's
//! template, and the model does what a real fleet was seen to do.

use std::path::{Path, PathBuf};

use reseal_autoscaling::fleet::{Fleet, Pace};
use reseal_autoscaling::{Second, backlog, report, template};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).expect(path)
}

fn recorded() -> Vec<backlog::Recorded> {
    backlog::record(&read("tests/autoscaling/records/job.csv")).expect("a record")
}

#[test]
fn the_page_holds_the_table_and_the_plot_of_the_template() {
    let policy = template::policy(&read("infra/reseal.yaml")).expect("the stack's policy");
    let report = report::report(&policy, &recorded());
    let again = "cargo run -p reseal-autoscaling -- --plot docs/autoscaling.svg";
    let page = read("docs/autoscaling.md");
    assert!(page.contains(&report.table), "stale, `{again}` prints:\n{}", report.table);
    assert!(read("docs/autoscaling.svg") == report.plot, "the plot is stale: `{again}`");
    assert!(page.contains(again), "the page says how it was made");
}

#[test]
fn the_model_drains_a_recorded_backlog_as_the_fleet_did() {
    let record = recorded();
    let pace = Pace { task_start: 1, worker: backlog::pace(&record), limit: f64::INFINITY };
    let (mut fleet, arrivals) = (Fleet::new(pace), backlog::arrivals(&record));
    let (mut off, mut most) = (0.0, 0);
    for (second, seen) in record.iter().enumerate() {
        let second = second as Second;
        let arriving = arrivals.get(&second).copied().unwrap_or(0);
        fleet.tick(second, arriving, seen.workers);
        let told = fleet.visible() + fleet.not_visible();
        off += (told as f64 - (seen.visible + seen.held) as f64).abs();
        most = most.max(told);
    }
    let mean = off / record.len() as f64;
    assert!(most > 100 && mean < 0.1 * most as f64, "{mean} chunks off on average, of {most}");
}
