//! Autoscaling of a fleet's workers, simulated: queues, CloudWatch, Application
//! Auto Scaling and ECS as AWS documents them, second by second, with the
//! policy that `infra/reseal.yaml` holds.
//!
//! Owns: the model, the backlogs that it is asked about, the table and the plot
//! of `docs/autoscaling.md`, where each number's source is.
//! Never: asks AWS, or draws a random number: the same input prints the same.
//! Next: `simulate` is the clock's loop, `policies` what is compared.

pub mod backlog;
pub mod cloudwatch;
pub mod fleet;
pub mod plot;
pub mod policies;
pub mod report;
pub mod scaling;
pub mod simulate;
pub mod table;
pub mod template;

/// Seconds since a simulation's start.
pub type Second = u64;
