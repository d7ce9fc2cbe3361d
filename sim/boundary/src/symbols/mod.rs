//! The owned symbols, one file per man-page family. They convert; the kernel decides.
//!
//! Invariant: a symbol defined here answers from the kernel while the program runs, and is the C library's own otherwise.

mod address;
mod affinity;
mod blocks;
pub(crate) mod bypass;
pub(crate) mod clock;
mod condition;
mod content;
mod copying;
pub(crate) mod descriptor;
mod epoll;
mod eventfd;
mod file;
mod folder;
mod fortified;
mod futex;
pub(crate) mod identity;
mod key;
mod limit;
mod lock;
pub(crate) mod mapping;
mod masked;
mod message;
mod mutex;
mod name;
mod node;
mod number;
mod once;
pub(crate) mod path;
mod pipe;
mod place;
mod poll;
mod process;
mod random;
pub(crate) mod raw;
mod real;
pub(crate) mod record;
mod refused;
mod rwlock;
mod select;
mod semaphore;
pub(crate) mod signal;
mod socket;
mod spawn;
mod stat;
mod stdio;
pub(crate) mod thread;
mod timerfd;
pub(crate) mod tls;
mod user;
mod utime;
mod within;

use photofinish_sim::errno::Errno;

/// Where the running thread's `errno(3)` lies.
fn errno_place() -> *mut i32 {
    // SAFETY: __errno_location(3) has no preconditions.
    unsafe { libc::__errno_location() }
}

/// Sets `errno(3)` and returns what a failing call returns.
pub(crate) fn fail(errno: Errno) -> i32 {
    // SAFETY: it is the running thread's own errno.
    unsafe { *errno_place() = i32::from(errno.0) };
    -1
}
