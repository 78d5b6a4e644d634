//! Parts as gzip CSV that no reader can trip over: each byte but ASCII
//! letters, digits and `- . _ ~ / :` is percent-encoded. So there is nothing
//! to quote, a line is a row, and any key comes back exactly.

use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reseal_core::OutcomeRow;

use super::Filling;
use crate::report::columns::RowKind;

const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');

pub(super) struct Text {
    kind: RowKind,
    head: Vec<u8>,
    text: Vec<u8>,
    rows: usize,
}

impl Text {
    pub(super) fn new(kind: RowKind) -> Self {
        let mut head = Vec::new();
        line(&mut head, kind.columns().iter().map(|(name, _)| (*name).to_owned()));
        Self { kind, text: head.clone(), head, rows: 0 }
    }
}

impl Filling for Text {
    fn add(&mut self, row: &OutcomeRow) -> io::Result<()> {
        line(&mut self.text, self.kind.columns().iter().map(|(_, says)| says.text(row)));
        self.rows += 1;
        Ok(())
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The same bytes for the same text: no time and no name in it.
    fn pack(&mut self) -> io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.text)?;
        encoder.finish()
    }

    /// Its text counts: another release may pack it otherwise.
    fn is_said_by(&self, there: &[u8], _: &[u8]) -> bool {
        let mut text = Vec::new();
        let mut decoder = MultiGzDecoder::new(there).take(self.text.len() as u64 + 1);
        decoder.read_to_end(&mut text).is_ok() && text == self.text
    }

    fn clear(&mut self) {
        self.text.clone_from(&self.head);
        self.rows = 0;
    }
}

pub(super) fn line(out: &mut Vec<u8>, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        for piece in utf8_percent_encode(&cell, PLAIN) {
            out.extend_from_slice(piece.as_bytes());
        }
    }
    out.push(b'\n');
}
