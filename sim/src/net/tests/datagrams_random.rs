//! Random calls on UDP sockets, datagrams delivered in any order.
//!
//! Does not know Linux. Invariants checked: every datagram arrives at most once, whole or truncated as the buffer says, at a
//! socket that had its address; a connected socket hears its peer alone while it is connected; readiness and calls agree;
//! nothing is left when all is closed.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::fabric::Fabric;
use crate::net::tcp::{How, Progress, RecvFlags};
use crate::net::{Family, SocketId};
use crate::ready::Refusal;

const SOCKETS: usize = 4;

#[derive(Clone, Debug)]
enum Op {
    Send { from: usize, to: usize, size: usize },
    SendToPeer { from: usize, size: usize },
    Receive { at: usize, size: usize, peek: bool },
    Connect { from: usize, to: usize },
    Dissolve { at: usize },
    Shut { at: usize },
    Reopen { at: usize },
    Deliver,
}

fn op() -> impl Strategy<Value = Op> {
    let at = 0..SOCKETS;
    let size = prop_oneof![4..40_usize, 4_000..65_000_usize];
    prop_oneof![
        8 => (at.clone(), at.clone(), size.clone()).prop_map(|(from, to, size)| Op::Send { from, to, size }),
        4 => (at.clone(), size).prop_map(|(from, size)| Op::SendToPeer { from, size }),
        8 => (at.clone(), 0..50_usize, any::<bool>()).prop_map(|(at, size, peek)| Op::Receive { at, size, peek }),
        1 => (at.clone(), at.clone()).prop_map(|(from, to)| Op::Connect { from, to }),
        1 => at.clone().prop_map(|at| Op::Dissolve { at }),
        1 => at.clone().prop_map(|at| Op::Shut { at }),
        1 => at.prop_map(|at| Op::Reopen { at }),
        12 => Just(Op::Deliver),
    ]
}

/// What was sent, by the number it carries.
#[derive(Debug)]
struct Sent {
    source: SocketAddr,
    destination: SocketAddr,
    size: usize,
}

#[derive(Debug)]
struct World {
    fabric: Fabric,
    ids: [SocketId; SOCKETS],
    sent: Vec<Sent>,
    received: BTreeMap<u32, usize>,
}

/// Each socket keeps its address: two of IPv4, one wildcard, one of IPv6.
fn address(at: usize) -> SocketAddr {
    ["127.0.0.1:70", "127.0.0.2:70", "127.0.0.3:71", "[::1]:70"][at].parse().expect("an address")
}

impl World {
    fn new() -> Self {
        let mut fabric = Fabric::new();
        let ids = [0, 1, 2, 3].map(|at| open(&mut fabric, at));
        Self { fabric, ids, sent: Vec::new(), received: BTreeMap::new() }
    }

    fn play(&mut self, op: &Op, latency_ns: u64) {
        let net = &mut self.fabric.net;
        match *op {
            Op::Send { from, to, size } => self.send(from, Some(address(to)), size),
            Op::SendToPeer { from, size } => self.send(from, None, size),
            Op::Receive { at, size, peek } => self.receive(at, size, peek),
            Op::Connect { from, to } => {
                let answer = net.connect(self.ids[from], address(to), 0, Progress::First);
                assert_eq!(answer.is_ok(), address(from).is_ipv4() == address(to).is_ipv4());
            }
            Op::Dissolve { at } => net.disconnect(self.ids[at]),
            Op::Shut { at } => drop(net.shutdown(self.ids[at], How::Receive)),
            Op::Reopen { at } => {
                net.close(self.ids[at]);
                self.ids[at] = open(&mut self.fabric, at);
            }
            Op::Deliver => drop(self.fabric.step(latency_ns)),
        }
        self.fabric.collect(latency_ns);
    }

    fn send(&mut self, from: usize, to: Option<SocketAddr>, size: usize) {
        let net = &mut self.fabric.net;
        let number = u32::try_from(self.sent.len()).expect("few datagrams");
        let bytes: Vec<u8> = number.to_ne_bytes().into_iter().cycle().take(size).collect();
        let peer = net.peer_address(self.ids[from]);
        match net.send_to(self.ids[from], &bytes, to) {
            Ok(count) => {
                assert_eq!(count, size);
                let destination = to.or(peer.ok()).expect("it was sent somewhere");
                self.sent.push(Sent { source: address(from), destination, size });
            }
            Err(refusal) => assert!(matches!(refusal, Refusal::Fail(_)), "a datagram never waits"),
        }
    }

