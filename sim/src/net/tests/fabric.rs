//! The least that carries packets: a queue in order of arrival.
//!
//! Does not know choices: latency is what it is told. Invariant: time never goes back.

use std::collections::BTreeMap;

use crate::net::{Net, Packet, Segment, SocketId};
use crate::ready::Change;

#[derive(Debug)]
pub(super) struct Fabric {
    pub(super) net: Net,
    pub(super) now_ns: u64,
    /// Resets that travelled.
    pub(super) resets: u64,
    /// Causes that came and were not taken out.
    pub(super) changes: Vec<Change<SocketId>>,
    queue: BTreeMap<(u64, u64), Box<Packet>>,
    count: u64,
}

impl Fabric {
    pub(super) fn new() -> Self {
        Self { net: Net::new(), now_ns: 0, resets: 0, changes: Vec::new(), queue: BTreeMap::new(), count: 0 }
    }

    /// Takes the packets the last call left, each on its way for `latency_ns`.
    pub(super) fn collect(&mut self, latency_ns: u64) {
        self.changes.extend(self.net.take_changes());
        while let Some(packet) = self.net.pop_packet() {
            self.resets += u64::from(packet.segment == Segment::Rst);
            let arrival_ns = self.net.schedule(&packet, self.now_ns + latency_ns);
            self.queue.insert((arrival_ns, self.count), packet);
            self.count += 1;
        }
    }

    /// Lets the next packet or timer come; returns whether there was one.
    pub(super) fn step(&mut self, latency_ns: u64) -> bool {
        self.collect(latency_ns);
        let Some(((at_ns, _), packet)) = self.queue.pop_first() else { return false };
        self.now_ns = self.now_ns.max(at_ns);
        self.net.deliver(packet, self.now_ns);
        self.collect(latency_ns);
        true
    }

    /// Lets every packet come that is on its way, but no timer later than `until_ns`.
    pub(super) fn run(&mut self, latency_ns: u64, until_ns: u64) {
        self.collect(latency_ns);
        while self.queue.first_key_value().is_some_and(|((at_ns, _), _)| *at_ns <= until_ns) {
            self.step(latency_ns);
        }
        self.now_ns = self.now_ns.max(until_ns);
    }
}
