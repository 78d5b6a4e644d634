//! One CSV row per object.
//!
//! Text that others could have written (keys above all) is quoted by the CSV
//! rules, so that it comes back byte for byte, newlines and quotes included.
//! Where a spreadsheet would take it for a formula it gets one leading
//! apostrophe: whoever reads the file takes one leading apostrophe away. What
//! is written for machines (`parts`) has none.

use std::io::Write;

use async_trait::async_trait;
use reseal_core::{OutcomeRow, spreadsheet_safe};

use super::columns::RowKind;
use super::{ReportError, TakesRows};

/// Writes the header, then rows.
pub(super) struct RowWriter<W: Write> {
    csv: csv::Writer<W>,
    kind: RowKind,
}

impl<W: Write> RowWriter<W> {
    pub(super) fn new(out: W, kind: RowKind) -> Result<Self, ReportError> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(kind.columns().iter().map(|(name, _)| name))?;
        Ok(Self { csv, kind })
    }

    pub(super) fn write(&mut self, row: &OutcomeRow) -> Result<(), ReportError> {
        if !self.kind.takes(row) {
            return Ok(());
        }
        Ok(self.csv.write_record(
            self.kind.columns().iter().map(|(_, says)| spreadsheet_safe(&says.text(row))),
        )?)
    }

    pub(super) fn finish(mut self) -> Result<(), ReportError> {
        Ok(self.csv.flush()?)
    }
}

#[async_trait]
impl<W: Write + Send> TakesRows for RowWriter<W> {
    async fn take(&mut self, rows: &[OutcomeRow]) -> Result<(), ReportError> {
        rows.iter().try_for_each(|row| self.write(row))
    }
}
