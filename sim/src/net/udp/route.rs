//! Where datagrams go and from where: `ip4_datagram_connect`, `udp_sendmsg`, `ip6_datagram_dst_update`.
//!
//! Does not know ports but to pass them on. Invariant: a route that is found has an address of the sender's host as its source.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::said::Said;
use super::state::Udp;
use crate::errno::Errno;
use crate::host::{HostId, HostSpec, Hosts};
use crate::net::address::Stacks;
use crate::net::options::Options;
use crate::net::packet::Hop;
use crate::net::route;
use crate::ready::Refusal;

/// A route that was found; both addresses are canonical.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) hop: Hop,
    pub(super) source: IpAddr,
    pub(super) destination: SocketAddr,
}

/// Who sends: a socket, its options, and its host among all.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) udp: &'a Udp,
    pub(super) options: &'a Options,
    pub(super) host: HostId,
    pub(super) hosts: &'a Hosts,
    /// What the call's control messages say.
    pub(super) said: Said,
}

impl Sender<'_> {
    fn spec(&self) -> &HostSpec {
        &self.hosts.get(self.host).spec
    }
}

/// The route from a socket to a canonical address.
///
/// # Errors
/// `ENETUNREACH` without an address of the family but loopback, `EACCES` for a broadcast without `SO_BROADCAST`, `EAFNOSUPPORT` from an IPv4 address to an
/// IPv6 one. Unmodelled for what reaches more than one, for a socket with a peer of one family and another of the other, and over an
/// interface that does not lead there.
pub(super) fn find(sender: Sender<'_>, to: SocketAddr) -> Result<Found, Refusal> {
    let (own, ip) = match to.ip() {
        IpAddr::V4(ip) => find_v4(sender, ip)?,
        IpAddr::V6(ip) => find_v6(sender, ip)?,
    };
    let route = route::find(sender.hosts, sender.host, ip)?;
    let source = route::source(&route, own)?;
    let over = sender.said.interface;
    if over != 0 && over != route::interface(ip) {
        return Err(Refusal::unmodelled(format!("UDP to {ip} over interface {over}"), Errno::ENETUNREACH));
    }
    Ok(Found { hop: route.hop, source, destination: SocketAddr::new(ip, to.port()) })
}

/// The address that the socket insists on, and the one the datagram goes to.
fn find_v4(sender: Sender<'_>, to: Ipv4Addr) -> Result<(Option<IpAddr>, IpAddr), Refusal> {
    let Sender { udp, options, .. } = sender;
    if let Some(IpAddr::V4(ip)) = sender.said.source {
        check_source_v4(sender.spec(), ip)?;
    }
    if sender.said.interface != 0 && !route::has_interface(sender.spec(), sender.said.interface) {
        return Err(Errno::ENODEV.into());
    }
    let own = match sender.said.source.unwrap_or(udp.local.ip()) {
        IpAddr::V4(ip) => {
            // `__inet_bind`: from the address of a group or a broadcast nothing is sent.
            Some(ip).filter(|ip| !ip.is_unspecified() && !ip.is_multicast() && !route::is_broadcast(*ip))
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
    let has_v4 = sender.spec().addresses.iter().any(IpAddr::is_ipv4);
    let leaves = own.is_some() || has_v4;
    let reached = route::is_broadcast(to) && (leaves || !to.is_broadcast());
    if reached && !options.broadcast {
        return Err(Errno::EACCES.into());
    }
    if reached || (to.is_multicast() && leaves) {
        return Err(Refusal::unmodelled(format!("UDP to the group {to}"), Errno::ENETUNREACH));
    }
    Ok((own.map(IpAddr::V4), to.into()))
}

/// `ip_route_output_key_hash_rcu`: what a packet may come from.
fn check_source_v4(host: &HostSpec, source: Ipv4Addr) -> Result<(), Errno> {
    match source {
        Ipv4Addr::UNSPECIFIED => Ok(()),
        ip if ip.is_multicast() || ip.is_broadcast() => Err(Errno::EINVAL),
        ip if route::is_own(host, ip.into()) => Ok(()),
        _ => Err(Errno::ENETUNREACH),
    }
}

fn find_v6(sender: Sender<'_>, to: Ipv6Addr) -> Result<(Option<IpAddr>, IpAddr), Refusal> {
    let own = sender.said.source.or(Some(sender.udp.local.ip())).filter(|ip| !ip.is_unspecified());
    let told =
        if to.is_unspecified() { sender.said != Said::default() } else { sender.said.source.is_some() };
    if sender.udp.local.is_ipv4() && told {
        // Linux sends, but nothing that comes back finds the socket; to the wildcard, as if it were an IPv4 socket's.
        let what = format!("UDP to {to} from {}, with control messages", sender.udp.local);
        return Err(Refusal::unmodelled(what, Errno::EAFNOSUPPORT));
    }
    if sender.udp.local.is_ipv4() {
        return if to.is_unspecified() && sender.options.stacks() == Stacks::Dual {
            // `udpv6_sendmsg`: the wildcard of a socket with a mapped address is the mapped loopback.
            Ok((own, IpAddr::V4(Ipv4Addr::LOCALHOST)))
        } else if to.is_loopback() {
            Err(Errno::EAFNOSUPPORT.into())
        } else {
            Err(Errno::ENETUNREACH.into())
        };
    }
    match to {
        Ipv6Addr::UNSPECIFIED => Ok((own, IpAddr::V6(Ipv6Addr::LOCALHOST))),
        to if to.is_multicast() && !sender.spec().addresses.is_empty() => {
            Err(Refusal::unmodelled(format!("UDP to the group {to}"), Errno::ENETUNREACH))
        }
        to => Ok((own, to.into())),
    }
}
