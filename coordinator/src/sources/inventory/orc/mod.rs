//! Reports in ORC, as S3 writes them and plain writers do.
//!
//! Owns: a file's rows, one value a column at a time, packed with ZLIB,
//! Snappy or not at all, whole numbers in both versions.
//! Never: holds more than some blocks of each column and the dictionaries of
//! a stripe; panics or allocates on a file's word; reads what it doesn't know.
//! Next: `tail` for what there is, `stream` for the bounds, `runs` for numbers.

mod column;
mod protobuf;
mod runs;
mod stream;
mod tail;

use std::fs::File;
use std::sync::Arc;

use super::table::{Column, Named, Table, Value, most_of};
use column::{ColumnReader, Ground};
use tail::{Layout, Tail};

/// What the dictionaries of a stripe may hold together, in bytes. Writers aim
/// at stripes of 64 MiB.
const DICTIONARIES: usize = 128 * 1024 * 1024;

/// Reads row after row of a file.
pub(super) struct OrcFile {
    file: Arc<File>,
    tail: Tail,
    columns: Vec<ColumnReader>,
    /// By column: which of the readers it is.
    readers: [Option<u8>; Column::ALL.len()],
    /// The stripe that comes next.
    stripe: usize,
    /// Rows ahead in the one that is open.
    left: u64,
    /// What the dictionaries of all stripes may still hold together, in bytes.
    dictionaries: u64,
}

impl OrcFile {
    /// A file of so many bytes, before its first row.
    ///
    /// # Errors
    /// What is wrong with its tail, or what the manifest says otherwise.
    pub(super) fn open(file: File, size: u64, named: Named) -> Result<Self, String> {
        let file = Arc::new(file);
        let tail = Tail::read(&file, size, named)?;
        let mut readers = [None; Column::ALL.len()];
        for (at, leaf) in tail.leaves.iter().enumerate() {
            readers[leaf.column as usize] = u8::try_from(at).ok();
        }
        let (columns, dictionaries) = (Vec::new(), most_of(size));
        Ok(Self { file, tail, columns, readers, stripe: 0, left: 0, dictionaries })
    }

    /// Goes to the next stripe that has rows; false at the end.
    fn enter(&mut self) -> Result<bool, String> {
        while self.left == 0 {
            let Some(stripe) = self.tail.stripes.get(self.stripe) else { return Ok(false) };
            if stripe.rows == 0 {
                self.stripe += 1;
                continue;
            }
            // Before the next dictionaries are read.
            self.columns.clear();
            let Layout { held, is_utc } = self.tail.layout(&self.file, stripe)?;
            let most = DICTIONARIES.min(usize::try_from(self.dictionaries).unwrap_or(DICTIONARIES));
            let mut dictionaries = most;
            for (leaf, held) in self.tail.leaves.iter().zip(&held) {
                let mut ground = Ground {
                    file: &self.file,
                    packing: self.tail.packing,
                    is_utc: is_utc || leaf.is_instant,
                    dictionaries: &mut dictionaries,
                };
                let opened = ColumnReader::open(leaf.column, held, &mut ground);
                let name = leaf.column.name();
                self.columns.push(opened.map_err(|what| format!("{name}: {what}"))?);
            }
            self.dictionaries -= (most - dictionaries) as u64;
            self.stripe += 1;
            self.left = stripe.rows;
        }
        Ok(true)
    }
}

impl Table for OrcFile {
    #[inline]
    fn advance(&mut self) -> Result<bool, String> {
        if self.left == 0 && !self.enter()? {
            return Ok(false);
        }
        self.left -= 1;
        for (column, leaf) in self.columns.iter_mut().zip(&self.tail.leaves) {
            column.advance().map_err(|what| format!("{}: {what}", leaf.column.name()))?;
        }
        Ok(true)
    }

    #[inline]
    fn value(&self, column: Column) -> Option<Value<'_>> {
        self.columns.get(usize::from(self.readers[column as usize]?))?.value()
    }

    /// Whole stripes aren't even unpacked.
    fn leap(&mut self, rows: u64) -> Result<u64, String> {
        let mut leapt = 0;
        while self.left == 0
            && let Some(stripe) = self.tail.stripes.get(self.stripe)
            && stripe.rows <= rows - leapt
        {
            leapt += stripe.rows;
            self.stripe += 1;
        }
        Ok(leapt)
    }
}
