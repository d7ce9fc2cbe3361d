//! What one direction of one connection between hosts sends again.
//!
//! One queue for a flow stands for TCP's scoreboard: a segment that is lost waits for the timer, and what is sent behind it waits
//! with it and follows it in order. There is no selective acknowledgement and no fast retransmit (RFC 2018, RFC 5681), and the timer
//! is the least (`TCP_RTO_MIN`) whatever the round trip, so a loss costs 200 ms where Linux often needs less. Does not know links,
//! clocks or choices: the kernel says what was lost and when. Invariant: segments leave the queue in the order of their places, and
//! whatever waits in a flow has a timer or a probe under way.

use std::collections::BTreeMap;

use super::limits::{ORPHAN_RETRIES_MAX, RETRANSMIT_NS_MAX, RETRANSMIT_NS_MIN, RETRIES_MAX};
use super::packet::{Hop, Packet, Segment};
use super::socket::SocketId;
use crate::timer;

/// Who would be told that its segments do not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A socket that a program has or may still accept.
    Program,
    /// One that its program has closed.
    Orphan,
}

/// What a flow waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// An acknowledgement: of bytes, or of the end behind them.
    Acknowledgement,
    /// Only what the peer waits for: it acknowledged the peer's end, and that was lost.
    LastWord,
    /// Only that a wider window gets through.
    Window,
    /// Nothing.
    Nothing,
}

/// What one flow has to send again.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// Who sends.
    pub(crate) from: SocketId,
    pub(crate) hop: Hop,
    queue: BTreeMap<u64, Box<Packet>>,
    /// Something arrived, and its acknowledgement could not come back.
    pub(crate) unacknowledged: bool,
    /// Whether a probe for such is under way.
    pub(crate) probes: bool,
    /// A lost segment that said nothing but a wider window.
    window: Option<Box<Packet>>,
    /// How often the first that waits was sent again.
    pub(crate) retries: u32,
    /// When that was sent again first, if it wants an acknowledgement: `retrans_stamp`.
    pub(crate) since_ns: Option<u64>,
    pub(crate) timer: Option<timer::Key>,
}

impl Recovery {
    pub(crate) fn new(from: SocketId, hop: Hop) -> Self {
        Self {
            from,
            hop,
            queue: BTreeMap::new(),
            unacknowledged: false,
            probes: false,
            window: None,
            retries: 0,
            since_ns: None,
            timer: None,
        }
    }

    /// Whether a segment that is sent must wait for one that was lost.
    pub(crate) fn blocks(&self, place: u64) -> bool {
        self.overtakes(place) || (self.unacknowledged && self.retries > 0)
    }

    /// Whether a segment that arrives must wait for one that was lost.
    pub(crate) fn overtakes(&self, place: u64) -> bool {
        self.queue.first_key_value().is_some_and(|(first, _)| *first < place)
    }

    /// Whether a segment waits, or one before it.
    pub(crate) fn waits_from(&self, place: u64) -> bool {
        self.queue.first_key_value().is_some_and(|(first, _)| *first <= place)
    }

    /// Keeps a segment to be sent again.
    pub(crate) fn keep(&mut self, packet: Box<Packet>) {
        self.queue.insert(packet.journey.place, packet);
    }

    /// The next segment to be sent again.
    pub(crate) fn next(&mut self) -> Option<Box<Packet>> {
        self.queue.pop_first().map(|(_, packet)| packet)
    }

    /// Keeps a wider window that did not arrive.
    pub(crate) fn keep_window(&mut self, packet: Box<Packet>) {
        self.window = Some(packet);
    }

    pub(crate) fn take_window(&mut self) -> Option<Box<Packet>> {
        self.window.take()
    }

    /// The peer has been told of this much room.
    pub(crate) fn told(&mut self, edge: u64) {
        self.window.take_if(|window| window.edge <= edge);
    }

    /// The sender is gone: only acknowledgements of the peer's end matter to anybody.
    pub(crate) fn keep_last_words(&mut self) {
        self.unacknowledged = false;
        self.probes = false;
        self.get_on();
        self.window = None;
        self.queue.retain(|_, packet| packet.segment == Segment::FinAck);
    }

    /// An acknowledgement of the peer's end.
    pub(crate) fn last_word(&self) -> Option<&Packet> {
        self.queue.values().map(Box::as_ref).find(|packet| packet.segment == Segment::FinAck)
    }

    /// What only the peer waits for is not sent to one that is gone.
    pub(crate) fn keep_wanted(&mut self, is_met: impl Fn(&Packet) -> bool) {
        self.queue.retain(|_, packet| packet.wants_answer() || is_met(packet));
        self.window.take_if(|window| !is_met(window));
    }

    pub(crate) fn pending(&self) -> Pending {
        let mut queue = self.queue.values();
        if self.unacknowledged || queue.any(|packet| packet.wants_answer()) {
            Pending::Acknowledgement
        } else if !self.queue.is_empty() {
            Pending::LastWord
        } else if self.window.is_some() {
            Pending::Window
        } else {
            Pending::Nothing
        }
    }

    /// What waits is sent again.
    pub(crate) fn try_again(&mut self, now_ns: u64) {
        self.retries += 1;
        if self.pending() == Pending::Acknowledgement {
            self.since_ns.get_or_insert(now_ns);
        }
    }

    /// Something was acknowledged.
    pub(crate) fn get_on(&mut self) {
        self.retries = 0;
        self.since_ns = None;
    }

    /// How long it waits for an acknowledgement: `icsk_rto`, doubled with each retry.
    pub(crate) fn wait_ns(&self) -> u64 {
        wait_ns(self.retries)
    }

    /// Whether it has been tried often enough: `tcp_write_timeout`.
    pub(crate) fn is_over(&self, sender: Option<Sender>) -> bool {
        self.pending() == Pending::Acknowledgement && self.retries >= retries_max(sender)
    }

    /// Whether it waits for an acknowledgement that did not come the first time: only then does the program's patience count
    /// (`retransmits_timed_out`).
    pub(crate) fn is_tried_again(&self) -> bool {
        self.since_ns.is_some() && self.pending() == Pending::Acknowledgement
    }

    /// What must hold of it.
    pub(crate) fn audit(&self) -> Result<(), &'static str> {
        if self.pending() == Pending::Acknowledgement && self.timer.is_none() && !self.probes {
            return Err("waits without a timer");
        }
        if self.queue.values().any(|packet| packet.hop != self.hop) {
            return Err("has a packet of another hop");
        }
        Ok(())
    }
}

/// How long the wait after so many retries is.
pub(crate) fn wait_ns(retries: u32) -> u64 {
    RETRANSMIT_NS_MIN.saturating_mul(1 << retries.min(20)).min(RETRANSMIT_NS_MAX)
}

/// `tcp_retries2`, or `tcp_orphan_retries`.
pub(crate) fn retries_max(sender: Option<Sender>) -> u32 {
    if sender == Some(Sender::Orphan) { ORPHAN_RETRIES_MAX } else { RETRIES_MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_given_up_when_linux_does() {
        let after = |retries| (0..=retries).map(wait_ns).sum::<u64>();
        // `tcp_model_timeout` with 15 and with 8.
        assert_eq!(after(RETRIES_MAX), 924_600_000_000);
        assert_eq!(after(ORPHAN_RETRIES_MAX), 102_200_000_000);
        assert_eq!((0..5).map(wait_ns).sum::<u64>(), 6_200_000_000);
    }
}
