//! Protocol buffers, as far as ORC's tails need them: read field by field.

/// What isn't a protocol buffer.
#[derive(Debug)]
pub(super) struct NotProtobuf;

type Read<T> = Result<T, NotProtobuf>;

/// A field's value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a fixed length: nothing that is read has such.
    Fixed,
}

impl<'a> Field<'a> {
    pub(super) fn number(self) -> Read<u64> {
        match self {
            Self::Number(number) => Ok(number),
            _ => Err(NotProtobuf),
        }
    }

    pub(super) fn bytes(self) -> Read<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(NotProtobuf),
        }
    }

    /// Numbers that are repeated, packed or one by one; an error where they
    /// come to more than `most`.
    pub(super) fn numbers(self, into: &mut Vec<u64>, most: usize) -> Read<()> {
        let mut push = |number| match into.len() < most {
            true => {
                into.push(number);
                Ok(())
            }
            false => Err(NotProtobuf),
        };
        match self {
            Self::Number(number) => push(number),
            Self::Bytes(mut bytes) => {
                while !bytes.is_empty() {
                    push(varint(&mut bytes)?)?;
                }
                Ok(())
            }
            Self::Fixed => Err(NotProtobuf),
        }
    }
}

/// Hands out each field with its number.
pub(super) fn message<'a>(
    mut bytes: &'a [u8],
    mut take: impl FnMut(u64, Field<'a>) -> Read<()>,
) -> Read<()> {
    while !bytes.is_empty() {
        let head = varint(&mut bytes)?;
        let field = match head & 7 {
            0 => Field::Number(varint(&mut bytes)?),
            1 => passed(&mut bytes, 8).map(|_| Field::Fixed)?,
            2 => {
                let length = varint(&mut bytes)?;
                Field::Bytes(passed(&mut bytes, length)?)
            }
            5 => passed(&mut bytes, 4).map(|_| Field::Fixed)?,
            _ => return Err(NotProtobuf),
        };
        take(head >> 3, field)?;
    }
    Ok(())
}

fn passed<'a>(bytes: &mut &'a [u8], length: u64) -> Read<&'a [u8]> {
    let length = usize::try_from(length).map_err(|_| NotProtobuf)?;
    let (passed, rest) = bytes.split_at_checked(length).ok_or(NotProtobuf)?;
    *bytes = rest;
    Ok(passed)
}

fn varint(bytes: &mut &[u8]) -> Read<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(NotProtobuf)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(NotProtobuf)
}
