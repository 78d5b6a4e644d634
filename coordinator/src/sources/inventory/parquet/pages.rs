//! The pages of a column: found, bounded, and unpacked one at a time.

use std::fs::File;
use std::io::Read as _;

use flate2::bufread::MultiGzDecoder;

use super::footer::Piece;
use super::thrift::{NotThrift, Thrift};
use crate::sources::inventory::table::{odd, read_at};

/// The most bytes of a page, unpacked. Writers aim at 1 MiB.
pub(super) const LONGEST_PAGE: usize = 16 * 1024 * 1024;
/// How much of a file is read to find a page's head, at first and at most.
const HEAD: [usize; 2] = [4 * 1024, 256 * 1024];

const PLAIN_DICTIONARY: i64 = 2;
const RLE: i64 = 3;
const RLE_DICTIONARY: i64 = 8;

/// How a page's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    /// Places in the dictionary.
    Dictionary,
    /// Truths in runs.
    Runs,
}

/// What was unpacked into the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// So many values.
    Dictionary(u64),
    /// So many values, nulls among them, and where they begin.
    Data { values: u64, encoding: Encoding, levels: Levels },
}

/// Where it stands which values are null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Levels {
    /// First in the page, their length before them, where nulls may be.
    Leading,
    /// First in the page, of this length.
    Of(usize),
}

/// The pages of one column in one row group.
#[derive(Debug)]
pub(super) struct Pages {
    piece: Piece,
    /// Whether there may be nulls.
    optional: bool,
    /// Whether a page of the piece is behind us.
    is_begun: bool,
    packed: Vec<u8>,
}

#[derive(Debug, Default)]
struct Head {
    kind: Option<i64>,
    unpacked: Option<i64>,
    packed: Option<i64>,
    values: Option<i64>,
    encoding: Option<i64>,
    levels_encoding: Option<i64>,
    levels: Option<i64>,
    repeats: Option<i64>,
    is_packed: Option<bool>,
}

impl Pages {
    /// Of no piece yet.
    pub(super) fn new(optional: bool) -> Self {
        Self { piece: Piece::default(), optional, is_begun: false, packed: Vec::new() }
    }

    /// Goes to another piece.
    pub(super) fn enter(&mut self, piece: Piece) {
        self.piece = piece;
        self.is_begun = false;
    }

    /// Unpacks the next page into this buffer; `None` at the end. Each but the
    /// dictionary has values, so rows bound what is unpacked.
    pub(super) fn next(&mut self, file: &File, into: &mut Vec<u8>) -> Result<Option<Page>, String> {
        loop {
            if self.piece.start >= self.piece.end {
                return Ok(None);
            }
            let (head, length) = self.head(file)?;
            let body = self.piece.start + length as u64;
            let (Some(packed), Some(unpacked)) = (size(head.packed), size(head.unpacked)) else {
                return Err(format!("a page of more than {LONGEST_PAGE} bytes: a bomb?"));
            };
            let next = body.saturating_add(packed as u64);
            if next > self.piece.end {
                return odd("a page that doesn't end where its column does");
            }
            self.piece.start = next;
            let Some(page) = head.page(self.optional)? else { continue };
            match page {
                Page::Data { values: 0, .. } => continue,
                Page::Dictionary(_) if self.is_begun => {
                    return odd("a dictionary that isn't its first page");
                }
                _ => self.is_begun = true,
            }
            self.packed.resize(packed, 0);
            read_at(file, body, &mut self.packed)?;
            // Of version 2, what says which values are null is never packed.
            let levels = match page {
                Page::Data { levels: Levels::Of(levels), .. } => levels,
                _ => 0,
            };
            if levels > packed || levels > unpacked {
                return odd("a page that is shorter than its levels");
            }
            into.clear();
            into.extend_from_slice(&self.packed[..levels]);
            let codec = if head.is_packed == Some(false) { 0 } else { self.piece.codec };
            unpack(codec, &self.packed[levels..], unpacked - levels, into)?;
            return Ok(Some(page));
        }
    }

    fn head(&self, file: &File) -> Result<(Head, usize), String> {
        for longest in HEAD {
            let left = self.piece.end - self.piece.start;
            let mut bytes = vec![0; longest.min(usize::try_from(left).unwrap_or(longest))];
            read_at(file, self.piece.start, &mut bytes)?;
            if let Ok(found) = Head::read(&bytes) {
                return Ok(found);
            }
        }
        odd("a page's head can't be read")
    }
}

