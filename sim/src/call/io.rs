//! `recv(2)`, `send(2)`, `read(2)`, `write(2)` on sockets.
//!
//! Does not know `SIGPIPE`: the boundary raises it on `EPIPE` unless `MSG_NOSIGNAL` was given. Invariant: each is a form of a
//! call of [`message`], which alone moves bytes.

use super::message::{self, Parcel, Room};
use super::{Caller, Stop, attempt};
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

/// `read(2)`: like `recv(2)` without flags, save that an empty buffer answers at once (`sock_read_iter`).
///
/// # Errors
/// As [`recv`].
pub fn read(kernel: &mut Kernel, caller: &mut Caller, fd: i32, buffer: &mut [u8]) -> Result<usize, Stop> {
    if buffer.is_empty() {
        attempt::object(kernel, caller, fd)?;
        return Ok(0);
    }
    match attempt::object(kernel, caller, fd)? {
        // As `/dev/null`, which it is.
        Object::Standard(_) => Ok(0),
        _ => recv(kernel, caller, fd, buffer, 0),
    }
}

/// `write(2)`: `send(2)` without flags.
///
/// # Errors
/// As [`send`].
pub fn write(kernel: &mut Kernel, caller: &mut Caller, fd: i32, bytes: &[u8]) -> Result<usize, Stop> {
    send(kernel, caller, fd, bytes, 0)
}
