//! A typed confirmation before anything that can't be undone.

use std::io::BufRead as _;

use reseal_worker::Stop;

use crate::console::Console;
use crate::exit::CommandError;

/// What the user said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
}

/// Asks on the terminal. A stop counts as no.
///
/// # Errors
/// When the terminal can't be read.
pub(crate) async fn confirm(console: &Console, stop: &Stop) -> Result<Answer, CommandError> {
    confirm_with("re-encrypt these objects", console, stop).await
}

/// The same for something else.
///
/// # Errors
/// As [`confirm`].
pub(crate) async fn confirm_with(
    what: &str,
    console: &Console,
    stop: &Stop,
) -> Result<Answer, CommandError> {
    confirm_typing("yes", &format!("Type 'yes' to {what}: "), console, stop).await
}

/// Asks for this very text: for what must not be confirmed by habit.
///
/// # Errors
/// As [`confirm`].
pub(crate) async fn confirm_typing(
    expected: &str,
    prompt: &str,
    console: &Console,
    stop: &Stop,
) -> Result<Answer, CommandError> {
    console.ask(prompt);
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        biased;
        () = stop.asked() => return Ok(Answer::No),
        line = line => line,
    };
    let line = line
        .map_err(std::io::Error::other)
        .and_then(|line| line)
        .map_err(|error| anyhow::anyhow!("reading the confirmation: {error}"))?;
    Ok(if line.trim() == expected { Answer::Yes } else { Answer::No })
}
