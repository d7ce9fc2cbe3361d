//! `socket(2)`, `bind(2)`, `listen(2)`, `accept(2)`, `connect(2)`, `shutdown(2)`, `getsockname(2)`, `getpeername(2)`.
//!
//! Does not know `sockaddr` layouts: the boundary converts addresses. Invariant: a call here that waits can be made again
//! until it answers, and begins what it begins once.

use super::address::Address;
use super::attempt::{self, Patience, Target, on_file};
use super::differ::{self, Interface};
use super::{Caller, Stop, message};
use crate::errno::Errno;
use crate::fd::{Blocking, Object, OnExec};
use crate::kernel::Kernel;
use crate::net::tcp::{How, Progress};
use crate::net::{Family, SocketId};
use crate::ready::Refusal;
use crate::unix::Kind;

const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;
const SOCK_STREAM: i32 = 1;
const SOCK_DGRAM: i32 = 2;
const SOCK_RAW: i32 = 3;
const SOCK_SEQPACKET: i32 = 5;
/// `SOCK_MAX`.
const SOCK_TYPES: i32 = 11;
const SOCK_TYPE_MASK: i32 = 0xf;
const SOCK_NONBLOCK: i32 = 0o4000;
const SOCK_CLOEXEC: i32 = 0o2_000_000;
const IPPROTO_ICMP: i32 = 1;
const IPPROTO_TCP: i32 = 6;
const IPPROTO_UDP: i32 = 17;

/// What `socket(2)` is asked for, in the numbers of the Linux ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// `AF_*`.
    pub domain: i32,
    /// `SOCK_*`, with `SOCK_NONBLOCK` and `SOCK_CLOEXEC`.
    pub kind: i32,
    /// `IPPROTO_*`, or 0.
    pub protocol: i32,
}

/// What `socket(2)` makes.
enum Made {
    Tcp(Family),
    Udp(Family),
    Unix(Kind),
}

/// `socket(2)`.
///
/// # Errors
/// `EINVAL` for unknown flags, `EPROTONOSUPPORT` and `ESOCKTNOSUPPORT` as the family says; anything but TCP, UDP and unix
/// sockets is unmodelled.
pub fn socket(kernel: &mut Kernel, caller: &Caller, ask: Ask) -> Result<i32, Stop> {
    let (blocking, on_exec) = file_flags(ask.kind & !SOCK_TYPE_MASK)?;
    let object = match made(ask)? {
        Made::Tcp(family) => Object::Socket(kernel.net.create_tcp(kernel.host_id(), family)?),
        Made::Udp(family) => Object::Socket(kernel.net.create_udp(kernel.host_id(), family)?),
        Made::Unix(kind) => {
            if kind == Kind::SeqPacket {
                differ::seqpacket(kernel)?;
            }
            Object::Unix(kernel.unix.create(kernel.host_id(), kind)?)
        }
    };
    differ::made(kernel, object)?;
    Ok(kernel.install(caller.process, object, blocking, on_exec)?)
}

/// `socketpair(2)`: unix sockets alone have it.
///
/// # Errors
/// As [`socket`], `EOPNOTSUPP`, `EMFILE`.
pub fn socketpair(kernel: &mut Kernel, caller: &Caller, ask: Ask) -> Result<(i32, i32), Stop> {
    let (blocking, on_exec) = file_flags(ask.kind & !SOCK_TYPE_MASK)?;
    let Made::Unix(kind) = made(ask)? else { return Err(Errno::EOPNOTSUPP.into()) };
    let ends = kernel.unix.pair((kernel.host_id(), kind), message::credentials(kernel, caller))?;
    let first = kernel.install(caller.process, Object::Unix(ends.0), blocking, on_exec);
    let second = kernel.install(caller.process, Object::Unix(ends.1), blocking, on_exec);
    if let (Ok(first), Err(_)) = (first, second) {
        kernel.close_fd(caller.process, first)?;
    }
    kernel.settle();
    Ok((first?, second?))
}

