//! Names of programs in six bits a character.
//!
//! Does not know what a name may be. Invariant: what is packed is unpacked as it was, and unused bits are 0.

/// The characters of most names, by their numbers.
const CHARACTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-/_@:.";
const BITS: usize = 6;

/// The bytes of a name, unless it has other characters.
pub(super) fn pack(name: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; packed_len(name.len())];
    for (at, character) in name.bytes().enumerate() {
        let number = CHARACTERS.iter().position(|known| *known == character)?;
        for bit in (0..BITS).filter(|bit| number >> bit & 1 == 1) {
            let place = at * BITS + bit;
            bytes[place / 8] |= 1 << (place % 8);
        }
    }
    Some(bytes)
}

/// How many bytes so many characters take.
pub(super) fn packed_len(characters: usize) -> usize {
    (characters * BITS).div_ceil(8)
}

/// The name of so many characters in these bytes, if they are one.
pub(super) fn unpack(bytes: &[u8], characters: usize) -> Option<String> {
    let bit = |place: usize| usize::from(bytes[place / 8] >> (place % 8) & 1);
    let number = |at: usize| (0..BITS).map(|number| bit(at * BITS + number) << number).sum::<usize>();
    if bytes.len() != packed_len(characters)
        || (characters * BITS..bytes.len() * 8).any(|place| bit(place) == 1)
    {
        return None;
    }
    (0..characters).map(|at| CHARACTERS.get(number(at)).map(|character| char::from(*character))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_as_it_was() {
        for name in [
            "",
            "a",
            "late-listener/buggy@reverse",
            "tests::race",
            "0.9_z",
            "....",
            "fork-cancel/merged@race",
        ] {
            let bytes = pack(name).expect("it can be packed");
            assert_eq!(unpack(&bytes, name.len()).as_deref(), Some(name));
            assert!(bytes.len() <= name.len());
        }
        for name in ["Upper", "with space", "größe"] {
            assert_eq!(pack(name), None);
        }
    }

    #[test]
    fn bytes_that_are_no_name_are_none() {
        assert_eq!(unpack(&[0xff], 1), None);
        assert_eq!(unpack(&[0x40], 1), None, "a bit that stands for nothing");
        assert_eq!(unpack(&[0, 0], 1), None);
        assert_eq!(unpack(&[], 1), None);
        assert_eq!(unpack(&[42], 1), None);
        assert_eq!(unpack(&[41], 1).as_deref(), Some("."));
    }
}
