//! One column of a Parquet file: its values one after the other.

use std::fs::File;

use super::footer::Piece;
use super::hybrid::Hybrid;
use super::pages::{Encoding, Levels, Page, Pages};
use super::schema::{Leaf, Physical, Ticks};
use crate::sources::inventory::table::{LONGEST_TEXT, Value, odd};

/// Reads the values of one column, a page in memory and its dictionary.
#[derive(Debug)]
pub(super) struct ColumnReader {
    leaf: Leaf,
    pages: Pages,
    page: Body,
    dictionary: Dictionary,
    /// Values of the page that are still ahead, nulls among them.
    left: u64,
    levels: Option<Hybrid>,
    /// Values ahead of which it is known already that they aren't null.
    filled: u64,
    values: Values,
    current: Current,
}

/// A page's bytes. Most are UTF-8 from end to end, lengths and all: then one
/// look at the whole page takes the place of one at each text.
#[derive(Debug, Default)]
struct Body {
    bytes: Vec<u8>,
    /// In the place of the bytes.
    text: Option<String>,
}

/// The values of the page that are still ahead.
#[derive(Clone, Copy, Debug)]
enum Values {
    /// From this byte on.
    Plain(usize),
    /// From this bit on.
    Bits(usize),
    Codes(Hybrid),
    Runs(Hybrid),
}

/// The value that was passed on to last.
#[derive(Clone, Copy, Debug)]
enum Current {
    Null,
    Whole(i64),
    Truth(bool),
    /// In the page.
    Bytes(usize, usize),
    /// In the dictionary's text.
    Text(usize, usize),
}

/// A dictionary's values, checked once.
#[derive(Debug, Default)]
struct Dictionary {
    text: String,
    places: Vec<(u32, u32)>,
    wholes: Vec<i64>,
    /// How many are times that aren't told.
    untold: usize,
}

impl ColumnReader {
    pub(super) fn new(leaf: Leaf) -> Self {
        Self {
            leaf,
            pages: Pages::new(leaf.optional),
            page: Body::default(),
            dictionary: Dictionary::default(),
            left: 0,
            levels: None,
            filled: 0,
            values: Values::Plain(0),
            current: Current::Null,
        }
    }

    /// Goes to the beginning of a row group.
    pub(super) fn enter(&mut self, piece: Piece) {
        self.pages.enter(piece);
        self.dictionary = Dictionary::default();
        self.left = 0;
        self.current = Current::Null;
    }

    /// Whether a page has values that nobody asked for.
    pub(super) fn has_more(&self) -> bool {
        self.left > 0
    }