fn made(ask: Ask) -> Result<Made, Stop> {
    let kind = ask.kind & SOCK_TYPE_MASK;
    // `__sock_create`.
    if kind >= SOCK_TYPES {
        return Err(Errno::EINVAL.into());
    }
    match ask.domain {
        AF_UNIX => Ok(Made::Unix(unix_kind(kind, ask.protocol)?)),
        AF_INET => made_inet(Family::Inet, kind, ask.protocol),
        AF_INET6 => made_inet(Family::Inet6, kind, ask.protocol),
        domain => Err(Stop::Unmodelled(format!("socket(2) of family {domain}"), Errno::EAFNOSUPPORT)),
    }
}

/// `unix_create`.
fn unix_kind(kind: i32, protocol: i32) -> Result<Kind, Errno> {
    if protocol != 0 && protocol != AF_UNIX {
        return Err(Errno::EPROTONOSUPPORT);
    }
    match kind {
        SOCK_STREAM => Ok(Kind::Stream),
        // What believes it is raw gets datagrams.
        SOCK_DGRAM | SOCK_RAW => Ok(Kind::Datagram),
        SOCK_SEQPACKET => Ok(Kind::SeqPacket),
        _ => Err(Errno::ESOCKTNOSUPPORT),
    }
}

/// `inet_create`.
fn made_inet(family: Family, kind: i32, protocol: i32) -> Result<Made, Stop> {
    match (kind, protocol) {
        (SOCK_STREAM, 0 | IPPROTO_TCP) => Ok(Made::Tcp(family)),
        (SOCK_DGRAM, 0 | IPPROTO_UDP) => Ok(Made::Udp(family)),
        (SOCK_STREAM, IPPROTO_ICMP | IPPROTO_UDP) | (SOCK_DGRAM, IPPROTO_TCP) => {
            Err(Errno::EPROTONOSUPPORT.into())
        }
        // There is nothing for these.
        (0 | 4 | 7..=9, _) => Err(Errno::ESOCKTNOSUPPORT.into()),
        (kind, protocol) => {
            let what = format!("socket(2) of type {kind}, protocol {protocol}");
            Err(Stop::Unmodelled(what, Errno::EPROTONOSUPPORT))
        }
    }
}

fn file_flags(flags: i32) -> Result<(Blocking, OnExec), Errno> {
    if flags & !(SOCK_NONBLOCK | SOCK_CLOEXEC) != 0 {
        return Err(Errno::EINVAL);
    }
    let blocking = if flags & SOCK_NONBLOCK == 0 { Blocking::Yes } else { Blocking::No };
    let on_exec = if flags & SOCK_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close };
    Ok((blocking, on_exec))
}

