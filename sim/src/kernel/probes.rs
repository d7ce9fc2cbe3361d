//! Connections between hosts that ask whether their peers are there: `SO_KEEPALIVE`, and probes of a closed window.
//!
//! A question whose answer is known to come is not asked: probes begin when the way or the peer is gone, at the times at which Linux
//! would have asked, as if those before had been answered in no time. So a run in which everybody waits for a healthy connection is a deadlock, and not a run without an end. On
//! loopback, where a peer always answers, there are none. Does not know why a peer is gone. Invariant: a connection has at most one
//! timer here.

use super::Kernel;
use crate::host::HostId;
use crate::net::limits::FIN_TIMEOUT_NS;
use crate::net::{Care, Flow, Hop, Packet, Pending, Probing, SocketId, retries_max, wait_ns};
use crate::timer::{Due, Key};

/// A connection that asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probes {
    why: Probing,
    /// How often it has asked without an answer.
    count: u32,
    timer: Key,
}

/// The next time at which a connection asks.
#[derive(Clone, Copy, Debug)]
struct Turn {
    count: u32,
    at_ns: u64,
}

impl Kernel {
    /// Connections that may have to ask, and were left by calls and arrivals.
    pub(super) fn settle_suspects(&mut self) {
        while let Some(id) = self.net.pop_suspect() {
            self.suspect(id);
        }
        for hop in self.links.take_changed() {
            self.suspect_over(hop);
            self.unsuspect();
        }
    }

    /// Something became of the way between two hosts, or of the host at its end.
    pub(super) fn suspect_over(&mut self, hop: Hop) {
        self.net
            .connections(|other| other == hop || other == hop.reverse())
            .into_iter()
            .for_each(|id| self.suspect(id));
    }

    /// A host is gone.
    pub(super) fn suspect_all_of(&mut self, host: HostId) {
        let peers = self.net.connections(|hop| hop.to == host && !hop.is_local());
        peers.into_iter().for_each(|id| self.suspect(id));
    }

    pub(super) fn suspect(&mut self, id: SocketId) {
        self.net.watch_window(id, self.now_ns());
        let why = self.net.probing(id).filter(|why| !self.is_healthy(id, *why));
        let before = self.probes.get(&id).map(|probes| (probes.why, probes.count));
        match (why, before) {
            (None, _) => self.stop_probing(id),
            (Some(why), None) => {
                if why == Probing::KeepAlive {
                    self.net.assume_answered(id, self.now_ns());
                }
                self.plan_probe(id, why, 0);
            }
            // The program may have set another time.
            (Some(Probing::KeepAlive), Some((Probing::KeepAlive, 0))) => {
                self.stop_probing(id);
                self.plan_probe(id, Probing::KeepAlive, 0);
            }
            (Some(_), Some(_)) => {}
        }
    }

