//! Loops that wait for another processor, on x86-64.
//!
//! Does not know whose they are. Invariant: an instruction is replaced only by one of its length that does what it does.

/// `pause`, which takes as long as dozens of other instructions.
const PAUSE: [u8; 2] = [0xf3, 0x90];
/// `xchg ax, ax`, a `nop` of two bytes.
const NOP: [u8; 2] = [0x66, 0x90];
/// `jne`, with how far to go in the next byte.
const JUMP: u8 = 0x75;

/// Makes every loop of a function that begins with a `pause` begin with a `nop`. That those bytes are an instruction is told by
/// the jump back to them.
pub(crate) fn shorten(code: &mut [u8]) -> usize {
    let is_loop = |code: &[u8], start: usize| {
        code[start..].windows(2).enumerate().take(usize::from(u8::MAX >> 1)).any(|(at, jump)| {
            let back = usize::try_from(-i16::from(jump[1].cast_signed()));
            jump[0] == JUMP && back == Ok(at + jump.len())
        })
    };
    let mut count = 0;
    for start in 0..code.len() {
        if code[start..].starts_with(&PAUSE) && is_loop(code, start) {
            code[start..start + NOP.len()].copy_from_slice(&NOP);
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn a_loop_that_pauses_is_shortened_and_nothing_else() {
        // What rustc makes of the loop of std's `Mutex`, behind a number that has the same bytes.
        let code =
            *b"\xb8\xf3\x90\x00\x00\xf3\x90\x8b\x03\x83\xf8\x01\x75\x07\x85\xc9\x8d\x49\x01\x75\xf0\xc3";
        let mut shortened = code;
        assert_eq!(shorten(&mut shortened), 1);
        let mut wanted = code;
        wanted[5] = 0x66;
        assert_eq!(shortened, wanted);
        assert_eq!(shorten(&mut shortened), 0);
    }

    #[test]
    fn code_that_ends_early_is_left_alone() {
        for code in
            [&b""[..], b"\xf3", b"\xf3\x90", b"\xf3\x90\x75", b"\xf3\x90\x75\x00", b"\x75\xfc\xf3\x90"]
        {
            assert_eq!(shorten(&mut code.to_vec()), 0, "{code:x?}");
        }
        assert_eq!(shorten(&mut b"\xf3\x90\x75\xfc".to_vec()), 1);
    }
}
