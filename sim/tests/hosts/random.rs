//! Random scripts of three hosts: what must hold whatever the links and the hosts do.
//!
//! Does not know Linux. Invariants checked after each step: the kernel's books are right, and bytes received are a prefix of bytes
//! sent. Once everything has healed and all is quiet: who still waits has a peer that waits, too, and has everything it sent; and when
//! all is closed nothing is left.

use proptest::prelude::*;

use photofinish_sim::choice::Odds;
use photofinish_sim::chooser::Strategy as Search;
use photofinish_sim::host::{HostId, Power};
use photofinish_sim::net::tcp::{How, Progress, RecvFlags};
use photofinish_sim::net::{Family, SocketId};
use photofinish_sim::ready::Refusal;
use photofinish_sim::seed::Seed;

use crate::world::{MS, SECOND, World, address, hop};

const HOSTS: u32 = 3;

#[derive(Clone, Debug)]
enum Op {
    Connect(u32, u32),
    Accept(u32),
    Send(usize, usize),
    Recv(usize),
    Shut(usize),
    Close(usize),
    Cut(u32, u32),
    Heal(u32, u32),
    Hold(u32, u32),
    Release(u32, u32),
    Loss(u32, u32, u32),
    Narrow(u32, u32),
    Reset(u32, u32),
    KeepAlive(usize),
    Crash(u32),
    Restart(u32),
    Pass(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let host = || 1..=HOSTS;
    let two = || (host(), host()).prop_filter("two hosts", |(a, b)| a != b);
    prop_oneof![
        4 => two().prop_map(|(a, b)| Op::Connect(a, b)),
        4 => host().prop_map(Op::Accept),
        10 => (0..8_usize, prop_oneof![1..100_usize, 50_000..300_000_usize]).prop_map(|(at, size)| Op::Send(at, size)),
        8 => (0..8_usize).prop_map(Op::Recv),
        1 => (0..8_usize).prop_map(Op::Shut),
        1 => (0..8_usize).prop_map(Op::Close),
        4 => two().prop_map(|(a, b)| Op::Cut(a, b)),
        4 => two().prop_map(|(a, b)| Op::Heal(a, b)),
        1 => two().prop_map(|(a, b)| Op::Hold(a, b)),
        2 => two().prop_map(|(a, b)| Op::Release(a, b)),
        2 => (two(), 0..3_u32).prop_map(|((a, b), strikes)| Op::Loss(a, b, strikes)),
        1 => two().prop_map(|(a, b)| Op::Narrow(a, b)),
        1 => two().prop_map(|(a, b)| Op::Reset(a, b)),
        2 => (0..8_usize).prop_map(Op::KeepAlive),
        1 => host().prop_map(Op::Crash),
        2 => host().prop_map(Op::Restart),
        8 => prop_oneof![0..5 * MS, 0..SECOND, 0..300 * SECOND, 0..9_000 * SECOND].prop_map(Op::Pass),
    ]
}

/// One end of a connection.
#[derive(Debug)]
struct End {
    id: SocketId,
    host: HostId,
    /// The index of the other end, once that was accepted.
    peer: Option<usize>,
    sent: u64,
    received: u64,
    /// Its program was told of an end or of an error.
    told: bool,
    open: bool,
    shut: bool,
}

struct Script {
    world: World,
    listeners: Vec<Option<SocketId>>,
    ends: Vec<End>,
}

fn pattern(from: u64, size: usize) -> Vec<u8> {
    (from..).take(size).map(|at| (at % 251) as u8).collect()
}

impl Script {
    fn new(seed: u64) -> Self {
        let mut world = World::chosen(HOSTS, Search::Swarm.chooser(Seed(seed)));
        let listeners = (1..=HOSTS).map(|n| Some(world.listen(HostId(n), 80))).collect();
        Self { world, listeners, ends: Vec::new() }
    }

    fn end(id: SocketId, host: HostId) -> End {
        End { id, host, peer: None, sent: 0, received: 0, told: false, open: true, shut: false }
    }

    fn is_up(&self, host: HostId) -> bool {
        self.world.kernel.net.hosts.get(host).power == Power::Up
    }

    fn play(&mut self, op: &Op) {
        let both = |a: &u32, b: &u32| hop(HostId(*a), HostId(*b));
        match op {
            Op::Connect(a, b) => self.connect(HostId(*a), HostId(*b)),
            Op::Accept(host) => self.accept(HostId(*host)),
            Op::Send(at, size) => self.with_end(*at, |script, at| script.send(at, *size)),
            Op::Recv(at) => self.with_end(*at, Self::recv),
            Op::Shut(at) => self.with_end(*at, |script, at| {
                let id = script.ends[at].id;
                script.ends[at].shut |= script.world.net(|net, _| net.shutdown(id, How::Send)).is_ok();
            }),
            Op::Close(at) => self.with_end(*at, Self::close),
            Op::Cut(a, b) => self.world.kernel.cut(both(a, b)),
            Op::Heal(a, b) => self.world.kernel.heal(both(a, b)),
            Op::Hold(a, b) => self.world.kernel.hold(both(a, b)),
            Op::Release(a, b) => self.world.kernel.release(both(a, b)),
            Op::Loss(a, b, strikes) => {
                self.world.kernel.link_mut(both(a, b)).loss = Odds { strikes: *strikes, of: 4 };
            }
            Op::Narrow(a, b) => self.world.kernel.link_mut(both(a, b)).bandwidth = Some(1_000_000),
            Op::Reset(a, b) => self.world.kernel.reset_connections(HostId(*a), HostId(*b)),
            Op::KeepAlive(at) => self.with_end(*at, |script, at| {
                let id = script.ends[at].id;
                script.world.set(id, (1, 9), 1);
                script.world.set(id, (6, 4), 100);
            }),
            Op::Crash(host) => self.crash(HostId(*host)),
            Op::Restart(host) => self.restart(HostId(*host)),
            Op::Pass(ns) => self.world.pass(*ns),
        }
        self.world.check();
    }

