//! `sockaddr(3type)` as bytes.
//!
//! Does not know sockets. Invariant: an address that was encoded decodes to itself.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// `sizeof(struct sockaddr_in6)`: nothing here is longer.
pub(crate) const LENGTH_MAX: usize = 28;

/// The bytes of `struct sockaddr_in` or `struct sockaddr_in6`.
pub(crate) fn encode(address: SocketAddr) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(LENGTH_MAX);
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    bytes.extend(u16::try_from(family).expect("families are small").to_ne_bytes());
    bytes.extend(address.port().to_be_bytes());
    match address {
        SocketAddr::V4(v4) => {
            bytes.extend(v4.ip().octets());
            bytes.extend([0; 8]);
        }
        SocketAddr::V6(v6) => {
            bytes.extend(v6.flowinfo().to_be_bytes());
            bytes.extend(v6.ip().octets());
            bytes.extend(v6.scope_id().to_ne_bytes());
        }
    }
    bytes
}

/// The address in the bytes a call wrote; none if they are no whole IP address.
pub(crate) fn decode(bytes: &[u8]) -> Option<SocketAddr> {
    let family = i32::from(u16::from_ne_bytes(*bytes.first_chunk()?));
    let port = u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    if family == libc::AF_INET {
        let octets: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
        return Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(octets)), port));
    }
    let octets: [u8; 16] = *bytes.get(8..)?.first_chunk()?;
    let scope = u32::from_ne_bytes(*bytes.get(24..)?.first_chunk()?);
    (family == libc::AF_INET6).then(|| SocketAddrV6::new(Ipv6Addr::from(octets), port, 0, scope).into())
}
