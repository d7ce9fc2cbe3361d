//! Segments between hosts that are sent again until they are acknowledged or their connection is given up.
//!
//! Does not know why one was lost. An acknowledgement is no packet: it is there when what it acknowledges arrives and the way back
//! is neither cut nor loses everything. One that could not come back leaves the sender in doubt, so that it asks again (`Segment::Probe`); what it sends
//! meanwhile arrives until the first such question, and waits from then on. Invariant: every timer here belongs to a recovery that has
//! something to send again.

use super::Kernel;
use crate::host::{HostId, Power};
use crate::net::{Care, Flow, Hop, Packet, Pending, Recovery, Segment, SocketId};
use crate::timer::Due;

/// What the sender of a segment learns when it has arrived.
pub(super) struct Receipt {
    flow: Flow,
    from: SocketId,
    hop: Hop,
    sent_ns: u64,
    edge: u64,
    answer: Answer,
}

/// How the answer to a segment fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The sender is told that it arrived.
    Comes,
    /// It is not told, or told that nobody was there.
    Lacks,
    /// None is expected: that it arrived is all there is to know.
    None,
    /// Its sender does not care whether it arrived.
    Idle,
}

impl Kernel {
    /// Holds a segment back that is sent behind one that was lost; any other is returned.
    pub(super) fn wait_behind(&mut self, packet: Box<Packet>) -> Option<Box<Packet>> {
        self.wait_if(packet, Recovery::blocks)
    }

    /// Holds a segment back that arrives before one that was lost; any other is returned.
    pub(super) fn wait_for_lost(&mut self, packet: Box<Packet>) -> Option<Box<Packet>> {
        self.wait_if(packet, Recovery::overtakes)
    }

    fn wait_if(&mut self, packet: Box<Packet>, waits: fn(&Recovery, u64) -> bool) -> Option<Box<Packet>> {
        let (Care::InOrder, Some(flow)) = (packet.care(), packet.flow) else { return Some(packet) };
        let place = packet.journey.place;
        let Some(recovery) = self.recoveries.get_mut(&flow).filter(|recovery| waits(recovery, place)) else {
            return Some(packet);
        };
        recovery.keep(packet);
        // What was lost may be nothing that its sender waits for, as this may.
        self.arm(flow, self.now_ns());
        None
    }

    /// A segment was lost that is sent again.
    pub(super) fn recover(&mut self, packet: Box<Packet>) {
        let Some(flow) = packet.flow else { return };
        let host = self.net.hosts.get(packet.hop.from);
        if host.power == Power::Down || host.boot != packet.journey.boot {
            self.doubt(&packet);
            return;
        }
        let (from, hop, sent_ns) = (packet.from, packet.hop, packet.journey.sent_ns);
        if !packet.wants_answer() && !self.net.is_met(&packet) {
            return;
        }
        let recovery = self.recoveries.entry(flow).or_insert_with(|| Recovery::new(from, hop));
        match packet.care() {
            Care::Repeated => recovery.keep_window(packet),
            _ => recovery.keep(packet),
        }
        if self.net.flow_sender(from, flow).is_none() {
            recovery.keep_last_words();
        }
        self.arm(flow, sent_ns);
    }

    /// The acknowledgement of an end is lost for good, as its host crashed: who waits for it asks.
    fn doubt(&mut self, packet: &Packet) {
        let (Some(flow), Some(from)) = (packet.flow.map(Flow::reverse), packet.to) else { return };
        if packet.segment == Segment::FinAck && self.net.is_met(packet) {
            let hop = packet.hop.reverse();
            let recovery = self.recoveries.entry(flow).or_insert_with(|| Recovery::new(from, hop));
            recovery.unacknowledged = true;
            recovery.probes = false;
            self.arm(flow, self.now_ns());
        }
    }

    /// The question whether something arrived was lost itself.
    pub(super) fn lose_probe(&mut self, packet: &Packet) {
        let Some(flow) = packet.flow else { return };
        if let Some(recovery) = self.recoveries.get_mut(&flow) {
            recovery.probes = false;
            self.arm(flow, packet.journey.sent_ns);
        }
    }

    /// A probe says that the peer's end is not known to be acknowledged: that is said again. Whether there is nobody left who could
    /// say more (`tcp_timewait_state_process`).
    pub(super) fn repeat_last_word(&mut self, packet: &Packet) -> bool {
        let Some(flow) = packet.flow.map(Flow::reverse).filter(|_| packet.segment == Segment::Probe) else {
            return false;
        };
        let is_last = |recovery: &Recovery| recovery.pending() == Pending::LastWord;
        if !self.recoveries.get(&flow).is_some_and(is_last) {
            return false;
        }
        let over = !self.net.is_met(packet);
        self.disarm(flow);
        self.send_waiting(flow);
        self.arm(flow, self.now_ns());
        over
    }

