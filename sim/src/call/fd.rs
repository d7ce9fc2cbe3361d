//! `close(2)`, `dup(2)`, `fcntl(2)`, `ioctl(2)` on simulated descriptors.
//!
//! Does not choose numbers: the boundary reserves real ones. Invariant: what a number refers to changes here and in
//! [`FdTable::install`](crate::fd::FdTable::install) only.

use super::{Stop, attempt};
use crate::errno::Errno;
use crate::fd::{Blocking, OnExec};
use crate::kernel::Kernel;

const O_RDWR: i32 = 0o2;
const O_NONBLOCK: i32 = 0o4000;
const F_GETFD: i32 = 1;
const F_SETFD: i32 = 2;
const F_GETFL: i32 = 3;
const F_SETFL: i32 = 4;
const FD_CLOEXEC: i32 = 1;
const FIONREAD: u64 = 0x541b;
const FIONBIO: u64 = 0x5421;

/// `close(2)`: never waits, and never fails on a descriptor that was open. A call of another thread that waits on the open
/// file keeps it, as in Linux: the close takes effect when that call returns.
///
/// # Errors
/// `EBADF`.
pub fn close(kernel: &mut Kernel, fd: i32) -> Result<(), Stop> {
    let last = kernel.fds.close(fd)?;
    attempt::close(kernel, last);
    kernel.after_net();
    Ok(())
}

/// `dup(2)`, `dup2(2)`, `F_DUPFD`, `F_DUPFD_CLOEXEC`: `number` is the one the boundary reserved; what it referred to is
/// closed. A number duplicated onto itself stays as it is.
///
/// # Errors
/// `EBADF`.
pub fn dup(kernel: &mut Kernel, fd: i32, number: i32, on_exec: OnExec) -> Result<i32, Stop> {
    let id = kernel.fds.lookup(fd)?;
    if fd != number {
        let last = kernel.fds.install(number, id, on_exec)?;
        attempt::close(kernel, last);
        kernel.after_net();
    }
    Ok(number)
}

/// `fcntl(2)` for the commands that neither make a number nor take a pointer.
///
/// # Errors
/// `EBADF`; unmodelled for other commands and for flags other than `O_NONBLOCK`.
pub fn fcntl(kernel: &mut Kernel, fd: i32, command: i32, argument: i32) -> Result<i32, Stop> {
    let id = kernel.fds.lookup(fd)?;
    match command {
        F_GETFD => Ok(if kernel.fds.on_exec(fd)? == OnExec::Close { FD_CLOEXEC } else { 0 }),
        F_SETFD => {
            let on_exec = if argument & FD_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close };
            kernel.fds.set_on_exec(fd, on_exec)?;
            Ok(0)
        }
        F_GETFL if kernel.fds.blocking(id) == Blocking::No => Ok(O_RDWR | O_NONBLOCK),
        F_GETFL => Ok(O_RDWR),
        // `setfl` ignores the access mode and creation flags; O_APPEND, O_ASYNC and O_DIRECT would change something.
        F_SETFL if argument & (0o2000 | 0o20000 | 0o40000) != 0 => {
            Err(Stop::Unmodelled(format!("F_SETFL of {argument:#o} on a socket"), Errno::EINVAL))
        }
        F_SETFL => {
            let blocking = if argument & O_NONBLOCK == 0 { Blocking::Yes } else { Blocking::No };
            kernel.fds.set_blocking(id, blocking);
            Ok(0)
        }
        _ => Err(Stop::Unmodelled(format!("fcntl(2) command {command} on a socket"), Errno::EINVAL)),
    }
}

/// `ioctl(2)` with an `int` in and out: `FIONBIO` reads it, `FIONREAD` writes it.
///
/// # Errors
/// `EBADF`, `EINVAL` for `FIONREAD` on a listener; unmodelled for other requests.
pub fn ioctl(kernel: &mut Kernel, fd: i32, request: u64, value: &mut i32) -> Result<(), Stop> {
    let id = kernel.fds.lookup(fd)?;
    match request {
        FIONBIO => {
            kernel.fds.set_blocking(id, if *value == 0 { Blocking::Yes } else { Blocking::No });
            Ok(())
        }
        FIONREAD => {
            let unread = kernel.net.unread(attempt::socket(kernel, fd)?)?;
            *value = i32::try_from(unread).unwrap_or(i32::MAX);
            Ok(())
        }
        _ => Err(Stop::Unmodelled(format!("ioctl(2) request {request:#x} on a socket"), Errno::ENOTTY)),
    }
}
