//! `getrandom(2)`, `getentropy(3)`: the run's random bytes.
//!
//! Does not draw. Invariant: no real entropy reaches the program.

use core::ffi::{c_int, c_uint, c_void};

use photofinish_sim::errno::Errno;

use super::fail;
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

/// `getrandom(2)`: whatever the flags ask for, the bytes are the run's.
pub(crate) fn answer(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    let both = libc::GRND_RANDOM | libc::GRND_INSECURE;
    if flags & !(libc::GRND_NONBLOCK | both) != 0 || flags & both == both {
        return fail(Errno::EINVAL) as isize;
    }
    fill(buffer.cast(), length)
}

/// `GETENTROPY_MAX` of `<limits.h>`.
const GETENTROPY_MAX: usize = 256;

owned! {
    /// `getrandom(2)`.
    fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
        answer(buffer, length, flags)
    }

    /// `getentropy(3)`.
    fn getentropy(buffer: *mut c_void, length: usize) -> c_int {
        if length > GETENTROPY_MAX {
            return fail(Errno::EIO);
        }
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
