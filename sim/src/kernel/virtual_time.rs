//! What happens when.
//!
//! Does not know who waits for it. Invariant: virtual time never goes back, and nothing that is due stays in the queue past
//! the next scheduling point.

use super::{Kernel, Next};
use crate::choice::Kind;
use crate::ending::Ending;
use crate::event::{Event, Pass, Stamp};
use crate::limits::{FILE_STEPS_NS, LATENCY_LEAST_NS, LATENCY_STEP_NS, LATENCY_STEPS, POINT_NS};
use crate::timer::Due;
use crate::wait::Woken;

/// What sockets sent, and whose it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Post {
    pub(super) packets: u64,
    sender: Sender,
}

/// Who sends what sockets transmit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sender {
    /// The running thread, by a call.
    #[default]
    Thread,
    /// Nobody: a timer, an arrival or a fault has its turn.
    Nobody,
}

impl Kernel {
    /// Virtual nanoseconds since the run began.
    #[must_use]
    #[inline]
    pub fn now_ns(&self) -> u64 {
        self.epoch_ns + self.step * POINT_NS
    }

    /// Lets time pass that no instruction takes, and everything due by then happen; but not past the end of the run, nor past a fault
    /// that strikes meanwhile.
    pub(super) fn pass(&mut self, ns: u64, why: Pass) {
        let from_ns = self.now_ns();
        let strike = self.pass_opportunities(from_ns.saturating_add(ns).min(self.limits.virtual_ns_max));
        let ns = self.now_ns() - from_ns;
        if ns > 0 {
            self.emit(&Event::Passed { ns, why });
        }
        if let Some(strike) = strike {
            self.by_itself(|kernel| kernel.strike(strike));
        }
        if self.now_ns() >= self.limits.virtual_ns_max {
            let _: Next = self.give_up(Ending::OutOfTime { virtual_ns: self.limits.virtual_ns_max });
            return;
        }
        self.deliver_due();
    }

    /// Everything whose time has come happens.
    #[inline]
    pub(super) fn deliver_due(&mut self) {
        // At most points nothing is.
        if self.first_due_ns() <= self.now_ns() {
            self.deliver_now();
        }
    }

    #[inline(never)]
    fn deliver_now(&mut self) {
        self.by_itself(Self::happen_due);
    }

    /// When the next timer, packet or fault is due; the end of time if none is.
    pub(super) fn first_due_ns(&self) -> u64 {
        self.timers.next_ns().unwrap_or(u64::MAX).min(self.nemesis.next_ns())
    }

    /// Lets something happen that is no call of a thread.
    fn by_itself(&mut self, happen: impl FnOnce(&mut Self)) {
        let before = core::mem::replace(&mut self.post.sender, Sender::Nobody);
        happen(self);
        self.post.sender = before;
    }

    fn happen_due(&mut self) {
        let now_ns = self.now_ns();
        loop {
            let due = self.timers.next_ns().filter(|at_ns| *at_ns <= now_ns);
            let fault_ns = self.nemesis.next_ns();
            if fault_ns <= now_ns && due.is_none_or(|at_ns| fault_ns < at_ns) {
                if let Some(strike) = self.take_opportunity() {
                    self.strike(strike);
                }
                continue;
            }
            let Some(at_ns) = due else { return };
            let tied = self.timers.tied(64) as u64;
            let nth = self.choose(Kind::Tie, tied);
            let nth = usize::try_from(nth).expect("below 64");
            match self.timers.take(nth).expect("it was counted") {
                Due::Deadline(thread) => {
                    self.threads.get_mut(thread).timer = None;
                    self.wake(thread, Woken::Deadline);
                    self.note_due(thread, at_ns);
                }
                Due::Packet(packet) if !packet.hop.is_local() => {
                    self.arrive_between(packet);
                    self.settle();
                }
                Due::Packet(packet) => {
                    let socket = self.net.receiver(&packet);
                    let (segment, bytes) = (packet.name().into(), packet.bytes());
                    self.emit(&Event::Arrived { segment, bytes, origin: packet.journey.origin, socket });
                    if self.is_up(packet.hop.to) {
                        self.net.deliver(packet, now_ns);
                    }
                    self.settle();
                }
                Due::TimerFd(id) => self.expire(id),
                Due::Retry(flow) => self.retry(flow),
                Due::Probe(id) => self.probe(id),
                Due::Relief(strike) => self.relieve(strike),
            }
            if self.ending.is_some() {
                return;
            }
        }
    }

    /// Sends off what the sockets transmitted.
    pub(super) fn send_packets(&mut self) {
        while let Some(mut packet) = self.net.pop_packet() {
            if !self.is_up(packet.hop.from) {
                continue;
            }
            // A packet with a time of its own is a timer of the protocol, not a segment that travels.
            let is_timer = packet.due_ns.is_some();
            self.post.packets += u64::from(!is_timer);
            packet.journey.origin = match self.post.sender {
                Sender::Thread if !is_timer => {
                    Some(Stamp { step: self.step, at_ns: self.now_ns(), thread: self.current })
                }
                Sender::Thread | Sender::Nobody => None,
            };
            if !packet.hop.is_local() {
                self.send_between(packet);
                continue;
            }
            let latency_ns = if is_timer { 0 } else { self.loopback_ns() };
            let at_ns = self.net.schedule(&packet, self.now_ns() + latency_ns);
            self.timers.set(at_ns, Due::Packet(packet));
            self.changed();
        }
    }

    /// How long a packet travels that does not leave its host.
    fn loopback_ns(&mut self) -> u64 {
        LATENCY_LEAST_NS + self.choose(Kind::Latency, LATENCY_STEPS) * LATENCY_STEP_NS
    }

    /// What work on a file takes beyond its least.
    pub(crate) fn file_step_ns(&mut self) -> u64 {
        let step = self.choose(Kind::FileTime, FILE_STEPS_NS.len() as u64);
        FILE_STEPS_NS[usize::try_from(step).expect("below the number of steps")]
    }

    /// The step at which the next timer or packet is due if no time passes but that of instructions.
    pub(super) fn next_due_step(&self) -> u64 {
        let due_ns = self.first_due_ns();
        if due_ns == u64::MAX {
            return u64::MAX;
        }
        self.step + due_ns.saturating_sub(self.now_ns()).div_ceil(POINT_NS).max(1)
    }
}
