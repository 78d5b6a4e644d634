//! A Parquet file's footer: which columns there are, and where their pieces
//! lie in each row group.

use std::fs::File;

use super::schema::{Element, Leaf, leaves};
use super::thrift::{NotThrift, Thrift};
use crate::sources::inventory::table::{Named, are_disjoint, odd, read_at};

const MAGIC: &[u8] = b"PAR1";
/// The most bytes of a footer: room for ten thousands of row groups.
const LONGEST: u64 = 16 * 1024 * 1024;
/// The most row groups and columns, and columns of all row groups together:
/// what a footer unfolds to in memory is larger than itself, and one of empty
/// structures a hundred times.
const MOST_GROUPS: usize = 100_000;
const MOST_COLUMNS: usize = 1_000;
const MOST_CHUNKS: usize = 300_000;

/// Where the values of a column lie, for one row group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) codec: i64,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) rows: u64,
    /// In the order of the footer's leaves.
    pub(super) pieces: Vec<Piece>,
}

#[derive(Debug)]
pub(super) struct Footer {
    pub(super) leaves: Vec<Leaf>,
    pub(super) groups: Vec<Group>,
}

impl Footer {
    /// Reads it from the end of a file of so many bytes.
    ///
    /// # Errors
    /// What is wrong with it, or what the manifest says otherwise.
    pub(super) fn read(file: &File, size: u64, named: Named) -> Result<Self, String> {
        let mut ends = [0; 12];
        if size < ends.len() as u64 {
            return odd("not a Parquet file: it is too short");
        }
        read_at(file, 0, &mut ends[..4])?;
        read_at(file, size - 8, &mut ends[4..])?;
        let (head, length, tail) = (&ends[..4], &ends[4..8], &ends[8..]);
        if tail == b"PARE" {
            return odd("an encrypted Parquet file");
        }
        if head != MAGIC || tail != MAGIC {
            return odd("not a Parquet file, or cut short: PAR1 doesn't stand at both ends");
        }
        let length = length.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
        if length > LONGEST || length > size - 12 {
            return Err(format!("a footer of {length} bytes"));
        }
        let mut bytes = vec![0; length as usize];
        read_at(file, size - 8 - length, &mut bytes)?;
        let written = Written::read(&bytes).map_err(|NotThrift| "its footer can't be read")?;
        written.checked(size - 8 - length, named)
    }
}

/// A footer as it is written.
#[derive(Default)]
struct Written {
    elements: Vec<Element>,
    rows: Option<i64>,
    groups: Vec<WrittenGroup>,
}

#[derive(Default)]
struct WrittenGroup {
    chunks: Vec<Chunk>,
    rows: Option<i64>,
}

#[derive(Default)]
struct Chunk {
    elsewhere: bool,
    sealed: bool,
    codec: Option<i64>,
    length: Option<i64>,
    data: Option<i64>,
    dictionary: Option<i64>,
}

impl Written {
    fn read(bytes: &[u8]) -> Result<Self, NotThrift> {
        let (mut written, mut chunks) = (Self::default(), 0);
        Thrift::new(bytes).structure(|t, id, kind| match id {
            2 => t.structures(kind, |t| {
                if written.elements.len() == MOST_COLUMNS {
                    return Err(NotThrift);
                }
                written.elements.push(Element::read(t)?);
                Ok(())
            }),
            3 => t.whole(kind, &mut written.rows),
            4 => t.structures(kind, |t| {
                if written.groups.len() == MOST_GROUPS {
                    return Err(NotThrift);
                }
                let group = WrittenGroup::read(t)?;
                chunks += group.chunks.len();
                if chunks > MOST_CHUNKS {
                    return Err(NotThrift);
                }
                written.groups.push(group);
                Ok(())
            }),
            _ => Ok(false),
        })?;
        Ok(written)
    }