fn size(told: Option<i64>) -> Option<usize> {
    usize::try_from(told?).ok().filter(|size| *size <= LONGEST_PAGE)
}

impl Head {
    fn read(bytes: &[u8]) -> Result<(Self, usize), NotThrift> {
        let (mut head, mut thrift) = (Self::default(), Thrift::new(bytes));
        thrift.structure(|t, id, kind| match id {
            1 => t.whole(kind, &mut head.kind),
            2 => t.whole(kind, &mut head.unpacked),
            3 => t.whole(kind, &mut head.packed),
            7 => t.inner(kind, |t, id, kind| match id {
                1 => t.whole(kind, &mut head.values),
                2 => t.whole(kind, &mut head.encoding),
                _ => Ok(false),
            }),
            5 => t.inner(kind, |t, id, kind| match id {
                1 => t.whole(kind, &mut head.values),
                2 => t.whole(kind, &mut head.encoding),
                3 => t.whole(kind, &mut head.levels_encoding),
                _ => Ok(false),
            }),
            8 => t.inner(kind, |t, id, kind| match id {
                1 => t.whole(kind, &mut head.values),
                4 => t.whole(kind, &mut head.encoding),
                5 => t.whole(kind, &mut head.levels),
                6 => t.whole(kind, &mut head.repeats),
                7 => Thrift::truth(kind, &mut head.is_packed),
                _ => Ok(false),
            }),
            _ => Ok(false),
        })?;
        Ok((head, thrift.read()))
    }

    /// `None` for a page that holds no values.
    fn page(&self, optional: bool) -> Result<Option<Page>, String> {
        let Some(values) = self.values.and_then(|values| u64::try_from(values).ok()) else {
            return if self.kind == Some(1) { Ok(None) } else { odd("a page without a count") };
        };
        match self.kind {
            Some(2) => match self.encoding {
                Some(0 | PLAIN_DICTIONARY) => Ok(Some(Page::Dictionary(values))),
                _ => odd("a dictionary in an encoding that isn't read"),
            },
            // Where there can't be nulls there are no levels, whose encoding
            // parquet-java gives as another one all the same.
            Some(0) if optional && self.levels_encoding != Some(RLE) => {
                odd("levels in an encoding that isn't read: only RLE is")
            }
            Some(0) => self.data(values, Levels::Leading).map(Some),
            Some(3) if self.repeats != Some(0) => odd("a column that repeats"),
            Some(3) => match size(self.levels) {
                Some(levels) => self.data(values, Levels::Of(levels)).map(Some),
                None => odd("a page without the length of its levels"),
            },
            _ => Ok(None),
        }
    }

    fn data(&self, values: u64, levels: Levels) -> Result<Page, String> {
        let encoding = match self.encoding {
            Some(0) => Encoding::Plain,
            Some(PLAIN_DICTIONARY | RLE_DICTIONARY) => Encoding::Dictionary,
            Some(RLE) => Encoding::Runs,
            other => {
                let number = other.unwrap_or(-1);
                return Err(format!(
                    "values in encoding {number}, which isn't read: only plain ones and dictionaries are"
                ));
            }
        };
        Ok(Page::Data { values, encoding, levels })
    }
}

