//! A report as query engines want it: gzip CSV in parts, in a folder that
//! names its job (`docs/athena.md`).
//!
//! No cell ever holds what a reader of CSV could trip over: each byte but
//! ASCII letters, digits and `- . _ ~ / :` is percent-encoded. So there is
//! nothing to quote, a line is a row, and any key comes back exactly.

#[cfg(test)]
mod tests;

use std::io::{Read as _, Write as _};

use async_trait::async_trait;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reseal_core::{JobId, OutcomeRow};

use super::shelf::Shelf;
use super::{ReportError, RowKind, TakesRows};

/// A part is full when its text has so many bytes. It is held in memory, as
/// text and then packed.
pub(crate) const PART: usize = 32 * 1024 * 1024;

const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');

/// Writes rows into parts.
pub(crate) struct Parts<'a> {
    shelf: &'a dyn Shelf,
    kind: RowKind,
    folder: String,
    /// Bytes of text that make a part full.
    full: usize,
    head: Vec<u8>,
    text: Vec<u8>,
    written: u32,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(shelf: &'a dyn Shelf, kind: RowKind, job: &JobId, full: usize) -> Self {
        let table = match kind {
            RowKind::Objects => "objects",
            RowKind::OldVersions => "old-versions",
        };
        let mut head = Vec::new();
        line(&mut head, kind.columns().iter().map(|(name, _)| (*name).to_owned()));
        Self {
            shelf,
            kind,
            folder: format!("{table}/job={job}/"),
            full,
            text: head.clone(),
            head,
            written: 0,
        }
    }

    /// Writes what is left; a report without rows has a part all the same.
    /// Gives the folder, for people, and the number of parts.
    ///
    /// # Errors
    /// As [`take`](TakesRows::take).
    pub(crate) async fn finish(mut self) -> Result<(String, u32), ReportError> {
        if self.text.len() > self.head.len() || self.written == 0 {
            self.put().await?;
        }
        Ok((self.shelf.place(&self.folder), self.written))
    }

    async fn put(&mut self) -> Result<(), ReportError> {
        let name = format!("{}part-{:05}.csv.gz", self.folder, self.written);
        // Incompressible text grows by far less.
        let limit = 2 * self.text.len() as u64 + 1024;
        let there = self.shelf.put(&name, &packed(&self.text)?, limit).await?;
        // Its text counts: another release may pack it otherwise.
        if there.is_some_and(|there| !unpacks_to(&there, &self.text)) {
            return Err(ReportError::Taken(self.shelf.place(&name)));
        }
        self.written += 1;
        self.text.clone_from(&self.head);
        Ok(())
    }
}

#[async_trait]
impl TakesRows for Parts<'_> {
    async fn take(&mut self, rows: &[OutcomeRow]) -> Result<(), ReportError> {
        let kind = self.kind;
        for row in rows.iter().filter(|row| kind.takes(row)) {
            let cells = kind.columns().iter().map(|(_, cell)| cell(row));
            line(&mut self.text, cells);
            if self.text.len() >= self.full {
                self.put().await?;
            }
        }
        Ok(())
    }
}

fn line(out: &mut Vec<u8>, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        for piece in utf8_percent_encode(&cell, PLAIN) {
            out.extend_from_slice(piece.as_bytes());
        }
    }
    out.push(b'\n');
}

/// The same bytes for the same text: no time and no name in it.
fn packed(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

fn unpacks_to(packed: &[u8], text: &[u8]) -> bool {
    let mut there = Vec::new();
    let mut decoder = MultiGzDecoder::new(packed).take(text.len() as u64 + 1);
    decoder.read_to_end(&mut there).is_ok() && there == text
}
