//! `recv(2)` and `send(2)`, and `read(2)` and `write(2)` on every kind of file.
//!
//! Does not know `SIGPIPE`: the boundary raises it on `EPIPE` unless `MSG_NOSIGNAL` was given. Invariant: each is a form of a
//! call of [`message`], which alone moves bytes.

use super::message::{self, Parcel, Room};
use super::{Caller, Stop, attempt, device};
use crate::fd::Object;
use crate::kernel::Kernel;

/// `recv(2)`: `recvmsg(2)` for the bytes alone.
///
/// # Errors
/// As [`message::recvmsg`].
pub fn recv(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    buffer: &mut [u8],
    flags: i32,
) -> Result<usize, Stop> {
    let room = Room { buffer, control: 0, flags };
    message::recvmsg(kernel, caller, fd, room).map(|arrived| arrived.answer)
}

/// `send(2)`: `sendmsg(2)` of the bytes alone.
///
/// # Errors
/// As [`message::sendmsg`].
pub fn send(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    bytes: &[u8],
    flags: i32,
) -> Result<usize, Stop> {
    message::sendmsg(kernel, caller, fd, Parcel { bytes, to: None, control: &[], flags })
}

/// `read(2)`: on a socket like `recv(2)` without flags, save that an empty buffer answers at once (`sock_read_iter`).
///
/// # Errors
/// As [`recv`], and what the kind of file adds.
pub fn read(kernel: &mut Kernel, caller: &mut Caller, fd: i32, buffer: &mut [u8]) -> Result<usize, Stop> {
    match attempt::target(kernel, caller, fd)? {
        object if device::is_ours(object) => device::read(kernel, caller, fd, buffer),
        _ if buffer.is_empty() => Ok(0),
        // As `/dev/null`, which it is.
        Object::Standard(_) => Ok(0),
        _ => recv(kernel, caller, fd, buffer, 0),
    }
}

/// `write(2)`: on a socket, `send(2)` without flags.
///
/// # Errors
/// As [`send`], and what the kind of file adds.
pub fn write(kernel: &mut Kernel, caller: &mut Caller, fd: i32, bytes: &[u8]) -> Result<usize, Stop> {
    if device::is_ours(attempt::target(kernel, caller, fd)?) {
        return device::write(kernel, caller, fd, bytes);
    }
    send(kernel, caller, fd, bytes, 0)
}
