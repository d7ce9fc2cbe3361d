//! Packets between hosts: what becomes of them on their way, and what is done to the links.
//!
//! Does not know what a packet says. Invariant: a packet is in one place: on its way, kept by a link that is held, kept by its flow to
//! be sent again, arrived or lost; and loopback has none of this.

use std::borrow::Cow;

use super::Kernel;
use crate::choice::Kind;
use crate::event::{Event, Stamp};
use crate::host::{HostId, Power};
use crate::link::{Condition, Link};
use crate::link::{LinkChange, Loss};
use crate::net::{Care, Hop, NOWHERE, Packet, Segment};
use crate::timer::Due;

impl Kernel {
    /// The link of a hop, to describe.
    pub fn link_mut(&mut self, hop: Hop) -> &mut Link {
        self.links.get_mut(hop)
    }

    /// What is sent in this direction is lost from here on, and so is what arrives that was sent before.
    pub fn cut(&mut self, hop: Hop) {
        if !core::mem::replace(&mut self.links.wire(hop).is_cut, true) {
            self.emit(&Event::Link { hop, change: LinkChange::Cut });
            self.suspect_over(hop);
        }
    }

    /// What is sent in this direction arrives again.
    pub fn heal(&mut self, hop: Hop) {
        if core::mem::take(&mut self.links.wire(hop).is_cut) {
            self.emit(&Event::Link { hop, change: LinkChange::Healed });
            self.repeat_lost(hop);
            self.unsuspect();
        }
    }

    /// What is sent in this direction is kept, in order, as if the way had become longer than anybody waits: only handshakes and
    /// the questions of `SO_KEEPALIVE` time out. What was sent before arrives.
    pub fn hold(&mut self, hop: Hop) {
        let held = &mut self.links.wire(hop).held;
        if held.is_none() {
            *held = Some(Vec::new());
            self.emit(&Event::Link { hop, change: LinkChange::Held });
            self.suspect_over(hop);
        }
    }

    /// What was kept in this direction travels.
    pub fn release(&mut self, hop: Hop) {
        if let Some(held) = self.links.wire(hop).held.take() {
            self.emit(&Event::Link { hop, change: LinkChange::Released });
            held.into_iter().for_each(|packet| self.put_on_link(packet));
            self.settle();
            self.unsuspect();
        }
    }

    /// Every connection between two hosts is reset at both ends, as if by a segment on the wire.
    pub fn reset_connections(&mut self, a: HostId, b: HostId) {
        let hop = Hop { from: a, to: b };
        for hop in [hop, hop.reverse()] {
            self.emit(&Event::Link { hop, change: LinkChange::Reset });
        }
        self.net.reset_between(hop);
        self.settle();
        self.forget_recoveries(hop);
    }

    /// Whether packets can come to a host, and from it.
    pub(super) fn is_up(&self, host: HostId) -> bool {
        host != NOWHERE && self.net.hosts.get(host).power == Power::Up
    }

    /// A socket sends a packet to another host.
    pub(super) fn send_between(&mut self, mut packet: Box<Packet>) {
        self.net.place(&mut packet);
        packet.journey.boot = self.net.hosts.get(packet.hop.from).boot;
        if packet.segment == Segment::Rst {
            self.reset_recovery(&packet);
        }
        if let Some(packet) = self.wait_behind(packet) {
            self.put_on_link(packet);
        }
    }

    /// A packet sets out, whether for the first time or again.
    pub(super) fn put_on_link(&mut self, mut packet: Box<Packet>) {
        packet.journey.sent_ns = self.now_ns();
        let About { hop, segment, bytes, origin } = about(&packet);
        let condition = self.links.condition(hop);
        if condition != Condition::Held {
            self.emit(&Event::Sent { hop, segment, bytes, origin });
        }
        match condition {
            Condition::Cut => self.lose(packet, Loss::Cut),
            Condition::Held => {
                let held = self.links.wire(hop).held.as_mut();
                held.expect("it is held").push(packet);
            }
            Condition::Open if hop.to == NOWHERE => self.lose(packet, Loss::Nowhere),
            Condition::Open => match self.links.depart(&packet, self.now_ns()) {
                Some(at_ns) => self.travel(packet, at_ns),
                None => self.lose(packet, Loss::Overflow),
            },
        }
    }

