//! `socket(2)` and everything that takes a socket.
//!
//! Does not know what a descriptor is. Invariant: an address or an option is bytes of exactly the length that is told.

use core::net::SocketAddr;

use libc::socklen_t;

use crate::Failed;
use crate::address::{LENGTH_MAX, decode, encode};
use crate::failed::{count, done, number};

fn length(bytes: &[u8]) -> socklen_t {
    socklen_t::try_from(bytes.len()).expect("addresses and options are short")
}

/// `socket(2)`.
pub fn socket(domain: i32, kind: i32, protocol: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::socket(domain, kind, protocol) })
}

/// `socketpair(2)`.
pub fn socketpair(domain: i32, kind: i32, protocol: i32) -> Result<[i32; 2], Failed> {
    let mut pair = [-1; 2];
    // SAFETY: room for two numbers.
    done(unsafe { libc::socketpair(domain, kind, protocol, pair.as_mut_ptr()) })?;
    Ok(pair)
}

/// `bind(2)`.
pub fn bind(fd: i32, to: SocketAddr) -> Result<(), Failed> {
    bind_bytes(fd, &encode(to))
}

/// `bind(2)` to whatever the bytes mean.
pub fn bind_bytes(fd: i32, to: &[u8]) -> Result<(), Failed> {
    // SAFETY: as many readable bytes as the length says.
    done(unsafe { libc::bind(fd, to.as_ptr().cast(), length(to)) })
}

/// `listen(2)`.
pub fn listen(fd: i32, backlog: i32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::listen(fd, backlog) })
}

/// `connect(2)`.
pub fn connect(fd: i32, to: SocketAddr) -> Result<(), Failed> {
    connect_bytes(fd, &encode(to))
}

/// `connect(2)` to whatever the bytes mean.
pub fn connect_bytes(fd: i32, to: &[u8]) -> Result<(), Failed> {
    // SAFETY: as many readable bytes as the length says.
    done(unsafe { libc::connect(fd, to.as_ptr().cast(), length(to)) })
}

/// `accept(2)` without asking for the peer's address.
pub fn accept(fd: i32) -> Result<i32, Failed> {
    // SAFETY: accept(2) allows both pointers to be null.
    number(unsafe { libc::accept(fd, core::ptr::null_mut(), core::ptr::null_mut()) })
}

/// `accept4(2)`: the new descriptor and the peer's address.
pub fn accept4(fd: i32, flags: i32) -> Result<(i32, Option<SocketAddr>), Failed> {
    let mut new = -1;
    let (_, address) = named(|name, length| {
        // SAFETY: `named` gives a buffer and its length.
        new = unsafe { libc::accept4(fd, name.cast(), length, flags) };
        new.min(0)
    })?;
    Ok((new, address))
}

/// `shutdown(2)`.
pub fn shutdown(fd: i32, how: i32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::shutdown(fd, how) })
}

/// `recv(2)`.
pub fn recv(fd: i32, into: &mut [u8], flags: i32) -> Result<usize, Failed> {
    // SAFETY: as many writable bytes as the length says.
    count(unsafe { libc::recv(fd, into.as_mut_ptr().cast(), into.len(), flags) })
}

/// `recvfrom(2)`: how many bytes, and how long the sender's address is.
pub fn recvfrom(fd: i32, into: &mut [u8], flags: i32) -> Result<(usize, u32), Failed> {
    let mut name = [0_u8; LENGTH_MAX];
    let mut length = length(&name);
    let (data, name) = (into.as_mut_ptr().cast(), name.as_mut_ptr().cast());
    // SAFETY: both buffers are writable for the lengths told.
    let received = unsafe { libc::recvfrom(fd, data, into.len(), flags, name, &raw mut length) };
    count(received).map(|received| (received, length))
}

/// `send(2)`.
pub fn send(fd: i32, bytes: &[u8], flags: i32) -> Result<usize, Failed> {
    // SAFETY: as many readable bytes as the length says.
    count(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
}

/// `sendto(2)`.
pub fn sendto(fd: i32, bytes: &[u8], flags: i32, to: SocketAddr) -> Result<usize, Failed> {
    let (data, to) = (bytes.as_ptr().cast(), encode(to));
    // SAFETY: as many readable bytes as either length says.
    count(unsafe { libc::sendto(fd, data, bytes.len(), flags, to.as_ptr().cast(), length(&to)) })
}

/// An option's level and name.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// `SOL_SOCKET`, `IPPROTO_TCP`, ….
    pub level: i32,
    /// `SO_*`, `TCP_*`, ….
    pub name: i32,
}

