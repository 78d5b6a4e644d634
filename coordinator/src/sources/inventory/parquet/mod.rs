//! Reports in Parquet, as S3 writes them and plain writers do.
//!
//! Owns: a file's rows, one value a column at a time, of flat columns in
//! plain or dictionary encoding, packed with Snappy, gzip or not at all.
//! Never: holds more than a page and a dictionary of each column; panics or
//! allocates on a file's word; reads what it doesn't know for sure.
//! Next: `footer` and `schema` for what there is, `pages` for the bounds,
//! `column` for values.

mod column;
mod footer;
mod hybrid;
mod pages;
mod schema;
mod thrift;

use std::fs::File;

use super::table::{Column, Named, Table, Value};
use column::ColumnReader;
use footer::Footer;

/// Reads row after row of a file.
pub(super) struct ParquetFile {
    file: File,
    footer: Footer,
    columns: Vec<ColumnReader>,
    /// By column: which of the readers it is.
    readers: [Option<u8>; Column::ALL.len()],
    /// The row group that comes next.
    group: usize,
    /// Rows ahead in the one that is open.
    left: u64,
}

impl ParquetFile {
    /// A file of so many bytes, before its first row.
    ///
    /// # Errors
    /// What is wrong with its footer, or what the manifest says otherwise.
    pub(super) fn open(file: File, size: u64, named: Named) -> Result<Self, String> {
        let footer = Footer::read(&file, size, named)?;
        let mut readers = [None; Column::ALL.len()];
        for (at, leaf) in footer.leaves.iter().enumerate() {
            readers[leaf.column as usize] = u8::try_from(at).ok();
        }
        let columns = footer.leaves.iter().map(|leaf| ColumnReader::new(*leaf)).collect();
        Ok(Self { file, footer, columns, readers, group: 0, left: 0 })
    }

    fn named<T>(&self, at: usize, result: Result<T, String>) -> Result<T, String> {
        result.map_err(|what| format!("{}: {what}", self.footer.leaves[at].column.name()))
    }

    /// Goes to the next row group that has rows; false at the end.
    fn enter(&mut self) -> Result<bool, String> {
        for at in 0..self.columns.len() {
            if self.columns[at].has_more() {
                return self.named(at, Err("more values than its row group has rows".to_owned()));
            }
        }
        while self.left == 0 {
            let Some(group) = self.footer.groups.get(self.group) else { return Ok(false) };
            for (column, piece) in self.columns.iter_mut().zip(&group.pieces) {
                column.enter(*piece);
            }
            self.group += 1;
            self.left = group.rows;
        }
        Ok(true)
    }
}

impl Table for ParquetFile {
    #[inline]
    fn advance(&mut self) -> Result<bool, String> {
        if self.left == 0 && !self.enter()? {
            return Ok(false);
        }
        self.left -= 1;
        for at in 0..self.columns.len() {
            if let Err(what) = self.columns[at].advance(&self.file) {
                return self.named(at, Err(what));
            }
        }
        Ok(true)
    }

    #[inline]
    fn value(&self, column: Column) -> Option<Value<'_>> {
        self.columns[usize::from(self.readers[column as usize]?)].value()
    }

    /// Whole row groups aren't even unpacked.
    fn leap(&mut self, rows: u64) -> Result<u64, String> {
        let mut leapt = 0;
        while self.left == 0
            && let Some(group) = self.footer.groups.get(self.group)
            && group.rows <= rows - leapt
        {
            leapt += group.rows;
            self.group += 1;
        }
        Ok(leapt)
    }
}
