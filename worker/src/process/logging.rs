//! Where log lines go and which: stderr, ours only.

use std::io::IsTerminal as _;
use std::sync::Arc;

use reseal_core::ports::Clock;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::JsonLines;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// How to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logging {
    /// The finest of our own lines that are wanted.
    pub level: LevelFilter,
    /// How they look.
    pub format: LogFormat,
    /// Whether text on a terminal may have colours.
    pub color: bool,
}

impl Logging {
    /// The level for so many `-v` above `quiet`.
    #[must_use]
    pub fn level(quiet: LevelFilter, verbosity: u8) -> LevelFilter {
        let levels = [LevelFilter::WARN, LevelFilter::INFO, LevelFilter::DEBUG, LevelFilter::TRACE];
        let start = levels.iter().position(|level| *level == quiet).unwrap_or_default();
        levels.into_iter().skip(start).nth(verbosity.into()).unwrap_or(LevelFilter::TRACE)
    }
}

/// Starts logging. The SDK's own lines stay at warnings whatever the user
/// asks for: at finer levels it writes request headers, credentials included.
pub fn start_logging(logging: Logging, clock: Arc<dyn Clock>) {
    let Logging { level, format, color } = logging;
    let filter = filter(level);
    // A second call (in tests) changes nothing.
    let _ = match format {
        LogFormat::Text => {
            let ansi = color && std::io::stderr().is_terminal();
            let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
            tracing_subscriber::registry().with(filter).with(lines.with_ansi(ansi)).try_init()
        }
        LogFormat::Json => {
            let lines = JsonLines::new(clock, std::io::stderr);
            tracing_subscriber::registry().with(filter).with(lines).try_init()
        }
    };
}

fn filter(level: LevelFilter) -> Targets {
    // Its warnings of missing credentials are pages long, and we say so ourselves.
    let config = if level <= LevelFilter::WARN { LevelFilter::ERROR } else { LevelFilter::WARN };
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("aws_config", config)
        .with_target("reseal", level)
        .with_target("reseal_core", level)
        .with_target("reseal_aws", level)
        .with_target("reseal_local", level)
        .with_target("reseal_worker", level)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn each_v_is_one_level_finer() {
        let from = |quiet, v| Logging::level(quiet, v);
        assert_eq!(from(LevelFilter::WARN, 0), LevelFilter::WARN);
        assert_eq!(from(LevelFilter::WARN, 1), LevelFilter::INFO);
        assert_eq!(from(LevelFilter::INFO, 0), LevelFilter::INFO);
        assert_eq!(from(LevelFilter::INFO, 1), LevelFilter::DEBUG);
        assert_eq!(from(LevelFilter::WARN, 200), LevelFilter::TRACE);
    }

    #[test]
    fn the_sdk_stays_silent_however_much_is_asked_for() {
        let filter = filter(LevelFilter::TRACE);
        for sdk in ["aws_smithy_runtime::client", "aws_config::profile", "hyper::proto", "h2"] {
            assert!(!filter.would_enable(sdk, &Level::INFO), "{sdk}");
        }
        for ours in ["reseal", "reseal_worker::engine", "reseal_aws::store"] {
            assert!(filter.would_enable(ours, &Level::TRACE), "{ours}");
        }
    }
}