/// `setsockopt(2)`.
pub fn setsockopt(fd: i32, option: Name, value: &[u8]) -> Result<(), Failed> {
    let Name { level, name } = option;
    // SAFETY: as many readable bytes as the length says.
    done(unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), length(value)) })
}

/// `getsockopt(2)` with room for so many bytes.
pub fn getsockopt(fd: i32, option: Name, room: usize) -> Result<Vec<u8>, Failed> {
    let Name { level, name } = option;
    let mut value = vec![0_u8; room];
    let mut length = length(&value);
    // SAFETY: as many writable bytes as the length says.
    done(unsafe { libc::getsockopt(fd, level, name, value.as_mut_ptr().cast(), &raw mut length) })?;
    value.truncate(length as usize);
    Ok(value)
}

/// `getsockname(2)`: the address, and how long the kernel said it is.
pub fn getsockname(fd: i32) -> Result<(u32, Option<SocketAddr>), Failed> {
    // SAFETY: `named` gives a buffer and its length.
    named(|name, length| unsafe { libc::getsockname(fd, name.cast(), length) })
}

/// `getpeername(2)`: the address, and how long the kernel said it is.
pub fn getpeername(fd: i32) -> Result<(u32, Option<SocketAddr>), Failed> {
    // SAFETY: `named` gives a buffer and its length.
    named(|name, length| unsafe { libc::getpeername(fd, name.cast(), length) })
}

/// An address as bytes: how long the kernel said it is, and what of it fits into the room.
pub type Told = (u32, Vec<u8>);

/// Calls with so much room for an address.
fn told(room: usize, call: impl FnOnce(*mut u8, *mut socklen_t) -> isize) -> Result<(usize, Told), Failed> {
    let mut name = vec![0xaa; room];
    let mut whole = length(&name);
    let answer = count(call(name.as_mut_ptr(), &raw mut whole))?;
    name.truncate(whole as usize);
    Ok((answer, (whole, name)))
}

/// `getsockname(2)` with so much room.
pub fn getsockname_bytes(fd: i32, room: usize) -> Result<Told, Failed> {
    // SAFETY: `told` gives a buffer and its length.
    told(room, |name, length| unsafe { libc::getsockname(fd, name.cast(), length) } as isize)
        .map(|told| told.1)
}

/// `getpeername(2)` with so much room.
pub fn getpeername_bytes(fd: i32, room: usize) -> Result<Told, Failed> {
    // SAFETY: `told` gives a buffer and its length.
    told(room, |name, length| unsafe { libc::getpeername(fd, name.cast(), length) } as isize)
        .map(|told| told.1)
}

/// `accept4(2)`: the new descriptor and the peer's address.
pub fn accept_bytes(fd: i32, flags: i32, room: usize) -> Result<(i32, Told), Failed> {
    // SAFETY: `told` gives a buffer and its length.
    let (new, name) =
        told(room, |name, length| unsafe { libc::accept4(fd, name.cast(), length, flags) } as isize)?;
    Ok((i32::try_from(new).expect("a descriptor"), name))
}

/// `recvfrom(2)`: how many bytes, and the sender's address.
pub fn recvfrom_bytes(fd: i32, into: &mut [u8], flags: i32) -> Result<(usize, Told), Failed> {
    let (data, room) = (into.as_mut_ptr().cast(), into.len());
    // SAFETY: both buffers are writable for the lengths told.
    told(128, |name, length| unsafe { libc::recvfrom(fd, data, room, flags, name.cast(), length) })
}

/// `sendto(2)` to whatever the bytes mean.
pub fn sendto_bytes(fd: i32, bytes: &[u8], flags: i32, to: &[u8]) -> Result<usize, Failed> {
    let data = bytes.as_ptr().cast();
    // SAFETY: as many readable bytes as either length says.
    count(unsafe { libc::sendto(fd, data, bytes.len(), flags, to.as_ptr().cast(), length(to)) })
}

/// The address in the bytes a call wrote, if they are one of `ip(7)`.
#[must_use]
pub fn decoded(bytes: &[u8]) -> Option<SocketAddr> {
    decode(bytes)
}

/// Calls with room for an address.
fn named(
    call: impl FnOnce(*mut [u8; LENGTH_MAX], *mut socklen_t) -> i32,
) -> Result<(u32, Option<SocketAddr>), Failed> {
    let mut name = [0_u8; LENGTH_MAX];
    let mut length = length(&name);
    done(call(&raw mut name, &raw mut length))?;
    Ok((length, decode(&name[..LENGTH_MAX.min(length as usize)])))
}
