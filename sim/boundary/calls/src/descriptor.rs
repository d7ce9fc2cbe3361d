//! `read(2)`, `write(2)`, `close(2)`, `dup(2)`, `fcntl(2)`, `ioctl(2)`, `poll(2)`.
//!
//! Does not know what a descriptor is. Invariant: a number may be wrong; memory never is.

use std::ffi::CStr;
use std::io::{IoSlice, IoSliceMut};

use libc::{c_int, pollfd};

use crate::Failed;
use crate::failed::{count, done, number};

/// `read(2)`.
pub fn read(fd: i32, into: &mut [u8]) -> Result<usize, Failed> {
    // SAFETY: as many writable bytes as the length says.
    count(unsafe { libc::read(fd, into.as_mut_ptr().cast(), into.len()) })
}

/// `write(2)`.
pub fn write(fd: i32, bytes: &[u8]) -> Result<usize, Failed> {
    // SAFETY: as many readable bytes as the length says.
    count(unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) })
}

/// `readv(2)`.
pub fn readv(fd: i32, into: &mut [IoSliceMut<'_>]) -> Result<usize, Failed> {
    let entries = c_int::try_from(into.len()).expect("a few entries");
    // SAFETY: std: an IoSliceMut is ABI compatible with iovec.
    count(unsafe { libc::readv(fd, into.as_mut_ptr().cast(), entries) })
}

/// `writev(2)`.
pub fn writev(fd: i32, parts: &[IoSlice<'_>]) -> Result<usize, Failed> {
    let entries = c_int::try_from(parts.len()).expect("a few entries");
    // SAFETY: std: an IoSlice is ABI compatible with iovec.
    count(unsafe { libc::writev(fd, parts.as_ptr().cast(), entries) })
}

/// `close(2)`.
pub fn close(fd: i32) -> Result<(), Failed> {
    // SAFETY: no pointers; whose descriptor it is, the caller knows.
    done(unsafe { libc::close(fd) })
}

/// Which `open(2)` is meant.
#[derive(Clone, Copy, Debug)]
pub enum Open {
    /// `open`.
    Plain,
    /// `open64`.
    Large,
    /// `openat` from the working directory.
    At,
    /// `openat64` from the working directory.
    LargeAt,
}

/// `open(2)` and its kin, of a file that is there.
pub fn open(which: Open, path: &CStr, flags: i32) -> Result<i32, Failed> {
    let path = path.as_ptr();
    number(match which {
        // SAFETY: a NUL-terminated path; no mode is read without O_CREAT, and 0 stands in its place.
        Open::Plain => unsafe { libc::open(path, flags, 0) },
        // SAFETY: as above.
        Open::Large => unsafe { libc::open64(path, flags, 0) },
        // SAFETY: as above.
        Open::At => unsafe { libc::openat(libc::AT_FDCWD, path, flags, 0) },
        // SAFETY: as above.
        Open::LargeAt => unsafe { libc::openat64(libc::AT_FDCWD, path, flags, 0) },
    })
}

/// `dup(2)`.
pub fn dup(fd: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::dup(fd) })
}

/// `fcntl(2)` of a command that takes a number.
pub fn fcntl(fd: i32, command: i32, argument: i32) -> Result<i32, Failed> {
    const NUMBERS: [i32; 8] = [
        libc::F_DUPFD,
        libc::F_DUPFD_CLOEXEC,
        libc::F_GETFD,
        libc::F_SETFD,
        libc::F_GETFL,
        libc::F_SETFL,
        libc::F_GET_SEALS,
        libc::F_ADD_SEALS,
    ];
    assert!(NUMBERS.contains(&command), "fcntl(2) command {command} takes no number");
    // SAFETY: these commands take a number and no pointer.
    number(unsafe { libc::fcntl(fd, command, argument) })
}

/// `ioctl(2)`, `FIONREAD`.
pub fn unread(fd: i32) -> Result<i32, Failed> {
    let mut count: c_int = -1;
    // SAFETY: FIONREAD writes an int.
    done(unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut count) }).map(|()| count)
}

/// `ioctl(2)`, `FIONBIO`.
pub fn set_nonblocking(fd: i32, mut value: i32) -> Result<(), Failed> {
    // SAFETY: FIONBIO reads an int.
    done(unsafe { libc::ioctl(fd, libc::FIONBIO, &raw mut value) })
}

/// `poll(2)`.
pub fn poll(entries: &mut [pollfd], timeout_ms: i32) -> Result<i32, Failed> {
    let length = libc::nfds_t::try_from(entries.len()).expect("a few entries");
    // SAFETY: as many entries as the length says.
    number(unsafe { libc::poll(entries.as_mut_ptr(), length, timeout_ms) })
}
