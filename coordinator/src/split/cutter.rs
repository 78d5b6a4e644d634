//! Where one chunk ends and the next begins: a pure function of the rows.

use reseal_core::{BucketName, Cursor, SourceRow};

use crate::sources::Pulled;

/// The rows of one chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) bucket: BucketName,
    pub(super) rows: Vec<SourceRow>,
    /// Where the next chunk begins.
    pub(super) next: Cursor,
    /// Rows that the selection left out before or between these.
    pub(super) left_out: u64,
}

/// Gathers rows into chunks of one bucket.
#[derive(Debug)]
pub(super) struct Cutter {
    limit: usize,
    open: Option<Cut>,
    left_out: u64,
}

impl Cutter {
    pub(super) fn new(limit: u32) -> Self {
        Self { limit: limit.max(1) as usize, open: None, left_out: 0 }
    }

    /// Takes a row; gives the chunks that it ends: the one before it when its
    /// bucket is another, and its own when that is full.
    pub(super) fn push(&mut self, pulled: Pulled) -> impl Iterator<Item = Cut> + use<> {
        let Pulled { bucket, row, after } = pulled;
        let before = self.open.take_if(|open| open.bucket != bucket);
        let left_out = &mut self.left_out;
        let open = self.open.get_or_insert_with(|| Cut {
            bucket,
            rows: Vec::new(),
            next: Cursor::default(),
            left_out: std::mem::take(left_out),
        });
        open.rows.push(row);
        open.next = after;
        let limit = self.limit;
        let full = self.open.take_if(|open| open.rows.len() >= limit);
        before.into_iter().chain(full)
    }

    /// Notes a row that the selection left out.
    pub(super) fn leave_out(&mut self) {
        match &mut self.open {
            Some(open) => open.left_out += 1,
            None => self.left_out += 1,
        }
    }

    /// The last chunk, at the source's end.
    pub(super) fn rest(&mut self) -> Option<Cut> {
        self.open.take()
    }

    /// Rows left out since the last chunk.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}
