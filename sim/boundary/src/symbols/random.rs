//! `getrandom(2)`, `getentropy(3)`: the run's random bytes.
//!
//! Does not draw. Invariant: no real entropy reaches the program.

use core::ffi::{c_int, c_uint, c_void};

use crate::own::owned;
use crate::run::{call_point, with_kernel};

/// Fills memory of the program with the run's random bytes and returns how many.
pub(crate) fn fill(buffer: *mut u8, length: usize) -> isize {
    call_point();
    if length > 0 {
        // SAFETY: getrandom(2)'s caller gives a buffer of that length.
        let buffer = unsafe { core::slice::from_raw_parts_mut(buffer, length) };
        with_kernel(|kernel| kernel.random(buffer));
    }
    length.cast_signed()
}

owned! {
    /// `getrandom(2)`.
    fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
        let _ = flags;
        fill(buffer.cast(), length)
    }

    /// `getentropy(3)`.
    fn getentropy(buffer: *mut c_void, length: usize) -> c_int {
        fill(buffer.cast(), length);
        0
    }

    /// `arc4random(3)`.
    fn arc4random() -> u32 {
        let mut bytes = [0; 4];
        fill(bytes.as_mut_ptr(), bytes.len());
        u32::from_ne_bytes(bytes)
    }

    /// `arc4random_buf(3)`.
    fn arc4random_buf(buffer: *mut c_void, length: usize) -> () {
        fill(buffer.cast(), length);
    }
}
