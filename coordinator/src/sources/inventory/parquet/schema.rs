//! A Parquet file's own schema: which of its columns are read, and what their
//! values are.

use super::thrift::{NotThrift, Thrift};
use crate::sources::inventory::table::{Column, Kind, odd};

/// How values of a column lie in its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    Boolean,
    Int32,
    Int64,
    /// A number of 64 bits that is a time in UTC, and what it counts.
    Ticks(Ticks),
    /// A time that isn't told to be in UTC, and how many bytes it takes.
    Untold(usize),
    Bytes,
}

/// What a time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ticks {
    Millis,
    Micros,
    Nanos,
}

/// A column that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) column: Column,
    pub(super) physical: Physical,
    /// Whether there may be nulls.
    pub(super) optional: bool,
    /// Which one of a row group's columns it is.
    pub(super) index: usize,
}

/// A column or what holds columns, as it is written.
#[derive(Default)]
pub(super) struct Element {
    physical: Option<i64>,
    repetition: Option<i64>,
    name: Vec<u8>,
    children: Option<i64>,
    converted: Option<i64>,
    ticks: Option<Ticks>,
    is_utc: Option<bool>,
}

impl Element {
    pub(super) fn read(t: &mut Thrift<'_>) -> Result<Self, NotThrift> {
        let mut element = Self::default();
        t.structure(|t, id, kind| match id {
            1 => t.whole(kind, &mut element.physical),
            3 => t.whole(kind, &mut element.repetition),
            4 => {
                element.name = t.bytes(kind)?.to_vec();
                Ok(true)
            }
            5 => t.whole(kind, &mut element.children),
            6 => t.whole(kind, &mut element.converted),
            10 => t.inner(kind, |t, id, kind| match id {
                8 => t.inner(kind, |t, id, kind| match id {
                    1 => Thrift::truth(kind, &mut element.is_utc),
                    2 => t.inner(kind, |_, id, _| {
                        element.ticks = match id {
                            1 => Some(Ticks::Millis),
                            2 => Some(Ticks::Micros),
                            3 => Some(Ticks::Nanos),
                            _ => None,
                        };
                        Ok(false)
                    }),
                    _ => Ok(false),
                }),
                _ => Ok(false),
            }),
            _ => Ok(false),
        })?;
        Ok(element)
    }

    /// As a column's values; `None` where the column can't have them.
    fn physical(&self, kind: Kind) -> Option<Physical> {
        Some(match (kind, self.physical?) {
            (Kind::Text, 6) => Physical::Bytes,
            (Kind::Truth, 0) => Physical::Boolean,
            (Kind::Whole, 1) => Physical::Int32,
            (Kind::Whole, 2) => Physical::Int64,
            // Hive, Spark and Impala don't mean the same zone by it, and there is
            // no word of which it is.
            (Kind::Time, 3) => Physical::Untold(12),
            (Kind::Time, 2) => self.time()?,
            _ => return None,
        })
    }

    /// As a time of 64 bits. Older files have no word of the zone, and by the
    /// format's definition mean UTC.
    fn time(&self) -> Option<Physical> {
        let ticks = self.ticks.or(match self.converted {
            Some(9) => Some(Ticks::Millis),
            Some(10) => Some(Ticks::Micros),
            _ => None,
        })?;
        Some(match (self.ticks, self.is_utc) {
            (_, Some(true)) | (None, None) => Physical::Ticks(ticks),
            _ => Physical::Untold(8),
        })
    }
}

/// The columns that are read. Values lie in the order of the leaves; what is
/// read never lies within another column.
pub(super) fn leaves(elements: &[Element]) -> Result<Vec<Leaf>, String> {
    let mut leaves: Vec<Leaf> = Vec::new();
    let (mut open, mut index) = (Vec::new(), 0);
    for (at, element) in elements.iter().enumerate() {
        let children = element.children.unwrap_or(0);
        while open.last() == Some(&0) {
            open.pop();
        }
        let depth = open.len();
        if let Some(left) = open.last_mut() {
            *left -= 1;
        } else if at > 0 {
            return odd("its footer's schema has two roots");
        }
        let column = std::str::from_utf8(&element.name).ok().and_then(Column::of);
        if let (1, Some(column)) = (depth, column) {
            let name = column.name();
            if leaves.iter().any(|leaf| leaf.column == column) {
                return Err(format!("it has two columns {name}"));
            }
            let physical = element.physical(column.kind()).filter(|_| children == 0);
            let (Some(physical), Some(repetition @ (0 | 1))) = (physical, element.repetition)
            else {
                return Err(format!("its column {name} is of a type that isn't read"));
            };
            leaves.push(Leaf { column, physical, optional: repetition == 1, index });
        }
        if children > 0 || depth == 0 {
            open.push(children);
        } else {
            index += 1;
        }
    }
    Ok(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column of 64 bits that may be null; of the converted type a number, of
    /// the logical type a truth and a unit's number.
    fn column(converted: Option<u8>, logical: Option<(bool, u8)>) -> Option<Physical> {
        let mut bytes = vec![0x15, 4, 0x25, 2, 0x18, 1, b't'];
        bytes.extend(converted.iter().flat_map(|number| [0x25, number << 1]));
        if let Some((is_utc, unit)) = logical {
            let to_logical = if converted.is_some() { 0x4c } else { 0x6c };
            let utc = if is_utc { 0x11 } else { 0x12 };
            bytes.extend([to_logical, 0x8c, utc, 0x1c, unit << 4 | 0xc, 0, 0, 0, 0]);
        }
        bytes.push(0);
        let mut thrift = Thrift::new(&bytes);
        let Ok(element) = Element::read(&mut thrift) else { panic!("no element") };
        assert_eq!(thrift.read(), bytes.len());
        element.physical(Kind::Time)
    }

    #[test]
    fn a_time_is_one_where_it_is_told_to_be_in_utc() {
        let (millis, micros) = (Physical::Ticks(Ticks::Millis), Physical::Ticks(Ticks::Micros));
        let (nanos, untold) = (Physical::Ticks(Ticks::Nanos), Physical::Untold(8));
        for (converted, logical, expected) in [
            (None, Some((true, 1)), Some(millis)),
            (Some(9), Some((true, 1)), Some(millis)),
            (Some(10), Some((true, 2)), Some(micros)),
            (None, Some((true, 3)), Some(nanos)),
            // The older words, by themselves.
            (Some(9), None, Some(millis)),
            (Some(10), None, Some(micros)),
            // Local times, which some writers give the older word besides.
            (None, Some((false, 1)), Some(untold)),
            (Some(9), Some((false, 1)), Some(untold)),
            (Some(9), Some((false, 7)), Some(untold)),
            // A number, or a unit that isn't known.
            (None, None, None),
            (None, Some((true, 7)), None),
        ] {
            assert_eq!(column(converted, logical), expected, "{converted:?} {logical:?}");
        }
    }

    #[test]
    fn a_time_of_96_bits_is_never_told() {
        let element = Element { physical: Some(3), ..Element::default() };
        assert_eq!(element.physical(Kind::Time), Some(Physical::Untold(12)));
    }
}
