//! The control messages that come with a datagram: `udpv6_recvmsg` and what it calls.
//!
//! Does not know how bytes are received. Invariant: the order is Linux's, whatever is asked for.

use core::net::IpAddr;

use super::inbox::Envelope;
use crate::cmsg::{
    IP_PKTINFO, IP_TOS, IP_TTL, IPV6_HOPLIMIT, IPV6_PKTINFO, IPV6_TCLASS, Message, SOL_IP, SOL_IPV6, Told,
};
use crate::net::calls::Received;
use crate::net::options::Options;
use crate::net::socket::SocketId;
use crate::net::stack::Net;

impl Net {
    /// The bytes of the control messages that the options ask for, and `MSG_CTRUNC` if there is too little room.
    #[must_use]
    pub fn told(&self, id: SocketId, received: &Received, room: usize) -> (Vec<u8>, i32) {
        let mut told = Told::new(room);
        if let Some(envelope) = &received.envelope {
            put_common(&mut told, self.options(id), envelope);
            match envelope.destination {
                IpAddr::V4(ip) => put_v4(&mut told, self.options(id), envelope, ip.octets()),
                IpAddr::V6(_) => put_v6(&mut told, self.options(id), envelope),
            }
        }
        told.done()
    }
}

/// `ip6_datagram_recv_common_ctl`: a dual-stack socket is told of IPv4 datagrams, too.
fn put_common(told: &mut Told, options: &Options, envelope: &Envelope) {
    if options.tells_packet_info_v6 {
        let address = match envelope.destination {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        let interface = envelope.interface.unwrap_or(0);
        let data = [&address.octets()[..], &interface.to_ne_bytes()].concat();
        told.put(Message { level: SOL_IPV6, kind: IPV6_PKTINFO, data: &data });
    }
}

/// `ip_cmsg_recv_offset`.
fn put_v4(told: &mut Told, options: &Options, envelope: &Envelope, destination: [u8; 4]) {
    let mut put = |kind, data: &[u8]| told.put(Message { level: SOL_IP, kind, data });
    if options.tells_packet_info {
        // The address that an answer comes from is told with the interface, or not at all.
        let (interface, local) = envelope.interface.map_or((0, [0; 4]), |index| (index, destination));
        put(IP_PKTINFO, &[interface.to_ne_bytes(), local, destination].concat());
    }
    if options.tells_time_to_live {
        put(IP_TTL, &i32::from(envelope.header.hops).to_ne_bytes());
    }
    if options.tells_type_of_service {
        put(IP_TOS, &[envelope.header.type_of_service]);
    }
}

/// `ip6_datagram_recv_specific_ctl`.
fn put_v6(told: &mut Told, options: &Options, envelope: &Envelope) {
    let mut put = |kind, number: u8| {
        told.put(Message { level: SOL_IPV6, kind, data: &i32::from(number).to_ne_bytes() });
    };
    if options.tells_hops {
        put(IPV6_HOPLIMIT, envelope.header.hops);
    }
    if options.tells_traffic_class {
        put(IPV6_TCLASS, envelope.header.type_of_service);
    }
}
