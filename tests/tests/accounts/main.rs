//! One job over several accounts: `--assume-role-arn` and job files, on the
//! real binaries.

mod alone;
mod fleet;
mod on_ministack;
mod refused;
mod world;
