//! What a process is to the machine it runs on.
//!
//! Owns: the machine's clock and randomness behind their ports, signals, log
//! lines. Both binaries take them from here.
//! Never: knows what is worked on; ends the process itself.
//! Next: `logging` for what a line looks like, `signals` for how it stops.

mod json_lines;
mod label;
mod logging;
mod signals;
mod system;

pub use json_lines::JsonLines;
pub use label::worker_label;
pub use logging::{LogFormat, Logging, start_logging};
pub use signals::{Manners, obey};
pub use system::{SystemClock, SystemRandom};
