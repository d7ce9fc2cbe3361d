//! `close(2)`, `dup(2)`, `fcntl(2)`, `ioctl(2)` on descriptors.
//!
//! Does not know what a file does. Invariant: a call on a file of the real kernel changes nothing here but numbers: the
//! boundary makes it for real.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::{Blocking, Descriptor, Object, OnExec};
use crate::file::pipe::End;
use crate::kernel::Kernel;
use crate::wait::{Wait, WaitOn, Woken};

const O_RDWR: i32 = 0o2;
const O_NONBLOCK: i32 = 0o4000;
const F_GETFD: i32 = 1;
const F_SETFD: i32 = 2;
const F_GETFL: i32 = 3;
const F_SETFL: i32 = 4;
const F_SETPIPE_SZ: i32 = 1031;
const F_GETPIPE_SZ: i32 = 1032;
const FD_CLOEXEC: i32 = 1;
const FIONREAD: u64 = 0x541b;
const FIONBIO: u64 = 0x5421;
const FIONCLEX: u64 = 0x5450;
const FIOCLEX: u64 = 0x5451;

/// `close(2)`: never fails on a descriptor that was open. A call of another thread that waits on the open file keeps it, as in
/// Linux: the close takes effect when that call returns. Waits for a stream with `SO_LINGER`, even one that does not wait.
///
/// # Errors
/// `EBADF`.
pub fn close(kernel: &mut Kernel, caller: &mut Caller, fd: i32) -> Result<(), Stop> {
    if caller.closing.is_none() {
        let id = kernel.lookup(caller.process, fd)?;
        let lingers = match kernel.files.object(id) {
            Object::Socket(socket) if kernel.files.references(id) == 1 => {
                kernel.net.options(socket).linger_ns().map(|ns| (socket, ns))
            }
            _ => None,
        };
        kernel.close_fd(caller.process, fd)?;
        kernel.settle();
        let Some((socket, ns)) = lingers else { return Ok(()) };
        caller.closing = Some(socket);
        caller.deadline_ns = Some(kernel.after_ns(ns));
    }
    // `inet_release`: also a signal ends the wait, and the answer is the same.
    let over = matches!(caller.woken, Some(Woken::Deadline | Woken::Signal));
    match caller.closing {
        Some(socket) if !over && kernel.net.is_lingering(socket) => Err(Stop::Block(Wait {
            on: WaitOn::Writable(Object::Socket(socket)),
            deadline_ns: caller.deadline_ns,
        })),
        _ => Ok(()),
    }
}

const CLOSE_RANGE_UNSHARE: i32 = 2;
const CLOSE_RANGE_CLOEXEC: i32 = 4;

/// `close_range(2)`. A process has its numbers for itself in any case, so that `CLOSE_RANGE_UNSHARE` changes nothing.
///
/// # Errors
/// `EINVAL` for unknown flags and a range that ends before it begins.
pub fn close_range(
    kernel: &mut Kernel,
    caller: &Caller,
    range: core::ops::RangeInclusive<u32>,
    flags: i32,
) -> Result<(), Stop> {
    if flags & !(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) != 0 || range.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    let fds = &kernel.processes.get(caller.process).fds;
    let named = |fd: &i32| range.contains(&fd.unsigned_abs());
    let meant: Vec<i32> = fds.iter().map(|(fd, _)| fd).filter(named).collect();
    for fd in meant {
        if flags & CLOSE_RANGE_CLOEXEC == 0 {
            kernel.close_fd(caller.process, fd)?;
        } else {
            kernel.processes.get_mut(caller.process).fds.set_on_exec(fd, OnExec::Close)?;
        }
    }
    kernel.settle();
    Ok(())
}

/// `dup(2)`, `F_DUPFD`, `F_DUPFD_CLOEXEC`: the lowest free number from `least` on.
///
/// # Errors
/// `EBADF`, `EMFILE`, `EINVAL` for a number to start from that no descriptor can have.
pub fn dup(kernel: &mut Kernel, caller: &Caller, fd: i32, least: i32, on_exec: OnExec) -> Result<i32, Stop> {
    let id = kernel.lookup(caller.process, fd)?;
    Ok(kernel.number(caller.process, id, on_exec, least)?)
}

