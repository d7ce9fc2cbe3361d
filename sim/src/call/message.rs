//! `sendmsg(2)` and `recvmsg(2)`, which all other calls that move bytes through a socket are forms of.
//!
//! Does not know vectors of buffers, nor `SIGPIPE`: the boundary gathers and scatters, and raises it where
//! [`raises_signal`] says so. Invariant: bytes moved by earlier attempts are counted in [`Caller::done`] and are never moved
//! again; a call that moved some answers their count whatever happens next.

use super::address::Address;
use super::attempt::{self, Patience, Target, on_files};
use super::control;
use super::{Caller, Stop, differ};
use crate::cmsg::Told;
use crate::errno::Errno;
use crate::fd::{Blocking, DescriptionId, Object, OnExec};
use crate::kernel::Kernel;
use crate::net::tcp::{RecvFlags, SendFlags};
use crate::net::{self, SocketId};
use crate::ready::Mask;
use crate::unix::{self, Asker, Credentials, Outgoing, RecvAsk, UnixId};

const MSG_PEEK: i32 = 0x2;
const MSG_TRUNC: i32 = 0x20;
const MSG_WAITALL: i32 = 0x100;
const MSG_CMSG_CLOEXEC: i32 = 0x4000_0000;

/// What `sendmsg(2)` is given.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// To whom, if it says.
    pub to: Option<&'a Address>,
    /// The control messages.
    pub control: &'a [u8],
    /// `MSG_*`.
    pub flags: i32,
}

/// What `recvmsg(2)` is given.
#[derive(Debug)]
pub struct Room<'a> {
    /// For the bytes.
    pub buffer: &'a mut [u8],
    /// How many bytes of control messages there is room for.
    pub control: usize,
    /// `MSG_*`.
    pub flags: i32,
}

/// What `recvmsg(2)` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Bytes in the buffer.
    pub count: usize,
    /// What the call answers: with `MSG_TRUNC` among its flags, all that a datagram had.
    pub answer: usize,
    /// Who sent it, if that is told.
    pub from: Option<Address>,
    /// The control messages, at most as many bytes as there is room for.
    pub control: Vec<u8>,
    /// `msg_flags`.
    pub flags: i32,
}

/// Whether `EPIPE` of this file comes with `SIGPIPE`: that of datagrams does not.
#[must_use]
pub fn raises_signal(kernel: &Kernel, object: Option<Object>) -> bool {
    match object {
        Some(Object::Socket(socket)) => kernel.net.kind(socket) == net::Kind::Stream,
        Some(Object::Unix(socket)) => kernel.unix.kind(socket) == unix::Kind::Stream,
        _ => true,
    }
}

/// Who the caller is to others.
pub(super) fn credentials(kernel: &Kernel, caller: &Caller) -> Credentials {
    Credentials { pid: caller.process, uid: kernel.user.uid, gid: kernel.user.gid }
}

/// How a unix socket is asked. A time-out of no time at all is no waiting (`sock_rcvtimeo`).
pub(super) fn asker(kernel: &Kernel, caller: &Caller, target: Target, timeout_ns: Option<u64>) -> Asker {
    let blocking = if timeout_ns == Some(0) { Blocking::No } else { target.blocking };
    Asker { credentials: credentials(kernel, caller), blocking }
}

/// A call that moved bytes before it failed answers their count.
fn partial(caller: &Caller, stop: Stop) -> Result<usize, Stop> {
    match stop {
        Stop::Fail(_) if caller.done > 0 => Ok(caller.done),
        stop => Err(stop),
    }
}

