//! One column of a stripe: its values one after the other.

use std::fs::File;
use std::sync::Arc;

use super::runs::{Bits, Wholes};
use super::stream::{Packing, Stream};
use super::tail::Held;
use crate::sources::inventory::table::{Column, Kind, LONGEST_TEXT, Value, odd};

/// Seconds from 1970 to 2015, which ORC counts from.
const EPOCH: i64 = 1_420_070_400;

const PRESENT: usize = 0;
const DATA: usize = 1;
const LENGTH: usize = 2;
const DICTIONARY_DATA: usize = 3;
const NANOS: usize = 5;

/// Reads the values of one column of a stripe.
#[derive(Debug)]
pub(super) struct ColumnReader {
    present: Option<Bits>,
    values: Values,
    current: Current,
    /// The text that was passed on to last, where it is in no dictionary.
    text: Vec<u8>,
}

#[derive(Debug)]
enum Values {
    Truths(Bits),
    Wholes(Wholes),
    Times { seconds: Wholes, nanos: Wholes, is_utc: bool },
    Texts { lengths: Wholes, data: Stream },
    Coded { codes: Wholes, text: String, places: Vec<(u32, u32)> },
}

#[derive(Clone, Copy, Debug)]
enum Current {
    Null,
    Truth(bool),
    Whole(i64),
    Time(i64),
    Own,
    /// In the dictionary's text.
    Text(u32, u32),
}

/// Where a stripe's columns are, and what their dictionaries may still hold.
pub(super) struct Ground<'a> {
    pub(super) file: &'a Arc<File>,
    pub(super) packing: Packing,
    pub(super) is_utc: bool,
    /// Bytes for all columns together.
    pub(super) dictionaries: &'a mut usize,
}

impl ColumnReader {
    /// At the beginning of a stripe.
    ///
    /// # Errors
    /// What is wrong with how the stripe holds it.
    pub(super) fn open(
        column: Column,
        held: &Held,
        ground: &mut Ground<'_>,
    ) -> Result<Self, String> {
        let Ground { file, packing, is_utc, .. } = *ground;
        let stream = |kind: usize| match held.stream(kind) {
            Some((from, to)) => Stream::new(file, packing, from, to),
            None => Stream::empty(file),
        };
        // Encodings 0 and 1 are of the first version, 2 and 3 of the second.
        let second = match held.encoding {
            0 | 1 => false,
            2 | 3 => true,
            other => return Err(format!("in encoding {other}, which isn't known")),
        };
        let wholes = |kind: usize, is_signed: bool| Wholes::new(stream(kind), is_signed, second);
        let is_coded = held.encoding & 1 == 1;
        let values = match column.kind() {
            Kind::Text if is_coded => {
                let lengths = wholes(LENGTH, false);
                let data = stream(DICTIONARY_DATA);
                let left = &mut *ground.dictionaries;
                let (text, places) = dictionary(held.dictionary, lengths, data, left)?;
                Values::Coded { codes: wholes(DATA, false), text, places }
            }
            _ if is_coded => return odd("a dictionary of a type that has none"),
            Kind::Text => Values::Texts { lengths: wholes(LENGTH, false), data: stream(DATA) },
            Kind::Truth => Values::Truths(Bits::new(stream(DATA))),
            Kind::Whole => Values::Wholes(wholes(DATA, true)),
            Kind::Time => {
                let (seconds, nanos) = (wholes(DATA, true), wholes(NANOS, false));
                Values::Times { seconds, nanos, is_utc }
            }
        };
        let present = held.stream(PRESENT).map(|_| Bits::new(stream(PRESENT)));
        Ok(Self { present, values, current: Current::Null, text: Vec::new() })
    }

    /// What was passed on to last.
    #[inline]
    pub(super) fn value(&self) -> Option<Value<'_>> {
        Some(match (self.current, &self.values) {
            (Current::Truth(truth), _) => Value::Truth(truth),
            (Current::Whole(number), _) => Value::Whole(number),
            (Current::Time(millis), _) => Value::Time(millis),
            (Current::Own, _) => Value::Bytes(&self.text),
            (Current::Text(from, to), Values::Coded { text, .. }) => {
                Value::Text(text.get(from as usize..to as usize)?)
            }
            _ => return None,
        })
    }

    /// Passes on to the next value.
    #[inline]
    pub(super) fn advance(&mut self) -> Result<(), String> {
        if let Some(present) = &mut self.present
            && !present.next()?
        {
            self.current = Current::Null;
            return Ok(());
        }
        self.current = match &mut self.values {
            Values::Truths(bits) => Current::Truth(bits.next()?),
            Values::Wholes(wholes) => Current::Whole(wholes.next()?),
            Values::Times { seconds, nanos, is_utc } => {
                let millis = millis(seconds.next()?, nanos.next()?);
                // A hint that may be hours off is none.
                if *is_utc { Current::Time(millis) } else { Current::Null }
            }
            Values::Texts { lengths, data } => {
                let length = text_length(lengths.next()?)?;
                self.text.clear();
                data.take(length, &mut self.text)?;
                Current::Own
            }
            Values::Coded { codes, places, .. } => {
                let code = usize::try_from(codes.next()?).ok();
                match code.and_then(|code| places.get(code)) {
                    Some((from, to)) => Current::Text(*from, *to),
                    None => return odd("a place that its dictionary lacks"),
                }
            }
        };
        Ok(())
    }
}

fn text_length(length: i64) -> Result<usize, String> {
    match usize::try_from(length) {
        Ok(length) if length <= LONGEST_TEXT => Ok(length),
        _ => Err(format!("a text of {length} bytes, longer than {LONGEST_TEXT}")),
    }
}

/// Checks each value once.
fn dictionary(
    values: u64,
    mut lengths: Wholes,
    mut data: Stream,
    left: &mut usize,
) -> Result<(String, Vec<(u32, u32)>), String> {
    let (mut text, mut places, mut value) = (String::new(), Vec::new(), Vec::new());
    for _ in 0..values {
        let length = text_length(lengths.next()?)?;
        match left.checked_sub(length + size_of::<(u32, u32)>()) {
            Some(rest) => *left = rest,
            None => return odd("dictionaries that are too long: a bomb?"),
        }
        value.clear();
        data.take(length, &mut value)?;
        let Ok(checked) = std::str::from_utf8(&value) else {
            return odd("a dictionary that is not UTF-8");
        };
        let from = text.len() as u32;
        text.push_str(checked);
        places.push((from, text.len() as u32));
    }
    Ok((text, places))
}

/// Milliseconds since 1970. The last three bits of the nanoseconds say how
/// many zeros were left out.
fn millis(seconds: i64, nanos: i64) -> i64 {
    let zeros = nanos & 7;
    let nanos = match zeros {
        0 => nanos >> 3,
        _ => (nanos >> 3).saturating_mul(10_i64.pow(zeros as u32 + 1)),
    };
    let mut seconds = seconds.saturating_add(EPOCH);
    // Before 1970 writers round the seconds towards it.
    if seconds < 0 && nanos > 999_999 {
        seconds = seconds.saturating_sub(1);
    }
    seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000)
}
