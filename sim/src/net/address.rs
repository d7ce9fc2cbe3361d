//! Addresses: families, what is local, which names mean the same place.
//!
//! Does not know ports in use or sockets. Invariant: inside the network every address is canonical: an IPv4-mapped IPv6
//! address is its IPv4 address, flow and scope are 0. A dual-stack socket sees it mapped back (`ipv6(7)`).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::errno::Errno;
use crate::host::HostSpec;

/// The family a socket was created with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`.
    Inet6,
}

impl Family {
    /// The unspecified address of the family with port 0.
    #[must_use]
    pub fn unspecified(self) -> SocketAddr {
        match self {
            Self::Inet => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
            Self::Inet6 => SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
        }
    }

    /// A canonical address as a socket of this family reports it.
    #[must_use]
    pub fn present(self, address: SocketAddr) -> SocketAddr {
        match (self, address.ip()) {
            (Self::Inet6, IpAddr::V4(ip)) => SocketAddr::new(IpAddr::V6(ip.to_ipv6_mapped()), address.port()),
            _ => address,
        }
    }

    /// The canonical form of an address a program handed to a socket of this family.
    ///
    /// # Errors
    /// `EAFNOSUPPORT` for an IPv6 address on an IPv4 socket (`inet_bind`, `tcp_v4_connect`); `EINVAL` the other way round,
    /// because `sockaddr_in` is shorter than `SIN6_LEN_RFC2133` (`inet6_bind`, `tcp_v6_connect`), and for a link-local
    /// address, which needs the name of an interface that is not loopback.
    pub fn admit(self, address: SocketAddr) -> Result<SocketAddr, Errno> {
        match (self, address) {
            (Self::Inet, SocketAddr::V6(_)) => Err(Errno::EAFNOSUPPORT),
            (Self::Inet6, SocketAddr::V4(_)) => Err(Errno::EINVAL),
            (Self::Inet6, SocketAddr::V6(v6)) if v6.ip().is_unicast_link_local() => Err(Errno::EINVAL),
            _ => Ok(canonical(address)),
        }
    }
}

/// Whether a socket has an address already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It does not.
    No,
    /// It does, or is connected.
    Yes,
}

/// The canonical form of an address `bind(2)` may give a socket on a host. An IPv4 group or broadcast address may be had, though
/// nothing ever comes to it (`inet_addr_valid_or_nonlocal`); an IPv6 group may not.
///
/// # Errors
/// As [`Family::admit`]; `EADDRNOTAVAIL` for an address that is not ours; `EINVAL` for IPv4 on a socket that is for IPv6 alone,
/// and for a socket that is bound, which `__inet6_bind` notices before and `__inet_bind` after the address.
pub fn bindable(
    host: &HostSpec,
    (family, stacks): (Family, Stacks),
    bound: Bound,
    address: SocketAddr,
) -> Result<SocketAddr, Errno> {
    let canonical = family.admit(address)?;
    let narrow = address.is_ipv6() && canonical.is_ipv4() && stacks == Stacks::V6Only;
    if narrow || (family == Family::Inet6 && bound == Bound::Yes) {
        return Err(Errno::EINVAL);
    }
    match canonical.ip() {
        IpAddr::V4(v4) if v4.is_multicast() || v4.is_broadcast() => {}
        IpAddr::V6(v6) if v6.is_multicast() => return Err(Errno::EINVAL),
        ip if ip.is_unspecified() || ip.is_loopback() || host.addresses.contains(&ip) => {}
        _ => return Err(Errno::EADDRNOTAVAIL),
    }
    if bound == Bound::Yes { Err(Errno::EINVAL) } else { Ok(canonical) }
}

/// Whether binding to an address makes a socket one for IPv6 alone, as `__inet6_bind` does.
#[must_use]
pub fn narrows(ip: IpAddr) -> bool {
    ip.is_ipv6() && !ip.is_unspecified()
}

/// The canonical form of an address.
#[must_use]
pub fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Which of the two stacks an unspecified IPv6 address stands for (`IPV6_V6ONLY`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacks {
    /// IPv6 alone.
    V6Only,
    /// IPv6, and IPv4 through mapped addresses.
    Dual,
}

/// Whether two bound addresses contend for the same packets: `inet_rcv_saddr_equal` with `match_wildcard`.
#[must_use]
pub fn overlap(a: (IpAddr, Stacks), b: (IpAddr, Stacks)) -> bool {
    let takes_all =
        |(ip, stacks): (IpAddr, Stacks)| ip.is_unspecified() && ip.is_ipv6() && stacks == Stacks::Dual;
    if a.0.is_ipv4() == b.0.is_ipv4() {
        a.0 == b.0 || a.0.is_unspecified() || b.0.is_unspecified()
    } else {
        takes_all(a) || takes_all(b)
    }
}
