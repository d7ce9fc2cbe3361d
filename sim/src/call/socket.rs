//! `socket(2)`, `bind(2)`, `listen(2)`, `accept(2)`, `connect(2)`, `shutdown(2)`, `getsockname(2)`, `getpeername(2)`.
//!
//! Does not know `sockaddr` layouts: the boundary converts addresses. Invariant: a call here that waits can be made again
//! until it answers, and begins what it begins once.

use core::net::SocketAddr;

use super::attempt::{self, Patience, on_file};
use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::{Blocking, Object, OnExec};
use crate::kernel::Kernel;
use crate::net::Family;
use crate::net::tcp::{How, Progress};
use crate::ready::Refusal;

const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_INET6: i32 = 10;
const SOCK_STREAM: i32 = 1;
const SOCK_TYPE_MASK: i32 = 0xf;
const SOCK_NONBLOCK: i32 = 0o4000;
const SOCK_CLOEXEC: i32 = 0o2_000_000;
const IPPROTO_TCP: i32 = 6;

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

/// `socket(2)`.
///
/// # Errors
/// `EINVAL` for unknown flags, `EPROTONOSUPPORT` for a protocol that is no stream; anything but TCP is unmodelled.
pub fn socket(kernel: &mut Kernel, caller: &Caller, ask: Ask) -> Result<i32, Stop> {
    let (blocking, on_exec) = file_flags(ask.kind & !SOCK_TYPE_MASK)?;
    let family = match ask.domain {
        AF_INET => Family::Inet,
        AF_INET6 => Family::Inet6,
        domain => {
            let what = if domain == AF_UNIX {
                "socket(2) of family AF_UNIX".into()
            } else {
                format!("socket(2) of family {domain}")
            };
            return Err(Stop::Unmodelled(what, Errno::EAFNOSUPPORT));
        }
    };
    match (ask.kind & SOCK_TYPE_MASK, ask.protocol) {
        (SOCK_STREAM, 0 | IPPROTO_TCP) => {}
        (SOCK_STREAM, 1 | 17) => return Err(Errno::EPROTONOSUPPORT.into()),
        // `inet_create` has nothing for these; `__sock_create` refuses numbers past the last type.
        (0 | 4 | 7..=9, _) => return Err(Errno::ESOCKTNOSUPPORT.into()),
        (11.., _) => return Err(Errno::EINVAL.into()),
        (kind, protocol) => {
            let what = format!("socket(2) of type {kind}, protocol {protocol}");
            return Err(Stop::Unmodelled(what, Errno::EPROTONOSUPPORT));
        }
    }
    let id = kernel.net.create_tcp(family)?;
    Ok(kernel.install(caller.process, Object::Socket(id), blocking, on_exec)?)
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

/// `bind(2)`.
///
/// # Errors
/// As [`Net::bind`](crate::net::Net::bind).
pub fn bind(kernel: &mut Kernel, caller: &Caller, fd: i32, address: SocketAddr) -> Result<(), Stop> {
    let id = attempt::socket(kernel, caller, fd)?;
    Ok(kernel.net.bind(id, address, kernel.now_ns())?)
}

/// `listen(2)`.
///
/// # Errors
/// As [`Net::listen`](crate::net::Net::listen).
pub fn listen(kernel: &mut Kernel, caller: &Caller, fd: i32, backlog: i32) -> Result<(), Stop> {
    let id = attempt::socket(kernel, caller, fd)?;
    Ok(kernel.net.listen(id, backlog, kernel.now_ns())?)
}

/// `accept4(2)`; `accept(2)` with flags 0. `SO_RCVTIMEO` bounds its wait. The new socket waits unless the flags say
/// otherwise, whatever the listener does. A connection wakes everyone who waits for it, in the order in which they began; the
/// first takes it and the others go on waiting, which to a program is Linux's exclusive wake.
///
/// # Errors
/// `EINVAL` for a socket that does not listen or unknown flags, `EAGAIN`.
pub fn accept4(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    flags: i32,
) -> Result<(i32, SocketAddr), Stop> {
    let (new_blocking, on_exec) = file_flags(flags)?;
    on_file(kernel, caller, fd, |kernel, caller, target| {
        let Object::Socket(socket) = target.object else { return Err(Errno::ENOTSOCK.into()) };
        match kernel.net.accept(socket) {
            Ok(accepted) => {
                let object = Object::Socket(accepted.id);
                Ok((kernel.install(caller.process, object, new_blocking, on_exec)?, accepted.peer))
            }
            Err(refusal) => {
                let patience = Patience::io(kernel.net.options(socket).receive_timeout_ns);
                Err(attempt::settle(kernel, caller, target, patience, refusal))
            }
        }
    })
}

/// `connect(2)`. `SO_SNDTIMEO` bounds its wait, and the handshake goes on behind an expired one.
///
/// # Errors
/// As [`Net::connect`](crate::net::Net::connect). A call that does not wait, or waits too long, answers `EINPROGRESS` if it
/// began the handshake and `EALREADY` if it found one under way.
pub fn connect(kernel: &mut Kernel, caller: &mut Caller, fd: i32, address: SocketAddr) -> Result<(), Stop> {
    on_file(kernel, caller, fd, |kernel, caller, target| {
        let Object::Socket(socket) = target.object else { return Err(Errno::ENOTSOCK.into()) };
        let progress = if caller.held.is_empty() { Progress::First } else { Progress::Again };
        if progress == Progress::First && !kernel.net.is_connecting(socket) {
            // Whether this call began the handshake it waits for.
            caller.done = 1;
        }
        let now_ns = kernel.now_ns();
        kernel.net.connect(socket, address, now_ns, progress).map_err(|refusal| {
            let timeout_ns = kernel.net.options(socket).send_timeout_ns;
            // `__inet_stream_connect` answers an expired wait like one that was never begun.
            let errno = if caller.done == 1 { Errno::EINPROGRESS } else { Errno::EALREADY };
            let patience = Patience { timeout_ns, expired: errno, at_once: errno };
            attempt::settle(kernel, caller, target, patience, refusal)
        })
    })
}

/// `shutdown(2)`.
///
/// # Errors
/// `EINVAL` for an unknown direction, `ENOTCONN`.
pub fn shutdown(kernel: &mut Kernel, caller: &Caller, fd: i32, how: i32) -> Result<(), Stop> {
    let id = attempt::socket(kernel, caller, fd)?;
    let answer = kernel.net.shutdown(id, How::from_linux(how)?);
    kernel.settle();
    Ok(answer?)
}

/// `getsockname(2)`.
///
/// # Errors
/// `EBADF`.
pub fn getsockname(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<SocketAddr, Stop> {
    Ok(kernel.net.local_address(attempt::socket(kernel, caller, fd)?))
}

/// `getpeername(2)`.
///
/// # Errors
/// `ENOTCONN`.
pub fn getpeername(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<SocketAddr, Stop> {
    Ok(kernel.net.peer_address(attempt::socket(kernel, caller, fd)?)?)
}

/// For an address the boundary cannot convert: a family that is neither IPv4 nor IPv6.
#[must_use]
pub fn unmodelled_address(family: i32) -> Stop {
    Refusal::unmodelled(format!("a socket address of family {family}"), Errno::EAFNOSUPPORT).into()
}
