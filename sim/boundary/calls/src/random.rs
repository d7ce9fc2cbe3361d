//! `getrandom(2)`, `getentropy(3)`.
//!
//! Does not judge the bytes. Invariant: only the given bytes change.

use crate::Failed;
use crate::failed::{count, done};

/// `getrandom(2)`.
pub fn getrandom(into: &mut [u8], flags: u32) -> Result<usize, Failed> {
    // SAFETY: as many writable bytes as the length says.
    count(unsafe { libc::getrandom(into.as_mut_ptr().cast(), into.len(), flags) })
}

/// `getentropy(3)`.
pub fn getentropy(into: &mut [u8]) -> Result<(), Failed> {
    // SAFETY: as many writable bytes as the length says.
    done(unsafe { libc::getentropy(into.as_mut_ptr().cast(), into.len()) })
}

unsafe extern "C" {
    safe fn arc4random() -> u32;
    fn arc4random_buf(buffer: *mut core::ffi::c_void, length: usize);
}

/// `arc4random(3)`.
#[must_use]
pub fn word() -> u32 {
    arc4random()
}

/// `arc4random_buf(3)`.
pub fn fill(into: &mut [u8]) {
    // SAFETY: as many writable bytes as the length says.
    unsafe { arc4random_buf(into.as_mut_ptr().cast(), into.len()) }
}
