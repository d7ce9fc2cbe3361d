//! `sockaddr(3type)`: the C library's socket addresses and the kernel's.
//!
//! Does not know sockets. Invariant: an address that goes to the program and comes back is the same, and nothing is written
//! past the length it gave.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use libc::{sockaddr, sockaddr_in, sockaddr_in6, socklen_t};
use photofinish_sim::call::Stop;
use photofinish_sim::call::socket::unmodelled_address;
use photofinish_sim::errno::Errno;

/// Reads an address of the program.
pub(super) fn read(address: *const sockaddr, length: socklen_t) -> Result<SocketAddr, Stop> {
    let length = length as usize;
    if address.is_null() {
        return Err(Stop::Fail(Errno::EFAULT));
    }
    // `move_addr_to_kernel`, then the call itself.
    if !(size_of::<libc::sa_family_t>()..=size_of::<libc::sockaddr_storage>()).contains(&length) {
        return Err(Stop::Fail(Errno::EINVAL));
    }
    // SAFETY: the caller gives at least a family, which comes first; it need not be aligned.
    let family = i32::from(unsafe { core::ptr::read_unaligned(address.cast::<libc::sa_family_t>()) });
    match family {
        libc::AF_INET if length >= size_of::<sockaddr_in>() => {
            // SAFETY: the family says sockaddr_in, and the length covers it; it need not be aligned.
            let v4 = unsafe { core::ptr::read_unaligned(address.cast::<sockaddr_in>()) };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Ok(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 if length >= size_of::<sockaddr_in6>() => {
            // SAFETY: the family says sockaddr_in6, and the length covers it; it need not be aligned.
            let v6 = unsafe { core::ptr::read_unaligned(address.cast::<sockaddr_in6>()) };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Ok(SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), v6.sin6_flowinfo, v6.sin6_scope_id).into())
        }
        libc::AF_INET | libc::AF_INET6 => Err(Stop::Fail(Errno::EINVAL)),
        family => Err(unmodelled_address(family)),
    }
}

/// Writes an address for the program, cut to the length it gave, and the length it has.
pub(super) fn write(from: SocketAddr, address: *mut sockaddr, length: *mut socklen_t) {
    if address.is_null() || length.is_null() {
        return;
    }
    match from {
        SocketAddr::V4(v4) => {
            // SAFETY: a sockaddr_in of zeroes is valid.
            let mut raw: sockaddr_in = unsafe { core::mem::zeroed() };
            raw.sin_family = libc::AF_INET as libc::sa_family_t;
            raw.sin_port = v4.port().to_be();
            raw.sin_addr.s_addr = u32::from(*v4.ip()).to_be();
            copy_out(&raw, address, length);
        }
        SocketAddr::V6(v6) => {
            // SAFETY: a sockaddr_in6 of zeroes is valid.
            let mut raw: sockaddr_in6 = unsafe { core::mem::zeroed() };
            raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            raw.sin6_port = v6.port().to_be();
            raw.sin6_addr.s6_addr = v6.ip().octets();
            raw.sin6_flowinfo = v6.flowinfo();
            raw.sin6_scope_id = v6.scope_id();
            copy_out(&raw, address, length);
        }
    }
}

fn copy_out<T>(raw: &T, address: *mut sockaddr, length: *mut socklen_t) {
    // SAFETY: the caller gives a valid length, and as many bytes at `address`.
    let length = unsafe { &mut *length };
    let room = (*length as usize).min(size_of::<T>());
    // SAFETY: `room` is at most the size of either.
    unsafe {
        core::ptr::copy_nonoverlapping(core::ptr::from_ref(raw).cast::<u8>(), address.cast::<u8>(), room)
    };
    *length = size_of::<T>() as socklen_t;
}
