//! Reading XML answers from their own bytes. The SDK's reader takes a document
//! that ends in the middle for a whole one, and passes over what isn't XML.
//!
//! Refused is what isn't whole, isn't XML, or says something that can't be
//! read; elements that nobody knows are passed over, whatever is in them.

use std::borrow::Cow;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader};

/// Why an answer can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the answer isn't UTF-8")]
    Text(#[from] std::str::Utf8Error),
    #[error("the answer isn't XML: {0}")]
    Xml(#[from] Error),
    #[error("the answer ends before its end")]
    Cut,
    #[error("the answer is no page of a listing, but a {0}")]
    Root(String),
    #[error("{0} can't be '{1}'")]
    Value(&'static str, String),
    #[error("{0} has an element inside, and should be text")]
    Nested(String),
    #[error("'&{0};' stands for nothing")]
    Reference(String),
    #[error("something follows after the answer's end")]
    Trailing,
}

pub(crate) type Events<'a> = Reader<&'a [u8]>;

/// An answer, and the element that it is; `end` is still to be called.
pub(crate) fn begin(body: &[u8]) -> Result<(Events<'_>, BytesStart<'_>), Unreadable> {
    let mut events = Reader::from_str(std::str::from_utf8(body)?);
    events.config_mut().expand_empty_elements = true;
    loop {
        match events.read_event()? {
            Event::Start(root) => return Ok((events, root)),
            Event::Eof => return Err(Unreadable::Cut),
            _ => {}
        }
    }
}

/// Reads to the answer's end, where nothing may follow.
pub(crate) fn end(mut events: Events<'_>) -> Result<(), Unreadable> {
    loop {
        match events.read_event()? {
            Event::Eof => return Ok(()),
            Event::Start(_) => return Err(Unreadable::Trailing),
            _ => {}
        }
    }
}

/// Refuses what isn't one whole document, whatever it says. HTML is let pass:
/// it is no document cut short but another one, and seldom XML, for whoever
/// reads it to make nothing of.
pub(crate) fn check_whole(body: &[u8]) -> Result<(), Unreadable> {
    let (mut events, root) = begin(body)?;
    if root.local_name().as_ref().eq_ignore_ascii_case("html") {
        return Ok(());
    }
    pass_over(&mut events)?;
    end(events)
}

/// The next element inside the one that is open, or none where that one ends.
pub(crate) fn child<'a>(events: &mut Events<'a>) -> Result<Option<BytesStart<'a>>, Unreadable> {
    loop {
        match events.read_event()? {
            Event::Start(child) => return Ok(Some(child)),
            Event::End(_) => return Ok(None),
            Event::Eof => return Err(Unreadable::Cut),
            _ => {}
        }
    }
}

/// The text of the element that was opened, to its end.
pub(crate) fn text<'a>(
    events: &mut Events<'a>,
    of: &BytesStart<'_>,
) -> Result<Cow<'a, str>, Unreadable> {
    let mut text = Cow::Borrowed("");
    loop {
        match events.read_event()? {
            // Not normalised: a line's end may be part of a key.
            Event::Text(piece) => append(&mut text, piece.into_inner()),
            Event::CData(piece) => append(&mut text, piece.into_inner()),
            Event::GeneralRef(name) => {
                let letter = match &*name {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    other => match name.resolve_char_ref()? {
                        Some(letter) => letter,
                        None => return Err(Unreadable::Reference(other.to_owned())),
                    },
                };
                owned(&mut text).push(letter);
            }
            Event::End(_) => return Ok(text),
            Event::Eof => return Err(Unreadable::Cut),
            Event::Start(_) => return Err(Unreadable::Nested(of.local_name().as_ref().to_owned())),
            _ => {}
        }
    }
}

fn append<'a>(text: &mut Cow<'a, str>, piece: Cow<'a, str>) {
    if text.is_empty() {
        *text = piece;
    } else {
        owned(text).push_str(&piece);
    }
}

/// Made up of pieces, like every entity tag, whose quotes are references: with
/// room for one from the start.
fn owned<'t>(text: &'t mut Cow<'_, str>) -> &'t mut String {
    if let Cow::Borrowed(piece) = text {
        let mut pieces = String::with_capacity(piece.len() + 40);
        pieces.push_str(piece);
        *text = Cow::Owned(pieces);
    }
    text.to_mut()
}

/// Goes to the end of the element that was opened.
pub(crate) fn pass_over(events: &mut Events<'_>) -> Result<(), Unreadable> {
    let mut open = 1_usize;
    while open > 0 {
        match events.read_event()? {
            Event::Start(_) => open += 1,
            Event::End(_) => open -= 1,
            Event::Eof => return Err(Unreadable::Cut),
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn value<T: std::str::FromStr>(
    what: &'static str,
    text: Cow<'_, str>,
) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable::Value(what, text.into_owned()))
}

pub(crate) fn date(text: Cow<'_, str>) -> Result<DateTime, Unreadable> {
    DateTime::from_str(&text, Format::DateTimeWithOffset)
        .map_err(|_| Unreadable::Value("LastModified", text.into_owned()))
}

#[cfg(test)]
mod tests;
