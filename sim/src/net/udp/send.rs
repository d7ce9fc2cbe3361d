//! `send(2)`, `sendto(2)` and `connect(2)` on a UDP socket.
//!
//! Does not know who is there. Invariant: the checks come in Linux's order, so a call with several faults answers as there.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::route::{self, Found, Sender};
use super::said::{Said, Speaker};
use crate::errno::Errno;
use crate::net::address::{Family, Stacks, canonical};
use crate::net::calls::Outgoing;
use crate::net::limits::{
    DATAGRAM_BYTES_MAX_V4, DATAGRAM_BYTES_MAX_V6, MTU_BYTES, UDP_HEADERS_BYTES_V4, UDP_HEADERS_BYTES_V6,
    UDP_SEGMENTS_MAX,
};
use crate::net::packet::{Journey, Packet, Segment};
use crate::net::socket::SocketId;
use crate::net::stack::Net;
use crate::ready::Refusal;

impl Net {
    /// `udp_sendmsg` and `udpv6_sendmsg`.
    pub(in crate::net) fn send_datagram(
        &mut self,
        id: SocketId,
        message: Outgoing<'_>,
    ) -> Result<usize, Refusal> {
        let Outgoing { bytes, to, .. } = message;
        self.bind_freely(id, to.map(|to| to.port()))?;
        let (found, said) = self.route_datagram(id, message)?;
        let (udp, _, options, effects) = self.udp_and_effects(id);
        if let Some(errno) = udp.error.take() {
            return Err(errno.into());
        }
        if udp.shut_send {
            return Err(Errno::EPIPE.into());
        }
        let part = cut(bytes.len(), said.segment_bytes(options), found.destination)?;
        let header = said.header(options, found.destination.ip());
        let source = SocketAddr::new(found.source, udp.local.port());
        let mut rest = bytes;
        loop {
            let (first, behind) = rest.split_at(part.min(rest.len()));
            let mut datagram = effects.empty_buffer();
            datagram.extend_from_slice(first);
            effects.send(Packet {
                flow: None,
                hop: found.hop,
                source,
                destination: found.destination,
                due_ns: None,
                segment: Segment::Datagram { header, bytes: datagram },
                edge: 0,
                from: id,
                to: None,
                journey: Journey::default(),
            });
            if behind.is_empty() {
                break;
            }
            rest = behind;
        }
        // `sock_wfree`: what was sent leaves the send buffer at once, which edge-triggered pollers hear of.
        effects.wake_writers(id);
        Ok(bytes.len())
    }

