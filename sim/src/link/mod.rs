//! The links between hosts: how long a packet takes, and what may become of it on its way.
//!
//! Does not know what packets say. Invariant: pick 0 of every question about a link is the boring answer: the least latency, and no
//! fault.

mod change;
mod latency;
mod wire;

use std::collections::BTreeMap;

use crate::choice::Odds;
use crate::net::{Hop, Packet};

pub use change::{LinkChange, Loss};
pub use latency::Latency;
pub(crate) use wire::{Condition, Wire};

/// One direction between two hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// How long a packet travels.
    pub latency: Latency,
    /// How often a packet is lost.
    pub loss: Odds,
    /// How often a datagram arrives twice.
    pub duplicate: Odds,
    /// How often a datagram takes as much longer as the longest latency, so that later ones overtake it.
    pub reorder: Odds,
    /// How many bytes a second it carries; `None` for as many as come.
    pub bandwidth: Option<u64>,
    /// How many bytes may wait for their turn before datagrams are dropped; `None` for as many as come. Without a bandwidth
    /// nothing waits.
    pub queue_bytes_max: Option<u64>,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            latency: Latency::default(),
            loss: Odds::NEVER,
            duplicate: Odds::NEVER,
            reorder: Odds::NEVER,
            bandwidth: None,
            queue_bytes_max: None,
        }
    }
}

/// All links of a run: those that nobody described are like the default.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// What a link is like that nobody described.
    pub default: Link,
    described: BTreeMap<Hop, Link>,
    /// Those that are or were in use in a way that must be remembered.
    wires: BTreeMap<Hop, Wire>,
    /// Those that may have been described otherwise.
    changed: Vec<Hop>,
}

impl Links {
    /// The link of a hop.
    #[must_use]
    pub fn get(&self, hop: Hop) -> &Link {
        self.described.get(&hop).unwrap_or(&self.default)
    }

    /// The link of a hop, to change.
    pub fn get_mut(&mut self, hop: Hop) -> &mut Link {
        let Self { default, described, changed, .. } = self;
        changed.push(hop);
        described.entry(hop).or_insert_with(|| default.clone())
    }

    /// Whether what is sent over the link of a hop is lost.
    #[must_use]
    pub fn is_cut(&self, hop: Hop) -> bool {
        self.condition(hop) == Condition::Cut
    }

    /// Whether nothing that is sent over the link of a hop arrives: it is cut, or loses everything.
    #[must_use]
    pub fn is_dead(&self, hop: Hop) -> bool {
        self.is_cut(hop) || self.get(hop).loss.certain() == Some(true)
    }

    /// The links that were described since this was asked last.
    pub(crate) fn take_changed(&mut self) -> Vec<Hop> {
        core::mem::take(&mut self.changed)
    }

    /// Whether what is sent over the link of a hop is kept, unless it is lost.
    #[must_use]
    pub fn is_held(&self, hop: Hop) -> bool {
        self.wires.get(&hop).is_some_and(|wire| wire.held.is_some())
    }

    /// Whether the link of a hop keeps a packet that is such a one.
    pub(crate) fn keeps(&self, hop: Hop, is_such: impl Fn(&Packet) -> bool) -> bool {
        let held = self.wires.get(&hop).and_then(|wire| wire.held.as_ref());
        held.is_some_and(|held| held.iter().any(|packet| is_such(packet)))
    }

    /// What becomes of a packet that is sent over a link at once.
    pub(crate) fn condition(&self, hop: Hop) -> Condition {
        self.wires.get(&hop).map_or(Condition::Open, Wire::condition)
    }

    /// The state of a link.
    pub(crate) fn wire(&mut self, hop: Hop) -> &mut Wire {
        self.wires.entry(hop).or_default()
    }

    /// When the last byte of a packet has left its host; `None` for a datagram that finds too many bytes in the queue.
    pub(crate) fn depart(&mut self, packet: &Packet, now_ns: u64) -> Option<u64> {
        let Link { bandwidth, queue_bytes_max, .. } = *self.get(packet.hop);
        let Some(bandwidth) = bandwidth else { return Some(now_ns) };
        let queue_bytes_max = queue_bytes_max.filter(|_| packet.flow.is_none()).unwrap_or(u64::MAX);
        let capacity = wire::Capacity { bandwidth, queue_bytes_max };
        self.wire(packet.hop).occupy(packet.wire_bytes(), now_ns, capacity)
    }
}