    fn with_end(&mut self, at: usize, act: impl FnOnce(&mut Self, usize)) {
        if self.ends.get(at).is_some_and(|end| end.open) {
            act(self, at);
        }
    }

    fn connect(&mut self, from: HostId, to: HostId) {
        if !self.is_up(from) || self.ends.len() >= 8 {
            return;
        }
        let id = self.world.net(|net, _| net.create_tcp(from, Family::Inet)).expect("few sockets");
        let answer = self.world.net(|net, now_ns| net.connect(id, address(to, 80), now_ns, Progress::First));
        assert!(matches!(answer, Err(Refusal::Wait(_))), "{answer:?}");
        self.ends.push(Self::end(id, from));
    }

    fn accept(&mut self, host: HostId) {
        let Some(listener) = self.listeners[host.index() - 1] else { return };
        let Ok(accepted) = self.world.net(|net, _| net.accept(listener)) else { return };
        let is_peer = |end: &End| end.open && self.world.kernel.net.local_address(end.id) == accepted.peer;
        let peer = self.ends.iter().position(is_peer);
        let at = self.ends.len();
        if let Some(peer) = peer {
            self.ends[peer].peer = Some(at);
        }
        self.ends.push(End { peer, ..Self::end(accepted.id, host) });
    }

    fn send(&mut self, at: usize, size: usize) {
        let (id, sent) = (self.ends[at].id, self.ends[at].sent);
        match self.world.net(|net, _| net.send(id, &pattern(sent, size))) {
            Ok(count) => self.ends[at].sent += count as u64,
            Err(Refusal::Wait(_)) => {}
            Err(_) => self.ends[at].told = true,
        }
    }

    fn recv(&mut self, at: usize) {
        let (id, received) = (self.ends[at].id, self.ends[at].received);
        let mut buffer = vec![0; 100_000];
        match self.world.net(|net, _| net.recv(id, &mut buffer, RecvFlags::default())) {
            Ok(0) => self.ends[at].told = true,
            Ok(count) => {
                assert_eq!(buffer[..count], pattern(received, count), "not what was sent");
                self.ends[at].received += count as u64;
                if let Some(peer) = self.ends[at].peer {
                    assert!(self.ends[at].received <= self.ends[peer].sent, "more than was sent");
                }
            }
            Err(Refusal::Wait(_)) => {}
            Err(_) => self.ends[at].told = true,
        }
    }

    fn close(&mut self, at: usize) {
        self.world.close(self.ends[at].id);
        self.ends[at].open = false;
    }

    fn crash(&mut self, host: HostId) {
        if self.is_up(host) {
            self.world.crash(host);
            self.listeners[host.index() - 1] = None;
            self.ends.iter_mut().filter(|end| end.host == host).for_each(|end| end.open = false);
        }
    }

    fn restart(&mut self, host: HostId) {
        if !self.is_up(host) {
            self.world.kernel.power_on(host).expect("down");
            self.listeners[host.index() - 1] = Some(self.world.listen(host, 80));
        }
    }

    /// Everything heals, everybody is accepted and reads all there is, for longer than any time-out.
    fn quieten(&mut self) {
        for a in (1..=HOSTS).map(HostId) {
            self.restart(a);
            for b in (1..=HOSTS).map(HostId).filter(|b| *b != a) {
                self.world.kernel.heal(hop(a, b));
                self.world.kernel.release(hop(a, b));
                self.world.kernel.link_mut(hop(a, b)).loss = Odds::NEVER;
            }
        }
        for _ in 0..40 {
            self.world.pass(60 * SECOND);
            (1..=HOSTS).for_each(|host| (0..8).for_each(|_| self.accept(HostId(host))));
            for at in 0..self.ends.len() {
                (0..8).for_each(|_| self.with_end(at, Self::recv));
            }
        }
        assert_eq!(self.world.kernel.next_due_ns(), None, "all is quiet");
    }

    fn check_quiet(&self) {
        for end in self.ends.iter().filter(|end| end.open) {
            assert!(
                !self.world.kernel.net.is_connecting(end.id),
                "a connect that neither completed nor failed"
            );
        }
        for (at, end) in self.ends.iter().enumerate().filter(|(_, end)| end.open && !end.told) {
            // Whoever says nothing to a peer that is gone does not hear of it without `SO_KEEPALIVE`.
            let Some(peer) = end.peer.map(|peer| &self.ends[peer]).filter(|peer| peer.open && !peer.told)
            else {
                continue;
            };
            assert_eq!(peer.received, end.sent, "end {at} sent more and was told nothing: {:?}", self.ends);
        }
    }

    fn close_all(&mut self) {
        for at in 0..self.ends.len() {
            self.with_end(at, Self::close);
        }
        let listeners: Vec<SocketId> = self.listeners.iter().copied().flatten().collect();
        listeners.into_iter().for_each(|id| self.world.close(id));
        self.world.pass(2_000 * SECOND);
        let left: Vec<String> = (0..200)
            .map(|id| self.world.kernel.net.describe(SocketId(id)))
            .filter(|text| !text.ends_with("(gone)"))
            .collect();
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(self.world.kernel.net.live_count(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_bytes_come_in_order_and_nobody_waits_for_nothing(
        seed in any::<u64>(),
        ops in proptest::collection::vec(op(), 1..120),
    ) {
        let mut script = Script::new(seed);
        ops.iter().for_each(|op| script.play(op));
        script.quieten();
        script.check_quiet();
        script.close_all();
    }
}