    fn checked(self, data_ends: u64, named: Named) -> Result<Footer, String> {
        let leaves = leaves(&self.elements)?;
        named.agrees(|column| leaves.iter().any(|leaf| leaf.column == column))?;
        let mut groups = Vec::new();
        for group in &self.groups {
            groups.push(group.checked(&leaves, data_ends)?);
        }
        let rows = groups.iter().try_fold(0_u64, |all, group| all.checked_add(group.rows));
        if rows.is_none() || rows != self.rows.and_then(|rows| u64::try_from(rows).ok()) {
            return odd("its footer counts other rows than its row groups");
        }
        // Else a few bytes, pointed at by each row group, would be unpacked for each.
        let pieces = groups.iter().flat_map(|group| &group.pieces);
        if !are_disjoint(pieces.map(|piece| (piece.start, piece.end)).collect()) {
            return odd("columns of its row groups overlap: a bomb?");
        }
        Ok(Footer { leaves, groups })
    }
}

impl WrittenGroup {
    fn read(t: &mut Thrift<'_>) -> Result<Self, NotThrift> {
        let mut group = Self::default();
        t.structure(|t, id, kind| match id {
            1 => t.structures(kind, |t| {
                if group.chunks.len() == MOST_COLUMNS {
                    return Err(NotThrift);
                }
                group.chunks.push(Chunk::read(t)?);
                Ok(())
            }),
            3 => t.whole(kind, &mut group.rows),
            _ => Ok(false),
        })?;
        Ok(group)
    }

    fn checked(&self, leaves: &[Leaf], data_ends: u64) -> Result<Group, String> {
        let rows = self.rows.and_then(|rows| u64::try_from(rows).ok());
        let Some(rows) = rows else { return odd("a row group without a count of rows") };
        let mut pieces = Vec::new();
        // Without rows some writers don't say where they are.
        for leaf in leaves.iter().filter(|_| rows > 0) {
            let name = leaf.column.name();
            let piece = self.chunks.get(leaf.index).and_then(|chunk| chunk.piece(data_ends));
            pieces.push(piece.ok_or_else(|| format!("its column {name} lies outside of it"))?);
        }
        Ok(Group { rows, pieces })
    }
}

impl Chunk {
    fn read(t: &mut Thrift<'_>) -> Result<Self, NotThrift> {
        let mut chunk = Self::default();
        t.structure(|t, id, kind| match id {
            1 => {
                chunk.elsewhere = true;
                Ok(false)
            }
            3 => t.inner(kind, |t, id, kind| match id {
                4 => t.whole(kind, &mut chunk.codec),
                7 => t.whole(kind, &mut chunk.length),
                9 => t.whole(kind, &mut chunk.data),
                11 => t.whole(kind, &mut chunk.dictionary),
                _ => Ok(false),
            }),
            8 => {
                chunk.sealed = true;
                Ok(false)
            }
            _ => Ok(false),
        })?;
        Ok(chunk)
    }

