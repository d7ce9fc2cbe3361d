//! `sockaddr(3type)`: the C library's socket addresses and the kernel's.
//!
//! Does not know sockets but by their family. Invariant: an address that goes to the program and comes back is the same, and
//! nothing is written past the length it gave.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use libc::{sockaddr, socklen_t};
use photofinish_sim::call::Stop;
use photofinish_sim::call::address::Address;
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::unix::Name;

use super::descriptor::{buffer, bytes};
use super::node::{self, Purpose};

/// `sizeof(sa_family_t)`, behind which a name of `unix(7)` begins.
const FAMILY_BYTES: usize = size_of::<libc::sa_family_t>();
const INET_BYTES: usize = size_of::<libc::sockaddr_in>();
/// `SIN6_LEN_RFC2133`: without the scope.
const INET6_BYTES_MIN: usize = 24;
const UNIX_BYTES_MAX: usize = size_of::<libc::sockaddr_un>();

/// The bytes of an address of the program.
pub(super) struct Given<'a>(&'a [u8]);

/// Finds the bytes of an address of the program, as `move_addr_to_kernel` does.
pub(super) fn given<'a>(address: *const sockaddr, length: socklen_t) -> Result<Given<'a>, Errno> {
    let length = length as usize;
    if length > size_of::<libc::sockaddr_storage>() {
        return Err(Errno::EINVAL);
    }
    if length > 0 && address.is_null() {
        return Err(Errno::EFAULT);
    }
    Ok(Given(bytes(address.cast(), length)))
}

impl Given<'_> {
    /// Whether it has no bytes, which `sendto(2)` of a unix socket takes for none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it means to a socket. One of `unix(7)` leads to the file system, and only if the socket is one, too.
    pub(super) fn read(&self, kernel: &Kernel, fd: i32, purpose: Purpose) -> Result<Address, Stop> {
        let all = self.0;
        let length = all.len();
        let Some(family) = all.first_chunk().map(|family| libc::sa_family_t::from_ne_bytes(*family)) else {
            return Ok(Address::Other { family: libc::AF_UNSPEC, length });
        };
        let family = i32::from(family);
        let is_unix = matches!(kernel.object(fd), Some(Object::Unix(_)));
        Ok(match family {
            libc::AF_INET if length >= INET_BYTES => Address::Inet(inet(all)),
            libc::AF_INET6 if length >= INET6_BYTES_MIN => Address::Inet(inet6(all)),
            libc::AF_UNIX if is_unix && (FAMILY_BYTES..=UNIX_BYTES_MAX).contains(&length) => {
                Address::Unix(unix(kernel, &all[FAMILY_BYTES..], purpose)?)
            }
            libc::AF_UNSPEC => {
                let as_inet = (length >= INET_BYTES).then(|| inet(all));
                Address::Unspecified { as_inet, length }
            }
            family => Address::Other { family, length },
        })
    }
}

fn port(all: &[u8]) -> u16 {
    u16::from_be_bytes([all[2], all[3]])
}

fn inet(all: &[u8]) -> SocketAddr {
    SocketAddrV4::new(Ipv4Addr::new(all[4], all[5], all[6], all[7]), port(all)).into()
}

fn inet6(all: &[u8]) -> SocketAddr {
    let word = |at: usize| all.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    let octets: [u8; 16] = *all[8..].first_chunk().expect("the length was looked at");
    let (flow, scope) = (u32::from_ne_bytes(word(4)), u32::from_ne_bytes(word(24)));
    SocketAddrV6::new(Ipv6Addr::from(octets), port(all), flow, scope).into()
}

fn unix(kernel: &Kernel, name: &[u8], purpose: Purpose) -> Result<Name, Stop> {
    match name {
        [] => Ok(Name::Unnamed),
        [0, name @ ..] => Ok(Name::Abstract(name.to_vec())),
        path => node::name(kernel, path.split(|byte| *byte == 0).next().unwrap_or_default(), purpose),
    }
}

/// The bytes of an address as the kernel tells it.
fn encode(address: &Address) -> Vec<u8> {
    let family = |family: i32| libc::sa_family_t::try_from(family).unwrap_or_default().to_ne_bytes();
    match address {
        Address::Inet(SocketAddr::V4(v4)) => {
            [&family(libc::AF_INET)[..], &v4.port().to_be_bytes(), &v4.ip().octets(), &[0; 8]].concat()
        }
        Address::Inet(SocketAddr::V6(v6)) => {
            let (flow, scope) = (v6.flowinfo().to_ne_bytes(), v6.scope_id().to_ne_bytes());
            let port = v6.port().to_be_bytes();
            [&family(libc::AF_INET6)[..], &port, &flow, &v6.ip().octets(), &scope].concat()
        }
        Address::Unix(name) => {
            let family = family(libc::AF_UNIX);
            match name {
                Name::Unnamed | Name::Unresolved(_) => family.to_vec(),
                Name::Path { path, .. } => [&family[..], path, &[0]].concat(),
                Name::Abstract(bytes) => [&family[..], &[0], bytes].concat(),
            }
        }
        Address::Unspecified { .. } | Address::Other { .. } => Vec::new(),
    }
}

/// The address of `ip(7)` in these bytes, if they are one.
pub(super) fn of_inet(all: &[u8]) -> Option<SocketAddr> {
    let family = i32::from(libc::sa_family_t::from_ne_bytes(*all.first_chunk()?));
    match family {
        libc::AF_INET if all.len() >= INET_BYTES => Some(inet(all)),
        libc::AF_INET6 if all.len() >= INET6_BYTES_MIN => Some(inet6(all)),
        _ => None,
    }
}

/// The bytes of an address of `ip(7)`.
pub(super) fn bytes_of(address: SocketAddr) -> Vec<u8> {
    encode(&Address::Inet(address))
}

/// Writes an address for the program, cut to the length it gave, and the length it has: 0 for none. Nothing if the program does
/// not ask (`move_addr_to_user`).
pub(super) fn write(from: Option<&Address>, address: *mut sockaddr, length: *mut socklen_t) {
    if address.is_null() || length.is_null() {
        return;
    }
    // SAFETY: the caller gives a valid length.
    let length = unsafe { &mut *length };
    crate::phase::as_simulator(|| {
        let whole = from.map(encode).unwrap_or_default();
        let room = buffer(address.cast(), whole.len().min(*length as usize));
        room.copy_from_slice(&whole[..room.len()]);
        *length = socklen_t::try_from(whole.len()).expect("addresses are short");
    });
}
