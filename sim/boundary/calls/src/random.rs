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
