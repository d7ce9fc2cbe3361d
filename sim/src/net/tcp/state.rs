//! The state of one TCP endpoint and what follows from it alone.
//!
//! Does not know the table of sockets or ports. Invariant: `Closed` has both directions shut once it has been connected, and
//! an endpoint that holds a port is found among that port's holders.

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::listen::Listener;
use crate::errno::Errno;
use crate::net::address::Family;
use crate::net::options::Options;
use crate::net::packet::{Flow, Hop, Journey, Packet, Segment};
use crate::net::readiness::Readiness;
use crate::net::socket::SocketId;
use crate::net::stack::Effects;

/// The states of RFC 9293. TIME_WAIT is no state of an endpoint: as in Linux, the endpoint is `Closed` and its port
/// remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// No connection, or no more.
    Closed,
    /// Waits for connections.
    Listen,
    /// Sent a SYN.
    SynSent,
    /// Answered a SYN.
    SynReceived,
    /// Open both ways.
    Established,
    /// Ended our stream first; the end is not acknowledged.
    FinWait1,
    /// Ended our stream first; the end is acknowledged.
    FinWait2,
    /// The peer ended its stream.
    CloseWait,
    /// Both ended at once; ours is not acknowledged.
    Closing,
    /// Ended our stream last; the end is not acknowledged.
    LastAck,
}

/// `struct socket`'s own state, which lags behind the protocol's until a call looks: `enum socket_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// `SS_UNCONNECTED`.
    Unconnected,
    /// `SS_CONNECTING`.
    Connecting,
    /// `SS_CONNECTED`.
    Connected,
    /// `SS_DISCONNECTING`.
    Disconnecting,
}

/// Who keeps the endpoint alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// A description.
    Open,
    /// The queue of this listener.
    Unaccepted(SocketId),
    /// Nobody: closed by its program, it goes once its stream has ended (`SOCK_DEAD`).
    Orphan,
}

/// Whether a port outlives the connection it was taken for: `SOCK_BINDPORT_LOCK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Taken by `bind(2)` with a number: kept until the close.
    Bound,
    /// Picked by the kernel or shared with a listener.
    Lent,
}

/// How far our end of the stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Open,
    /// Behind the bytes the window does not admit yet.
    Queued,
    Sent,
}

#[derive(Debug)]
pub(crate) struct Tcp {
    pub(crate) state: State,
    pub(crate) face: Face,
    pub(crate) hold: Hold,
    /// Our address, as `getsockname(2)` tells it; unspecified with port 0 before `bind(2)`.
    pub(crate) local: SocketAddr,
    /// The port we hold, and how (`inet_num`).
    pub(crate) port: Option<(u16, Lock)>,
    /// The address `bind(2)` was given, to which a failed connect returns.
    pub(crate) bound_ip: IpAddr,
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) peer: Option<SocketId>,
    pub(crate) flow: Option<Flow>,
    /// The hosts at our end and at the peer's, once there is one.
    pub(crate) hop: Hop,
    /// When the peer was last heard of, by a segment or an acknowledgement; kept between hosts alone.
    pub(crate) heard_ns: u64,
    /// When `SO_KEEPALIVE` was asked for.
    pub(crate) keep_alive_ns: u64,
    pub(crate) error: Option<Errno>,
    pub(crate) shut_receive: bool,
    pub(crate) shut_send: bool,
    /// The peer's FIN arrived: `SOCK_DONE`.
    pub(crate) ended_by_peer: bool,
    pub(crate) listener: Option<Listener>,
    /// What arrives is thrown away, unnoticed by the peer (`SB_DROP`); never on Linux.
    pub(crate) drops: bool,
    /// Reading was shut when our end was acknowledged, before the peer's.
    pub(crate) deaf_when_acknowledged: bool,
    /// A connect was refused and the program was told, on a system that remembers it.
    pub(crate) refused: bool,
    /// Bytes that arrived and were not read.
    pub(crate) incoming: VecDeque<u8>,
    /// Bytes read, ever.
    pub(crate) read_total: u64,
    /// The window edge we told the peer last.
    pub(crate) granted: u64,
    pub(crate) receive_capacity: usize,
    /// Bytes written that the peer's window does not admit.
    pub(crate) outgoing: VecDeque<u8>,
    /// Bytes transmitted, ever.
    pub(crate) sent: u64,
    /// The window edge the peer told us last.
    pub(crate) edge: u64,
    pub(crate) send_capacity: usize,
    pub(crate) end: End,
    /// Since when a closed window counts against the program's patience; nothing while the stream gets on.
    pub(crate) held_ns: Option<u64>,
    /// Whether there is a timer for it, or for one that was closed before.
    pub(crate) times_window: bool,
    /// When the first SYN was sent.
    pub(crate) began_ns: u64,
}

/// An endpoint with what it needs to act, borrowed together.
pub(crate) struct Taken<'net> {
    pub(crate) tcp: &'net mut Tcp,
    pub(crate) options: &'net Options,
    pub(crate) effects: &'net mut Effects,
}