    fn receive(&mut self, at: usize, size: usize, peek: bool) {
        let net = &mut self.fabric.net;
        let ready = net.readiness(self.ids[at]);
        let unread = net.unread(self.ids[at]).expect("no listener");
        let mut buffer = vec![0; size];
        let flags = RecvFlags { peek, ..RecvFlags::default() };
        let received = match net.recv_from(self.ids[at], &mut buffer, flags) {
            Ok(received) => received,
            Err(Refusal::Wait(_)) => return assert!(!ready.readable, "readable, and yet it waits"),
            Err(_) => return assert!(ready.error, "an error nobody heard of"),
        };
        assert!(ready.readable && !ready.error);
        let Some(from) = received.from else { return assert!(ready.rdhup && received.full_length == 0) };
        assert_eq!(received.full_length, unread);
        assert_eq!(received.count, size.min(unread));
        assert_eq!(received.is_truncated(), size < unread);
        let Some(number) = buffer.first_chunk().filter(|_| received.count >= 4) else { return };
        let number = u32::from_ne_bytes(*number);
        let sent = &self.sent[number as usize];
        assert_eq!((sent.source, sent.destination, sent.size), (from, address(at), unread));
        let whole: Vec<u8> = number.to_ne_bytes().into_iter().cycle().take(received.count).collect();
        assert_eq!(buffer[..received.count], whole);
        if !peek {
            let times = self.received.entry(number).or_default();
            *times += 1;
            assert_eq!(*times, 1, "a datagram came twice");
        }
    }

    fn drain(&mut self) {
        for at in 0..SOCKETS {
            while self.fabric.net.readiness(self.ids[at]).error
                || self.fabric.net.unread(self.ids[at]) != Ok(0)
            {
                self.receive(at, 70_000, false);
            }
        }
    }
}

fn open(fabric: &mut Fabric, at: usize) -> SocketId {
    let family = if address(at).is_ipv4() { Family::Inet } else { Family::Inet6 };
    let id = fabric.net.create_udp(crate::host::HostId::FIRST, family).expect("few sockets");
    fabric.net.bind(id, address(at), 0).expect("its own");
    id
}

proptest! {
    #[test]
    fn a_datagram_arrives_at_most_once_and_whole(ops in prop::collection::vec((op(), 0..5_000_u64), 0..120)) {
        let mut world = World::new();
        for (op, latency_ns) in &ops {
            world.play(op, *latency_ns);
        }
        while world.fabric.step(1) {}
        world.drain();
        for id in world.ids {
            world.fabric.net.close(id);
        }
        prop_assert_eq!(world.fabric.net.live_count(), 0);
    }

    #[test]
    fn without_shutting_or_filling_nothing_is_lost(
        sends in prop::collection::vec((0..3_usize, 0..3_usize, 4..200_usize, 0..5_000_u64), 0..80),
    ) {
        let mut world = World::new();
        for &(from, to, size, latency_ns) in &sends {
            world.play(&Op::Send { from, to, size }, latency_ns);
        }
        while world.fabric.step(1) {}
        world.drain();
        prop_assert_eq!(world.received.len(), sends.len());
    }
}

#[test]
fn a_datagram_with_less_latency_overtakes() {
    let mut world = World::new();
    world.play(&Op::Send { from: 0, to: 1, size: 8 }, 5_000);
    world.play(&Op::Send { from: 0, to: 1, size: 12 }, 1_000);
    while world.fabric.step(1) {}
    assert_eq!(world.fabric.net.unread(world.ids[1]), Ok(12));
}

#[test]
fn datagrams_of_equal_latency_keep_their_order() {
    let mut world = World::new();
    for size in 4..50 {
        world.play(&Op::Send { from: 0, to: 1, size }, 1_000);
    }
    while world.fabric.step(1) {}
    for size in 4..50 {
        assert_eq!(world.fabric.net.unread(world.ids[1]), Ok(size));
        world.receive(1, 70_000, false);
    }
}