    /// What will be known of a segment once it is delivered.
    pub(super) fn receipt(&self, packet: &Packet) -> Option<Receipt> {
        let flow = packet.flow?;
        // A probe that is not about what this flow sent is asked again by who sent it.
        let others = packet.segment == Segment::Probe
            && !self.recoveries.get(&flow).is_some_and(|recovery| recovery.probes);
        let back = packet.hop.reverse();
        let comes =
            self.net.is_met(packet) && !self.links.is_dead(back) && !(others && self.links.is_held(back));
        let answer = match (packet.wants_answer(), comes) {
            (true, true) => Answer::Comes,
            (true, false) if others => Answer::Idle,
            (true, false) => Answer::Lacks,
            (false, _) if packet.care() == Care::InOrder => Answer::None,
            (false, _) => Answer::Idle,
        };
        let (from, hop, edge) = (packet.from, packet.hop, packet.edge);
        Some(Receipt { flow, from, hop, edge, sent_ns: packet.journey.sent_ns, answer })
    }

    /// A segment was delivered.
    pub(super) fn acknowledge(&mut self, receipt: Receipt) {
        let Receipt { flow, from, hop, sent_ns, edge, answer } = receipt;
        if answer == Answer::Comes {
            self.net.hear(from, self.now_ns());
            self.stop_probing(from);
            self.suspect(from);
        }
        if answer == Answer::Lacks && self.is_up(hop.from) && self.net.flow_sender(from, flow).is_some() {
            let recovery = self.recoveries.entry(flow).or_insert_with(|| Recovery::new(from, hop));
            recovery.unacknowledged = true;
            recovery.probes = false;
            self.arm(flow, sent_ns);
            return;
        }
        let Some(recovery) = self.recoveries.get_mut(&flow) else { return };
        recovery.told(edge);
        if answer != Answer::Idle {
            recovery.get_on();
        }
        if answer == Answer::Comes {
            recovery.probes = false;
            if core::mem::take(&mut recovery.unacknowledged) {
                self.disarm(flow);
                self.send_waiting(flow);
            }
        }
        self.arm(flow, sent_ns);
    }

    /// The timer of a flow: it tries again, or gives up (`tcp_retransmit_timer`).
    pub(super) fn retry(&mut self, flow: Flow) {
        let now_ns = self.now_ns();
        let Some(recovery) = self.recoveries.get_mut(&flow) else { return };
        recovery.timer = None;
        let from = recovery.from;
        let sender = self.net.flow_sender(from, flow);
        if sender.is_none() {
            recovery.keep_last_words();
        }
        recovery.keep_wanted(|packet| self.net.is_met(packet));
        if recovery.pending() == Pending::Nothing {
            self.recoveries.remove(&flow);
            return;
        }
        let is_over = match self.net.patience_ends_ns(from, recovery.since_ns.unwrap_or(now_ns)) {
            // `retransmits_timed_out`: who has patience goes by it, however often that is.
            Some(ends_ns) => recovery.is_tried_again() && ends_ns <= now_ns,
            None => recovery.is_over(sender),
        };
        if is_over {
            recovery.keep_last_words();
            self.arm(flow, self.now_ns());
            self.net.time_out(from);
            self.settle();
            return;
        }
        recovery.try_again(now_ns);
        if recovery.unacknowledged {
            recovery.probes = true;
            self.net.send_probe(from);
            self.settle();
        } else {
            self.send_waiting(flow);
        }
        self.arm(flow, self.now_ns());
    }

    /// Sends what waits, in order, until one is lost.
    fn send_waiting(&mut self, flow: Flow) {
        while let Some(packet) = self.recoveries.get_mut(&flow).and_then(Recovery::next) {
            let place = packet.journey.place;
            self.put_on_link(packet);
            if self.recoveries.get(&flow).is_some_and(|recovery| recovery.waits_from(place)) {
                return;
            }
        }
        if let Some(window) = self.recoveries.get_mut(&flow).and_then(Recovery::take_window) {
            self.put_on_link(window);
        }
    }

