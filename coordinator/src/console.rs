//! What people and scripts see: the result on stdout, everything else on
//! stderr. Or nothing, where a command is a step of another one, which takes
//! the result.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

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
    /// The result, where it isn't for stdout.
    kept: Option<Mutex<Option<Kept>>>,
}

/// A command's result.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) json: Vec<u8>,
    pub(crate) text: String,
}

impl Console {
    /// For this output; `no_color` as in the convention of no-color.org.
    pub(crate) fn new(output: Output, no_color: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = std::io::stderr().is_terminal() && !dumb;
        let line = AtomicBool::new(false);
        Self { output, live, color: live && !no_color, line, kept: None }
    }

    /// Keeps the result for [`taken`](Self::taken); notes are log lines, and
    /// nobody can be asked.
    pub(crate) fn keeping() -> Self {
        let (output, line) = (Output::Json, AtomicBool::new(false));
        Self { output, live: false, color: false, line, kept: Some(Mutex::default()) }
    }

    /// The last result.
    pub(crate) fn taken(&self) -> Option<Kept> {
        self.kept.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether a line may be rewritten.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Whether somebody can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.kept.is_none() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// One or more lines for people, on stderr.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if self.kept.is_some() {
            return tracing::debug!("{}", reseal_core::escape_control(text.as_ref()));
        }
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
        if let Some(kept) = &self.kept {
            let json = serde_json::to_vec_pretty(json)?;
            let text = text.to_owned();
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept { json, text });
            return Ok(());
        }
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