/// `sendmsg(2)`: a call that waits hands over all its bytes. `SO_SNDTIMEO` bounds its wait.
///
/// # Errors
/// `ENOTSOCK`; as [`Net::send_message`](crate::net::Net::send_message) and [`UnixSockets::send`](crate::unix::UnixSockets::send);
/// `EBADF` and `EINVAL` for control messages, unmodelled for some; `EAGAIN`.
pub fn sendmsg(kernel: &mut Kernel, caller: &mut Caller, fd: i32, parcel: Parcel<'_>) -> Result<usize, Stop> {
    let (rights, credentials) = match attempt::target(kernel, caller, fd)? {
        Object::Socket(socket) => {
            if kernel.net.kind(socket) == net::Kind::Stream {
                control::check_stream(parcel.control)?;
            }
            (Vec::new(), None)
        }
        Object::Unix(socket) => match carried(kernel, caller, parcel.control) {
            Ok(carried) => carried,
            Err(stop) => {
                kernel.unix.check_seqpacket(socket)?;
                return Err(stop);
            }
        },
        _ => return Err(Errno::ENOTSOCK.into()),
    };
    let flags = SendFlags::from_linux(parcel.flags)?;
    on_files(kernel, caller, fd, &rights, |kernel, caller, target| {
        let blocking = if flags.dont_wait { Blocking::No } else { target.blocking };
        let target = Target { blocking, ..target };
        differ::before_write(kernel, caller, target.object, parcel.bytes.len(), parcel.to)?;
        match target.object {
            Object::Socket(socket) => send_inet(kernel, caller, target, socket, parcel),
            Object::Unix(socket) => {
                let to = parcel.to.map(Address::of_unix).transpose()?;
                let asker = asker(kernel, caller, target, kernel.unix.timeouts(socket).send_ns);
                let rights: &[DescriptionId] = &rights;
                let whole = Outgoing { bytes: parcel.bytes, to, rights, credentials, asker };
                send_unix(kernel, caller, target, socket, whole)
            }
            _ => Err(Errno::ENOTSOCK.into()),
        }
    })
}

/// What the control messages of a unix socket carry. A call that waited goes on with the files it began with.
fn carried(
    kernel: &Kernel,
    caller: &Caller,
    bytes: &[u8],
) -> Result<(Vec<DescriptionId>, Option<Credentials>), Stop> {
    let said = control::read(bytes)?;
    let rights = match caller.held.get(1..) {
        Some(held) => held.to_vec(),
        None => {
            said.rights.iter().map(|&fd| kernel.lookup(caller.process, fd)).collect::<Result<_, Errno>>()?
        }
    };
    let ours = credentials(kernel, caller);
    let credentials = match said.credentials {
        None => None,
        Some((pid, uid, gid)) if (pid, uid, gid) == (ours.pid.0, ours.uid, ours.gid) => Some(ours),
        Some(_) => {
            // `scm_check_creds`: what else is allowed is a matter of capabilities.
            let what = "SCM_CREDENTIALS of somebody else".into();
            return Err(Stop::Unmodelled(what, Errno::EPERM));
        }
    };
    Ok((rights, credentials))
}

/// Up to where a call sends: one on a stream that does not wait may find room for less than all.
fn sent_end(kernel: &mut Kernel, target: Target, length: usize) -> usize {
    let stream = raises_signal(kernel, Some(target.object));
    if stream && target.blocking == Blocking::No {
        kernel.short(target.object, Mask::WRITERS, length)
    } else {
        length
    }
}

fn send_inet(
    kernel: &mut Kernel,
    caller: &mut Caller,
    target: Target,
    socket: SocketId,
    parcel: Parcel<'_>,
) -> Result<usize, Stop> {
    let to = match parcel.to {
        Some(address) if kernel.net.kind(socket) == net::Kind::Datagram => {
            address.to_send(kernel.net.family(socket))?
        }
        // On a connected stream, the address is ignored (`tcp_sendmsg`).
        _ => None,
    };
    let end = sent_end(kernel, target, parcel.bytes.len());
    loop {
        // `do_error` of `tcp_sendmsg_locked`: with bytes gone, an error is left to the next call.
        if caller.done > 0 && kernel.net.has_error(socket) {
            return Ok(caller.done);
        }
        let message = net::Outgoing { bytes: &parcel.bytes[caller.done..end], to, control: parcel.control };
        let refusal = match kernel.net.send_message(socket, message) {
            Ok(count) => {
                caller.done += count;
                if caller.done == end {
                    return Ok(caller.done);
                }
                continue;
            }
            Err(refusal) => refusal,
        };
        let patience = Patience::io(kernel.net.options(socket).send_timeout_ns);
        let stop = attempt::settle(kernel, caller, target, patience, refusal);
        return partial(caller, stop);
    }
}

