//! The engine: receive → lease → pace → look → choose → act → prove → settle
//! → record → acknowledge. The same for a single machine and for a fleet.
//!
//! Owns: the life of a chunk from delivery to completion, and of each object
//! in it from the first HEAD to its outcome.
//! Never: lists, deletes, reads a clock or draws a random number but through
//! a port; starts a task that outlives the call; decides what `choose` decides.
//! Next: `engine` for the loop, `chunk` for one lease, `object` for one object.

mod act;
mod aftermath;
mod backup;
mod chunk;
pub mod cli;
mod context;
mod ending;
mod engine;
mod examine;
mod heartbeat;
mod jobs;
mod keep;
mod leftovers;
mod look;
mod mark;
pub mod meter;
pub mod metrics;
mod multipart;
mod object;
mod pace;
mod ports;
pub mod process;
mod record;
pub mod retry;
mod rows;
pub mod service;
mod settings;
mod shutdown;
mod spans;
mod standstill;
pub mod steward;
mod sweep;
mod trust;
mod watch;

pub use engine::{EngineError, run};
pub use examine::{Examiner, Verdict};
pub use jobs::{JobError, change_job_state, set_job_state};
pub use leftovers::{Leftover, abort_leftovers};
pub use meter::{Meter, MeterReading};
pub use ports::Ports;
pub use settings::{Home, LeaseSettings, PaceSettings, Settings};
pub use shutdown::{Stop, Stopper, stop_channel};
pub use spans::{job_span, worker_span};
pub use sweep::{SweepReport, Sweeper, resend, resend_open};
