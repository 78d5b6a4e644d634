//! An ORC file's tail, and a stripe's: which columns there are, and where
//! their streams lie.

use std::fs::File;
use std::sync::Arc;

use super::protobuf::{NotProtobuf, message};
use super::stream::{Packing, Stream};
use crate::sources::inventory::table::{Column, Kind, Named, are_disjoint, odd, read_at};

/// The most bytes of a footer, unpacked.
const LONGEST: usize = 16 * 1024 * 1024;
/// The most stripes and columns, and columns within one: what a footer unfolds
/// to in memory is larger than itself.
const MOST_STRIPES: usize = 100_000;
const MOST_TYPES: usize = 1_000;

/// A column that is read, and its number in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) column: Column,
    /// Whether it holds times that are in UTC whatever the writer's zone.
    pub(super) is_instant: bool,
    number: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stripe {
    offset: u64,
    index: u64,
    data: u64,
    footer: u64,
    pub(super) rows: u64,
}

#[derive(Debug)]
pub(super) struct Tail {
    pub(super) packing: Packing,
    pub(super) leaves: Vec<Leaf>,
    pub(super) stripes: Vec<Stripe>,
}

/// How a stripe holds a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    /// The encoding's number, and the dictionary's values.
    pub(super) encoding: u64,
    pub(super) dictionary: u64,
    /// From and to, by the stream's kind: present, data, length, dictionary
    /// data, and nanoseconds, which is kind 5.
    streams: [Option<(u64, u64)>; 6],
}

impl Held {
    pub(super) fn stream(&self, kind: usize) -> Option<(u64, u64)> {
        self.streams.get(kind).copied().flatten()
    }
}

/// A stripe's columns.
#[derive(Debug)]
pub(super) struct Layout {
    /// In the order of the tail's leaves.
    pub(super) held: Vec<Held>,
    /// Whether times are in UTC.
    pub(super) is_utc: bool,
}

impl Tail {
    /// Reads it from the end of a file of so many bytes.
    ///
    /// # Errors
    /// What is wrong with it, or what the manifest says otherwise.
    pub(super) fn read(file: &Arc<File>, size: u64, named: Named) -> Result<Self, String> {
        let mut length = [0];
        if size < 4 {
            return odd("not an ORC file: it is too short");
        }
        read_at(file, size - 1, &mut length)?;
        let [length] = length;
        let mut bytes = vec![0; usize::from(length)];
        let Some(script_at) = (size - 1).checked_sub(u64::from(length)) else {
            return odd("not an ORC file: it is too short");
        };
        read_at(file, script_at, &mut bytes)?;
        let (mut footer, mut kind, mut block, mut magic) = (0, 0, None, false);
        message(&bytes, |number, field| {
            match number {
                1 => footer = field.number()?,
                2 => kind = field.number()?,
                3 => block = Some(field.number()?),
                8000 => magic = field.bytes()? == b"ORC",
                _ => {}
            }
            Ok(())
        })
        .map_err(|NotProtobuf| "not an ORC file, or cut short: its postscript can't be read")?;
        if !magic {
            return odd("not an ORC file, or cut short: it doesn't end with ORC");
        }
        let packing = Packing::of(kind, block)?;
        let Some(from) = script_at.checked_sub(footer) else {
            return odd("a footer that is longer than the file");
        };
        let footer = Stream::new(file, packing, from, script_at).rest(LONGEST)?;
        let written = Written::read(&footer).map_err(|NotProtobuf| "its footer can't be read")?;
        written.checked(packing, from, named)
    }

