//! What the kernel asks of connections between hosts, and does to them: a peer may be silently gone, and bytes may be lost.
//!
//! Does not know links or time-outs. Invariant: a connection on loopback is never probed, and given up only by its program's patience
//! (`patience.rs`).

use super::state::{End, Hold, State, Taken, Tcp};
use crate::errno::Errno;
use crate::net::packet::{Flow, Hop, Packet, Segment};
use crate::net::recovery::Sender;
use crate::net::socket::{Protocol, SocketId};
use crate::net::stack::Net;

/// Why a connection asks whether its peer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probing {
    /// `SO_KEEPALIVE`: whether it is there still.
    KeepAlive,
    /// It has bytes, and the peer no room for them: `tcp_send_probe0`.
    Window,
    /// It is closed and waits for its peer's end alone: it does not ask, and only waits for so long (`tcp_fin_timeout`).
    End,
}

impl Net {
    /// `tcp_write_err`: nobody answers, so the connection is no more. The peer is not told.
    pub(crate) fn time_out(&mut self, id: SocketId) {
        self.suspect_peer(id);
        self.abort(id, Errno::ETIMEDOUT);
    }

    /// The same after a last word: `tcp_keepalive_timer` sends a reset.
    pub(crate) fn give_up(&mut self, id: SocketId) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        tcp.emit(id, Segment::Rst, effects);
        self.time_out(id);
    }

    /// A connection ends without a word to its peer, who may have to find out.
    pub(super) fn suspect_peer(&mut self, id: SocketId) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        if let Some(peer) = tcp.peer.filter(|_| !tcp.hop.is_local()) {
            effects.suspect(peer);
        }
    }

    /// All connections between two hosts are reset at both ends, as if by a segment.
    pub(crate) fn reset_between(&mut self, hop: Hop) {
        for id in self.connections(|other| other == hop || other == hop.reverse()) {
            // An end may have gone with one before.
            if self.endpoint(id).is_some_and(|tcp| tcp.state != State::Closed) {
                self.arrive_rst(id);
            }
        }
    }

    /// The endpoints of connections, and of attempts to connect, whose hop is such a one; in order of creation.
    pub(crate) fn connections(&self, is_such: impl Fn(Hop) -> bool) -> Vec<SocketId> {
        let all =
            self.sockets.iter().enumerate().filter_map(|(at, socket)| match &socket.as_deref()?.protocol {
                Protocol::Tcp(tcp) => Some((at, tcp)),
                Protocol::Udp(_) => None,
            });
        all.filter(|(_, tcp)| tcp.flow.is_some() && tcp.state != State::Closed && is_such(tcp.hop))
            .map(|(at, _)| SocketId(u32::try_from(at).expect("ids are 32 bits")))
            .collect()
    }

    /// A connection between hosts may have to ask whether its peer is there, and one with patience whether it has room.
    pub(super) fn suspect(&mut self, id: SocketId) {
        if !self.tcp(id).hop.is_local() || self.socket(id).options.user_timeout_ms > 0 {
            self.effects.suspect(id);
        }
    }

    fn live(&self, id: SocketId) -> Option<&Tcp> {
        self.endpoint(id).filter(|tcp| tcp.state != State::Closed)
    }

    /// Whether a segment finds the endpoint that it is for.
    pub(crate) fn is_met(&self, packet: &Packet) -> bool {
        self.meets(packet).is_some()
    }

    /// Who sends on a flow, if that end is still there.
    pub(crate) fn flow_sender(&self, id: SocketId, flow: Flow) -> Option<Sender> {
        let tcp = self.live(id).filter(|tcp| tcp.flow == Some(flow))?;
        Some(if tcp.hold == Hold::Orphan { Sender::Orphan } else { Sender::Program })
    }

    /// The flow and the hop of a connection that is there.
    pub(crate) fn path(&self, id: SocketId) -> Option<(Flow, Hop)> {
        let tcp = self.live(id)?;
        Some((tcp.flow?, tcp.hop))
    }

    /// Whether the other end of a connection knows of it.
    pub(crate) fn has_peer(&self, id: SocketId) -> bool {
        let Some(tcp) = self.live(id) else { return false };
        let peer = tcp.peer.and_then(|peer| self.live(peer));
        peer.is_some_and(|peer| peer.flow == tcp.flow.map(Flow::reverse))
    }

    /// Why a connection between two hosts would probe its peer, if it would.
    pub(crate) fn probing(&self, id: SocketId) -> Option<Probing> {
        let tcp = self.live(id).filter(|tcp| tcp.flow.is_some() && !tcp.hop.is_local())?;
        if matches!(tcp.state, State::SynSent | State::SynReceived) {
            return None;
        }
        let ends = matches!(tcp.state, State::FinWait1 | State::FinWait2 | State::Closing | State::LastAck);
        if tcp.hold == Hold::Orphan && ends && !tcp.is_held_back() {
            return Some(Probing::End);
        }
        if tcp.is_held_back() {
            return Some(Probing::Window);
        }
        self.socket(id).options.keep_alive.then_some(Probing::KeepAlive)
    }

    /// Asks the peer whether it is there.
    pub(crate) fn send_probe(&mut self, id: SocketId) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        tcp.emit(id, Segment::Probe, effects);
    }

    /// The peer of a connection acknowledged something.
    pub(crate) fn hear(&mut self, id: SocketId, now_ns: u64) {
        if self.live(id).is_some() {
            self.tcp_mut(id).heard_ns = now_ns;
        }
    }

    /// What a silent connection asked until now was answered each time, although nobody sent it; the round trips are left out.
    pub(crate) fn assume_answered(&mut self, id: SocketId, now_ns: u64) {
        let Some(idle_ns) = self.socket(id).options.keep_alive_idle_ns().filter(|ns| *ns > 0) else { return };
        let clock = self.hosts.get(self.socket(id).host).spec.clock;
        let tcp = self.tcp_mut(id);
        let since_ns = tcp.heard_ns.max(tcp.keep_alive_ns);
        let silent_ns = clock.elapsed_ns(now_ns).saturating_sub(clock.elapsed_ns(since_ns));
        tcp.heard_ns = clock.after_ns(since_ns, silent_ns - silent_ns % idle_ns);
    }

    /// When a silent connection is probed first: `keepalive_time_elapsed`.
    pub(crate) fn keep_alive_due_ns(&self, id: SocketId) -> Option<u64> {
        let tcp = self.live(id)?;
        let idle_ns = self.socket(id).options.keep_alive_idle_ns()?;
        Some(self.after_ns(tcp.hop.from, tcp.heard_ns.max(tcp.keep_alive_ns), idle_ns))
    }

    /// The program set an option of a socket: `SO_KEEPALIVE` counts from then on (`tcp_set_keepalive`).
    pub fn option_was_set(&mut self, id: SocketId, now_ns: u64) {
        if self.endpoint(id).is_none() {
            return;
        }
        let on = self.socket(id).options.keep_alive;
        let tcp = self.tcp_mut(id);
        if !on {
            tcp.keep_alive_ns = 0;
        } else if tcp.keep_alive_ns == 0 {
            tcp.keep_alive_ns = now_ns;
        }
        self.suspect(id);
    }
}

impl Tcp {
    /// Whether there is something that the peer's window does not admit.
    pub(super) fn is_held_back(&self) -> bool {
        self.window() == 0 && (!self.outgoing.is_empty() || self.end == End::Queued)
    }
}
