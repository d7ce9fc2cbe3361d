//! The state of one UDP socket and what follows from it alone.
//!
//! Does not know the table of sockets or ports. Invariant: a socket with a peer has a port and an address.

use core::net::SocketAddr;

use super::inbox::Inbox;
use crate::errno::Errno;
use crate::net::address::Family;
use crate::net::readiness::Readiness;
use crate::net::socket::SocketId;

#[derive(Debug)]
pub(crate) struct Udp {
    /// Our address, as `getsockname(2)` tells it (`inet_rcv_saddr`, `inet_sport`).
    pub(crate) local: SocketAddr,
    /// The port we hold (`inet_num`).
    pub(crate) port: Option<u16>,
    /// `bind(2)` named the address: it outlives a peer (`SOCK_BINDADDR_LOCK`).
    pub(super) keeps_ip: bool,
    /// `bind(2)` named the port: it outlives a peer (`SOCK_BINDPORT_LOCK`).
    pub(super) keeps_port: bool,
    /// Our place among the sockets of our address: of equals, the greatest gets the datagram.
    pub(super) place: i64,
    /// Our place among those connected to the same peer.
    pub(super) connected_place: i64,
    pub(crate) remote: Option<SocketAddr>,
    /// The last `connect(2)` found no route although there was a peer: what is sent to that peer may go astray
    /// (`ip4_datagram_connect` leaves the new destination in the cached flow).
    pub(super) astray: bool,
    /// An IPv6 socket that had an IPv4 peer and has none: it hears IPv4 alone (`__udp_disconnect` leaves `sk_v6_daddr`).
    pub(super) deaf_to_v6: bool,
    pub(crate) error: Option<Errno>,
    pub(crate) shut_receive: bool,
    pub(crate) shut_send: bool,
    pub(crate) inbox: Inbox,
}

impl Udp {
    pub(crate) fn new(family: Family) -> Self {
        Self {
            local: family.unspecified(),
            port: None,
            keeps_ip: false,
            keeps_port: false,
            place: 0,
            connected_place: 0,
            remote: None,
            astray: false,
            deaf_to_v6: false,
            error: None,
            shut_receive: false,
            shut_send: false,
            inbox: Inbox::default(),
        }
    }

    /// Whether both directions are shut.
    pub(crate) fn is_shut_both(&self) -> bool {
        self.shut_receive && self.shut_send
    }

    /// `inet_getname`: a peer at port 0 is none.
    pub(crate) fn peer_address(&self) -> Option<SocketAddr> {
        self.remote.filter(|remote| remote.port() != 0)
    }

    /// `datagram_poll`. There is always room to write: loopback takes a datagram out of the send buffer at once.
    pub(crate) fn readiness(&self) -> Readiness {
        Readiness {
            readable: self.shut_receive || !self.inbox.is_empty(),
            writable: true,
            hup: self.shut_receive && self.shut_send,
            rdhup: self.shut_receive,
            error: self.error.is_some(),
        }
    }

    /// The socket as a person reads it.
    pub(crate) fn describe(&self, id: SocketId) -> String {
        let remote = self.remote.map_or_else(String::new, |remote| format!(" -> {remote}"));
        format!("socket {} udp {}{remote}, {} datagrams unread", id.0, self.local, self.inbox.len())
    }
}
