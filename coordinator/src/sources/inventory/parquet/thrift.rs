//! Thrift's compact encoding, as far as Parquet's footers and page headers
//! need it: read field by field, what isn't known skipped.

/// Structures within structures. Parquet's own come to about six.
const DEEPEST: u32 = 24;

/// Reads from the beginning of some bytes. Each error means that they end too
/// early or aren't Thrift.
pub(super) struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

/// What isn't Thrift.
#[derive(Debug)]
pub(super) struct NotThrift;

type Read<T> = Result<T, NotThrift>;

/// A field's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(u8);

const TRUE: Kind = Kind(1);
const FALSE: Kind = Kind(2);
const BINARY: Kind = Kind(8);
const LIST: Kind = Kind(9);
const STRUCT: Kind = Kind(12);

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Bytes behind us.
    pub(super) fn read(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Read<u8> {
        let byte = *self.bytes.get(self.at).ok_or(NotThrift)?;
        self.at += 1;
        Ok(byte)
    }

    fn pass(&mut self, bytes: u64) -> Read<()> {
        let left = (self.bytes.len() - self.at) as u64;
        if bytes > left {
            return Err(NotThrift);
        }
        self.at += bytes as usize;
        Ok(())
    }

    fn varint(&mut self) -> Read<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(NotThrift)
    }

    /// A structure, field by field: `take` reads a field's value, or says that
    /// it doesn't know it.
    pub(super) fn structure(
        &mut self,
        mut take: impl FnMut(&mut Self, i64, Kind) -> Read<bool>,
    ) -> Read<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(NotThrift);
        }
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                self.depth -= 1;
                return Ok(());
            }
            id = match head >> 4 {
                0 => zigzag(self.varint()?),
                step => id.wrapping_add(i64::from(step)),
            };
            let kind = Kind(head & 15);
            if !take(self, id, kind)? {
                self.skip(kind)?;
            }
        }
    }

    /// A structure in a field of this type.
    pub(super) fn inner(
        &mut self,
        kind: Kind,
        take: impl FnMut(&mut Self, i64, Kind) -> Read<bool>,
    ) -> Read<bool> {
        if kind != STRUCT {
            return Err(NotThrift);
        }
        self.structure(take)?;
        Ok(true)
    }

    /// A number of 16, 32 or 64 bits.
    pub(super) fn whole(&mut self, kind: Kind, into: &mut Option<i64>) -> Read<bool> {
        if !(4..=6).contains(&kind.0) {
            return Err(NotThrift);
        }
        *into = Some(zigzag(self.varint()?));
        Ok(true)
    }

    /// A truth, which stands in the type.
    pub(super) fn truth(kind: Kind, into: &mut Option<bool>) -> Read<bool> {
        match kind {
            TRUE => *into = Some(true),
            FALSE => *into = Some(false),
            _ => return Err(NotThrift),
        }
        Ok(true)
    }

    pub(super) fn bytes(&mut self, kind: Kind) -> Read<&'a [u8]> {
        if kind != BINARY {
            return Err(NotThrift);
        }
        let length = self.varint()?;
        let start = self.at;
        self.pass(length)?;
        Ok(&self.bytes[start..self.at])
    }

    /// A list of structures, each read by `take`.
    pub(super) fn structures(
        &mut self,
        kind: Kind,
        mut take: impl FnMut(&mut Self) -> Read<()>,
    ) -> Read<bool> {
        if kind != LIST {
            return Err(NotThrift);
        }
        let (length, inner) = self.list()?;
        if inner != STRUCT {
            return Err(NotThrift);
        }
        // Each takes a byte at least, so the bytes bound the loop.
        for _ in 0..length {
            take(self)?;
        }
        Ok(true)
    }

    fn list(&mut self) -> Read<(u64, Kind)> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            length => u64::from(length),
        };
        Ok((length, Kind(head & 15)))
    }

    fn skip(&mut self, kind: Kind) -> Read<()> {
        match kind.0 {
            1 | 2 => Ok(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(length)
            }
            9 | 10 => {
                let (length, inner) = self.list()?;
                self.skip_each(length, &[inner])
            }
            11 => {
                let length = self.varint()?;
                if length == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                self.skip_each(length, &[Kind(kinds >> 4), Kind(kinds & 15)])
            }
            12 => self.structure(|_, _, _| Ok(false)),
            13 => self.pass(16),
            _ => Err(NotThrift),
        }
    }

    fn skip_each(&mut self, length: u64, kinds: &[Kind]) -> Read<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(NotThrift);
        }
        for _ in 0..length {
            for kind in kinds {
                // In containers a truth takes a byte.
                match *kind {
                    TRUE | FALSE => self.pass(1)?,
                    kind => self.skip(kind)?,
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
