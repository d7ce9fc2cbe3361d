//! Reads and writes: what other systems look at before the bytes.
//!
//! Does not move bytes. Invariant: an answer that is given here takes the place of Linux's whole call.

use super::super::{Caller, Stop};
use super::{Looks, Phase, looks, no_row, outcome, told};
use crate::errno::Errno;
use crate::fd::Object;
use crate::file::pipe::PipeId;
use crate::kernel::Kernel;
use crate::personality::answer::{QueueFull, Truncation, WriteAfterReset};
use crate::personality::{Kind, Os};
use crate::ready::{Refusal, Side};
use crate::unix::{Name, UnixId};

const MSG_TRUNC: i32 = 0x20;
const SO_SNDBUF: i32 = 7;
const SO_RCVBUF: i32 = 8;

/// What a receiving call looks at first. `soreceive`: the buffer, then the error, then the end, then the connection. An error
/// that waits for the bytes is handed out, for [`after_read`].
///
/// # Errors
/// What the system answers in Linux's place.
pub(in crate::call) fn before_read(
    kernel: &mut Kernel,
    caller: &Caller,
    object: Object,
) -> Result<Option<Errno>, Stop> {
    let Some(looks) = looks(kernel, object).filter(|_| caller.done == 0 && caller.so_far.is_none()) else {
        return Ok(None);
    };
    let streams = &kernel.personality().streams;
    refused(kernel, object, "recv(2)")?;
    let Some(connection) = looks.connection() else {
        let parked = if looks.filled { take_error(kernel, object) } else { None };
        return Ok(parked);
    };
    if matches!(looks.phase, Phase::Unconnected | Phase::Listening) {
        outcome(
            streams.read_unconnected.of(connection).get("recv(2) without a connection", Errno::ENOTCONN)?,
        )?;
    }
    if looks.error.is_none() {
        return Ok(None);
    }
    // That what was there comes before the error is the order of every answer that is known here.
    match looks.kind {
        Kind::Tcp => _ = streams.read_after_reset.get("recv(2) after a reset", Errno::ECONNRESET)?,
        _ => {
            let row = streams.read_after_close_with_unread.of(connection);
            row.get("recv(2) after a close with unread bytes", Errno::ECONNRESET)?;
        }
    }
    let error = take_error(kernel, object);
    match error {
        Some(errno) if !looks.filled => Err(errno.into()),
        error => Ok(error),
    }
}

/// The error that waited for the bytes is pending again.
pub(in crate::call) fn after_read(kernel: &mut Kernel, object: Object, parked: Option<Errno>) {
    let Some(errno) = parked else { return };
    match object {
        Object::Socket(socket) => kernel.net.put_error(socket, errno),
        Object::Unix(socket) => kernel.unix.put_error(socket, errno),
        _ => {}
    }
}

fn take_error(kernel: &mut Kernel, object: Object) -> Option<Errno> {
    match object {
        Object::Socket(socket) => kernel.net.take_error(socket).map(super::bsd_reset),
        Object::Unix(socket) => kernel.unix.take_error(socket),
        _ => None,
    }
}

/// What a socket does after a refused connect is known of `connect(2)` alone.
fn refused(kernel: &Kernel, object: Object, what: &str) -> Result<(), Stop> {
    match object {
        Object::Socket(socket) if kernel.net.is_refused(socket) => {
            Err(no_row(&format!("{what} of a socket whose connect was refused"), Errno::ENOTCONN))
        }
        _ => Ok(()),
    }
}

/// What a sending call looks at first. `sosend`: whether writing is shut, then the error, then the connection.
///
/// # Errors
/// What the system answers in Linux's place.
pub(in crate::call) fn before_write(
    kernel: &Kernel,
    caller: &Caller,
    object: Object,
    length: usize,
    to: Option<&super::super::address::Address>,
) -> Result<(), Stop> {
    let Some(looks) = looks(kernel, object).filter(|_| caller.done == 0) else { return Ok(()) };
    refused(kernel, object, "send(2)")?;
    if looks.connection().is_some() {
        return write_stream(kernel, object, looks);
    }
    let rules = &kernel.personality().datagrams;
    if length > told(kernel, object, SO_SNDBUF)? {
        outcome(rules.too_long.get("a datagram longer than the send buffer", Errno::EMSGSIZE)?)?;
    }
    if looks.error.is_some() || looks.shut_send {
        return Ok(());
    }
    if to.is_none() && looks.phase == Phase::Unconnected {
        let row =
            if looks.kind == Kind::Udp { rules.udp_send_unconnected } else { rules.unix_send_unconnected };
        outcome(row.get("send(2) without an address", Errno::EDESTADDRREQ)?)?;
    }
    Ok(())
}

