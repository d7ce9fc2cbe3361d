//! Where an address leads from a host: `ip_route_output_flow`.
//!
//! Hosts lie in one routed network: an address that nobody has swallows what is sent to it. Does not know sockets. Invariant: what
//! is on loopback, or one of the host's own addresses, never leaves the host.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::packet::Hop;
use crate::errno::Errno;
use crate::host::{HostId, HostSpec, Hosts};
use crate::ready::Refusal;

/// Nobody's host: a packet to it is lost.
pub const NOWHERE: HostId = HostId(u32::MAX);

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// Between which hosts.
    pub(super) hop: Hop,
    /// What a packet comes from that has no address yet.
    pub(super) source: IpAddr,
}

/// Where a canonical address of one host leads from a host.
///
/// # Errors
/// `ENETUNREACH` without an address of that family, for what is not on loopback; unmodelled for IPv4 addresses that no host can have,
/// which Linux hands to its next router.
pub(super) fn find(hosts: &Hosts, from: HostId, to: IpAddr) -> Result<Route, Refusal> {
    let home = Hop { from, to: from };
    if to.is_loopback() {
        return Ok(Route { hop: home, source: loopback(to) });
    }
    let own = &hosts.get(from).spec.addresses;
    if own.contains(&to) {
        return Ok(Route { hop: home, source: to });
    }
    let source = own.iter().find(|ip| ip.is_ipv4() == to.is_ipv4()).ok_or(Errno::ENETUNREACH)?;
    if let IpAddr::V4(ip) = to
        && is_reserved(ip)
    {
        return Err(Refusal::unmodelled(format!("packets to {ip}"), Errno::ENETUNREACH));
    }
    let to = hosts.by_address(to).unwrap_or(NOWHERE);
    Ok(Route { hop: Hop { from, to }, source: *source })
}

/// The interface that leads to an address, and that what is for one of the host's own comes over, even from the host itself
/// (`ipv4_pktinfo_prepare`, `ip6_rcv_core`): loopback's index is 1, that of the link to all other hosts is 2.
pub(super) fn interface(of: IpAddr) -> u32 {
    if of.is_loopback() { 1 } else { 2 }
}

/// Whether a host has an interface of this index: the second comes with addresses.
pub(super) fn has_interface(host: &HostSpec, index: u32) -> bool {
    index == 1 || (index == 2 && !host.addresses.is_empty())
}

/// Whether an address is a host's own, so that packets may come from it.
pub(super) fn is_own(host: &HostSpec, ip: IpAddr) -> bool {
    (ip.is_loopback() && !is_of_many(ip)) || host.addresses.contains(&ip)
}

/// 0.0.0.0/8 and 240.0.0.0/4, but for the wildcard and the broadcast, which are asked for before.
fn is_reserved(ip: Ipv4Addr) -> bool {
    matches!(ip.octets()[0], 0 | 240..) && !ip.is_unspecified() && !ip.is_broadcast()
}

/// Whether an address is of a group or of all: `RTCF_MULTICAST`, `RTCF_BROADCAST`, `IPV6_ADDR_MULTICAST`. Of the broadcasts of single
/// links only loopback's is known.
pub(super) fn is_of_many(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_multicast() || is_broadcast(ip),
        IpAddr::V6(ip) => ip.is_multicast(),
    }
}

/// The broadcast address of loopback, and the one of any link.
pub(super) fn is_broadcast(ip: Ipv4Addr) -> bool {
    ip.is_broadcast() || ip == Ipv4Addr::new(127, 255, 255, 255)
}

/// The source of a packet from a socket bound to `own`, or to no address.
///
/// # Errors
/// `EINVAL` from IPv4's loopback to another host (`__mkroute_output`); from that of IPv6, what leaves is dropped on its way, which
/// is unmodelled.
pub(super) fn source(route: &Route, own: Option<IpAddr>) -> Result<IpAddr, Refusal> {
    match own {
        None => Ok(route.source),
        Some(ip) if ip.is_loopback() && route.hop.from != route.hop.to => match ip {
            IpAddr::V4(_) => Err(Errno::EINVAL.into()),
            IpAddr::V6(_) => {
                Err(Refusal::unmodelled(format!("from {ip} to another host"), Errno::ENETUNREACH))
            }
        },
        Some(ip) => Ok(ip),
    }
}

/// The loopback address that stands for all of a family's: the `src` of the local route.
pub(super) fn loopback(of_family: IpAddr) -> IpAddr {
    match of_family {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}
