//! Datagrams and ICMP arriving at the host: `__udp4_lib_rcv`, `__udp4_lib_err` and their like for IPv6.
//!
//! Does not know who sent them. Invariant: at most one socket is told.

use core::net::{IpAddr, SocketAddr};

use super::inbox::Envelope;
use super::state::Udp;
use crate::errno::Errno;
use crate::host::HostId;
use crate::net::address::{Family, Stacks};
use crate::net::packet::{Packet, Segment};
use crate::net::route;
use crate::net::socket::{Protocol, SocketId};
use crate::net::stack::Net;

/// The addresses of a packet, seen from the socket it is for.
#[derive(Clone, Copy)]
struct Route {
    host: HostId,
    local: SocketAddr,
    remote: SocketAddr,
}

impl Route {
    fn of(packet: &Packet) -> Self {
        Self { host: packet.hop.to, local: packet.destination, remote: packet.source }
    }
}

impl Net {
    /// A datagram arrives. Without room for it, it is dropped in silence; without a socket, its sender hears of it.
    pub(in crate::net) fn arrive_datagram(&mut self, packet: Box<Packet>) {
        let found = self.datagram_receiver(&packet);
        let Some(id) = found else {
            self.effects.send(Packet {
                hop: packet.hop.reverse(),
                source: packet.destination,
                destination: packet.source,
                segment: Segment::Unreachable,
                ..*packet
            });
            return;
        };
        let Segment::Datagram { header, bytes } = packet.segment else {
            unreachable!("routed by Net::deliver")
        };
        let (udp, _, options, effects) = self.udp_and_effects(id);
        let destination = packet.destination.ip();
        let noted = destination.is_ipv6() || options.prepares_packet_info();
        let interface = noted.then(|| route::interface(destination));
        let envelope = Envelope { source: packet.source, destination, header, interface };
        match udp.inbox.put(envelope, bytes, options.datagram_capacity()) {
            Ok(()) => effects.wake_readers(id),
            Err(bytes) => effects.recycle(bytes),
        }
    }

    /// Who is told of a datagram, or of what ICMP says of one.
    pub(in crate::net) fn datagram_receiver(&self, packet: &Packet) -> Option<SocketId> {
        self.socket_for(Route::of(packet))
    }

    /// ICMP says that nobody has the port. It concerns the socket that would get an answer to the datagram, which need not be
    /// the one that sent it, and only if that socket is connected. An error waits for a call.
    pub(in crate::net) fn arrive_unreachable(&mut self, packet: &Packet) {
        let Some(id) = self.datagram_receiver(packet) else {
            return;
        };
        let (udp, _, _, effects) = self.udp_and_effects(id);
        if udp.remote.is_some() {
            udp.error = Some(Errno::ECONNREFUSED);
            effects.wake_all(id);
        }
    }

    /// `__udp4_lib_lookup`: who has the address itself comes before who has the wildcard, and among those the best score, then
    /// the last that came.
    fn socket_for(&self, route: Route) -> Option<SocketId> {
        let exact = self.best(route, |local, _| local == route.local.ip());
        exact.or_else(|| {
            self.best(route, |local, stacks| {
                let crossed = local.is_ipv4() != route.local.is_ipv4();
                let takes = !crossed || (local.is_ipv6() && stacks == Stacks::Dual);
                local.is_unspecified() && takes
            })
        })
    }

    fn best(&self, route: Route, takes: impl Fn(IpAddr, Stacks) -> bool) -> Option<SocketId> {
        let scored = self.datagrams(route.host).holders(route.local.port()).filter_map(|id| {
            let socket = self.socket(id);
            let Protocol::Udp(udp) = &socket.protocol else { return None };
            if udp.deaf_to_v6 && route.local.is_ipv6() {
                return None;
            }
            let score = score(udp, socket.family, route.remote)?;
            takes(udp.local.ip(), socket.options.stacks()).then_some((score, id))
        });
        scored.max_by_key(|&(score, _)| score).map(|(_, id)| id)
    }
}

/// How well a socket with the right address fits a sender, then its place; `None` for one that is connected to another.
/// `udp4_lib_lookup4` comes first: of those connected to the sender it takes the last, whatever its family. Then
/// `compute_score`: a peer's address, or failing that the family, decides.
fn score(udp: &Udp, family: Family, sender: SocketAddr) -> Option<(u8, i64)> {
    let own_family = u8::from(family == Family::Inet);
    match udp.remote {
        None => Some((own_family, udp.place)),
        Some(peer) if peer == sender => Some((4, udp.connected_place)),
        Some(peer) if peer.ip() == sender.ip() && peer.port() == 0 => Some((2 + own_family, udp.place)),
        Some(_) => None,
    }
}
