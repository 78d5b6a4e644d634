//! The rows of one data file, whatever its format.

use std::fs::File;
use std::sync::Arc;

use super::line::Line;
use super::manifest::{Layout, Manifest};
use super::orc::OrcFile;
use super::parquet::ParquetFile;
use super::table::{Bound, Named, Table, line};
use super::text::CsvFile;

/// Reads row after row of a file.
pub(super) struct Rows {
    manifest: Arc<Manifest>,
    reader: Reader,
    /// Rows behind us.
    read: u64,
}

enum Reader {
    Csv(Box<CsvFile>),
    Parquet(Box<ParquetFile>, Named, Bound),
    Orc(Box<OrcFile>, Named, Bound),
}

/// What is wrong with which row, counted from 1, or with the whole file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadRow {
    pub(super) row: Option<u64>,
    pub(super) what: String,
}

impl Rows {
    /// Before a file's first row. `size` is the file's, in bytes.
    ///
    /// # Errors
    /// When it isn't a file of the report's format, or has other columns.
    pub(super) fn open(manifest: &Arc<Manifest>, file: File, size: u64) -> Result<Self, BadRow> {
        let opened = match &manifest.layout {
            Layout::Csv(_) => Ok(Reader::Csv(Box::new(CsvFile::open(file, size)))),
            Layout::Parquet(named) => ParquetFile::open(file, size, *named)
                .map(|file| Reader::Parquet(Box::new(file), *named, Bound::of(size))),
            Layout::Orc(named) => OrcFile::open(file, size, *named)
                .map(|file| Reader::Orc(Box::new(file), *named, Bound::of(size))),
        };
        let reader = opened.map_err(|what| BadRow { row: None, what })?;
        Ok(Self { manifest: Arc::clone(manifest), reader, read: 0 })
    }

    /// Rows behind us.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// The next row, as `take` makes it; `None` at the end.
    pub(super) fn next<T>(
        &mut self,
        take: impl FnOnce(&Line<'_>) -> Result<T, String>,
    ) -> Result<Option<T>, BadRow> {
        if !self.advance()? {
            return Ok(None);
        }
        let Manifest { layout, bucket, .. } = self.manifest.as_ref();
        let taken = match (&mut self.reader, layout) {
            (Reader::Csv(file), Layout::Csv(schema)) => {
                file.line(schema, bucket).and_then(|line| take(&line))
            }
            (Reader::Parquet(file, named, bound), _) => line(file.as_ref(), *named, bucket)
                .and_then(|line| bound.take(&line).and_then(|()| take(&line))),
            (Reader::Orc(file, named, bound), _) => line(file.as_ref(), *named, bucket)
                .and_then(|line| bound.take(&line).and_then(|()| take(&line))),
            (Reader::Csv(_), _) => Err("of another format than its report".to_owned()),
        };
        taken.map(Some).map_err(|what| BadRow { row: Some(self.read), what })
    }

    /// Passes over some of the next rows, no further than `to`; false at the
    /// end of the file.
    pub(super) fn skip(&mut self, to: u64) -> Result<bool, BadRow> {
        let ahead = to.saturating_sub(self.read);
        let leapt = match &mut self.reader {
            Reader::Csv(_) => Ok(0),
            Reader::Parquet(file, ..) => file.leap(ahead),
            Reader::Orc(file, ..) => file.leap(ahead),
        };
        self.read += leapt.map_err(|what| BadRow { row: None, what })?;
        if self.read < to { self.advance() } else { Ok(true) }
    }

    /// The MD5 of the whole file, where its rows were read from end to end.
    pub(super) fn md5(self) -> Option<std::io::Result<String>> {
        match self.reader {
            Reader::Csv(file) => Some(file.md5()),
            Reader::Parquet(..) | Reader::Orc(..) => None,
        }
    }

    fn advance(&mut self) -> Result<bool, BadRow> {
        let found = match &mut self.reader {
            Reader::Csv(file) => file.advance(),
            Reader::Parquet(file, ..) => file.advance(),
            Reader::Orc(file, ..) => file.advance(),
        };
        let found = found.map_err(|what| BadRow { row: Some(self.read + 1), what })?;
        self.read += u64::from(found);
        Ok(found)
    }
}