fn send_unix(
    kernel: &mut Kernel,
    caller: &mut Caller,
    target: Target,
    socket: UnixId,
    whole: Outgoing<'_>,
) -> Result<usize, Stop> {
    let end = sent_end(kernel, target, whole.bytes.len());
    loop {
        // The rights go with the first bytes.
        let rights = if caller.done == 0 { whole.rights } else { &[] };
        rights.iter().for_each(|&right| kernel.files.hold(right));
        let rest = Outgoing { bytes: &whole.bytes[caller.done..end], rights, ..whole };
        let room = differ::unix_room(kernel, socket, rest.to, rest.bytes.len());
        let refusal = match room.and_then(|room| {
            let bytes = &rest.bytes[..room.min(rest.bytes.len())];
            kernel.unix.send(socket, Outgoing { bytes, ..rest })
        }) {
            Ok(count) => {
                caller.done += count;
                if caller.done == end {
                    return Ok(caller.done);
                }
                continue;
            }
            Err(refusal) => refusal,
        };
        rights.iter().for_each(|&right| kernel.let_go(right));
        let patience = Patience::io(kernel.unix.timeouts(socket).send_ns);
        let stop = attempt::settle(kernel, caller, target, patience, refusal);
        return partial(caller, stop);
    }
}

/// `recvmsg(2)`. `SO_RCVTIMEO` bounds its wait.
///
/// # Errors
/// `ENOTSOCK`; as [`Net::recv_from`](crate::net::Net::recv_from) and
/// [`UnixSockets::recv`](crate::unix::UnixSockets::recv); `EAGAIN`.
pub fn recvmsg(kernel: &mut Kernel, caller: &mut Caller, fd: i32, room: Room<'_>) -> Result<Arrived, Stop> {
    on_files(kernel, caller, fd, &[], |kernel, caller, target| {
        let datagrams = match target.object {
            Object::Socket(socket) => kernel.net.kind(socket) == net::Kind::Datagram,
            Object::Unix(_) => true,
            _ => return Err(Errno::ENOTSOCK.into()),
        };
        // Only TCP makes something of peeking until all is there.
        let meant =
            if datagrams && room.flags & MSG_PEEK != 0 { room.flags & !MSG_WAITALL } else { room.flags };
        let meant = if datagrams { differ::datagram_flags(kernel, meant)? } else { meant };
        let mut flags = RecvFlags::from_linux(meant & !MSG_CMSG_CLOEXEC)?;
        flags.dont_wait |= target.blocking == Blocking::No;
        let blocking = if flags.dont_wait { Blocking::No } else { Blocking::Yes };
        let target = Target { blocking, ..target };
        let parked = differ::before_read(kernel, caller, target.object)?;
        let answer = match target.object {
            Object::Socket(socket) => receive_inet(kernel, caller, target, socket, (room, flags)),
            Object::Unix(socket) => receive_unix(kernel, caller, target, socket, (room, flags)),
            _ => Err(Errno::ENOTSOCK.into()),
        };
        differ::after_read(kernel, target.object, parked);
        answer
    })
}

/// How much of its room a call fills: of a stream's bytes some may come later, in a segment of their own.
fn received_end(kernel: &mut Kernel, socket: SocketId, room: usize, flags: RecvFlags) -> usize {
    let whole = flags.peek || flags.wait_all || kernel.net.kind(socket) == net::Kind::Datagram;
    match kernel.net.unread(socket) {
        Ok(there) if !whole && there > 0 && room > 0 => {
            let most = there.min(room);
            let part = kernel.short(Object::Socket(socket), Mask::READERS, most);
            if part < most { part } else { room }
        }
        _ => room,
    }
}

