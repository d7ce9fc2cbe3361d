//! `pipe(2)`.
//!
//! Does not know what travels. Invariant: both numbers are given, or none.

use crate::Failed;
use crate::failed::done;

/// `pipe(2)`: the end to read from, and the end to write to.
pub fn pipe() -> Result<(i32, i32), Failed> {
    let mut pair = [-1; 2];
    // SAFETY: a place for two numbers.
    done(unsafe { libc::pipe(pair.as_mut_ptr()) }).map(|()| (pair[0], pair[1]))
}

/// `pipe2(2)`: the end to read from, and the end to write to.
pub fn pipe2(flags: i32) -> Result<(i32, i32), Failed> {
    let mut pair = [-1; 2];
    // SAFETY: a place for two numbers.
    done(unsafe { libc::pipe2(pair.as_mut_ptr(), flags) }).map(|()| (pair[0], pair[1]))
}
