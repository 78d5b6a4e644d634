//! A page of ListObjectsV2, read from the answer's own bytes. The SDK's reader
//! takes three quarters of the time that a listing costs here, and takes a
//! document that ends in the middle for a whole one.
//!
//! Refused is what isn't whole, isn't XML, or says something that can't be
//! read; elements that nobody knows are passed over, whatever is in them.

use std::borrow::Cow;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader};

/// What an answer turned out to be.
#[derive(Debug, PartialEq)]
pub(super) enum Document<'a> {
    Page(Page<'a>),
    /// S3 refused, though the status says otherwise.
    Refusal {
        code: Option<String>,
        message: Option<String>,
    },
}

/// What the page says, not yet decoded.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Page<'a> {
    pub(super) objects: Vec<Object<'a>>,
    pub(super) truncated: Option<bool>,
    pub(super) encoding: Option<Cow<'a, str>>,
}

/// One `Contents`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Object<'a> {
    pub(super) key: Option<Cow<'a, str>>,
    pub(super) size: Option<i64>,
    pub(super) etag: Option<Cow<'a, str>>,
    pub(super) last_modified: Option<DateTime>,
    pub(super) storage_class: Option<Cow<'a, str>>,
}

/// Why an answer can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
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

type Events<'a> = Reader<&'a [u8]>;

/// Reads a whole answer.
pub(super) fn read(body: &[u8]) -> Result<Document<'_>, Unreadable> {
    let mut events = Reader::from_str(std::str::from_utf8(body)?);
    events.config_mut().expand_empty_elements = true;
    let root = loop {
        match events.read_event()? {
            Event::Start(root) => break root,
            Event::Eof => return Err(Unreadable::Cut),
            _ => {}
        }
    };
    let document = match root.local_name().as_ref() {
        "ListBucketResult" => Document::Page(page(&mut events)?),
        "Error" => refusal(&mut events)?,
        other => return Err(Unreadable::Root(other.to_owned())),
    };
    loop {
        match events.read_event()? {
            Event::Eof => return Ok(document),
            Event::Start(_) => return Err(Unreadable::Trailing),
            _ => {}
        }
    }
}

fn page<'a>(events: &mut Events<'a>) -> Result<Page<'a>, Unreadable> {
    let mut page = Page { objects: Vec::with_capacity(1_000), ..Page::default() };
    while let Some(child) = child(events)? {
        match child.local_name().as_ref() {
            "Contents" => page.objects.push(object(events)?),
            "IsTruncated" => page.truncated = Some(value("IsTruncated", text(events, &child)?)?),
            "EncodingType" => page.encoding = Some(text(events, &child)?),
            _ => pass_over(events)?,
        }
    }
    Ok(page)
}

fn object<'a>(events: &mut Events<'a>) -> Result<Object<'a>, Unreadable> {
    let mut object = Object::default();
    while let Some(child) = child(events)? {
        match child.local_name().as_ref() {
            "Key" => object.key = Some(text(events, &child)?),
            "Size" => object.size = Some(value("Size", text(events, &child)?)?),
            "ETag" => object.etag = Some(text(events, &child)?),
            "LastModified" => object.last_modified = Some(date(text(events, &child)?)?),
            "StorageClass" => object.storage_class = Some(text(events, &child)?),
            _ => pass_over(events)?,
        }
    }
    Ok(object)
}

fn refusal(events: &mut Events<'_>) -> Result<Document<'static>, Unreadable> {
    let (mut code, mut message) = (None, None);
    while let Some(child) = child(events)? {
        match child.local_name().as_ref() {
            "Code" => code = Some(text(events, &child)?.into_owned()),
            "Message" => message = Some(text(events, &child)?.into_owned()),
            _ => pass_over(events)?,
        }
    }
    Ok(Document::Refusal { code, message })
}

/// The next element inside the one that is open, or none where that one ends.
fn child<'a>(events: &mut Events<'a>) -> Result<Option<BytesStart<'a>>, Unreadable> {
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
fn text<'a>(events: &mut Events<'a>, of: &BytesStart<'_>) -> Result<Cow<'a, str>, Unreadable> {
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
fn pass_over(events: &mut Events<'_>) -> Result<(), Unreadable> {
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

fn value<T: std::str::FromStr>(what: &'static str, text: Cow<'_, str>) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable::Value(what, text.into_owned()))
}

fn date(text: Cow<'_, str>) -> Result<DateTime, Unreadable> {
    DateTime::from_str(&text, Format::DateTimeWithOffset)
        .map_err(|_| Unreadable::Value("LastModified", text.into_owned()))
}

#[cfg(test)]
mod tests;
