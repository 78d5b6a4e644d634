//! What an object holds: a size and an identity, with or without the bytes.

use bytes::Bytes;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::ids::mix;

/// A stretch of an imaginary, endless stream of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which stream.
    pub origin: u64,
    /// Where in the stream the stretch begins.
    pub offset: u64,
    /// Its length in bytes.
    pub len: u64,
}

#[derive(Debug, Clone)]
enum Piece {
    Span(Span),
    Bytes(Bytes),
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Span(span) => span.len,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    fn slice(&self, offset: u64, len: u64) -> Self {
        match self {
            Self::Span(span) => {
                Self::Span(Span { origin: span.origin, offset: span.offset + offset, len })
            }
            Self::Bytes(bytes) => {
                // Both fit: they lie inside a buffer that is in memory.
                let start = offset as usize;
                Self::Bytes(bytes.slice(start..start + len as usize))
            }
        }
    }
}

/// The content of an object, a part or a range.
///
/// Two contents are equal when they were put together from the same stretches
/// of the same streams and the same inline bytes, however they were cut up on
/// the way: a part-wise copy with the right ranges equals its source, and one
/// wrong range makes it differ.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pieces: Vec<Piece>,
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Content {}

impl Content {
    /// Real bytes.
    pub fn inline(bytes: Bytes) -> Self {
        let mut content = Self::default();
        content.push(Piece::Bytes(bytes));
        content
    }

    /// `len` bytes from the start of the stream `origin`, none of them stored.
    pub fn generated(origin: u64, len: u64) -> Self {
        let mut content = Self::default();
        content.push(Piece::Span(Span { origin, offset: 0, len }));
        content
    }

    /// The size in bytes.
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Adds `other` at the end.
    pub fn append(&mut self, other: &Self) {
        for piece in &other.pieces {
            self.push(piece.clone());
        }
    }

    fn push(&mut self, piece: Piece) {
        if piece.len() == 0 {
            return;
        }
        if let (Some(Piece::Span(last)), Piece::Span(next)) = (self.pieces.last_mut(), &piece)
            && last.origin == next.origin
            && last.offset + last.len == next.offset
        {
            last.len += next.len;
            return;
        }
        // Most contents are one piece: don't let the vector grow to four.
        self.pieces.reserve_exact(1);
        self.pieces.push(piece);
    }

    /// The stretch of `len` bytes from `offset` on, as far as there are any.
    #[must_use]
    pub fn slice(&self, offset: u64, len: u64) -> Self {
        let end = offset.saturating_add(len);
        let mut result = Self::default();
        let mut start = 0;
        for piece in &self.pieces {
            let stop = start + piece.len();
            let (from, to) = (offset.max(start), end.min(stop));
            if from < to {
                result.push(piece.slice(from - start, to - from));
            }
            start = stop;
        }
        result
    }

    /// The bytes of [`Content::slice`].
    pub fn read(&self, offset: u64, len: u64) -> Bytes {
        let wanted = self.slice(offset, len);
        if let [Piece::Bytes(bytes)] = wanted.pieces.as_slice() {
            return bytes.clone();
        }
        let mut out = Vec::with_capacity(wanted.len() as usize);
        for piece in &wanted.pieces {
            match piece {
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Span(span) => generate(*span, &mut out),
            }
        }
        out.into()
    }

    /// Whether all of it is real bytes.
    pub fn is_inline(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Bytes(_)))
    }

    /// A short text that is the same exactly when the contents are equal.
    pub fn fingerprint(&self) -> String {
        hex(&self.identity()[..16])
    }

    /// The MD5 of inline content; of any other, a stand-in that depends on it alone.
    pub(crate) fn md5(&self) -> [u8; 16] {
        let mut hash = Md5::new();
        if self.is_inline() {
            for piece in &self.pieces {
                if let Piece::Bytes(bytes) = piece {
                    hash.update(bytes);
                }
            }
        } else {
            hash.update(self.identity());
        }
        hash.finalize().into()
    }

    /// A hash of the canonical form, in which neighbouring inline bytes are one run.
    fn identity(&self) -> [u8; 32] {
        let mut whole = Sha256::new();
        let mut run = Sha256::new();
        let mut run_len = 0_u64;
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => {
                    run.update(bytes);
                    run_len += bytes.len() as u64;
                }
                Piece::Span(span) => {
                    close_run(&mut whole, &mut run, &mut run_len);
                    whole.update(b"s");
                    for number in [span.origin, span.offset, span.len] {
                        whole.update(number.to_le_bytes());
                    }
                }
            }
        }
        close_run(&mut whole, &mut run, &mut run_len);
        whole.finalize().into()
    }
}

fn close_run(whole: &mut Sha256, run: &mut Sha256, run_len: &mut u64) {
    if *run_len > 0 {
        whole.update(b"b");
        whole.update(run_len.to_le_bytes());
        whole.update(run.finalize_reset());
        *run_len = 0;
    }
}

/// Appends the bytes of a span: each aligned word depends on origin and position only.
fn generate(span: Span, out: &mut Vec<u8>) {
    let end = span.offset + span.len;
    let mut position = span.offset;
    while position < end {
        let word = mix(span.origin ^ mix(position / 8)).to_le_bytes();
        let skip = (position % 8) as usize;
        let take = (8 - skip).min((end - position) as usize);
        out.extend_from_slice(&word[skip..skip + take]);
        position += take as u64;
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    hex_into(bytes, &mut vec![0; bytes.len() * 2]).to_owned()
}

/// The same in place, for what a listing has a thousand of.
pub(crate) fn hex_into<'a>(bytes: &[u8], text: &'a mut [u8]) -> &'a str {
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        let digits = [byte >> 4, byte & 0xf];
        pair.copy_from_slice(&digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }
    // Digits always are text.
    std::str::from_utf8(text).unwrap_or_default()
}
