//! Postcards into bytes that are set aside.
//!
//! Does not know what is written. Invariant: what is written is what any postcard of the same value is, or an error if it does not fit; of
//! the bytes behind it some may be written over.

use postcard::ser_flavors::Flavor;
use postcard::{Error, Result};

/// What numbers up to a `u64` take at most, in groups of seven bits; longer ones are copied as everything else.
const NUMBER_MAX: usize = 10;
/// A copy of so many bytes is one instruction.
const WIDE: usize = 16;

/// Where a postcard goes.
pub(crate) struct Room<'a> {
    bytes: &'a mut [u8],
    written: usize,
}

impl<'a> Room<'a> {
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, written: 0 }
    }

    fn free(&mut self) -> &mut [u8] {
        &mut self.bytes[self.written..]
    }
}

impl Flavor for Room<'_> {
    /// How many bytes it took.
    type Output = usize;

    fn try_push(&mut self, byte: u8) -> Result<()> {
        *self.free().first_mut().ok_or(Error::SerializeBufferFull)? = byte;
        self.written += 1;
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> Result<()> {
        let free = self.free();
        // Most of what is written is short numbers, and a copy whose length is not known is a call, which costs more than they do.
        match free.first_chunk_mut::<WIDE>() {
            Some(wide) if data.len() <= NUMBER_MAX => {
                let number = data.iter().rev().fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
                *wide = number.to_le_bytes();
            }
            _ => {
                let room = free.get_mut(..data.len()).ok_or(Error::SerializeBufferFull)?;
                room.copy_from_slice(data);
            }
        }
        self.written += data.len();
        Ok(())
    }

    fn finalize(self) -> Result<usize> {
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postcard_is_the_same_wherever_it_goes_and_does_not_go_where_it_has_no_room() {
        let value = (
            1_u8,
            u64::MAX,
            "a".repeat(9),
            i128::MIN,
            "b".repeat(11),
            i64::MIN,
            Some(300_u32),
            vec![0_u8; 40],
        );
        let usual = postcard::to_allocvec(&value).expect("it is short");
        for length in 0..usual.len() + 2 * WIDE {
            let mut bytes = vec![0xaa; length];
            let written = postcard::serialize_with_flavor(&value, Room::new(&mut bytes));
            if length < usual.len() {
                assert_eq!(written, Err(Error::SerializeBufferFull), "{length}");
            } else {
                assert_eq!(written, Ok(usual.len()), "{length}");
                assert_eq!(bytes[..usual.len()], usual, "{length}");
            }
        }
    }
}
