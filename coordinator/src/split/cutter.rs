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
    /// bucket is another or the row is for a chunk of its own, and its own when
    /// that is full.
    pub(super) fn push(&mut self, pulled: Pulled) -> impl Iterator<Item = Cut> + use<> {
        let Pulled { bucket, row, after } = pulled;
        // Hours of work for one worker, while the others have nothing to do:
        // so it is an item of its own, whose parts any of them can go on with.
        let alone = row.size.is_some_and(|size| size > reseal_core::MAX_SINGLE_COPY);
        let before = self.open.take_if(|open| alone || open.bucket != bucket);
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
        let full = self.open.take_if(|open| alone || open.rows.len() >= limit);
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

#[cfg(test)]
mod tests {
    use reseal_core::{MAX_SINGLE_COPY, ObjectKey};

    use super::*;

    fn pulled(key: &str, size: u64) -> Pulled {
        let key = ObjectKey::new(key).expect("a key");
        let after = Cursor(key.as_str().to_owned());
        let row = SourceRow { size: Some(size), ..SourceRow::of_key(key) };
        Pulled { bucket: "bucket".parse().expect("a name"), row, after }
    }

    #[test]
    fn a_huge_object_is_a_chunk_of_its_own_and_the_order_stays() {
        let mut cutter = Cutter::new(3);
        let sizes = [1, MAX_SINGLE_COPY, MAX_SINGLE_COPY + 1, 2, u64::MAX, u64::MAX, 3];
        let mut cuts = Vec::new();
        for (key, size) in ["a", "b", "c", "d", "e", "f", "g"].into_iter().zip(sizes) {
            cuts.extend(cutter.push(pulled(key, size)));
        }
        cuts.extend(cutter.rest());
        let keys = |cut: &Cut| cut.rows.iter().map(|row| row.key.as_str()).collect::<String>();
        let shape: Vec<(String, &str)> =
            cuts.iter().map(|cut| (keys(cut), cut.next.0.as_str())).collect();
        let expected = [("ab", "b"), ("c", "c"), ("d", "d"), ("e", "e"), ("f", "f"), ("g", "g")];
        assert_eq!(shape, expected.map(|(keys, next)| (keys.to_owned(), next)));
    }
}