/// Whether a number is a socket, which every call finds out before it looks at an address.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`.
pub fn look(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<(), Stop> {
    match attempt::object(kernel, caller, fd)? {
        Object::Socket(_) | Object::Unix(_) => Ok(()),
        _ => Err(Errno::ENOTSOCK.into()),
    }
}

/// `bind(2)`. For a path, the boundary has made the file before and removes it if this fails.
///
/// # Errors
/// As [`Net::bind`](crate::net::Net::bind) and [`UnixSockets::bind`](crate::unix::UnixSockets::bind).
pub fn bind(kernel: &mut Kernel, caller: &Caller, fd: i32, address: &Address) -> Result<(), Stop> {
    let object = attempt::object(kernel, caller, fd)?;
    differ::bind(kernel, object, address)?;
    match object {
        Object::Socket(id) => {
            let address = address.to_bind(kernel.net.family(id))?;
            Ok(kernel.net.bind(id, address, kernel.now_ns())?)
        }
        Object::Unix(id) => Ok(kernel.unix.bind(id, address.of_unix()?.clone())?),
        _ => Err(Errno::ENOTSOCK.into()),
    }
}

/// `listen(2)`.
///
/// # Errors
/// As [`Net::listen`](crate::net::Net::listen) and [`UnixSockets::listen`](crate::unix::UnixSockets::listen).
pub fn listen(kernel: &mut Kernel, caller: &Caller, fd: i32, backlog: i32) -> Result<(), Stop> {
    let object = attempt::object(kernel, caller, fd)?;
    let backlog = differ::backlog(kernel, object, backlog)?;
    match object {
        Object::Socket(id) => kernel.net.listen(id, backlog, kernel.now_ns())?,
        Object::Unix(id) => kernel.unix.listen(id, backlog, message::credentials(kernel, caller))?,
        _ => return Err(Errno::ENOTSOCK.into()),
    }
    kernel.settle();
    Ok(())
}

/// `accept4(2)`; `accept(2)` with flags 0. `SO_RCVTIMEO` bounds its wait. The new socket waits unless the flags say
/// otherwise, whatever the listener does. A connection wakes everyone who waits for it, in the order in which they began; the
/// first takes it and the others go on waiting, which to a program is Linux's exclusive wake.
///
/// # Errors
/// `EINVAL` for a socket that does not listen or unknown flags, `EOPNOTSUPP` for datagrams, `EAGAIN`.
pub fn accept4(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    flags: i32,
) -> Result<(i32, Address), Stop> {
    accept_by(kernel, caller, fd, (Interface::Accept4, flags))
}

/// `accept(2)`: as [`accept4`] without flags, where the system does not say otherwise.
///
/// # Errors
/// As [`accept4`].
pub fn accept(kernel: &mut Kernel, caller: &mut Caller, fd: i32) -> Result<(i32, Address), Stop> {
    accept_by(kernel, caller, fd, (Interface::Accept, 0))
}

fn accept_by(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    (by, flags): (Interface, i32),
) -> Result<(i32, Address), Stop> {
    // `do_accept` finds the file before it looks at the flags.
    if caller.held.is_empty() {
        attempt::object(kernel, caller, fd)?;
    }
    let (new_blocking, on_exec) = file_flags(flags)?;
    on_file(kernel, caller, fd, |kernel, caller, target| {
        differ::accept(kernel, target.object)?;
        let (accepted, timeout_ns) = match target.object {
            Object::Socket(socket) => {
                let timeout_ns = kernel.net.options(socket).receive_timeout_ns;
                let accepted = kernel.net.accept(socket);
                let accepted = accepted.map(|new| (Object::Socket(new.id), Address::Inet(new.peer)));
                (accepted, timeout_ns)
            }
            Object::Unix(socket) => {
                let timeout_ns = kernel.unix.timeouts(socket).receive_ns;
                let asker = message::asker(kernel, caller, target, timeout_ns);
                let accepted = kernel.unix.accept(socket, asker.blocking);
                (accepted.map(|new| (Object::Unix(new.id), Address::Unix(new.peer))), timeout_ns)
            }
            _ => return Err(Errno::ENOTSOCK.into()),
        };
        match accepted {
            Ok((object, peer)) => {
                let blocking = differ::accepted_mode(kernel, by, target.blocking, new_blocking)?;
                Ok((kernel.install(caller.process, object, blocking, on_exec)?, peer))
            }
            Err(refusal) => {
                let timeout_ns = differ::accept_limit(kernel, timeout_ns)?;
                Err(attempt::settle(kernel, caller, target, Patience::io(timeout_ns), refusal))
            }
        }
    })
}

/// `connect(2)`. `SO_SNDTIMEO` bounds its wait, and TCP's handshake goes on behind an expired one.
///
/// # Errors
/// As [`Net::connect`](crate::net::Net::connect) and [`UnixSockets::connect`](crate::unix::UnixSockets::connect). Of a call
/// that does not wait, or waits too long, TCP answers `EINPROGRESS` if it began the handshake and `EALREADY` if it found one
/// under way, a unix socket `EAGAIN`.
pub fn connect(kernel: &mut Kernel, caller: &mut Caller, fd: i32, address: &Address) -> Result<(), Stop> {
    on_file(kernel, caller, fd, |kernel, caller, target| {
        let progress = if caller.held.is_empty() { Progress::First } else { Progress::Again };
        differ::connect(kernel, target.object, address, progress)?;
        match target.object {
            Object::Socket(socket) => connect_inet(kernel, caller, target, (socket, address)),
            Object::Unix(socket) => {
                let timeout_ns = differ::connect_limit(kernel, kernel.unix.timeouts(socket).send_ns)?;
                let asker = message::asker(kernel, caller, target, timeout_ns);
                let answer = match address {
                    Address::Unspecified { .. } => kernel.unix.disconnect(socket).map_err(Refusal::from),
                    _ => kernel.unix.connect(socket, address.of_unix()?, asker),
                };
                answer.map_err(|refusal| {
                    attempt::settle(kernel, caller, target, Patience::io(timeout_ns), refusal)
                })
            }
            _ => Err(Errno::ENOTSOCK.into()),
        }
    })
}

fn connect_inet(
    kernel: &mut Kernel,
    caller: &mut Caller,
    target: Target,
    (socket, address): (SocketId, &Address),
) -> Result<(), Stop> {
    if matches!(address, Address::Unspecified { .. }) {
        kernel.net.disconnect(socket);
        return Ok(());
    }
    let address = address.of_inet(kernel.net.family(socket))?;
    let progress = if caller.held.is_empty() { Progress::First } else { Progress::Again };
    if progress == Progress::First && !kernel.net.is_connecting(socket) {
        // Whether this call began the handshake it waits for.
        caller.done = 1;
    }
    let now_ns = kernel.now_ns();
    let timeout_ns = differ::connect_limit(kernel, kernel.net.options(socket).send_timeout_ns)?;
    kernel.net.connect(socket, address, now_ns, progress).map_err(|refusal| {
        // `__inet_stream_connect` answers an expired wait like one that was never begun.
        let errno = if caller.done == 1 { Errno::EINPROGRESS } else { Errno::EALREADY };
        let patience = Patience { timeout_ns, expired: errno, at_once: errno };
        let stop = attempt::settle(kernel, caller, target, patience, refusal);
        differ::connect_refused(kernel, socket, &stop);
        stop
    })
}

/// `shutdown(2)`.
///
/// # Errors
/// `EINVAL` for an unknown direction, `ENOTCONN`.
pub fn shutdown(kernel: &mut Kernel, caller: &Caller, fd: i32, how: i32) -> Result<(), Stop> {
    let object = attempt::object(kernel, caller, fd)?;
    if let Some(answer) = differ::shutdown(kernel, object, how) {
        kernel.settle();
        return answer;
    }
    let answer = match object {
        Object::Socket(id) => kernel.net.shutdown(id, How::from_linux(how)?),
        Object::Unix(id) => {
            kernel.unix.shutdown(id, How::from_linux(how)?);
            Ok(())
        }
        _ => Err(Errno::ENOTSOCK),
    };
    kernel.settle();
    Ok(answer?)
}

/// `getsockname(2)`.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`.
pub fn getsockname(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<Address, Stop> {
    match attempt::object(kernel, caller, fd)? {
        Object::Socket(id) => Ok(Address::Inet(kernel.net.local_address(id))),
        Object::Unix(id) => Ok(Address::Unix(kernel.unix.local_name(id).clone())),
        _ => Err(Errno::ENOTSOCK.into()),
    }
}

/// `getpeername(2)`.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`, `ENOTCONN`.
pub fn getpeername(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<Address, Stop> {
    let object = attempt::object(kernel, caller, fd)?;
    differ::getpeername(kernel, object)?;
    match object {
        Object::Socket(id) => Ok(Address::Inet(kernel.net.peer_address(id)?)),
        Object::Unix(id) => Ok(Address::Unix(kernel.unix.peer_name(id)?.clone())),
        _ => Err(Errno::ENOTSOCK.into()),
    }
}
