//! Numbers as bytes, and back.
//!
//! Does not know what they mean. Invariant: reading takes nothing that is not there, and a number has one spelling.

/// What was to be read is not there, or is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CutShort;

/// Reads from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], CutShort> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CutShort)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, CutShort> {
        Ok(self.bytes(1)?[0])
    }

    /// Four bytes, least first.
    pub(super) fn word(&mut self) -> Result<u32, CutShort> {
        let (word, rest) = self.rest.split_first_chunk().ok_or(CutShort)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*word))
    }

    /// Seven bits a byte, least first; the highest bit says that more follow.
    pub(super) fn number(&mut self) -> Result<u64, CutShort> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(CutShort);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                // A last byte of nothing would be a second spelling.
                return if byte == 0 && shift > 0 { Err(CutShort) } else { Ok(number) };
            }
        }
        Err(CutShort)
    }

    pub(super) fn small(&mut self) -> Result<u32, CutShort> {
        u32::try_from(self.number()?).map_err(|_| CutShort)
    }
}

/// Appends a number as [`Reader::number`] reads it.
pub(super) fn push_number(to: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        for number in [0, 1, 127, 128, 300, 16_383, 16_384, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            push_number(&mut bytes, number);
            let mut reader = Reader::new(&bytes);
            assert_eq!((reader.number(), reader.left()), (Ok(number), 0));
            assert_eq!(Reader::new(&bytes[..bytes.len() - 1]).number(), Err(CutShort), "{number}");
        }
        let check = |bytes: &[u8]| assert_eq!(Reader::new(bytes).number(), Err(CutShort), "{bytes:?}");
        check(&[]);
        check(&[0x80, 0]);
        check(&[0xff; 9]);
        check(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]);
        check(&[0xff; 12]);
    }
}
