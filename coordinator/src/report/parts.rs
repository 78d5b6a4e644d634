//! A report as query engines want it: in parts, in a folder that names its job
//! (`docs/athena.md`). `text` writes them as CSV, `table` as Parquet.

mod table;
#[cfg(test)]
mod tests;
mod text;

use std::io;

use async_trait::async_trait;
use reseal_core::{JobId, OutcomeRow};

use super::columns::RowKind;
use super::shelf::Shelf;
use super::{ReportError, TakesRows};

/// A part is full when its rows hold so many bytes. It is held in memory, as
/// they are and then packed.
pub(crate) const PART: usize = 32 * 1024 * 1024;

/// What a part is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// gzip CSV, percent-encoded.
    Text,
    /// Parquet, with types.
    Parquet,
}

/// Rows that become a part.
trait Filling: Send {
    /// # Errors
    /// When a value is none that the format can hold.
    fn add(&mut self, row: &OutcomeRow) -> io::Result<()>;

    fn rows(&self) -> usize;

    /// What the rows hold, in bytes.
    fn bytes(&self) -> usize;

    /// `bytes`: those that make a part full.
    fn is_full(&self, bytes: usize) -> bool {
        self.bytes() >= bytes
    }

    /// The part: the same bytes for the same rows. To be cleared then.
    ///
    /// # Errors
    /// When it can't be packed.
    fn pack(&mut self) -> io::Result<Vec<u8>>;

    /// Whether a part that is there says what these rows do, packed like this.
    fn is_said_by(&self, there: &[u8], packed: &[u8]) -> bool;

    fn clear(&mut self);
}

/// Writes rows into parts.
pub(crate) struct Parts<'a> {
    shelf: &'a dyn Shelf,
    kind: RowKind,
    folder: String,
    ending: &'static str,
    /// Bytes of rows that make a part full.
    full: usize,
    filling: Box<dyn Filling>,
    written: u32,
}

impl<'a> Parts<'a> {
    /// # Errors
    /// When the format can't hold such columns.
    pub(crate) fn new(
        shelf: &'a dyn Shelf,
        kind: RowKind,
        encoding: Encoding,
        job: &JobId,
        full: usize,
    ) -> Result<Self, ReportError> {
        let table = match kind {
            RowKind::Objects => "objects",
            RowKind::OldVersions => "old-versions",
        };
        // A table of an engine is a folder, and all of it is of one format.
        let (suffix, ending, filling): (_, _, Box<dyn Filling>) = match encoding {
            Encoding::Text => ("", "csv.gz", Box::new(text::Text::new(kind))),
            Encoding::Parquet => ("-parquet", "parquet", Box::new(table::Table::new(kind)?)),
        };
        let folder = format!("{table}{suffix}/job={job}/");
        Ok(Self { shelf, kind, folder, ending, full, filling, written: 0 })
    }

    /// Writes what is left; a report without rows has a part all the same.
    /// Gives the folder, for people, and the number of parts.
    ///
    /// # Errors
    /// As [`take`](TakesRows::take).
    pub(crate) async fn finish(mut self) -> Result<(String, u32), ReportError> {
        if self.filling.rows() > 0 || self.written == 0 {
            self.put().await?;
        }
        Ok((self.shelf.place(&self.folder), self.written))
    }

    async fn put(&mut self) -> Result<(), ReportError> {
        let name = format!("{}part-{:05}.{}", self.folder, self.written, self.ending);
        let packed = self.filling.pack()?;
        // Incompressible text grows by far less.
        let limit = 2 * packed.len().max(self.filling.bytes()) as u64 + 1024;
        let there = self.shelf.put(&name, &packed, limit).await?;
        if there.is_some_and(|there| !self.filling.is_said_by(&there, &packed)) {
            return Err(ReportError::Taken(self.shelf.place(&name)));
        }
        self.written += 1;
        self.filling.clear();
        Ok(())
    }
}

#[async_trait]
impl TakesRows for Parts<'_> {
    async fn take(&mut self, rows: &[OutcomeRow]) -> Result<(), ReportError> {
        let kind = self.kind;
        for row in rows.iter().filter(|row| kind.takes(row)) {
            self.filling.add(row)?;
            if self.filling.is_full(self.full) {
                self.put().await?;
            }
        }
        Ok(())
    }
}