    /// Reads where a stripe's columns lie.
    ///
    /// # Errors
    /// What is wrong with its footer.
    pub(super) fn layout(&self, file: &Arc<File>, stripe: &Stripe) -> Result<Layout, String> {
        let from = stripe.offset + stripe.index + stripe.data;
        let bytes = Stream::new(file, self.packing, from, from + stripe.footer).rest(LONGEST)?;
        let mut layout = Layout {
            held: vec![Held::default(); self.leaves.len()],
            // Files without a zone are in the reader's own.
            is_utc: false,
        };
        let (mut at, mut column, mut root) = (stripe.offset, 0, false);
        let read = message(&bytes, |number, field| {
            match number {
                1 => {
                    let (mut kind, mut of, mut length) = (0, 0, 0);
                    message(field.bytes()?, |number, field| {
                        match number {
                            1 => kind = field.number()?,
                            2 => of = field.number()?,
                            3 => length = field.number()?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    let end = at.checked_add(length).filter(|end| *end <= from);
                    let end = end.ok_or(NotProtobuf)?;
                    root |= (of, kind) == (0, 0) && length > 0;
                    if let Some(held) = self.held(&mut layout, of)
                        && let Some(stream) = held.streams.get_mut(kind as usize)
                    {
                        *stream = Some((at, end));
                    }
                    at = end;
                }
                2 => {
                    let (mut encoding, mut dictionary) = (0, 0);
                    message(field.bytes()?, |number, field| {
                        match number {
                            1 => encoding = field.number()?,
                            2 => dictionary = field.number()?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    if let Some(held) = self.held(&mut layout, column) {
                        (held.encoding, held.dictionary) = (encoding, dictionary);
                    }
                    column += 1;
                }
                3 => {
                    let utc: [&[u8]; 4] = [b"UTC", b"GMT", b"Etc/UTC", b"Etc/GMT"];
                    layout.is_utc = utc.contains(&field.bytes()?);
                }
                _ => {}
            }
            Ok(())
        });
        read.map_err(|NotProtobuf| "a stripe's footer can't be read")?;
        if root {
            return odd("rows that are null as a whole");
        }
        Ok(layout)
    }

    fn held<'a>(&self, layout: &'a mut Layout, column: u64) -> Option<&'a mut Held> {
        let at = self.leaves.iter().position(|leaf| leaf.number == column)?;
        layout.held.get_mut(at)
    }
}

/// A footer as it is written.
#[derive(Default)]
struct Written<'a> {
    stripes: Vec<Stripe>,
    types: Vec<Type<'a>>,
    rows: Option<u64>,
    is_sealed: bool,
}

#[derive(Default)]
struct Type<'a> {
    kind: u64,
    inner: Vec<u64>,
    names: Vec<&'a [u8]>,
}

impl<'a> Written<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, NotProtobuf> {
        let mut written = Self::default();
        message(bytes, |number, field| {
            match number {
                3 => {
                    let mut stripe = Stripe::default();
                    message(field.bytes()?, |number, field| {
                        match number {
                            1 => stripe.offset = field.number()?,
                            2 => stripe.index = field.number()?,
                            3 => stripe.data = field.number()?,
                            4 => stripe.footer = field.number()?,
                            5 => stripe.rows = field.number()?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    if written.stripes.len() == MOST_STRIPES {
                        return Err(NotProtobuf);
                    }
                    written.stripes.push(stripe);
                }
                4 => {
                    let mut found = Type::default();
                    message(field.bytes()?, |number, field| {
                        match number {
                            1 => found.kind = field.number()?,
                            2 => field.numbers(&mut found.inner, MOST_TYPES)?,
                            3 if found.names.len() == MOST_TYPES => return Err(NotProtobuf),
                            3 => found.names.push(field.bytes()?),
                            _ => {}
                        }
                        Ok(())
                    })?;
                    if written.types.len() == MOST_TYPES {
                        return Err(NotProtobuf);
                    }
                    written.types.push(found);
                }
                6 => written.rows = Some(field.number()?),
                10 => written.is_sealed = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok(written)
    }

    fn checked(self, packing: Packing, data_ends: u64, named: Named) -> Result<Tail, String> {
        if self.is_sealed {
            return odd("an encrypted ORC file");
        }
        let leaves = self.leaves()?;
        named.agrees(|column| leaves.iter().any(|leaf| leaf.column == column))?;
        let mut parts = Vec::new();
        for stripe in &self.stripes {
            let Stripe { offset, index, data, footer, .. } = *stripe;
            let end = [index, data, footer].into_iter().try_fold(offset, u64::checked_add);
            let Some(end) = end.filter(|end| *end <= data_ends) else {
                return odd("a stripe that lies outside of it");
            };
            parts.push((offset, end));
        }
        // Else a few bytes, pointed at by each stripe, would be unpacked for each.
        if !are_disjoint(parts) {
            return odd("its stripes overlap: a bomb?");
        }
        let rows = self.stripes.iter().try_fold(0_u64, |all, stripe| all.checked_add(stripe.rows));
        if rows.is_none() || rows != Some(self.rows.unwrap_or(0)) {
            return odd("its footer counts other rows than its stripes");
        }
        Ok(Tail { packing, leaves, stripes: self.stripes })
    }

    /// The columns that are read, right below the root.
    fn leaves(&self) -> Result<Vec<Leaf>, String> {
        let Some(root) = self.types.first().filter(|root| root.kind == 12) else {
            return odd("its rows are no struct");
        };
        let mut leaves: Vec<Leaf> = Vec::new();
        for (name, number) in root.names.iter().zip(&root.inner) {
            let Some(column) = std::str::from_utf8(name).ok().and_then(Column::of) else {
                continue;
            };
            let name = column.name();
            if leaves.iter().any(|leaf| leaf.column == column) {
                return Err(format!("it has two columns {name}"));
            }
            let found = usize::try_from(*number).ok().and_then(|at| self.types.get(at));
            let fits = found.is_some_and(|found| match column.kind() {
                Kind::Text => matches!(found.kind, 7 | 16 | 17),
                Kind::Truth => found.kind == 0,
                Kind::Whole => matches!(found.kind, 3 | 4),
                Kind::Time => matches!(found.kind, 9 | 18),
            });
            if !fits {
                return Err(format!("its column {name} is of a type that isn't read"));
            }
            let is_instant = found.is_some_and(|found| found.kind == 18);
            leaves.push(Leaf { column, is_instant, number: *number });
        }
        Ok(leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::inventory::table::Spelling;

    /// A field of bytes.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = [bytes.len() as u8 | 0x80, (bytes.len() >> 7) as u8];
        [&[number << 3 | 2], &length[..], bytes].concat()
    }

    /// A type of so many columns, their numbers packed or one by one.
    fn structure(inner: usize, is_packed: bool, names: usize) -> Vec<u8> {
        let inner = match is_packed {
            true => field(2, &vec![1; inner]),
            false => [2 << 3, 1].repeat(inner),
        };
        field(4, &[inner, field(3, b"").repeat(names)].concat())
    }

    fn is_read(bytes: &[u8]) -> bool {
        Written::read(bytes).is_ok()
    }

    #[test]
    fn a_footer_unfolds_to_no_more_than_reports_have() {
        let (stripe, plain) = (field(3, &[]), field(4, &[]));
        assert!(is_read(&stripe.repeat(MOST_STRIPES)) && is_read(&plain.repeat(MOST_TYPES)));
        assert!(!is_read(&stripe.repeat(MOST_STRIPES + 1)));
        assert!(!is_read(&plain.repeat(MOST_TYPES + 1)));
        for is_packed in [true, false] {
            assert!(is_read(&structure(MOST_TYPES, is_packed, MOST_TYPES)));
            assert!(!is_read(&structure(MOST_TYPES + 1, is_packed, MOST_TYPES)));
            assert!(!is_read(&structure(MOST_TYPES, is_packed, MOST_TYPES + 1)));
        }
    }
    #[test]
    fn stripes_have_no_byte_in_common() {
        let schema = "struct<bucket:string,key:string>";
        let named = Named::parse(schema, Spelling::Struct).expect("a schema");
        let checked = |stripes: [[u64; 4]; 2]| {
            let text = || Type { kind: 7, ..Type::default() };
            let root = Type { kind: 12, inner: vec![1, 2], names: vec![b"bucket", b"key"] };
            let stripes = stripes.map(|[offset, index, data, footer]| Stripe {
                offset,
                index,
                data,
                footer,
                rows: 1,
            });
            let (types, rows) = (vec![root, text(), text()], Some(2));
            let written = Written { stripes: stripes.into(), types, rows, is_sealed: false };
            written.checked(Packing::None, 100, named)
        };
        for stripes in [[[3, 2, 10, 5], [20, 0, 30, 5]], [[60, 0, 10, 5], [3, 1, 10, 5]]] {
            assert!(checked(stripes).is_ok(), "{stripes:?}");
        }
        for stripes in [[[3, 2, 10, 5], [3, 2, 10, 5]], [[3, 2, 10, 5], [19, 0, 30, 5]]] {
            let refusal = checked(stripes).expect_err("refused");
            assert!(refusal.contains("overlap"), "{refusal}");
        }
    }
}
