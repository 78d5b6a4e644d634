//! Where log lines go and which: stderr, ours only.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::{LogFormat, Logging};

/// Starts logging. The SDK's own lines stay at warnings whatever the user
/// asks for: at finer levels it writes request headers, credentials included.
pub(crate) fn start(logging: &Logging, no_color: bool) {
    let ours = match logging.verbosity {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        // Its warnings of missing credentials are pages long, and we say so ourselves.
        .with_target(
            "aws_config",
            if logging.verbosity == 0 { LevelFilter::ERROR } else { LevelFilter::WARN },
        )
        .with_target("reseal", ours)
        .with_target("reseal_core", ours)
        .with_target("reseal_aws", ours)
        .with_target("reseal_local", ours)
        .with_target("reseal_worker", ours);
    let ansi = std::io::stderr().is_terminal() && !no_color;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A second call (in tests) changes nothing.
    let _ = match logging.format {
        LogFormat::Text => {
            tracing_subscriber::registry().with(filter).with(lines.with_ansi(ansi)).try_init()
        }
        LogFormat::Json => {
            tracing_subscriber::registry().with(filter).with(lines.json()).try_init()
        }
    };
}