fn write_stream(kernel: &Kernel, object: Object, looks: Looks) -> Result<(), Stop> {
    let streams = &kernel.personality().streams;
    let Some(connection) = looks.connection() else { return Ok(()) };
    match looks.phase {
        Phase::Unconnected | Phase::Listening | Phase::Connecting => {
            let row = streams.write_unconnected.of(connection);
            outcome(row.get("send(2) without a connection", Errno::ENOTCONN)?)
        }
        Phase::Disconnected if looks.kind == Kind::Tcp => {
            match streams.write_after_reset.get("send(2) after a reset", Errno::EPIPE)? {
                WriteAfterReset::TakesReset => Ok(()),
                WriteAfterReset::LeavesReset | WriteAfterReset::NoReset | WriteAfterReset::NotReset => {
                    Err(Errno::EPIPE.into())
                }
            }
        }
        Phase::Disconnected => {
            let row = streams.write_after_close.of(connection);
            outcome(row.get("send(2) to a peer that is closed", Errno::EPIPE)?)
        }
        Phase::Connected if looks.shut_send => {
            outcome(streams.write_after_shut.of(connection).get("send(2) after SHUT_WR", Errno::EPIPE)?)
        }
        Phase::Connected if reader_is_shut(kernel, object) => {
            let row = streams.write_to_shut_reader.of(connection);
            outcome(row.get("send(2) to a peer that shut reading", Errno::EPIPE)?)
        }
        Phase::Connected => Ok(()),
    }
}

/// Whether a unix peer shut its own reading. Over TCP nobody is told.
fn reader_is_shut(kernel: &Kernel, object: Object) -> bool {
    let Object::Unix(socket) = object else { return false };
    kernel.unix.peer(socket).is_some_and(|peer| kernel.unix.receive_shut(peer))
}

/// How many of some bytes a unix socket takes now. Both ends of a stream share one buffer (`PIPSIZ`); a datagram needs room
/// in its receiver's queue.
///
/// # Errors
/// To wait for room, or what the system answers in its place.
pub(in crate::call) fn unix_room(
    kernel: &Kernel,
    socket: UnixId,
    to: Option<&Name>,
    length: usize,
) -> Result<usize, Refusal> {
    let Some(looks) = looks(kernel, Object::Unix(socket)) else { return Ok(length) };
    if looks.error.is_some() || looks.shut_send {
        return Ok(length);
    }
    match looks.kind {
        Kind::UnixStream if looks.phase == Phase::Connected => {
            let most = told(kernel, Object::Unix(socket), SO_SNDBUF)?;
            let peer = kernel.unix.peer(socket);
            let unread = peer.map_or(0, |peer| kernel.unix.queued_bytes(peer));
            match most.saturating_sub(unread) {
                0 if length > 0 => Err(Refusal::Wait(Side::Write)),
                room => Ok(room),
            }
        }
        Kind::UnixDatagram => room_for_datagram(kernel, socket, to, length),
        _ => Ok(length),
    }
}

fn room_for_datagram(
    kernel: &Kernel,
    socket: UnixId,
    to: Option<&Name>,
    length: usize,
) -> Result<usize, Refusal> {
    let Some(receiver) = kernel.unix.receiver_of(socket, to) else { return Ok(length) };
    let most = told(kernel, Object::Unix(receiver), SO_RCVBUF)?;
    if kernel.unix.queued_bytes(receiver) + length <= most {
        // Linux's own bound is a number of messages, which others do not have.
        if kernel.unix.is_full(receiver) && kernel.unix.peer(receiver) != Some(socket) {
            let what = "a datagram queue with more messages than Linux lets it have";
            return Err(Refusal::unmodelled(what, Errno::ENOBUFS));
        }
        return Ok(length);
    }
    match kernel.personality().datagrams.queue_full.get("a full datagram queue", Errno::ENOBUFS)? {
        QueueFull::Fails => Err(Errno::ENOBUFS.into()),
        QueueFull::Waits => Ok(length),
    }
}

/// The flags of a receiving call as the system reads them: only Linux answers a datagram's whole length.
///
/// # Errors
/// Unmodelled if nobody knows.
pub(in crate::call) fn datagram_flags(kernel: &Kernel, flags: i32) -> Result<i32, Stop> {
    if kernel.os() == Os::Linux || flags & MSG_TRUNC == 0 {
        return Ok(flags);
    }
    let row = kernel.personality().datagrams.truncation;
    Ok(match row.get("recv(2) with MSG_TRUNC", Errno::EINVAL)? {
        Truncation::FlagOrLength => flags,
        Truncation::FlagOnly => flags & !MSG_TRUNC,
    })
}

/// A write that found a pipe full: as many bytes fit elsewhere, but not in pages.
///
/// # Errors
/// Unmodelled unless the pipe holds what it would hold there, or could not be told from Linux's.
pub(in crate::call) fn full_pipe(kernel: &Kernel, pipe: PipeId) -> Result<(), Refusal> {
    if kernel.os() == Os::Linux {
        return Ok(());
    }
    let most = kernel.personality().sizes.pipe_most.get("a full pipe", Errno::EAGAIN)?;
    if kernel.pipes.unread(pipe) == most {
        return Ok(());
    }
    Err(Refusal::unmodelled("a pipe that is full by pages, not by bytes", Errno::EAGAIN))
}
