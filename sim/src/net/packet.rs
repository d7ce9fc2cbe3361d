//! What travels between sockets.
//!
//! Does not know how long it takes. Invariant: a segment of a connection names its flow, and a flow is one direction of one
//! attempt to connect, so a segment that outlived its connection can never be taken for another's. A datagram has no flow: it
//! is for whoever has the address when it arrives, and keeps no order.

use core::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::limits::{TCP_HEADER_BYTES, UDP_HEADER_BYTES};
use super::socket::SocketId;
use crate::event::Stamp;
use crate::host::HostId;

/// One direction of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Flow(pub u32);

impl Flow {
    /// The other direction of the same connection.
    #[must_use]
    pub fn reverse(self) -> Self {
        Self(self.0 ^ 1)
    }
}

/// From which host to which a packet travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hop {
    /// Where it was sent.
    pub from: HostId,
    /// Where it arrives.
    pub to: HostId,
}

impl Hop {
    /// The way back.
    #[must_use]
    pub fn reverse(self) -> Self {
        Self { from: self.to, to: self.from }
    }

    /// Whether a packet stays on its host: loopback.
    #[must_use]
    pub fn is_local(self) -> bool {
        self.from == self.to
    }

    /// The two ends on one host, for what never leaves it.
    #[must_use]
    pub fn home(self) -> Self {
        Self { from: self.from, to: self.from }
    }
}

/// What the header of a datagram says besides addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The type of service of IPv4, the traffic class of IPv6.
    pub type_of_service: u8,
    /// The time to live of IPv4, the hop limit of IPv6. No link counts it down.
    pub hops: u8,
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Asks for a connection; sent for the n-th time at this time.
    Syn {
        /// 0 for the first.
        attempt: u32,
        /// When it was sent.
        sent_ns: u64,
    },
    /// Grants one.
    SynAck,
    /// Completes the handshake.
    Ack,
    /// Bytes of the stream.
    Data(Vec<u8>),
    /// Nothing but a wider window.
    Window,
    /// No more bytes will come.
    Fin,
    /// A FIN arrived.
    FinAck,
    /// The connection is no more.
    Rst,
    /// Never on the wire: the sender's own timer for a SYN nobody answered.
    SynTimeout {
        /// Which SYN was lost.
        attempt: u32,
    },
    /// Never on the wire: the timer of a host that granted a connection and heard nothing more.
    SynAckTimeout {
        /// Which SYN-ACK was lost.
        attempt: u32,
    },
    /// Never on the wire: the timer of who waits for room at its peer, and not for ever (`TCP_USER_TIMEOUT`).
    WindowTimeout,
    /// Nothing that the receiver does not have: asks whether it is there. A keep-alive, a probe of a closed window, or what
    /// arrived sent again because its acknowledgement did not come back.
    Probe,
    /// One datagram of `udp(7)`.
    Datagram {
        /// What its header says.
        header: Header,
        /// What it carries.
        bytes: Vec<u8>,
    },
    /// ICMP: nobody has the port a datagram was for. Its addresses are those of the datagram, turned round.
    Unreachable,
}

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Whose order it keeps; `None` for a datagram, which keeps none.
    pub flow: Option<Flow>,
    /// Between which hosts it travels.
    pub hop: Hop,
    /// Where it comes from.
    pub source: SocketAddr,
    /// Where it goes.
    pub destination: SocketAddr,
    /// When it is due, for a timer: such a packet is not on the wire, draws no latency and keeps no order. `None` for all
    /// others.
    pub due_ns: Option<u64>,
    /// What it says.
    pub segment: Segment,
    /// Bytes of the reverse flow, counted from its first, that the sender of this packet is ready to hold.
    pub edge: u64,
    /// The socket that sent it.
    pub from: SocketId,
    /// The socket it is for; `None` for a SYN, which looks for a listener when it arrives, and for a datagram.
    pub to: Option<SocketId>,
    /// How it came onto its link.
    pub journey: Journey,
}

/// What is known of a packet that was sent; all but its origin is about one to another host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Journey {
    /// Its place among those of its flow that are sent again when they are lost.
    pub place: u64,
    /// When it was sent last.
    pub sent_ns: u64,
    /// How often its sender's host had come back when it was sent first: nothing is sent again across a crash.
    pub boot: u32,
    /// The call that sent it first. Nothing of what no call sent: an answer of the host's own, what a timer or a wider window let
    /// go, and timers.
    pub origin: Option<Stamp>,
}

/// What becomes of a segment that is lost on its way to another host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// It is sent again, and what its flow sends later waits behind it.
    InOrder,
    /// It is sent again unless a later segment says the same.
    Repeated,
    /// Nobody sends it again; a timer of the connection may bring about another.
    None,
}

impl Packet {
    /// Bytes of the program's data within.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match &self.segment {
            Segment::Data(bytes) | Segment::Datagram { bytes, .. } => bytes.len() as u64,
            _ => 0,
        }
    }

    /// Bytes on the wire, with the headers of TCP or UDP and of IPv4.
    #[must_use]
    pub fn wire_bytes(&self) -> u64 {
        let headers = if self.flow.is_some() { TCP_HEADER_BYTES } else { UDP_HEADER_BYTES };
        headers + self.bytes()
    }

    /// What becomes of it if it is lost.
    #[must_use]
    pub fn care(&self) -> Care {
        match self.segment {
            Segment::Data(_) | Segment::Fin | Segment::FinAck => Care::InOrder,
            Segment::Window => Care::Repeated,
            _ => Care::None,
        }
    }

    /// Whether its sender waits for an acknowledgement.
    #[must_use]
    pub fn wants_answer(&self) -> bool {
        matches!(self.segment, Segment::Data(_) | Segment::Fin | Segment::Probe)
    }

    /// The name of what it says, for events.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.segment {
            Segment::Syn { .. } => "SYN",
            Segment::SynAck => "SYN-ACK",
            Segment::Ack => "ACK",
            Segment::Data(_) => "DATA",
            Segment::Window => "WINDOW",
            Segment::Fin => "FIN",
            Segment::FinAck => "FIN-ACK",
            Segment::Rst => "RST",
            Segment::SynTimeout { .. } => "SYN-TIMEOUT",
            Segment::SynAckTimeout { .. } => "SYN-ACK-TIMEOUT",
            Segment::WindowTimeout => "WINDOW-TIMEOUT",
            Segment::Probe => "PROBE",
            Segment::Datagram { .. } => "DATAGRAM",
            Segment::Unreachable => "UNREACHABLE",
        }
    }

    /// The reset with which a host answers a packet for a socket it does not have (`tcp_v4_send_reset`).
    pub(crate) fn refuse(&self) -> Self {
        Self {
            flow: self.flow.map(Flow::reverse),
            hop: self.hop.reverse(),
            source: self.destination,
            destination: self.source,
            due_ns: None,
            segment: Segment::Rst,
            edge: 0,
            // A reset is the last word of its flow: nobody answers it, so nobody reads this.
            from: self.to.unwrap_or(self.from),
            to: Some(self.from),
            journey: Journey::default(),
        }
    }
}
