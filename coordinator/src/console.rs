//! What people and scripts see: the result on stdout, everything else on
//! stderr.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::Output;

/// Both streams of one command.
#[derive(Debug)]
pub(crate) struct Console {
    output: Output,
    /// Whether stderr is a terminal that obeys cursor movements.
    live: bool,
    color: bool,
    /// Whether an unfinished line stands on the terminal.
    line: AtomicBool,
}

impl Console {
    /// For this output; `no_color` as in the convention of no-color.org.
    pub(crate) fn new(output: Output, no_color: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = std::io::stderr().is_terminal() && !dumb;
        Self { output, live, color: live && !no_color, line: AtomicBool::new(false) }
    }

    /// Whether a line may be rewritten.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Whether somebody can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// One or more lines for people, on stderr.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        self.clear_line();
        // Nobody left to tell is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
    }

    /// A line that stands out.
    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        if self.color {
            self.note(format!("\u{1b}[33m{text}\u{1b}[0m"));
        } else {
            self.note(text);
        }
    }

    /// A prompt without a line's end.
    pub(crate) fn ask(&self, prompt: &str) {
        self.clear_line();
        let mut err = std::io::stderr();
        let _ = write!(err, "{prompt}").and_then(|()| err.flush());
    }

    /// How far something has come: on a terminal in place of what it said last.
    pub(crate) fn progress(&self, text: &str) {
        if !self.live {
            return self.note(text);
        }
        let mut err = std::io::stderr();
        let _ = write!(err, "\r\u{1b}[K{text}").and_then(|()| err.flush());
        self.line.store(true, Ordering::Relaxed);
    }

    fn clear_line(&self) {
        if self.line.swap(false, Ordering::Relaxed) {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }

    /// The command's result: text for people or one JSON object, on stdout.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn result(&self, json: &impl Serialize, text: &str) -> anyhow::Result<()> {
        self.clear_line();
        let mut out = std::io::stdout().lock();
        match self.output {
            Output::Text => write!(out, "{text}"),
            Output::Json => serde_json::to_writer_pretty(&mut out, json)
                .map_err(std::io::Error::from)
                .and_then(|()| writeln!(out)),
        }
        .and_then(|()| out.flush())
        .context("writing the result to standard output")
    }
}