    /// Where it lies; `None` where that isn't in this file.
    fn piece(&self, data_ends: u64) -> Option<Piece> {
        let whole = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        let data = whole(self.data)?;
        // Some writers put 0 where there is none.
        let dictionary = whole(self.dictionary).filter(|at| *at > 0);
        let start = dictionary.map_or(data, |at| at.min(data));
        let end = start.checked_add(whole(self.length)?)?;
        let is_here = !self.elsewhere && !self.sealed && start >= 4 && end <= data_ends;
        is_here.then_some(Piece { start, end, codec: self.codec? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::inventory::table::Spelling;

    const LIST_AT_1: u8 = 0x19;
    const TWO_ON: u8 = 0x29;
    const END: u8 = 0;

    fn list(count: usize, structure: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xfc];
        let mut left = count;
        while left > 0x7f {
            bytes.push(left as u8 | 0x80);
            left >>= 7;
        }
        bytes.push(left as u8);
        bytes.extend(structure.repeat(count));
        bytes
    }

    /// Of structures that say nothing: fields 2 and 4, and 1 of a row group.
    fn footer(elements: usize, groups: usize, chunks: usize) -> Vec<u8> {
        let group = [&[LIST_AT_1], &list(chunks, &[END])[..], &[END]].concat();
        let (elements, groups) = (list(elements, &[END]), list(groups, &group));
        [&[TWO_ON], &elements[..], &[TWO_ON], &groups, &[END]].concat()
    }

    #[test]
    fn a_footer_unfolds_to_no_more_than_reports_have() {
        for (elements, groups, chunks) in
            [(MOST_COLUMNS, 1, MOST_COLUMNS), (1, MOST_GROUPS, 3), (1, 300, MOST_COLUMNS)]
        {
            let Ok(read) = Written::read(&footer(elements, groups, chunks)) else {
                panic!("{elements} elements, {groups} row groups of {chunks} columns")
            };
            assert_eq!((read.elements.len(), read.groups.len()), (elements, groups));
            assert!(read.groups.iter().all(|group| group.chunks.len() == chunks));
        }
        for (elements, groups, chunks) in [
            (MOST_COLUMNS + 1, 1, 1),
            (1, 1, MOST_COLUMNS + 1),
            (1, MOST_GROUPS + 1, 0),
            (1, 301, MOST_COLUMNS),
        ] {
            let read = Written::read(&footer(elements, groups, chunks));
            assert!(read.is_err(), "{elements} elements, {groups} row groups of {chunks} columns");
        }
    }
    #[test]
    fn a_column_begins_at_its_dictionary_however_its_writer_says_so() {
        let begins = |data, dictionary| {
            let (codec, length) = (Some(1), Some(96));
            let chunk = Chunk { codec, length, data: Some(data), dictionary, ..Chunk::default() };
            chunk.piece(200).map(|piece| (piece.start, piece.end))
        };
        let expected = Some((4, 100));
        // The usual way; without one; as some of parquet-java's versions say it.
        assert_eq!(begins(55, Some(4)), expected);
        assert_eq!(begins(4, None), expected);
        assert_eq!(begins(4, Some(0)), expected);
        assert_eq!(begins(4, Some(4)), expected);
        // Its first page is one all the same, or it stands nowhere.
        assert_eq!(begins(4, Some(55)), expected);
        assert_eq!(begins(105, None), None);
        assert_eq!(begins(3, None), None);
    }
    #[test]
    fn columns_of_row_groups_have_no_byte_in_common() {
        let schema = "message m { required binary bucket; required binary key; }";
        let named = Named::parse(schema, Spelling::Message).expect("a schema");
        // A required text, or what holds so many columns.
        let element = |name: &str, children: u8| {
            let head = [0x15, 6 << 1, 0x25, 0, 0x18, name.len() as u8];
            let bytes = [&head[..], name.as_bytes(), &[0x15, children << 1, END]].concat();
            Element::read(&mut Thrift::new(&bytes)).unwrap_or_else(|NotThrift| panic!("{name}"))
        };
        let checked = |begins: [i64; 4]| {
            let elements = vec![element("", 2), element("bucket", 0), element("key", 0)];
            let chunk = |begin: &i64| Chunk {
                codec: Some(0),
                length: Some(10),
                data: Some(*begin),
                ..Chunk::default()
            };
            let groups = begins.chunks(2).map(|begins| WrittenGroup {
                chunks: begins.iter().map(chunk).collect(),
                rows: Some(1),
            });
            let written = Written { elements, rows: Some(2), groups: groups.collect() };
            written.checked(100, named)
        };
        for begins in [[4, 14, 24, 34], [50, 4, 30, 90]] {
            assert!(checked(begins).is_ok(), "{begins:?}");
        }
        for begins in [[4, 14, 4, 34], [4, 4, 24, 34], [4, 14, 24, 15]] {
            let refusal = checked(begins).expect_err("refused");
            assert!(refusal.contains("overlap"), "{refusal}");
        }
    }
}
