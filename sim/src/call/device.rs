//! `read(2)` and `write(2)` on files that are no sockets.
//!
//! Does not know `SIGPIPE`: the boundary raises it on `EPIPE`. Invariant: as for [`io`](super::io), bytes moved by earlier
//! attempts are counted in [`Caller::done`] and are never moved again.

use super::attempt::{self, Patience, Target, on_file};
use super::{Caller, Stop, differ};
use crate::errno::Errno;
use crate::fd::{Blocking, Object};
use crate::file::pipe::{Attempt, End, PipeId};
use crate::kernel::Kernel;
use crate::ready::{Refusal, Side};

/// Whether `read(2)` and `write(2)` of an open file are ours.
pub(super) fn is_ours(object: Object) -> bool {
    use Object::{Epoll, EventFd, Pipe, Process, TimerFd};
    matches!(object, Pipe(..) | EventFd(_) | TimerFd(_) | Epoll(_) | Process(_))
}

/// `read(2)`.
///
/// # Errors
/// `EBADF` at the end of a pipe that is written to, `EINVAL` for files that cannot be read and for buffers that are too
/// short, `EAGAIN`, `EINTR`.
pub(super) fn read(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    buffer: &mut [u8],
) -> Result<usize, Stop> {
    on_file(kernel, caller, fd, |kernel, caller, target| {
        let answer = match target.object {
            Object::Pipe(pipe, End::Read) => kernel.pipes.read(pipe, buffer, how(caller, target)),
            Object::Pipe(_, End::Write) => Err(Errno::EBADF.into()),
            Object::EventFd(id) => kernel.eventfds.read(id, buffer),
            Object::TimerFd(id) => kernel.with_timer(id, |timers, now_ns| timers.read(id, buffer, now_ns)),
            _ => Err(Errno::EINVAL.into()),
        };
        answer.map_err(|refusal| attempt::settle(kernel, caller, target, Patience::io(None), refusal))
    })
}

/// `write(2)`: to a pipe, a call that waits hands over all its bytes.
///
/// # Errors
/// `EBADF` at the end of a pipe that is read from, `EPIPE`, `EINVAL` for files that cannot be written to and for what no
/// counter takes, `EAGAIN`, `EINTR`.
pub(super) fn write(kernel: &mut Kernel, caller: &mut Caller, fd: i32, bytes: &[u8]) -> Result<usize, Stop> {
    on_file(kernel, caller, fd, |kernel, caller, target| {
        let answer = match target.object {
            Object::Pipe(pipe, End::Write) => write_pipe(kernel, caller, target, pipe, bytes),
            Object::Pipe(_, End::Read) => Err(Errno::EBADF.into()),
            Object::EventFd(id) => kernel.eventfds.write(id, bytes),
            _ => Err(Errno::EINVAL.into()),
        };
        answer.or_else(|refusal| match attempt::settle(kernel, caller, target, Patience::io(None), refusal) {
            Stop::Fail(_) if caller.done > 0 => Ok(caller.done),
            stop => Err(stop),
        })
    })
}

fn write_pipe(
    kernel: &mut Kernel,
    caller: &mut Caller,
    target: Target,
    pipe: PipeId,
    bytes: &[u8],
) -> Result<usize, Refusal> {
    let attempt = how(caller, target);
    let written = kernel.pipes.write(pipe, &bytes[caller.done..], attempt);
    if matches!(written, Err(Refusal::Wait(_))) {
        differ::full_pipe(kernel, pipe)?;
    }
    caller.done += written?;
    let leaves = caller.done == bytes.len() || attempt == Attempt::Once;
    if leaves {
        return Ok(caller.done);
    }
    differ::full_pipe(kernel, pipe)?;
    Err(Refusal::Wait(Side::Write))
}

fn how(caller: &Caller, target: Target) -> Attempt {
    match (target.blocking, caller.held.is_empty()) {
        (Blocking::No, _) => Attempt::Once,
        (Blocking::Yes, true) => Attempt::First,
        (Blocking::Yes, false) => Attempt::Again,
    }
}
