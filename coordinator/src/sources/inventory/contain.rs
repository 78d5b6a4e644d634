//! A decoder's panic as a refusal in one line.
//!
//! Files are what others may have written, and a decoder that trips over one
//! must not bring down a run, nor print a back trace that is no use to whoever
//! reads it.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs this, and gives back what it panicked with.
///
/// # Errors
/// The panic's message.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HUSH: Once = Once::new();
    HUSH.call_once(hush);
    CONTAINED.set(true);
    // Nothing that the work had in hand is looked at again after a panic.
    let ended = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(false);
    ended.map_err(|panic| message(panic.as_ref()))
}

/// Panics of contained work alone go unprinted: what catches them tells.
fn hush() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !CONTAINED.get() {
            before(info);
        }
    }));
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it doesn't say why").to_owned()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const INSIDE: &str = "RESEAL_TEST_INSIDE";
    const NAME: &str = "a_decoder_that_panics_is_refused_in_one_line_without_noise";

    /// In a process of its own, whose stderr is what a user would see.
    #[test]
    fn a_decoder_that_panics_is_refused_in_one_line_without_noise() {
        if std::env::var_os(INSIDE).is_some() {
            let bytes: Vec<u8> = Vec::new();
            let refusal = contained(|| bytes[std::hint::black_box(7)]);
            eprintln!("refused: {}", refusal.expect_err("there is no such byte"));
            // What isn't contained is told as ever.
            let thread = std::thread::spawn(|| panic!("a bug elsewhere"));
            thread.join().expect_err("it panicked");
            return;
        }
        let tests = std::env::current_exe().expect("the tests themselves");
        let name = format!("{}::{NAME}", module_path!().split_once("::").expect("a crate").1);
        let output = Command::new(tests)
            .args(["--exact", &name, "--nocapture"])
            .env(INSIDE, "1")
            .env("RUST_BACKTRACE", "0")
            .output()
            .expect("runs");
        let seen = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = seen.lines().filter(|line| !line.is_empty()).collect();
        let refused = "refused: index out of bounds: the len is 0 but the index is 7";
        assert_eq!(lines.first(), Some(&refused), "{seen}");
        assert_eq!(seen.matches("panicked at").count(), 1, "{seen}");
        assert!(seen.contains("a bug elsewhere"), "{seen}");
    }
}
