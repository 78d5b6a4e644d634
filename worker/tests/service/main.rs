//! The worker process over in-memory ports.

mod log_lines;
mod world;