    fn sender(&self, id: SocketId, said: Said) -> Sender<'_> {
        let socket = self.socket(id);
        Sender { udp: self.udp(id), options: &socket.options, host: socket.host, hosts: &self.hosts, said }
    }

    fn route_datagram(&self, id: SocketId, message: Outgoing<'_>) -> Result<(Found, Said), Refusal> {
        let Outgoing { bytes, to, control } = message;
        let (socket, udp, size) = (self.socket(id), self.udp(id), bytes.len());
        let to_v4 = to.or(udp.remote).is_some_and(|to| canonical(to).is_ipv4());
        let by_v4 = socket.family == Family::Inet || to_v4;
        if by_v4 && socket.family == Family::Inet6 && socket.options.stacks() == Stacks::V6Only {
            return Err(Errno::ENETUNREACH.into());
        }
        if by_v4 && size > usize::from(u16::MAX) {
            return Err(Errno::EMSGSIZE.into());
        }
        let to = match to {
            Some(to) if socket.family == Family::Inet && to.is_ipv6() => {
                return Err(Errno::EAFNOSUPPORT.into());
            }
            Some(to) if to.port() == 0 => return Err(Errno::EINVAL.into()),
            Some(to) => canonical(to),
            None => match udp.remote.ok_or(Errno::EDESTADDRREQ)? {
                // `udpv6_sendmsg` hands a mapped peer on as if the call had named it.
                peer if peer.port() == 0 && by_v4 && socket.family == Family::Inet6 => {
                    return Err(Errno::EINVAL.into());
                }
                peer if udp.astray => {
                    let what = format!("UDP to the peer {peer} after a connect(2) that failed");
                    return Err(Refusal::unmodelled(what, Errno::ENETUNREACH));
                }
                peer => peer,
            },
        };
        let speaker = Speaker { family: socket.family, host: &self.hosts.get(socket.host).spec };
        let said = if by_v4 { Said::over_v4(control, speaker)? } else { Said::over_v6(control, speaker)? };
        let found = route::find(self.sender(id, said), to)?;
        // `__ip6_append_data`: only what is not cut anyway may be too long for its path.
        let whole = said.never_fragments(&socket.options) && said.segment_bytes(&socket.options) == 0;
        let size_max = match found.destination {
            SocketAddr::V4(_) => DATAGRAM_BYTES_MAX_V4,
            SocketAddr::V6(_) if whole => MTU_BYTES - UDP_HEADERS_BYTES_V6,
            SocketAddr::V6(_) => DATAGRAM_BYTES_MAX_V6,
        };
        if size > size_max { Err(Errno::EMSGSIZE.into()) } else { Ok((found, said)) }
    }

    /// `ip4_datagram_connect` and `__ip6_datagram_connect`. The port is taken first and stays, even if the rest fails; a peer
    /// there was stays then, too.
    pub(in crate::net) fn connect_datagram(
        &mut self,
        id: SocketId,
        address: SocketAddr,
    ) -> Result<(), Refusal> {
        self.bind_freely(id, Some(address.port()))?;
        let socket = self.socket(id);
        let for_v6 = socket.family == Family::Inet6 && socket.options.stacks() == Stacks::V6Only;
        let to = canonical(address);
        match address.ip() {
            IpAddr::V6(_) if socket.family == Family::Inet => return Err(Errno::EAFNOSUPPORT.into()),
            IpAddr::V4(_) if for_v6 => return Err(Errno::EAFNOSUPPORT.into()),
            IpAddr::V6(_) if for_v6 && to.is_ipv4() => return Err(Errno::ENETUNREACH.into()),
            IpAddr::V6(ip) if needs_interface(ip) => return Err(Errno::EINVAL.into()),
            _ => {}
        }
        let found = route::find(self.sender(id, Said::default()), to).inspect_err(|_| {
            let udp = self.udp_mut(id);
            udp.astray |= udp.remote.is_some() && to.is_ipv4();
        })?;
        let place = self.next_place();
        let udp = self.udp_mut(id);
        if udp.local.ip().is_unspecified() {
            // `udp_lib_rehash`.
            udp.local.set_ip(found.source);
            udp.place = place;
        }
        if udp.remote.is_none() {
            udp.connected_place = place;
        }
        udp.astray = false;
        udp.deaf_to_v6 &= found.destination.is_ipv4();
        udp.remote = Some(found.destination);
        Ok(())
    }
}

/// `udp_send_skb` and `udp_v6_send_skb`: how long the datagrams are that so many bytes are cut into, if they are.
fn cut(size: usize, segment: usize, to: SocketAddr) -> Result<usize, Errno> {
    let headers = if to.is_ipv4() { UDP_HEADERS_BYTES_V4 } else { UDP_HEADERS_BYTES_V6 };
    if segment == 0 {
        Ok(size)
    } else if headers + size.min(segment) > MTU_BYTES {
        Err(Errno::EMSGSIZE)
    } else if size > segment * UDP_SEGMENTS_MAX {
        Err(Errno::EINVAL)
    } else {
        Ok(segment)
    }
}

/// `__ipv6_addr_needs_scope_id`: link-local addresses, and groups of a link or less.
fn needs_interface(ip: Ipv6Addr) -> bool {
    ip.is_unicast_link_local() || (ip.is_multicast() && matches!(ip.octets()[1] & 0xf, 1 | 2))
}