fn receive_inet(
    kernel: &mut Kernel,
    caller: &mut Caller,
    target: Target,
    socket: SocketId,
    (room, flags): (Room<'_>, RecvFlags),
) -> Result<Arrived, Stop> {
    let wait_all = flags.wait_all && kernel.net.kind(socket) == net::Kind::Stream;
    let echoed = room.flags & MSG_CMSG_CLOEXEC;
    let of_stream = |count| Arrived { count, answer: count, flags: echoed, ..Arrived::default() };
    loop {
        // `tcp_recvmsg_locked`: with bytes in hand, an error is left to the next call.
        if caller.done > 0 && kernel.net.has_error(socket) && kernel.net.unread(socket) == Ok(0) {
            return Ok(of_stream(caller.done));
        }
        let end = received_end(kernel, socket, room.buffer.len() - caller.done, flags) + caller.done;
        let refusal = match kernel.net.recv_from(socket, &mut room.buffer[caller.done..end], flags) {
            Ok(received) => {
                caller.done += received.count;
                if received.count == 0 || !wait_all || caller.done == room.buffer.len() {
                    let cut = if received.is_truncated() { MSG_TRUNC } else { 0 };
                    let (control, truncated) = kernel.net.told(socket, &received, room.control);
                    return Ok(Arrived {
                        count: caller.done,
                        answer: caller.done - received.count + received.answer(flags),
                        from: received.from.map(Address::Inet),
                        control,
                        flags: echoed | cut | truncated,
                    });
                }
                continue;
            }
            Err(refusal) => refusal,
        };
        let patience = Patience::io(kernel.net.options(socket).receive_timeout_ns);
        let stop = attempt::settle(kernel, caller, target, patience, refusal);
        return partial(caller, stop).map(of_stream);
    }
}

fn receive_unix(
    kernel: &mut Kernel,
    caller: &mut Caller,
    target: Target,
    socket: UnixId,
    (room, flags): (Room<'_>, RecvFlags),
) -> Result<Arrived, Stop> {
    let timeout_ns = kernel.unix.timeouts(socket).receive_ns;
    let asker = asker(kernel, caller, target, timeout_ns);
    loop {
        let after = caller.so_far.as_ref().and_then(|received| received.writer);
        let ask = RecvAsk { asker, peek: flags.peek, after };
        let refusal = match kernel.unix.recv(socket, &mut room.buffer[caller.done..], ask) {
            Ok(received) => {
                caller.done += received.count;
                let over = received.ends || received.count == 0 || caller.done == room.buffer.len();
                let received = joined(caller.so_far.take(), received);
                if over || !flags.wait_all {
                    return Ok(deliver(kernel, caller, socket, received, (&room, flags)));
                }
                caller.so_far = Some(received);
                continue;
            }
            Err(refusal) => refusal,
        };
        let stop = attempt::settle(kernel, caller, target, Patience::io(timeout_ns), refusal);
        return match (stop, caller.so_far.take()) {
            (Stop::Fail(_), Some(received)) => Ok(deliver(kernel, caller, socket, received, (&room, flags))),
            (stop, so_far) => {
                caller.so_far = so_far;
                Err(stop)
            }
        };
    }
}

/// A further part of what one call receives: only the last can carry rights.
fn joined(before: Option<unix::Received>, part: unix::Received) -> unix::Received {
    match before {
        None => part,
        Some(before) => {
            let from = if before.from == unix::Name::Unnamed { part.from } else { before.from };
            let full_length = before.full_length + part.full_length;
            unix::Received { count: before.count + part.count, full_length, from, ..part }
        }
    }
}

/// `scm_recv_unix`: installs what came with the bytes, as far as there is room to tell of it.
fn deliver(
    kernel: &mut Kernel,
    caller: &Caller,
    socket: UnixId,
    received: unix::Received,
    (room, flags): (&Room<'_>, RecvFlags),
) -> Arrived {
    let mut told = Told::new(room.control);
    if let Some(credentials) = received.credentials {
        control::put_credentials(&mut told, credentials);
    }
    if flags.peek {
        received.rights.iter().for_each(|&right| kernel.files.hold(right));
    }
    let on_exec = if room.flags & MSG_CMSG_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close };
    let mut fds = Vec::new();
    for right in received.rights.iter().take(control::rights_max(&told)) {
        let Ok(fd) = kernel.number(caller.process, *right, on_exec, 0) else { break };
        fds.push(fd);
    }
    if fds.len() < received.rights.len() {
        told.truncate();
    }
    control::put_rights(&mut told, &fds);
    received.rights.iter().for_each(|&right| kernel.let_go(right));
    let (control, truncated) = told.done();
    let stream = kernel.unix.kind(socket) == unix::Kind::Stream;
    let cut = if received.full_length > received.count { MSG_TRUNC } else { 0 };
    Arrived {
        count: received.count,
        answer: if flags.real_length && !stream { received.full_length } else { received.count },
        from: Some(Address::Unix(received.from)).filter(|from| *from != Address::Unix(unix::Name::Unnamed)),
        control,
        flags: cut | truncated | (room.flags & MSG_CMSG_CLOEXEC),
    }
}