    /// What was passed on to last.
    #[inline]
    pub(super) fn value(&self) -> Option<Value<'_>> {
        match self.current {
            Current::Null => None,
            Current::Whole(number) => Some(match self.leaf.physical {
                Physical::Ticks(Ticks::Micros) => Value::Time(number.div_euclid(1_000)),
                Physical::Ticks(Ticks::Nanos) => Value::Time(number.div_euclid(1_000_000)),
                Physical::Ticks(Ticks::Millis) => Value::Time(number),
                _ => Value::Whole(number),
            }),
            Current::Truth(truth) => Some(Value::Truth(truth)),
            Current::Bytes(from, to) => self.page.value(from, to),
            Current::Text(from, to) => self.dictionary.text.get(from..to).map(Value::Text),
        }
    }

    /// Passes on to the next value.
    #[inline]
    pub(super) fn advance(&mut self, file: &File) -> Result<(), String> {
        while self.left == 0 {
            self.turn(file)?;
        }
        self.left -= 1;
        if self.filled > 0 {
            self.filled -= 1;
        } else if let Some(levels) = &mut self.levels {
            match levels.next(self.page.bytes()) {
                Some(1) => self.filled = levels.take_same(),
                Some(0) => {
                    self.current = Current::Null;
                    return Ok(());
                }
                _ => return odd("it doesn't say of each value whether it is null"),
            }
        }
        let next = match self.values {
            Values::Plain(at) => self.plain(at)?,
            Values::Bits(bit) => {
                self.values = Values::Bits(bit + 1);
                self.page
                    .bytes()
                    .get(bit / 8)
                    .map(|byte| Current::Truth(byte >> (bit % 8) & 1 == 1))
            }
            Values::Codes(ref mut codes) => {
                codes.next(self.page.bytes()).and_then(|code| self.dictionary.at(code as usize))
            }
            Values::Runs(ref mut runs) => {
                runs.next(self.page.bytes()).map(|bit| Current::Truth(bit == 1))
            }
        };
        self.current = next.ok_or("fewer values than it says")?;
        Ok(())
    }

    /// Goes to the next page.
    fn turn(&mut self, file: &File) -> Result<(), String> {
        match self.pages.next(file, self.page.filling())? {
            None => odd("it ends before its row group"),
            Some(Page::Dictionary(values)) => {
                self.dictionary = Dictionary::read(self.page.bytes(), values, self.leaf.physical)?;
                Ok(())
            }
            Some(Page::Data { values, encoding, levels }) => {
                let start = self.levels_end(levels)?;
                let end = self.page.bytes().len();
                let truths = self.leaf.physical == Physical::Boolean;
                self.values = match (encoding, truths) {
                    (Encoding::Plain, true) => Values::Bits(start * 8),
                    (Encoding::Plain, false) => Values::Plain(start),
                    (Encoding::Dictionary, false) => match self.page.bytes().get(start) {
                        Some(width) => Hybrid::new(start + 1, end, *width).map(Values::Codes),
                        // All are null.
                        None => Some(Values::Plain(end)),
                    }
                    .ok_or("a dictionary's places are too wide")?,
                    (Encoding::Runs, true) => match Hybrid::new((start + 4).min(end), end, 1) {
                        Some(runs) => Values::Runs(runs),
                        None => return odd("a page that is too short"),
                    },
                    _ => return odd("values in an encoding that its type can't have"),
                };
                if encoding == Encoding::Plain && self.leaf.physical == Physical::Bytes {
                    self.page.look();
                }
                self.left = values;
                Ok(())
            }
        }
    }

    /// Notes where it stands what is null; where values begin.
    fn levels_end(&mut self, levels: Levels) -> Result<usize, String> {
        let (from, to) = match levels {
            Levels::Of(length) => (0, length),
            Levels::Leading if !self.leaf.optional => (0, 0),
            Levels::Leading => {
                let Some(length) = self.page.bytes().first_chunk::<4>() else {
                    return odd("a page that is too short");
                };
                (4, (u32::from_le_bytes(*length) as usize).saturating_add(4))
            }
        };
        let levels = Hybrid::new(from, to, 1).filter(|_| to <= self.page.bytes().len());
        let Some(levels) = levels else { return odd("a page that is shorter than its levels") };
        self.levels = self.leaf.optional.then_some(levels);
        self.filled = 0;
        Ok(to)
    }

    #[inline]
    fn plain(&mut self, at: usize) -> Result<Option<Current>, String> {
        let Some((next, after)) = plain(self.page.bytes(), at, self.leaf.physical)? else {
            return Ok(None);
        };
        self.values = Values::Plain(after);
        Ok(Some(next))
    }
}

impl Body {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.text.as_ref().map_or(&self.bytes, |text| text.as_bytes())
    }

    /// The same memory, for another page.
    fn filling(&mut self) -> &mut Vec<u8> {
        if let Some(text) = self.text.take() {
            self.bytes = text.into_bytes();
        }
        &mut self.bytes
    }

    /// Notes it if all of it is UTF-8.
    fn look(&mut self) {
        match String::from_utf8(std::mem::take(self.filling())) {
            Ok(text) => self.text = Some(text),
            Err(not) => self.bytes = not.into_bytes(),
        }
    }

    /// A text of it. One that begins or ends within a character isn't UTF-8,
    /// though the page is: whoever takes the bytes finds out.
    #[inline]
    fn value(&self, from: usize, to: usize) -> Option<Value<'_>> {
        match self.text.as_ref().and_then(|text| text.get(from..to)) {
            Some(text) => Some(Value::Text(text)),
            None => self.bytes().get(from..to).map(Value::Bytes),
        }
    }
}

