//! Progress while a run works: one rewriting line on a terminal, plain lines
//! now and then elsewhere.

use std::time::Duration;

use reseal_core::ports::Clock;
use reseal_core::{Progress, ProgressView};
use reseal_worker::{MeterReading, Stop};

use crate::console::Console;

/// How often a terminal's line is rewritten.
const LIVE: Duration = Duration::from_millis(250);
/// How often a plain line is written.
const PLAIN: Duration = Duration::from_secs(5);

/// What is known at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    /// Objects settled before this process began.
    pub(crate) settled_before: u64,
    /// Objects taken in so far.
    pub(crate) total: u64,
    /// Whether that is all.
    pub(crate) total_is_final: bool,
    /// What this process did.
    pub(crate) meter: MeterReading,
}

/// Shows progress until asked to stop.
pub(crate) async fn show(
    clock: &dyn Clock,
    console: &Console,
    stop: &Stop,
    standing: impl Fn() -> Standing,
) {
    let every = if console.is_live() { LIVE } else { PLAIN };
    let mut progress = Progress::default();
    progress.sample(clock.monotonic(), 0);
    loop {
        tokio::select! {
            biased;
            () = stop.asked() => return,
            () = clock.sleep(every) => {}
        }
        let now = standing();
        progress.sample(clock.monotonic(), now.meter.settled());
        console.progress(&line(&progress, &now));
    }
}

/// The rate counts what this process did; what it found done is added after.
fn view(progress: &Progress, now: &Standing) -> ProgressView {
    let left = now.total.saturating_sub(now.settled_before);
    let view = progress.view(left, now.total_is_final);
    ProgressView { settled: view.settled + now.settled_before, total: now.total, ..view }
}

/// One line for people.
pub(crate) fn line(progress: &Progress, now: &Standing) -> String {
    let view = view(progress, now);
    let total =
        if now.total_is_final { format!("{}", view.total) } else { format!("{}+", view.total) };
    let percent = if now.total_is_final && view.total > 0 {
        format!(" ({} %)", view.settled * 100 / view.total)
    } else {
        String::new()
    };
    let left = match view.left {
        Some(left) => format!(", {} left", duration(left)),
        None => String::new(),
    };
    let MeterReading { skipped, failed, throttles, key_throttles, .. } = now.meter;
    let mut line = format!(
        "{} of {total}{percent} settled, {:.0}/s{left}, {skipped} skipped, {failed} failed",
        view.settled, view.rate
    );
    for (count, who) in [(throttles, "S3"), (key_throttles, "KMS")] {
        if count > 0 {
            line.push_str(&format!(", {count} throttled by {who}"));
        }
    }
    line
}

/// A duration for people, to two units.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min {rest} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_show_two_units() {
        for (seconds, text) in
            [(0, "0 s"), (61, "1 min 1 s"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")]
        {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_was_done_before_counts_as_settled_but_not_as_speed() {
        let mut progress = Progress::default();
        progress.sample(Duration::ZERO, 0);
        progress.sample(Duration::from_secs(10), 100);
        let meter = MeterReading { re_encrypted: 100, ..MeterReading::default() };
        let now = Standing { settled_before: 500, total: 1_000, total_is_final: true, meter };
        let line = line(&progress, &now);
        assert!(line.starts_with("600 of 1000 (60 %) settled, 10/s, 40 s left"), "{line}");
    }
}
