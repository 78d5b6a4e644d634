//! `inventory enable`, `disable`, `list` against the sandbox, which keeps
//! configurations and delivers no report. ministack has none of it.

mod refused;
mod tagged;
mod there_and_back;
mod world;