/// `dup2(2)`, and `dup3(2)` with two different numbers: what the new number referred to is closed. A number duplicated onto
/// itself stays as it is.
///
/// # Errors
/// `EBADF`.
pub fn dup2(
    kernel: &mut Kernel,
    caller: &Caller,
    fd: i32,
    number: i32,
    on_exec: OnExec,
) -> Result<i32, Stop> {
    let description = kernel.lookup(caller.process, fd)?;
    if fd == number {
        return Ok(number);
    }
    kernel.replace(caller.process, number, Descriptor { description, on_exec })?;
    kernel.settle();
    Ok(number)
}

/// `O_*` access mode of a file.
fn access(object: Object) -> i32 {
    match object {
        Object::Pipe(_, End::Read) => 0,
        Object::Pipe(_, End::Write) => 1,
        _ => O_RDWR,
    }
}

/// `fcntl(2)` for the commands that neither make a number nor take a pointer.
///
/// # Errors
/// `EBADF`; unmodelled for other commands and for flags other than `O_NONBLOCK`.
pub fn fcntl(
    kernel: &mut Kernel,
    caller: &Caller,
    fd: i32,
    command: i32,
    argument: i32,
) -> Result<i32, Stop> {
    let id = kernel.lookup(caller.process, fd)?;
    match command {
        F_GETFD => {
            let on_exec = kernel.processes.get(caller.process).fds.get(fd)?.on_exec;
            Ok(if on_exec == OnExec::Close { FD_CLOEXEC } else { 0 })
        }
        F_SETFD => {
            let on_exec = if argument & FD_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close };
            kernel.processes.get_mut(caller.process).fds.set_on_exec(fd, on_exec)?;
            Ok(0)
        }
        F_GETFL => {
            let nonblock = if kernel.files.blocking(id) == Blocking::No { O_NONBLOCK } else { 0 };
            Ok(access(kernel.files.object(id)) | nonblock)
        }
        // `setfl` ignores the access mode and creation flags; O_APPEND, O_ASYNC and O_DIRECT would change something.
        F_SETFL if argument & (0o2000 | 0o20000 | 0o40000) != 0 => {
            Err(Stop::Unmodelled(format!("F_SETFL of {argument:#o}"), Errno::EINVAL))
        }
        F_SETFL => {
            let blocking = if argument & O_NONBLOCK == 0 { Blocking::Yes } else { Blocking::No };
            kernel.files.set_blocking(id, blocking);
            Ok(0)
        }
        F_GETPIPE_SZ | F_SETPIPE_SZ => {
            let Object::Pipe(pipe, _) = kernel.files.object(id) else { return Err(Errno::EBADF.into()) };
            let size = if command == F_GETPIPE_SZ {
                kernel.pipes.capacity(pipe)
            } else {
                kernel.pipes.set_capacity(pipe, usize::try_from(argument).unwrap_or(usize::MAX))?
            };
            Ok(i32::try_from(size).unwrap_or(i32::MAX))
        }
        _ => Err(Stop::Unmodelled(format!("fcntl(2) command {command}"), Errno::EINVAL)),
    }
}

/// `ioctl(2)` with an `int` in and out: `FIONBIO` reads it, `FIONREAD` writes it.
///
/// # Errors
/// `EBADF`, `EINVAL` for `FIONREAD` on a listener, `ENOTTY` on a file without a count; unmodelled for other requests.
pub fn ioctl(
    kernel: &mut Kernel,
    caller: &Caller,
    fd: i32,
    request: u64,
    value: &mut i32,
) -> Result<(), Stop> {
    let id = kernel.lookup(caller.process, fd)?;
    match request {
        FIONBIO => {
            kernel.files.set_blocking(id, if *value == 0 { Blocking::Yes } else { Blocking::No });
            Ok(())
        }
        FIOCLEX | FIONCLEX => {
            let on_exec = if request == FIOCLEX { OnExec::Close } else { OnExec::Keep };
            Ok(kernel.processes.get_mut(caller.process).fds.set_on_exec(fd, on_exec)?)
        }
        FIONREAD => {
            let unread = kernel.unread(kernel.files.object(id))?;
            *value = i32::try_from(unread).unwrap_or(i32::MAX);
            Ok(())
        }
        _ => Err(Stop::Unmodelled(format!("ioctl(2) request {request:#x}"), Errno::ENOTTY)),
    }
}
