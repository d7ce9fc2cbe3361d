//! `TCP_USER_TIMEOUT` of `tcp(7)`: how long what was sent may stay unacknowledged, and what the peer has no room for unsent.
//!
//! Does not know what was lost. Invariant: a connection whose program did not ask for it never ends by it.

use super::state::{State, Taken, Tcp};
use crate::net::limits::RETRANSMIT_NS_MIN;
use crate::net::packet::{Packet, Segment};
use crate::net::socket::SocketId;
use crate::net::stack::Net;

impl Net {
    /// When the patience of a socket's program with something that began then is over, if it said so.
    pub(crate) fn patience_ends_ns(&self, id: SocketId, since_ns: u64) -> Option<u64> {
        let hop = self.endpoint(id)?.hop;
        let patience_ns = self.socket(id).options.user_timeout_ns()?;
        Some(self.after_ns(hop.from, since_ns, patience_ns))
    }

    /// How long it is since the peer of a socket was heard of, or since its program asked for keep-alives, and whether that is longer
    /// than its patience, if it has any.
    pub(crate) fn is_out_of_patience(&self, id: SocketId, now_ns: u64) -> Option<bool> {
        let tcp = self.endpoint(id)?;
        let ends_ns = self.patience_ends_ns(id, tcp.heard_ns.max(tcp.keep_alive_ns))?;
        Some(ends_ns <= now_ns)
    }

    /// The peer has no room for what is to be sent: `tcp_probe_timer` counts from the first probe on.
    pub(crate) fn watch_window(&mut self, id: SocketId, now_ns: u64) {
        let Some(tcp) = self.endpoint(id).filter(|tcp| tcp.waits_for_room()) else { return };
        let since_ns = tcp.held_ns.unwrap_or_else(|| self.after_ns(tcp.hop.from, now_ns, RETRANSMIT_NS_MIN));
        self.tcp_mut(id).held_ns = Some(since_ns);
        self.time_window(id, since_ns, now_ns);
    }

    /// Sets the timer of a closed window, of which there is one at most.
    fn time_window(&mut self, id: SocketId, since_ns: u64, now_ns: u64) {
        let Some(due_ns) = self.patience_ends_ns(id, since_ns) else { return };
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        if !tcp.times_window {
            tcp.times_window = true;
            tcp.set_timer(id, Segment::WindowTimeout, due_ns.max(now_ns), effects);
        }
    }

    /// The timer of a window that was closed, and may still be, or be again. The program may have set another time.
    pub(in crate::net) fn arrive_window_timeout(&mut self, packet: &Packet, now_ns: u64) {
        let id = packet.from;
        if self.endpoint(id).is_none_or(|tcp| tcp.flow != packet.flow) {
            return;
        }
        let tcp = self.tcp_mut(id);
        tcp.times_window = false;
        let Some(since_ns) = tcp.held_ns.filter(|_| tcp.waits_for_room()) else { return };
        match self.patience_ends_ns(id, since_ns) {
            Some(ends_ns) if ends_ns <= now_ns => self.time_out(id),
            _ => self.time_window(id, since_ns, now_ns),
        }
    }
}

impl Tcp {
    fn waits_for_room(&self) -> bool {
        let begins =
            matches!(self.state, State::Closed | State::Listen | State::SynSent | State::SynReceived);
        !begins && self.is_held_back()
    }
}
