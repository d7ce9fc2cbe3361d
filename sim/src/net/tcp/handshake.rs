//! Handshakes between hosts, whose segments may be lost and come twice.
//!
//! Does not know when segments are lost: it hears of the timers. Invariant: one attempt to connect has at most one endpoint on the
//! other side.

use super::state::{Hold, State, Taken};
use crate::net::limits::{SYN_ACK_RETRIES_MAX, SYN_TIMEOUT_NS};
use crate::net::packet::{Flow, Packet, Segment};
use crate::net::socket::SocketId;
use crate::net::stack::Net;

impl Net {
    /// Whether a SYN asks for what it was granted: the SYN-ACK is sent again if it may not have arrived (`tcp_check_req`).
    pub(super) fn was_granted(&mut self, packet: &Packet) -> bool {
        let Segment::Syn { attempt: 1.., .. } = packet.segment else { return false };
        let granted = packet.flow.and_then(|flow| self.flows.granted(flow));
        let Some(id) = granted.filter(|&id| self.endpoint(id).is_some_and(|tcp| tcp.state != State::Closed))
        else {
            return false;
        };
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        let its = tcp.flow == packet.flow.map(Flow::reverse);
        if its && tcp.state == State::SynReceived {
            tcp.emit(id, Segment::SynAck, effects);
        }
        its
    }

    /// Whether a SYN from another host meets a connection that its host has forgotten, as one has that was down: the SYN is dropped,
    /// and its sender challenged (`tcp_send_challenge_ack`), who knows of no such connection and resets it. The next SYN finds
    /// nobody in the way.
    pub(super) fn challenges(&mut self, packet: &Packet) -> bool {
        if packet.hop.is_local() {
            return false;
        }
        let is_stale = |id: &SocketId| {
            let tcp = self.tcp(*id);
            tcp.local == packet.destination
                && tcp.remote == Some(packet.source)
                && !matches!(tcp.state, State::Closed | State::Listen | State::SynSent)
        };
        let stale = self.streams(packet.hop.to).holders(packet.destination.port()).find(is_stale);
        if let Some(id) = stale {
            let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
            tcp.emit(id, Segment::Ack, effects);
        }
        stale.is_some()
    }

    /// Sets the timer of a SYN-ACK that leaves for another host.
    pub(super) fn time_syn_ack(&mut self, id: SocketId, attempt: u32, now_ns: u64) {
        let due_ns = self.after_ns(self.tcp(id).hop.from, now_ns, SYN_TIMEOUT_NS << attempt);
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        if !tcp.hop.is_local() {
            tcp.set_timer(id, Segment::SynAckTimeout { attempt }, due_ns, effects);
        }
    }

    /// Nobody answered a SYN-ACK: it is sent again, or the handshake is forgotten (`reqsk_timer_handler`).
    pub(in crate::net) fn arrive_syn_ack_timeout(&mut self, packet: &Packet, attempt: u32, now_ns: u64) {
        let id = packet.from;
        let waits =
            self.endpoint(id).is_some_and(|tcp| tcp.state == State::SynReceived && tcp.flow == packet.flow);
        if !waits {
            return;
        }
        if attempt < SYN_ACK_RETRIES_MAX {
            let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
            tcp.emit(id, Segment::SynAck, effects);
            self.time_syn_ack(id, attempt + 1, now_ns);
            return;
        }
        self.suspect_peer(id);
        self.drop_handshake(id);
    }

    /// A handshake under way is over and nobody is told.
    pub(super) fn drop_handshake(&mut self, id: SocketId) {
        let Hold::Unaccepted(listener) = self.tcp(id).hold else {
            unreachable!("a handshake under way belongs to its listener")
        };
        let queues =
            self.tcp_mut(listener).listener.as_mut().expect("a stopped listener forgets its handshakes");
        queues.handshakes.retain(|&other| other != id);
        self.bury(id);
    }
}
