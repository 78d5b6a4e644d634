//! Percent encoding, as S3 uses it in paths, queries and listings.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What a listing with `encoding-type=url` leaves as it is.
const PLAIN_IN_LISTINGS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b' ');

/// Decodes once; `None` if the result isn't UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

/// Decodes the form encoding of queries and tag headers, where `+` is a space.
pub(super) fn decode_form(text: &str) -> Option<String> {
    decode(&text.replace('+', " "))
}

/// Encodes a key for a listing, in form encoding with the slashes left alone.
pub(super) fn encode_listed(text: &str) -> impl fmt::Display {
    fmt::from_fn(move |out| {
        for piece in utf8_percent_encode(text, PLAIN_IN_LISTINGS) {
            let mut words = piece.split(' ');
            out.write_str(words.next().unwrap_or_default())?;
            for word in words {
                out.write_char('+')?;
                out.write_str(word)?;
            }
        }
        Ok(())
    })
}

/// Takes `a=b&c` apart, each side decoded.
pub(super) fn parse_pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode_form(name)?, decode_form(value)?))
        })
        .collect()
}
