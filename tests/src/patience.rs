//! Waiting for other processes, the one place where tests look at real time.

use std::time::{Duration, Instant};

/// Far longer than anything here takes on any machine: it ends a hung test, no
/// more.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Polls until it is so.
///
/// # Panics
/// After a quarter of an hour.
#[expect(clippy::disallowed_methods, reason = "another process is waited for, in real time")]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "not within a quarter of an hour: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
