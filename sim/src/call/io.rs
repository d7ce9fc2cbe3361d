//! `recv(2)` and `send(2)`, and `read(2)` and `write(2)` on every kind of file.
//!
//! Does not know `SIGPIPE`: the boundary raises it on `EPIPE` unless `MSG_NOSIGNAL` was given. Invariant: bytes moved by
//! earlier attempts are counted in [`Caller::done`] and are never moved again; a call that moved some answers their count
//! whatever happens next.

use super::attempt::{self, Patience, Target, on_file};
use super::{Caller, Stop, device};
use crate::errno::Errno;
use crate::fd::{Blocking, Object};
use crate::kernel::Kernel;
use crate::net::tcp::{RecvFlags, SendFlags};

/// `recv(2)`. `SO_RCVTIMEO` bounds its wait.
///
/// # Errors
/// As [`Net::recv`](crate::net::Net::recv), `EAGAIN`.
pub fn recv(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> Result<usize, Stop> {
    on_file(kernel, caller, fd, |kernel, caller, target| {
        let blocking = if flags.dont_wait { Blocking::No } else { target.blocking };
        receive(kernel, caller, Target { blocking, ..target }, buffer, flags)
    })
}

fn receive(
    kernel: &mut Kernel,
    caller: &mut Caller,
    target: Target,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> Result<usize, Stop> {
    let Object::Socket(socket) = target.object else { return Err(Errno::ENOTSOCK.into()) };
    loop {
        // `tcp_recvmsg_locked`: with bytes in hand, an error is left to the next call.
        if caller.done > 0 && kernel.net.has_error(socket) && kernel.net.unread(socket) == Ok(0) {
            return Ok(caller.done);
        }
        let refusal = match kernel.net.recv(socket, &mut buffer[caller.done..], flags) {
            Ok(count) => {
                caller.done += count;
                if count == 0 || !flags.wait_all || caller.done == buffer.len() {
                    return Ok(caller.done);
                }
                continue;
            }
            Err(refusal) => refusal,
        };
        let patience = Patience::io(kernel.net.options(socket).receive_timeout_ns);
        return partial(caller, |caller| attempt::settle(kernel, caller, target, patience, refusal));
    }
}

/// `send(2)`: a call that waits hands over all its bytes. `SO_SNDTIMEO` bounds its wait.
///
/// # Errors
/// As [`Net::send`](crate::net::Net::send), `EAGAIN`.
pub fn send(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    bytes: &[u8],
    flags: SendFlags,
) -> Result<usize, Stop> {
    on_file(kernel, caller, fd, |kernel, caller, target| {
        let Object::Socket(socket) = target.object else { return Err(Errno::ENOTSOCK.into()) };
        let blocking = if flags.dont_wait { Blocking::No } else { target.blocking };
        let target = Target { blocking, ..target };
        loop {
            // `do_error` of `tcp_sendmsg_locked`: likewise.
            if caller.done > 0 && kernel.net.has_error(socket) {
                return Ok(caller.done);
            }
            let refusal = match kernel.net.send(socket, &bytes[caller.done..]) {
                Ok(count) => {
                    caller.done += count;
                    if caller.done == bytes.len() {
                        return Ok(caller.done);
                    }
                    continue;
                }
                Err(refusal) => refusal,
            };
            let patience = Patience::io(kernel.net.options(socket).send_timeout_ns);
            return partial(caller, |caller| attempt::settle(kernel, caller, target, patience, refusal));
        }
    })
}

/// A call that moved bytes before it failed answers their count.
fn partial(caller: &mut Caller, settle: impl FnOnce(&mut Caller) -> Stop) -> Result<usize, Stop> {
    match settle(caller) {
        Stop::Fail(_) if caller.done > 0 => Ok(caller.done),
        stop => Err(stop),
    }
}

/// `read(2)`: on a socket like `recv(2)` without flags, save that an empty buffer answers at once (`sock_read_iter`).
///
/// # Errors
/// As [`recv`], and what the kind of file adds.
pub fn read(kernel: &mut Kernel, caller: &mut Caller, fd: i32, buffer: &mut [u8]) -> Result<usize, Stop> {
    match attempt::held_object(kernel, caller, fd)? {
        object if device::is_ours(object) => device::read(kernel, caller, fd, buffer),
        _ if buffer.is_empty() => Ok(0),
        // As `/dev/null`, which it is.
        Object::Standard(_) => Ok(0),
        _ => recv(kernel, caller, fd, buffer, RecvFlags::default()),
    }
}

/// `write(2)`: on a socket, `send(2)` without flags.
///
/// # Errors
/// As [`send`], and what the kind of file adds.
pub fn write(kernel: &mut Kernel, caller: &mut Caller, fd: i32, bytes: &[u8]) -> Result<usize, Stop> {
    if device::is_ours(attempt::held_object(kernel, caller, fd)?) {
        return device::write(kernel, caller, fd, bytes);
    }
    send(kernel, caller, fd, bytes, SendFlags::default())
}
