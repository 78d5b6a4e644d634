//! The worker process over in-memory ports.

mod counts;
mod log_lines;
mod serving;
mod stage;
mod watching;
mod world;