/// The value at this place, and where the next one is; `None` where the bytes
/// end before.
#[inline]
fn plain(bytes: &[u8], at: usize, physical: Physical) -> Result<Option<(Current, usize)>, String> {
    let rest = bytes.get(at..).unwrap_or_default();
    Ok(match physical {
        Physical::Bytes => {
            let Some(length) = rest.first_chunk::<4>() else { return Ok(None) };
            let length = u32::from_le_bytes(*length) as usize;
            if length > LONGEST_TEXT {
                return Err(format!("a text of {length} bytes, longer than {LONGEST_TEXT}"));
            }
            let (from, to) = (at + 4, at + 4 + length);
            (to <= bytes.len()).then_some((Current::Bytes(from, to), to))
        }
        Physical::Int32 => rest.first_chunk::<4>().map(|number| {
            (Current::Whole(i64::from(i32::from_le_bytes(*number))), at + number.len())
        }),
        Physical::Int64 | Physical::Ticks(_) => rest
            .first_chunk::<8>()
            .map(|number| (Current::Whole(i64::from_le_bytes(*number)), at + number.len())),
        // A hint that may be hours off is none.
        Physical::Untold(length) => rest.get(..length).map(|_| (Current::Null, at + length)),
        Physical::Boolean => None,
    })
}

impl Dictionary {
    /// Reads so many plain values; each takes bytes, so the page bounds them.
    fn read(page: &[u8], values: u64, physical: Physical) -> Result<Self, String> {
        let (mut dictionary, mut at) = (Self::default(), 0);
        for _ in 0..values {
            let Some((value, after)) = plain(page, at, physical)? else {
                return odd("a dictionary that is shorter than it says");
            };
            at = after;
            match value {
                Current::Whole(number) => dictionary.wholes.push(number),
                Current::Null => dictionary.untold += 1,
                Current::Bytes(from, to) => {
                    let Ok(text) = std::str::from_utf8(&page[from..to]) else {
                        return odd("a dictionary that is not UTF-8");
                    };
                    let length = dictionary.text.len() as u32;
                    dictionary.text.push_str(text);
                    dictionary.places.push((length, length + text.len() as u32));
                }
                _ => return odd("a dictionary of a type that has none"),
            }
        }
        Ok(dictionary)
    }

    #[inline]
    fn at(&self, code: usize) -> Option<Current> {
        if let Some((from, to)) = self.places.get(code) {
            return Some(Current::Text(*from as usize, *to as usize));
        }
        let untold = (code < self.untold).then_some(Current::Null);
        self.wholes.get(code).map(|number| Current::Whole(*number)).or(untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(texts: &[&[u8]]) -> Body {
        let mut page = Body::default();
        for text in texts {
            page.filling().extend((text.len() as u32).to_le_bytes());
            page.filling().extend(*text);
        }
        page.look();
        page
    }

    #[test]
    fn a_page_that_is_utf8_as_a_whole_may_hold_texts_that_are_not() {
        // The second text's length ends the letter that the first one begins.
        let mut page = page(&[b"\xc3", &[b'x'; 0xa9]]);
        assert!(page.text.is_some());
        assert_eq!(page.value(4, 5), Some(Value::Bytes(b"\xc3")));
        assert_eq!(page.value(9, 9 + 0xa9), Some(Value::Text(&"x".repeat(0xa9))));
        assert_eq!(page.value(9, 9 + 0xaa), None);
        assert_eq!(page.filling().len(), 9 + 0xa9);
    }

    #[test]
    fn where_lengths_are_no_utf8_each_text_is_looked_at() {
        let page = page(&["é".as_bytes(), &[b'x'; 200]]);
        assert_eq!(page.value(4, 6), Some(Value::Bytes("é".as_bytes())));
        assert_eq!(page.value(10, 210), Some(Value::Bytes(&[b'x'; 200])));
    }
}
