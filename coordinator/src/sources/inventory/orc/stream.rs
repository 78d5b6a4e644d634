//! A stream of a stripe: its bytes, unpacked a block at a time.

use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use flate2::bufread::DeflateDecoder;

use crate::sources::inventory::table::{odd, read_at};

/// The most bytes of a block, unpacked. Writers use 64 to 256 KiB; what says
/// how long one is, packed, has room for no more than this.
const LONGEST_BLOCK: u64 = 8 * 1024 * 1024;
/// What is read at a time where nothing is packed.
const PIECE: u64 = 64 * 1024;

/// How a file's streams are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Zlib(u64),
    Snappy(u64),
}

impl Packing {
    /// As the file's postscript tells it: a kind, and the longest block.
    pub(super) fn of(kind: u64, block: Option<u64>) -> Result<Self, String> {
        let block = block.unwrap_or(256 * 1024);
        if block > LONGEST_BLOCK {
            return Err(format!("blocks of {block} bytes: a bomb?"));
        }
        let name = match kind {
            0 => return Ok(Self::None),
            1 => return Ok(Self::Zlib(block)),
            2 => return Ok(Self::Snappy(block)),
            3 => "LZO",
            4 => "LZ4",
            5 => "Zstandard",
            _ => "something unknown",
        };
        Err(format!(
            "packed with {name}, which isn't read: S3 writes ZLIB; Snappy and none are read too"
        ))
    }
}

/// Reads a part of a file from its beginning to its end.
#[derive(Debug)]
pub(super) struct Stream {
    file: Arc<File>,
    packing: Packing,
    /// What isn't read yet.
    from: u64,
    to: u64,
    packed: Vec<u8>,
    block: Vec<u8>,
    at: usize,
}

impl Stream {
    pub(super) fn new(file: &Arc<File>, packing: Packing, from: u64, to: u64) -> Self {
        let file = Arc::clone(file);
        Self { file, packing, from, to, packed: Vec::new(), block: Vec::new(), at: 0 }
    }

    /// Of nothing.
    pub(super) fn empty(file: &Arc<File>) -> Self {
        Self::new(file, Packing::None, 0, 0)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, String> {
        loop {
            if let Some(byte) = self.block.get(self.at) {
                self.at += 1;
                return Ok(*byte);
            }
            self.refill()?;
        }
    }

    /// Adds so many bytes.
    pub(super) fn take(&mut self, mut bytes: usize, into: &mut Vec<u8>) -> Result<(), String> {
        while bytes > 0 {
            let there = self.block.len() - self.at;
            if there == 0 {
                self.refill()?;
                continue;
            }
            let now = there.min(bytes);
            into.extend_from_slice(&self.block[self.at..self.at + now]);
            self.at += now;
            bytes -= now;
        }
        Ok(())
    }

    /// All that is left, at most so many bytes.
    pub(super) fn rest(&mut self, limit: usize) -> Result<Vec<u8>, String> {
        let mut all = self.block[self.at..].to_vec();
        self.at = self.block.len();
        while self.from < self.to {
            self.refill()?;
            all.extend_from_slice(&self.block);
            self.at = self.block.len();
            if all.len() > limit {
                return Err(format!("a tail of more than {limit} bytes: a bomb?"));
            }
        }
        Ok(all)
    }

    /// The next block.
    fn refill(&mut self) -> Result<(), String> {
        self.block.clear();
        self.at = 0;
        if self.from >= self.to {
            return odd("fewer values than it says");
        }
        let (longest, deflated) = match self.packing {
            Packing::None => {
                let length = (self.to - self.from).min(PIECE);
                self.block.resize(length as usize, 0);
                read_at(&self.file, self.from, &mut self.block)?;
                self.from += length;
                return Ok(());
            }
            Packing::Zlib(longest) => (longest, true),
            Packing::Snappy(longest) => (longest, false),
        };
        let (length, is_plain) = self.head()?;
        self.packed.resize(length as usize, 0);
        read_at(&self.file, self.from, &mut self.packed)?;
        self.from += length;
        if is_plain {
            std::mem::swap(&mut self.block, &mut self.packed);
        } else if deflated {
            let text = DeflateDecoder::new(self.packed.as_slice());
            let read = text.take(longest + 1).read_to_end(&mut self.block);
            read.map_err(|error| error.to_string())?;
        } else {
            let length = snap::raw::decompress_len(&self.packed).unwrap_or(usize::MAX);
            if length as u64 <= longest {
                self.block.resize(length, 0);
                let unpacked = snap::raw::Decoder::new().decompress(&self.packed, &mut self.block);
                unpacked.map_err(|error| error.to_string())?;
            } else {
                return Err(format!("a block of more than {longest} bytes: a bomb?"));
            }
        }
        if self.block.len() as u64 > longest {
            return Err(format!("a block of more than {longest} bytes: a bomb?"));
        }
        Ok(())
    }

    /// How long the next block is, packed, and whether it isn't.
    fn head(&mut self) -> Result<(u64, bool), String> {
        let mut head = [0; 3];
        if self.to - self.from < 3 {
            return odd("a stream that is cut short");
        }
        read_at(&self.file, self.from, &mut head)?;
        self.from += 3;
        let [a, b, c] = head.map(u64::from);
        let head = a | b << 8 | c << 16;
        let length = head >> 1;
        if length > self.to - self.from {
            return odd("a block that ends behind its stream");
        }
        Ok((length, head & 1 == 1))
    }
}