impl Tcp {
    pub(crate) fn new(family: Family, options: &Options) -> Self {
        let local = family.unspecified();
        Self {
            state: State::Closed,
            face: Face::Unconnected,
            hold: Hold::Open,
            local,
            port: None,
            bound_ip: local.ip(),
            remote: None,
            peer: None,
            flow: None,
            hop: Hop::default(),
            heard_ns: 0,
            keep_alive_ns: 0,
            error: None,
            shut_receive: false,
            shut_send: false,
            ended_by_peer: false,
            listener: None,
            drops: false,
            deaf_when_acknowledged: false,
            refused: false,
            incoming: VecDeque::new(),
            read_total: 0,
            granted: 0,
            receive_capacity: options.receive_capacity(),
            outgoing: VecDeque::new(),
            sent: 0,
            edge: 0,
            send_capacity: options.send_capacity(),
            end: End::Open,
            held_ns: None,
            times_window: false,
            began_ns: 0,
        }
    }

    pub(crate) fn options_changed(&mut self, options: &Options) {
        self.receive_capacity = options.receive_capacity();
        self.send_capacity = options.send_capacity();
    }

    pub(crate) fn held_port(&self) -> Option<u16> {
        self.port.map(|(port, _)| port)
    }

    pub(crate) fn is_listening(&self) -> bool {
        self.state == State::Listen
    }

    /// `sock_error`: the pending error, once.
    pub(crate) fn take_error(&mut self) -> Option<Errno> {
        self.error.take()
    }

    /// `inet_getname`: no peer without a connection, even while `connect(2)` is under way.
    pub(crate) fn peer_address(&self) -> Option<SocketAddr> {
        self.remote.filter(|_| !matches!(self.state, State::Closed | State::SynSent | State::Listen))
    }

    /// Bytes `send(2)` may queue now: room in the buffer, and what the window admits when nothing is ahead.
    pub(crate) fn send_room(&self) -> usize {
        let room = self.send_capacity.saturating_sub(self.outgoing.len());
        if self.outgoing.is_empty() { room.saturating_add(self.window()) } else { room }
    }

    /// Bytes the peer admits now.
    pub(crate) fn window(&self) -> usize {
        usize::try_from(self.edge - self.sent).unwrap_or(usize::MAX)
    }

    /// `sk_stream_is_writeable`: a third of the buffer is free, so that writers wake to useful room.
    pub(crate) fn has_write_space(&self) -> bool {
        self.send_capacity.saturating_sub(self.outgoing.len()) >= self.outgoing.len() / 2
            && self.outgoing.len() < self.send_capacity
    }

    /// `tcp_poll`.
    pub(crate) fn readiness(&self, _options: &Options) -> Readiness {
        if let Some(listener) = self.listener.as_ref().filter(|_| self.is_listening()) {
            return Readiness { readable: !listener.queue.is_empty(), ..Readiness::default() };
        }
        let connected = !matches!(self.state, State::SynSent | State::SynReceived);
        Readiness {
            readable: self.shut_receive || (connected && !self.incoming.is_empty()),
            writable: connected && (self.shut_send || self.has_write_space()),
            hup: (self.shut_receive && self.shut_send) || self.state == State::Closed,
            rdhup: self.shut_receive,
            error: self.error.is_some(),
        }
    }

    /// The endpoint as a person reads it.
    pub(crate) fn describe(&self, id: SocketId) -> String {
        let remote = self.remote.map_or_else(String::new, |remote| format!(" -> {remote}"));
        let (unread, unsent) = (self.incoming.len(), self.outgoing.len());
        let state = self.state;
        format!(
            "socket {} tcp {}{remote} {state:?}, {unread} bytes unread, {unsent} unsent",
            id.0, self.local
        )
    }

    /// Sends a segment to the peer, with the widest window we have.
    pub(crate) fn emit(&mut self, id: SocketId, segment: Segment, effects: &mut Effects) {
        let (Some(flow), Some(remote)) = (self.flow, self.remote) else {
            unreachable!("socket {} has a peer in state {:?}", id.0, self.state)
        };
        self.granted = self.granted.max(self.grantable());
        effects.send(Packet {
            flow: Some(flow),
            hop: self.hop,
            source: self.local,
            destination: remote,
            due_ns: None,
            segment,
            edge: self.granted,
            from: id,
            to: self.peer,
            journey: Journey::default(),
        });
    }

    /// Sets a timer of the protocol, which comes back as a packet.
    pub(crate) fn set_timer(&self, id: SocketId, segment: Segment, due_ns: u64, effects: &mut Effects) {
        effects.send(Packet {
            flow: self.flow,
            hop: self.hop.home(),
            source: self.local,
            destination: self.local,
            due_ns: Some(due_ns),
            segment,
            edge: 0,
            from: id,
            to: Some(id),
            journey: Journey::default(),
        });
    }

    /// The window edge we could tell the peer now.
    pub(crate) fn grantable(&self) -> u64 {
        self.read_total + self.receive_capacity as u64
    }
}
