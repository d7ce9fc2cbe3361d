//! Where datagrams go and from where, on a host with loopback alone: `ip_route_output_flow`, `ip6_datagram_dst_update`.
//!
//! Does not know ports but to pass them on. Invariant: a route that is found leads to this host.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::state::Udp;
use crate::errno::Errno;
use crate::net::address::{Stacks, is_loopback, source_for};
use crate::net::options::Options;
use crate::ready::Refusal;

/// A route that was found; both addresses are canonical.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) source: IpAddr,
    pub(super) destination: SocketAddr,
}

/// The route from a socket to a canonical address.
///
/// # Errors
/// `ENETUNREACH` beyond loopback, `EACCES` for a broadcast without `SO_BROADCAST`, `EAFNOSUPPORT` from an IPv4 address to an
/// IPv6 one. Unmodelled for what reaches more than one, and for a socket with a peer of one family and another of the other.
pub(super) fn find(udp: &Udp, options: &Options, to: SocketAddr) -> Result<Found, Refusal> {
    match to.ip() {
        IpAddr::V4(ip) => find_v4(udp, options, ip),
        IpAddr::V6(ip) => find_v6(udp, options.stacks(), ip),
    }
    .map(|(source, ip)| Found { source, destination: SocketAddr::new(ip, to.port()) })
}

fn find_v4(udp: &Udp, options: &Options, to: Ipv4Addr) -> Result<(IpAddr, IpAddr), Refusal> {
    let own = match udp.local.ip() {
        IpAddr::V4(ip) => {
            // `__inet_bind`: from the address of a group or a broadcast nothing is sent.
            Some(ip).filter(|ip| !ip.is_unspecified() && !ip.is_multicast() && !is_broadcast(*ip))
        }
        IpAddr::V6(ip) if ip.is_unspecified() => None,
        IpAddr::V6(ip) => {
            // Linux sends, but nothing that comes back finds the socket.
            let what = format!("UDP from {ip}, taken by connect(2), to {to}");
            return Err(Refusal::unmodelled(what, Errno::ENETUNREACH));
        }
    };
    let to = match to {
        // No destination means the source, and no source means loopback.
        Ipv4Addr::UNSPECIFIED => own.unwrap_or(Ipv4Addr::LOCALHOST),
        to => to,
    };
    let reached = is_broadcast(to) && (own.is_some() || !to.is_broadcast());
    if reached && !options.broadcast {
        return Err(Errno::EACCES.into());
    }
    if reached || (to.is_multicast() && own.is_some()) {
        return Err(Refusal::unmodelled(format!("UDP to the group {to}"), Errno::ENETUNREACH));
    }
    if !is_loopback(to.into()) {
        return Err(Errno::ENETUNREACH.into());
    }
    Ok((own.map_or_else(|| source_for(to.into()), IpAddr::V4), to.into()))
}

/// The broadcast address of loopback, and the one of any link.
fn is_broadcast(ip: Ipv4Addr) -> bool {
    ip.is_broadcast() || ip == Ipv4Addr::new(127, 255, 255, 255)
}

fn find_v6(udp: &Udp, stacks: Stacks, to: Ipv6Addr) -> Result<(IpAddr, IpAddr), Refusal> {
    if udp.local.is_ipv4() {
        return if to.is_unspecified() && stacks == Stacks::Dual {
            // `udpv6_sendmsg`: the wildcard of a socket with a mapped address is the mapped loopback.
            let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
            Ok((Some(udp.local.ip()).filter(|ip| !ip.is_unspecified()).unwrap_or(loopback), loopback))
        } else if to.is_loopback() {
            Err(Errno::EAFNOSUPPORT.into())
        } else {
            Err(Errno::ENETUNREACH.into())
        };
    }
    if !to.is_unspecified() && !to.is_loopback() {
        return Err(Errno::ENETUNREACH.into());
    }
    let loopback = IpAddr::V6(Ipv6Addr::LOCALHOST);
    Ok((loopback, loopback))
}