    /// A way is whole again: questions that would be answered are not asked.
    pub(super) fn unsuspect(&mut self) {
        let is_over = |(id, probes): &(&SocketId, &Probes)| self.is_healthy(**id, probes.why);
        let over: Vec<SocketId> = self.probes.iter().filter(is_over).map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.stop_probing(id));
    }

    /// Whether a question would be answered.
    fn is_healthy(&self, id: SocketId, why: Probing) -> bool {
        let Some((flow, hop)) = self.net.path(id) else { return false };
        !self.links.is_dead(hop)
            && !self.links.is_dead(hop.reverse())
            && self.is_up(hop.to)
            && self.net.has_peer(id)
            && (why != Probing::KeepAlive || !self.is_held_up(flow, hop))
    }

    /// Whether a link keeps the question of a connection or its answer; but who has sent something does not ask, and waits for its
    /// acknowledgement (`tp->packets_out`) for as long as it is kept.
    fn is_held_up(&self, flow: Flow, hop: Hop) -> bool {
        let waits = |packet: &Packet| packet.flow == Some(flow) && packet.care() == Care::InOrder;
        (self.links.is_held(hop) || self.links.is_held(hop.reverse()))
            && !self.links.keeps(hop, |packet| waits(packet) && packet.wants_answer())
    }

    fn plan_probe(&mut self, id: SocketId, why: Probing, count: u32) {
        let at_ns = match (why, count) {
            (Probing::End, _) => self.after_on_ns(id, FIN_TIMEOUT_NS),
            (Probing::Window, _) => self.after_on_ns(id, wait_ns(count)),
            (Probing::KeepAlive, 0) => self.net.keep_alive_due_ns(id).unwrap_or_else(|| self.now_ns()),
            (Probing::KeepAlive, _) => self.after_on_ns(id, self.net.options(id).keep_alive_interval_ns()),
        };
        self.set_probe(id, why, Turn { count, at_ns });
    }

    /// When so much time has passed from here on, as the clock of a socket's host sees it.
    fn after_on_ns(&self, id: SocketId, ns: u64) -> u64 {
        self.net.after_ns(self.net.host_of(id), self.now_ns(), ns)
    }

    fn set_probe(&mut self, id: SocketId, why: Probing, turn: Turn) {
        let Turn { count, at_ns } = turn;
        let timer = self.timers.set(at_ns.max(self.now_ns()), Due::Probe(id));
        self.probes.insert(id, Probes { why, count, timer });
        self.changed();
    }

    /// A peer was heard, and so was what it was asked.
    pub(super) fn stop_probing(&mut self, id: SocketId) {
        if let Some(Probes { timer, .. }) = self.probes.remove(&id) {
            self.timers.cancel(timer);
        }
    }

    /// It is time to ask: `tcp_keepalive_timer`, `tcp_probe_timer`.
    pub(super) fn probe(&mut self, id: SocketId) {
        let Some(Probes { why: before, count, .. }) = self.probes.remove(&id) else { return };
        let (Some(why), Some((flow, _))) = (self.net.probing(id), self.net.path(id)) else { return };
        if self.is_healthy(id, why) {
            return;
        }
        let count = if why == before { count } else { 0 };
        let anew = count == 0 || why == Probing::KeepAlive;
        if let Some(at_ns) = self.probe_later_ns(id, why, flow).filter(|_| anew) {
            self.set_probe(id, why, Turn { count: 0, at_ns });
            return;
        }
        let most = match why {
            Probing::KeepAlive => match self.net.is_out_of_patience(id, self.now_ns()) {
                None => self.net.options(id).keep_alive_probes(),
                // `tcp_keepalive_timer`: who has patience goes by it, and asks once at least.
                Some(true) => 1,
                Some(false) => u32::MAX,
            },
            Probing::End => 0,
            Probing::Window => retries_max(self.net.flow_sender(id, flow)),
        };
        if count < most {
            self.net.send_probe(id);
            self.plan_probe(id, why, count + 1);
        } else if why == Probing::KeepAlive {
            self.net.give_up(id);
        } else {
            self.net.time_out(id);
        }
        self.settle();
    }

    /// When to ask instead of now: something was heard meanwhile, or something waits to be acknowledged, which has a timer of its own
    /// (`tp->packets_out`).
    fn probe_later_ns(&self, id: SocketId, why: Probing, flow: Flow) -> Option<u64> {
        let now_ns = self.now_ns();
        let waits = self.recoveries.get(&flow).is_some_and(|flow| flow.pending() == Pending::Acknowledgement);
        match why {
            Probing::End => waits.then(|| self.after_on_ns(id, FIN_TIMEOUT_NS)),
            Probing::Window => waits.then(|| self.after_on_ns(id, wait_ns(0))),
            Probing::KeepAlive if waits => {
                self.net.options(id).keep_alive_idle_ns().map(|idle_ns| self.after_on_ns(id, idle_ns))
            }
            Probing::KeepAlive => self.net.keep_alive_due_ns(id).filter(|at_ns| *at_ns > now_ns),
        }
    }

    /// What must hold of connections that ask.
    pub(super) fn audit_probes(&self) -> Result<(), String> {
        let own = |id: &SocketId, probes: &Probes| self.timers.probe_at(probes.timer) == Some(*id);
        match self.probes.iter().find(|(id, probes)| !own(id, probes)) {
            Some((id, _)) => Err(format!("socket {} has a timer for a probe that is not its own", id.0)),
            None => Ok(()),
        }
    }
}
