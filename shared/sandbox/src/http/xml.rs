//! XML: a writer that can carry any key, and a reader into a small tree.

use std::fmt::Display;
use std::fmt::Write as _;

use bytes::Bytes;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

/// The namespace of S3's documents.
pub(super) const S3_NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A document in the making. Writing to memory can't fail, so no result is checked.
pub(super) struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    /// A whole document with one root element.
    pub(super) fn document(
        root: &str,
        namespace: Option<&str>,
        fill: impl FnOnce(&mut Self),
    ) -> Bytes {
        let mut xml = Self { writer: Writer::new(Vec::with_capacity(512)) };
        xml.write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        let mut start = BytesStart::new(root);
        if let Some(namespace) = namespace {
            start.push_attribute(("xmlns", namespace));
        }
        xml.write(Event::Start(start));
        fill(&mut xml);
        xml.write(Event::End(BytesEnd::new(root)));
        xml.writer.into_inner().into()
    }

    /// An element with other elements inside.
    pub(super) fn nest(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.write(Event::Start(BytesStart::new(name)));
        fill(self);
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// The same with an attribute that says what the element is.
    pub(super) fn nest_typed(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        fill: impl FnOnce(&mut Self),
    ) {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.write(Event::Start(start));
        fill(self);
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// An element with text.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        let value = value.to_string();
        self.write(Event::Start(BytesStart::new(name)));
        self.write(Event::Text(BytesText::from_escaped(escape(&value))));
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// The same, if there is anything to say.
    pub(super) fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn write(&mut self, event: Event<'_>) {
        let _ = self.writer.write_event(event);
    }
}

/// Escapes markup, and control characters as references, the way S3 does.
///
/// XML 1.0 allows no reference to most of them; clients that must see such keys
/// ask for `encoding-type=url`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
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
    out
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
