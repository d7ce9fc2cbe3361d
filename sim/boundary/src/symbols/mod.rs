//! The owned symbols, one file per man-page family. They convert; the kernel decides.
//!
//! Invariant: a symbol defined here answers from the kernel while the program runs, and is the C library's own otherwise.

mod address;
mod clock;
mod descriptor;
mod file;
mod futex;
pub(crate) mod identity;
mod key;
mod message;
mod name;
mod path;
mod process;
mod random;
pub(crate) mod raw;
mod refused;
pub(crate) mod signal;
mod socket;
mod spawn;
mod stdio;
pub(crate) mod thread;
pub(crate) mod tls;

use photofinish_sim::errno::Errno;

/// Sets `errno(3)` and returns what a failing call returns.
pub(crate) fn fail(errno: Errno) -> i32 {
    // SAFETY: __errno_location(3) has no preconditions.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: it is the running thread's own errno.
    unsafe { *place = i32::from(errno.0) };
    -1
}
