//! An item of the table: attributes by name, and how values become them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use reseal_core::ports::{LedgerError, LedgerErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// More than any item can hold unpacked: a packed one is at most 400 KB.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;

/// An item as it was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Item(BTreeMap<String, AttributeValue>);

impl Item {
    pub(super) fn new(attributes: impl IntoIterator<Item = (String, AttributeValue)>) -> Self {
        Self(attributes.into_iter().collect())
    }

    pub(super) fn text(&self, name: &str) -> Result<&str, LedgerError> {
        self.text_if_there(name)?.ok_or_else(|| unreadable(name, &"it is missing"))
    }

    pub(super) fn text_if_there(&self, name: &str) -> Result<Option<&str>, LedgerError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_s().map(|text| Some(text.as_str())).map_err(|_| unreadable(name, &"it isn't text"))
    }

    /// A text that follows the rules of its type.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, LedgerError> {
        self.text(name)?.parse().map_err(|error| unreadable(name, &error))
    }

    pub(super) fn number<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, LedgerError> {
        self.number_if_there(name)?.ok_or_else(|| unreadable(name, &"it is missing"))
    }

    pub(super) fn number_if_there<T>(&self, name: &str) -> Result<Option<T>, LedgerError>
    where
        T: FromStr<Err: Display>,
    {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let digits = value.as_n().map_err(|_| unreadable(name, &"it isn't a number"))?;
        digits.parse().map(Some).map_err(|error| unreadable(name, &error))
    }

    /// What [`packed`] made.
    pub(super) fn unpacked<T: DeserializeOwned>(&self, name: &str) -> Result<T, LedgerError> {
        let bytes = self.0.get(name).and_then(|value| value.as_b().ok());
        let bytes = bytes.ok_or_else(|| unreadable(name, &"it isn't packed"))?;
        let mut text = Vec::new();
        DeflateDecoder::new(bytes.as_ref())
            .take(MAX_UNPACKED)
            .read_to_end(&mut text)
            .map_err(|error| unreadable(name, &error))?;
        serde_json::from_slice(&text).map_err(|error| unreadable(name, &error))
    }

    /// Whether a set has anything in it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All attributes.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// JSON, deflated: an item is billed by its bytes, and a checkpoint's are
/// mostly hexadecimal.
pub(super) fn packed<T: Serialize>(value: &T) -> Result<AttributeValue, LedgerError> {
    let pack = || {
        let json = serde_json::to_vec(value)?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&json)?;
        encoder.finish()
    };
    let bytes = pack().map_err(|error| unreadable("a value", &error))?;
    Ok(AttributeValue::B(Blob::new(bytes)))
}

/// What somebody else wrote, or a build that knows more.
pub(super) fn unreadable(what: &str, why: &dyn Display) -> LedgerError {
    LedgerError::new(LedgerErrorKind::Unavailable, format!("{what} can't be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_smaller() {
        let bitmap = reseal_core::Bitmap::new(10_000);
        let value = packed(&bitmap).expect("packs");
        assert!(value.as_b().expect("bytes").as_ref().len() < 100);
        let item = Item::new([("a".to_owned(), value)]);
        assert_eq!(item.unpacked::<reseal_core::Bitmap>("a").expect("unpacks"), bitmap);
    }

    #[test]
    fn whatever_is_not_as_we_write_it_is_an_error_and_no_panic() {
        let item = Item::new([
            ("text".to_owned(), text("x")),
            ("bytes".to_owned(), AttributeValue::B(Blob::new(b"\xff\xff".to_vec()))),
        ]);
        assert!(item.number::<u64>("text").is_err());
        assert!(item.unpacked::<u64>("text").is_err());
        assert!(item.unpacked::<u64>("bytes").is_err());
        assert!(item.text("missing").is_err());
        assert_eq!(item.text_if_there("missing"), Ok(None));
    }
}