    /// A packet has left its host: it is lost, or takes its time.
    fn travel(&mut self, packet: Box<Packet>, at_ns: u64) {
        let Link { loss, duplicate, reorder, .. } = *self.links.get(packet.hop);
        if self.strikes(Kind::Loss, loss) {
            self.lose(packet, Loss::Struck);
            return;
        }
        if let Segment::Datagram { .. } = packet.segment {
            if self.strikes(Kind::Duplicate, duplicate) {
                let About { hop, segment, bytes, origin } = about(&packet);
                self.emit(&Event::Duplicated { hop, segment, bytes, origin });
                self.set_arrival(packet.clone(), at_ns);
            }
            if self.strikes(Kind::Reorder, reorder) {
                let latency = &self.links.get(packet.hop).latency;
                let late_ns = at_ns.saturating_add(latency.ns(latency.bound() - 1));
                self.set_arrival(packet, late_ns);
                return;
            }
        }
        self.set_arrival(packet, at_ns);
    }

    fn set_arrival(&mut self, packet: Box<Packet>, from_ns: u64) {
        let pick = self.choose(Kind::Latency, self.links.get(packet.hop).latency.bound());
        let latency_ns = self.links.get(packet.hop).latency.ns(pick);
        let at_ns = self.net.schedule(&packet, from_ns.saturating_add(latency_ns));
        self.timers.set(at_ns, Due::Packet(packet));
        self.changed();
    }

    /// A packet from another host has come all the way.
    pub(super) fn arrive_between(&mut self, packet: Box<Packet>) {
        if self.links.is_cut(packet.hop) {
            self.lose(packet, Loss::Cut);
        } else if !self.is_up(packet.hop.to) {
            self.lose(packet, Loss::Down);
        } else if let Some(packet) = self.wait_for_lost(packet) {
            if !self.net.is_next(&packet) {
                let About { hop, segment, bytes, origin } = about(&packet);
                self.emit(&Event::Lost { hop, segment, bytes, origin, why: Loss::Gap });
                // The receiver says again what it has, and the host of a sender that is gone resets it.
                if let Some(to) = packet.to.filter(|_| self.net.is_met(&packet)) {
                    self.net.send_probe(to);
                }
                return;
            }
            let About { hop, segment, bytes, origin } = about(&packet);
            let socket = self.net.receiver(&packet);
            self.emit(&Event::Reached { hop, segment, bytes, origin, socket });
            let receipt = self.receipt(&packet);
            if !self.repeat_last_word(&packet) {
                self.net.deliver(packet, self.now_ns());
            }
            if let Some(receipt) = receipt {
                self.acknowledge(receipt);
            }
        }
    }

    /// A packet did not arrive; its sender may find out.
    fn lose(&mut self, packet: Box<Packet>, why: Loss) {
        let About { hop, segment, bytes, origin } = about(&packet);
        self.emit(&Event::Lost { hop, segment, bytes, origin, why });
        match (packet.care(), &packet.segment, packet.to) {
            (Care::None, Segment::Rst, Some(to)) => self.net.effects.suspect(to),
            (Care::None, Segment::Probe, _) => self.lose_probe(&packet),
            (Care::None, ..) => {}
            (Care::InOrder | Care::Repeated, ..) => self.recover(packet),
        }
    }
}

/// What events say of a packet.
struct About {
    hop: Hop,
    segment: Cow<'static, str>,
    bytes: u64,
    origin: Option<Stamp>,
}

fn about(packet: &Packet) -> About {
    let origin = packet.journey.origin;
    About { hop: packet.hop, segment: packet.name().into(), bytes: packet.bytes(), origin }
}
