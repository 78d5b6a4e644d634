//! The breaker: a job that mostly fails stops before it has failed everywhere.

use std::time::Duration;

use reseal_core::{JobEvent, JobId, PauseReason};
use reseal_worker::{JobError, Meter, MeterReading, Ports, Stop, set_job_state};

/// How often the counts are looked at: a few loads from memory.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Fewer settled objects say nothing of a share.
const AT_LEAST: u64 = 100;

/// Pauses the job once too large a share of what this process settled has
/// failed; returns when it did, or when a stop is asked for.
///
/// # Errors
/// When the pause can't be recorded.
pub(super) async fn guard(
    ports: &Ports,
    job: &JobId,
    meter: &Meter,
    failed_share: f64,
    stop: &Stop,
) -> Result<(), JobError> {
    loop {
        tokio::select! {
            biased;
            () = stop.asked() => return Ok(()),
            () = ports.clock.sleep(LOOK_EVERY) => {}
        }
        let now = meter.read();
        if is_too_much(&now, failed_share) {
            tracing::error!(job = %job, objects.failed = now.failed, objects.settled = now.settled(), "too many objects failed");
            let pause = JobEvent::Pause(PauseReason::Failures);
            return match set_job_state(ports, job, pause).await {
                // Over, or given up, in the same instant.
                Err(JobError::Illegal(..)) | Ok(_) => Ok(()),
                Err(error) => Err(error),
            };
        }
    }
}

fn is_too_much(now: &MeterReading, failed_share: f64) -> bool {
    let settled = now.settled();
    settled >= AT_LEAST && now.failed as f64 > settled as f64 * failed_share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_counts_once_there_are_enough() {
        let reading =
            |re_encrypted, failed| MeterReading { re_encrypted, failed, ..MeterReading::default() };
        assert!(!is_too_much(&reading(0, 99), 0.5), "too few to judge");
        assert!(!is_too_much(&reading(50, 50), 0.5), "not above");
        assert!(is_too_much(&reading(49, 51), 0.5));
        assert!(is_too_much(&reading(99, 1), 0.0));
        assert!(!is_too_much(&reading(0, 1_000), 1.0), "100 % switches it off");
    }
}
