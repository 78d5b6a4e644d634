//! ORC's runs: bytes, bits, and whole numbers in both versions.

use super::stream::Stream;
use crate::sources::inventory::table::odd;

/// Bytes, some of them many times over.
#[derive(Debug)]
struct Bytes {
    stream: Stream,
    same: Option<u8>,
    left: u32,
}

impl Bytes {
    fn next(&mut self) -> Result<u8, String> {
        if self.left == 0 {
            let head = u32::from(self.stream.byte()?);
            if head < 128 {
                self.left = head + 3;
                self.same = Some(self.stream.byte()?);
            } else {
                self.left = 256 - head;
                self.same = None;
            }
        }
        self.left -= 1;
        match self.same {
            Some(byte) => Ok(byte),
            None => self.stream.byte(),
        }
    }
}

/// Truths, eight to a byte, the highest bit first.
#[derive(Debug)]
pub(super) struct Bits {
    bytes: Bytes,
    byte: u8,
    left: u8,
}

impl Bits {
    pub(super) fn new(stream: Stream) -> Self {
        Self { bytes: Bytes { stream, same: None, left: 0 }, byte: 0, left: 0 }
    }

    #[inline]
    pub(super) fn next(&mut self) -> Result<bool, String> {
        if self.left == 0 {
            self.byte = self.bytes.next()?;
            self.left = 8;
        }
        self.left -= 1;
        Ok(self.byte >> self.left & 1 == 1)
    }
}

/// Whole numbers.
#[derive(Debug)]
pub(super) struct Wholes {
    stream: Stream,
    is_signed: bool,
    is_second_version: bool,
    run: Vec<i64>,
    at: usize,
}

impl Wholes {
    pub(super) fn new(stream: Stream, is_signed: bool, is_second_version: bool) -> Self {
        Self { stream, is_signed, is_second_version, run: Vec::new(), at: 0 }
    }

    #[inline]
    pub(super) fn next(&mut self) -> Result<i64, String> {
        if self.at == self.run.len() {
            self.run.clear();
            self.at = 0;
            if self.is_second_version { self.second()? } else { self.first()? }
        }
        let value = self.run.get(self.at).copied();
        self.at += 1;
        value.ok_or_else(|| "an empty run".to_owned())
    }

    fn signed(&self, value: u64) -> i64 {
        if self.is_signed { zigzag(value) } else { value as i64 }
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.stream.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        odd("a number of more than 64 bits")
    }

    fn first(&mut self) -> Result<(), String> {
        let head = self.stream.byte()?;
        if head >= 128 {
            for _ in 0..256 - u32::from(head) {
                let value = self.varint()?;
                self.run.push(self.signed(value));
            }
            return Ok(());
        }
        let step = i64::from(self.stream.byte()? as i8);
        let value = self.varint()?;
        let mut value = self.signed(value);
        for _ in 0..u32::from(head) + 3 {
            self.run.push(value);
            value = value.wrapping_add(step);
        }
        Ok(())
    }

    fn second(&mut self) -> Result<(), String> {
        let head = self.stream.byte()?;
        if head >> 6 == 0 {
            let value = self.big_endian(u32::from(head >> 3 & 7) + 1)?;
            let value = self.signed(value);
            self.run.extend(std::iter::repeat_n(value, usize::from(head & 7) + 3));
            return Ok(());
        }
        let code = head >> 1 & 31;
        let count = (usize::from(head & 1) << 8 | usize::from(self.stream.byte()?)) + 1;
        match head >> 6 {
            1 => {
                self.packed(count, width(code))?;
                if self.is_signed {
                    self.run.iter_mut().for_each(|value| *value = zigzag(*value as u64));
                }
                Ok(())
            }
            2 => self.patched(count, width(code)),
            _ => self.delta(count, if code == 0 { 0 } else { width(code) }),
        }
    }

    fn big_endian(&mut self, bytes: u32) -> Result<u64, String> {
        let mut value = 0;
        for _ in 0..bytes {
            value = value << 8 | u64::from(self.stream.byte()?);
        }
        Ok(value)
    }

    /// Adds so many numbers of so many bits each; they end with a byte.
    fn packed(&mut self, count: usize, width: u32) -> Result<(), String> {
        let (mut held, mut bits) = (0_u128, 0);
        for _ in 0..count {
            while bits < width {
                held = held << 8 | u128::from(self.stream.byte()?);
                bits += 8;
            }
            bits -= width;
            self.run.push((held >> bits) as u64 as i64);
            held &= (1 << bits) - 1;
        }
        Ok(())
    }

    /// Small numbers above a base, a few of them patched with higher bits.
    fn patched(&mut self, count: usize, width: u32) -> Result<(), String> {
        let (third, fourth) = (self.stream.byte()?, self.stream.byte()?);
        let base_bytes = u32::from(third >> 5) + 1;
        let patch_width = self::width(third & 31);
        let gap_width = u32::from(fourth >> 5) + 1;
        let patches = usize::from(fourth & 31);
        let base = self.big_endian(base_bytes)?;
        // The highest bit is the sign, not a part of a complement.
        let sign = 1_u64 << (base_bytes * 8 - 1);
        let base = match base & sign {
            0 => base as i64,
            _ => ((base & !sign) as i64).wrapping_neg(),
        };
        self.packed(count, width)?;
        let Some(entry) = fitting(patch_width + gap_width) else {
            return odd("a patch of more than 64 bits");
        };
        self.packed(patches, entry)?;
        let (values, patches) = self.run.split_at_mut(count);
        let mut at = 0_usize;
        for patch in patches.iter() {
            let patch = *patch as u64;
            at += (patch >> patch_width.min(63)) as usize & 255;
            let bits = patch & low_bits(patch_width);
            if let Some(value) = values.get_mut(at) {
                *value |= (bits << (width & 63)) as i64;
            } else if bits != 0 {
                return odd("a patch behind its run");
            }
        }
        values.iter_mut().for_each(|value| *value = value.wrapping_add(base));
        self.run.truncate(count);
        Ok(())
    }

    fn delta(&mut self, count: usize, width: u32) -> Result<(), String> {
        let base = self.varint()?;
        let base = self.signed(base);
        let step = zigzag(self.varint()?);
        if width == 0 {
            let mut value = base;
            for _ in 0..count {
                self.run.push(value);
                value = value.wrapping_add(step);
            }
            return Ok(());
        }
        self.run.push(base);
        if count > 1 {
            self.run.push(base.wrapping_add(step));
            self.packed(count - 2, width)?;
            for at in 2..self.run.len() {
                let (before, change) = (self.run[at - 1], self.run[at]);
                self.run[at] = match step {
                    0.. => before.wrapping_add(change),
                    _ => before.wrapping_sub(change),
                };
            }
        }
        Ok(())
    }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn low_bits(width: u32) -> u64 {
    1_u64.checked_shl(width).map_or(u64::MAX, |bit| bit - 1)
}

/// Bits, by their code of five bits.
fn width(code: u8) -> u32 {
    match code {
        0..=23 => u32::from(code) + 1,
        24..=27 => (u32::from(code) - 24) * 2 + 26,
        _ => (u32::from(code) - 28) * 8 + 40,
    }
}

/// The smallest width that there is a code for; `None` above 64.
fn fitting(bits: u32) -> Option<u32> {
    (0..32).map(width).find(|width| *width >= bits)
}
