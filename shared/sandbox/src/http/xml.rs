//! XML: a writer that can carry any key, and a reader into a small tree.

use std::fmt::{self, Display, Write as _};

use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The namespace of S3's documents.
pub(super) const S3_NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A document in the making, written straight into the answer: a page of a
/// listing has thousands of elements. Writing to memory can't fail, so no
/// result is checked.
pub(super) struct Xml {
    out: String,
}

impl Xml {
    /// A whole document with one root element.
    pub(super) fn document(
        root: &str,
        namespace: Option<&str>,
        fill: impl FnOnce(&mut Self),
    ) -> Bytes {
        let mut xml = Self { out: String::with_capacity(512) };
        xml.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        let namespace = namespace.map(|namespace| ("xmlns", namespace));
        xml.nest_typed(root, namespace.as_slice(), fill);
        xml.out.into()
    }

    /// Makes room at once for about so many bytes more.
    pub(super) fn expect(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// An element with other elements inside.
    pub(super) fn nest(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.nest_typed(name, &[], fill);
    }

    /// The same with attributes that say what the element is.
    pub(super) fn nest_typed(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        fill: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes);
        fill(self);
        self.close(name);
    }

    /// An element with text.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        self.open(name, &[]);
        let _ = write!(Escaped(&mut self.out), "{value}");
        self.close(name);
    }

    /// The same, if there is anything to say.
    pub(super) fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            let _ = write!(self.out, " {name}=\"");
            escape(value, &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

/// Escapes whatever is written through it.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(text, self.0);
        Ok(())
    }
}

/// Escapes markup, and control characters as references, the way S3 does.
///
/// XML 1.0 allows no reference to most of them; clients that must see such keys
/// ask for `encoding-type=url`.
fn escape(text: &str, out: &mut String) {
    let plain =
        |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"');
    if text.bytes().all(plain) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c < ' ' || matches!(c, '\u{7f}' | '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(out, "&#x{:x};", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// An element that was read.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    /// The text directly inside.
    pub(super) text: String,
    children: Vec<Self>,
}

impl Element {
    /// Reads a document and gives its root; `None` if it isn't well formed.
    pub(super) fn parse(document: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_str(std::str::from_utf8(document).ok()?);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push(Self::named(&start)),
                Event::Empty(start) => open.last_mut()?.children.push(Self::named(&start)),
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let resolved = resolve(&reference.xml10_content())?;
                    open.last_mut()?.text.push(resolved);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let mut document = open.pop().filter(|_| open.is_empty())?;
        document.children.pop()
    }

    fn named(start: &BytesStart<'_>) -> Self {
        Self { name: start.local_name().as_ref().to_owned(), ..Self::default() }
    }

    /// Whether the element is called so.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of that name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

fn resolve(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_reads_back_as_it_was_written() {
        for text in ["", "plain", "a&b", "<a>", "\"é\"", "]]>", "\u{1}\r\n\t", "\u{7f}\u{fffe}🦀"]
        {
            let document = Xml::document("Root", Some(S3_NAMESPACE), |xml| {
                xml.nest_typed("Inside", &[("a", text)], |xml| xml.text("Text", text));
            });
            let root = Element::parse(&document).expect("well formed");
            assert!(root.is("Root"));
            assert_eq!(root.child("Inside").and_then(|inside| inside.value("Text")), Some(text));
            assert_eq!(attribute(&document, "Inside", "a").as_deref(), Some(text));
        }
    }

    /// What the reader above leaves out: nobody's request has attributes.
    fn attribute(document: &[u8], element: &str, name: &str) -> Option<String> {
        let mut reader = Reader::from_str(std::str::from_utf8(document).ok()?);
        let start = loop {
            match reader.read_event().ok()? {
                Event::Start(start) if start.local_name().as_ref() == element => break start,
                Event::Eof => return None,
                _ => {}
            }
        };
        let written = start.try_get_attribute(name).ok()??.value.into_owned();
        Some(Element::parse(format!("<Value>{written}</Value>").as_bytes())?.text)
    }
}