    /// Sets the timer of a flow that has something to send again; one that has nothing is forgotten, unless what it sent again may
    /// be lost again.
    fn arm(&mut self, flow: Flow, sent_ns: u64) {
        let now_ns = self.now_ns();
        let Some(recovery) = self.recoveries.get_mut(&flow) else { return };
        match recovery.pending() {
            Pending::Nothing => {
                if recovery.retries == 0 && recovery.timer.is_none() {
                    self.recoveries.remove(&flow);
                }
                return;
            }
            // The peer asks for it, and cannot hear before.
            Pending::Window | Pending::LastWord if self.links.is_cut(recovery.hop) => return,
            _ if recovery.timer.is_some() || recovery.probes => return,
            _ => {}
        }
        let mut at_ns = self.net.after_ns(recovery.hop.from, sent_ns, recovery.wait_ns());
        if let Some(since_ns) = recovery.since_ns {
            // `tcp_clamp_rto_to_user_timeout`
            at_ns = at_ns.min(self.net.patience_ends_ns(recovery.from, since_ns).unwrap_or(at_ns));
        }
        let at_ns = at_ns.max(now_ns);
        recovery.timer = Some(self.timers.set(at_ns, Due::Retry(flow)));
        self.changed();
    }

    fn disarm(&mut self, flow: Flow) {
        if let Some(key) = self.recoveries.get_mut(&flow).and_then(|recovery| recovery.timer.take()) {
            self.timers.cancel(key);
        }
    }

    /// A link carries again: what waits for the peer to ask for it is said.
    pub(super) fn repeat_lost(&mut self, hop: Hop) {
        let flows = self.recoveries_where(|recovery| recovery.hop == hop && recovery.timer.is_none());
        for flow in flows {
            self.arm(flow, self.now_ns());
        }
    }

    /// A connection is reset: what its end has not got through is never sent (`tcp_write_queue_purge`).
    pub(super) fn reset_recovery(&mut self, packet: &Packet) {
        let Some(flow) = packet.flow else { return };
        if self.net.flow_sender(packet.from, flow).is_none()
            && let Some(recovery) = self.recoveries.get_mut(&flow)
        {
            recovery.keep_last_words();
            if recovery.pending() == Pending::Nothing {
                self.disarm(flow);
                self.recoveries.remove(&flow);
            }
        }
    }

    /// A host lost its power, and with it what it would have sent again.
    pub(super) fn lose_recoveries(&mut self, host: HostId) {
        let lost = self.recoveries_where(|recovery| recovery.hop.from == host);
        let words: Vec<Packet> =
            lost.iter().filter_map(|flow| self.recoveries[flow].last_word().cloned()).collect();
        self.drop_recoveries(lost);
        words.iter().for_each(|word| self.doubt(word));
    }

    /// The connections between two hosts were reset: flows of theirs whose senders are gone have nothing to send again, not even
    /// a last word.
    pub(super) fn forget_recoveries(&mut self, between: Hop) {
        let theirs = self.recoveries_where(|recovery| [between, between.reverse()].contains(&recovery.hop));
        let is_gone = |flow: &Flow| self.net.flow_sender(self.recoveries[flow].from, *flow).is_none();
        let gone = theirs.into_iter().filter(is_gone).collect();
        self.drop_recoveries(gone);
    }

    fn recoveries_where(&self, is_such: impl Fn(&Recovery) -> bool) -> Vec<Flow> {
        self.recoveries.iter().filter(|(_, recovery)| is_such(recovery)).map(|(flow, _)| *flow).collect()
    }

    fn drop_recoveries(&mut self, flows: Vec<Flow>) {
        for flow in flows {
            self.disarm(flow);
            self.recoveries.remove(&flow);
        }
    }

    /// What must hold of flows between hosts.
    pub(super) fn audit_recoveries(&self) -> Result<(), String> {
        for (flow, recovery) in &self.recoveries {
            recovery.audit().map_err(|wrong| format!("flow {} {wrong}: {recovery:?}", flow.0))?;
            if !self.is_up(recovery.hop.from) {
                return Err(format!("flow {} of a host that is down sends again", flow.0));
            }
            if recovery.timer.is_some_and(|key| self.timers.retry_at(key) != Some(*flow)) {
                return Err(format!("flow {} has a timer that is not its own", flow.0));
            }
        }
        let owned = |flow: Flow| self.recoveries.get(&flow).is_some_and(|recovery| recovery.timer.is_some());
        match self.timers.retries().find(|flow| !owned(*flow)) {
            Some(flow) => Err(format!("a timer of flow {} is nobody's", flow.0)),
            None => Ok(()),
        }
    }
}
