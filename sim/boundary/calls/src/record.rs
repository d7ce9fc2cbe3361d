//! Locks of ranges: `fcntl(2)` with `F_SETLK` and its kin, and `lockf(3)`.
//!
//! Does not know who has which lock. Invariant: what a call writes to is whole, whatever is asked for.

use core::ffi::c_int;

use libc::off_t;

use crate::Failed;
use crate::failed::done;
use crate::file::Size;

unsafe extern "C" {
    fn fcntl64(fd: c_int, command: c_int, ...) -> c_int;
    fn lockf64(fd: c_int, command: c_int, length: off_t) -> c_int;
}

/// `struct flock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// `F_RDLCK`, `F_WRLCK` or `F_UNLCK`.
    pub kind: i32,
    /// `SEEK_SET`, `SEEK_CUR` or `SEEK_END`.
    pub whence: i32,
    /// The first byte, counted from there.
    pub start: i64,
    /// How many bytes, or 0 for all that follow.
    pub length: i64,
    /// Who has a lock that is in the way.
    pub pid: i32,
}

impl Record {
    /// A lock of these bytes, counted from the beginning of the file.
    #[must_use]
    pub fn new(kind: i32, start: i64, length: i64) -> Self {
        Self { kind, whence: libc::SEEK_SET, start, length, pid: 0 }
    }
}

/// The commands that take a `struct flock`.
const COMMANDS: [i32; 6] =
    [libc::F_GETLK, libc::F_SETLK, libc::F_SETLKW, libc::F_OFD_GETLK, libc::F_OFD_SETLK, libc::F_OFD_SETLKW];

/// `fcntl(2)` of a command about locks; answers what the `struct flock` holds then.
pub fn fcntl(which: Size, fd: i32, command: i32, record: Record) -> Result<Record, Failed> {
    assert!(COMMANDS.contains(&command), "fcntl(2) command {command} takes no lock");
    let short = |number: i32| libc::c_short::try_from(number).expect("a small number");
    let mut lock = libc::flock {
        l_type: short(record.kind),
        l_whence: short(record.whence),
        l_start: record.start,
        l_len: record.length,
        l_pid: record.pid,
    };
    let place = &raw mut lock;
    done(match which {
        // SAFETY: these commands take a struct flock that may be written to.
        Size::Plain => unsafe { libc::fcntl(fd, command, place) },
        // SAFETY: as above.
        Size::Large => unsafe { fcntl64(fd, command, place) },
    })?;
    Ok(Record {
        kind: lock.l_type.into(),
        whence: lock.l_whence.into(),
        start: lock.l_start,
        length: lock.l_len,
        pid: lock.l_pid,
    })
}

/// `fcntl(2)`, `F_SETLK` of nothing.
pub fn fcntl_nowhere(fd: i32) -> Result<(), Failed> {
    // SAFETY: fcntl(2) answers EFAULT for what cannot be read.
    done(unsafe { libc::fcntl(fd, libc::F_SETLK, core::ptr::null_mut::<libc::flock>()) })
}

/// `lockf(3)`.
pub fn lockf(which: Size, fd: i32, command: i32, length: i64) -> Result<(), Failed> {
    done(match which {
        // SAFETY: no pointers.
        Size::Plain => unsafe { libc::lockf(fd, command, length) },
        // SAFETY: as above.
        Size::Large => unsafe { lockf64(fd, command, length) },
    })
}