/// Adds exactly so many bytes.
fn unpack(codec: i64, packed: &[u8], length: usize, into: &mut Vec<u8>) -> Result<(), String> {
    // Where all is null, writers pack nothing to nothing, which no codec unpacks.
    if packed.is_empty() && length == 0 {
        return Ok(());
    }
    let before = into.len();
    match codec {
        0 => into.extend_from_slice(packed),
        1 => {
            if snap::raw::decompress_len(packed).ok() != Some(length) {
                return odd("a page that is longer or shorter than its head says: a bomb?");
            }
            into.resize(before + length, 0);
            let unpacked = snap::raw::Decoder::new().decompress(packed, &mut into[before..]);
            unpacked.map_err(|error| error.to_string())?;
        }
        2 => {
            let mut text = MultiGzDecoder::new(packed).take(length as u64 + 1);
            text.read_to_end(into).map_err(|error| error.to_string())?;
        }
        other => {
            let name = match other {
                3 => "LZO",
                4 => "Brotli",
                5 | 7 => "LZ4",
                6 => "Zstandard",
                _ => "something unknown",
            };
            return Err(format!(
                "packed with {name}, which isn't read: S3 writes Snappy; gzip and none are read too"
            ));
        }
    }
    if into.len() != before + length {
        return odd("a page that is longer or shorter than its head says: a bomb?");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::inventory::tests::Folder;

    /// The head of a page of version 1 of five values: its kind and sizes, then
    /// the encodings of its values and of both kinds of levels.
    fn head(values: u8, nulls: u8, repeats: u8) -> Vec<u8> {
        let zigzag = |encoding: u8| encoding << 1;
        let sizes = [0x15, 0, 0x15, 20, 0x15, 22];
        let data = [0x15, 10, 0x15, zigzag(values), 0x15, zigzag(nulls), 0x15, zigzag(repeats)];
        [&sizes[..], &[0x2c], &data[..], &[0, 0]].concat()
    }

    fn read(head: &[u8], optional: bool) -> Result<Option<Page>, String> {
        let Ok((read, length)) = Head::read(head) else { panic!("no head") };
        assert_eq!(length, head.len());
        read.page(optional)
    }

    #[test]
    fn levels_that_are_none_may_have_any_encoding() {
        let (packed, runs) = (4, RLE as u8);
        let page = |encoding| Page::Data { values: 5, encoding, levels: Levels::Leading };
        // As parquet-java writes what is required, and what may be null.
        let dictionary = read(&head(2, packed, packed), false);
        assert_eq!(dictionary, Ok(Some(page(Encoding::Dictionary))));
        assert_eq!(read(&head(0, packed, packed), false), Ok(Some(page(Encoding::Plain))));
        assert_eq!(read(&head(0, runs, packed), true), Ok(Some(page(Encoding::Plain))));
        // As pyarrow does.
        assert_eq!(read(&head(0, runs, runs), false), Ok(Some(page(Encoding::Plain))));
        assert_eq!(read(&head(0, runs, runs), true), Ok(Some(page(Encoding::Plain))));
        // As the oldest writers do, where bits stand in another order.
        let refusal = read(&head(0, packed, packed), true).expect_err("refused");
        assert!(refusal.contains("levels in an encoding"), "{refusal}");
    }
    #[test]
    fn nothing_packed_is_nothing_and_else_a_length_is_kept() {
        for codec in 0..3 {
            let mut into = vec![7];
            assert_eq!(unpack(codec, &[], 0, &mut into), Ok(()), "{codec}");
            assert_eq!(into, [7]);
            assert!(unpack(codec, &[], 1, &mut into).is_err(), "{codec}");
        }
        // Two bytes in Snappy.
        let (snappy, mut into) = ([2, 4, b'o', b'k'], vec![]);
        assert_eq!(unpack(1, &snappy, 2, &mut into), Ok(()));
        assert_eq!(into, b"ok");
        for length in [0, 1, 3] {
            assert!(unpack(1, &snappy, length, &mut vec![]).is_err(), "{length}");
        }
    }
    #[test]
    fn each_page_that_is_unpacked_has_values_or_is_the_only_dictionary() {
        let sized = |kind: u8, field: u8, values: u8| {
            let sizes = [0x15, kind << 1, 0x15, 4, 0x15, 4];
            let data = [0x15, values << 1, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0];
            [&sizes[..], &[field], &data[..], b"ab"].concat()
        };
        let (dictionary, data, empty) = (sized(2, 0x4c, 1), sized(0, 0x2c, 1), sized(0, 0x2c, 0));
        let folder = Folder::new();
        let read = |pages: &[&Vec<u8>]| {
            let bytes: Vec<u8> = pages.iter().flat_map(|page| page.iter().copied()).collect();
            let file = File::open(folder.write("pages", &bytes)).expect("a file");
            let (mut pages, mut into) = (Pages::new(false), Vec::new());
            pages.enter(Piece { start: 0, end: bytes.len() as u64, codec: 0 });
            let mut found = 0;
            while pages.next(&file, &mut into)?.is_some() {
                found += 1;
            }
            Ok::<_, String>(found)
        };
        assert_eq!(read(&[&dictionary, &empty, &data, &empty, &data]), Ok(3));
        assert_eq!(read(&[&empty, &dictionary, &data]), Ok(2));
        for twice in [&[&dictionary, &dictionary][..], &[&dictionary, &data, &dictionary]] {
            let refusal = read(twice).expect_err("refused");
            assert!(refusal.contains("first page"), "{refusal}");
        }
    }
}
