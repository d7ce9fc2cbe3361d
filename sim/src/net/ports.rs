//! Which ports of a host are taken, by whom, and which still remember a connection.
//!
//! Does not know whether two holders of a port conflict (`tcp/name.rs` and `udp/name.rs` do). Invariant: a socket holds at
//! most one port, and every listener in the table holds its port. Nothing here needs a timer: memories are compared with the
//! time of the call that asks.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet};

use super::limits::{EPHEMERAL_PORT_FIRST, EPHEMERAL_PORT_LAST, TIME_WAIT_NS, TIME_WAIT_REUSE_NS};
use super::socket::SocketId;

/// What a port remembers of a connection its host closed first: the TIME_WAIT state of RFC 9293, without its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Memory {
    pub(crate) port: u16,
    pub(crate) ip: IpAddr,
    /// `SO_REUSEADDR` of the socket that closed.
    pub(crate) reuse: bool,
    /// Its `SO_REUSEPORT`.
    pub(crate) reuse_port: bool,
}

impl Memory {
    /// Not above any memory of the port.
    fn least(port: u16) -> Self {
        Self { port, ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), reuse: false, reuse_port: false }
    }
}

/// Who wants an ephemeral port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    Bind,
    Connect,
}

#[derive(Debug)]
pub(crate) struct Ports {
    held: BTreeSet<(u16, SocketId)>,
    listeners: BTreeMap<SocketAddr, SocketId>,
    memories: BTreeMap<Memory, u64>,
    cursor: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            held: BTreeSet::new(),
            listeners: BTreeMap::new(),
            memories: BTreeMap::new(),
            cursor: EPHEMERAL_PORT_FIRST,
        }
    }
}

impl Ports {
    /// The host lost its power. The next ephemeral port is another than those before all the same: Linux picks at random, so
    /// that a new connection hardly ever looks like one that its peer still has.
    pub(crate) fn forget_all(&mut self) {
        *self = Self { cursor: self.cursor, ..Self::default() };
    }

    pub(crate) fn hold(&mut self, port: u16, id: SocketId) {
        self.held.insert((port, id));
    }

    pub(crate) fn let_go(&mut self, port: u16, id: SocketId) {
        self.held.remove(&(port, id));
    }

    /// The sockets that hold a port, in order of creation.
    pub(crate) fn holders(&self, port: u16) -> impl Iterator<Item = SocketId> + '_ {
        self.held.range((port, SocketId(0))..=(port, SocketId(u32::MAX))).map(|&(_, id)| id)
    }

    pub(crate) fn add_listener(&mut self, local: SocketAddr, id: SocketId) {
        self.listeners.insert(local, id);
    }

    pub(crate) fn has_listener(&self, local: SocketAddr) -> bool {
        self.listeners.contains_key(&local)
    }

    pub(crate) fn remove_listener(&mut self, local: SocketAddr) {
        self.listeners.remove(&local);
    }

    /// Who listens for a destination, the most exact first (`__inet_lookup_listener`, `compute_score`). The last answer,
    /// `[::]`, may be for IPv6 alone; the caller checks.
    pub(crate) fn listeners_for(&self, destination: SocketAddr) -> impl Iterator<Item = SocketId> + '_ {
        let any6 = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        let any = match destination.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => any6,
        };
        let port = destination.port();
        let last = (any != any6).then_some(any6);
        [Some(destination.ip()), Some(any), last]
            .into_iter()
            .flatten()
            .filter_map(move |ip| self.listeners.get(&SocketAddr::new(ip, port)).copied())
    }

    pub(crate) fn remember(&mut self, memory: Memory, now_ns: u64) {
        self.memories.insert(memory, now_ns.saturating_add(TIME_WAIT_NS));
    }

    /// What a port remembers still; what it has forgotten is removed.
    pub(crate) fn memories(&mut self, port: u16, now_ns: u64) -> Vec<Memory> {
        let least = Memory::least(port);
        let found: Vec<(Memory, u64)> = self
            .memories
            .range(least..)
            .take_while(|(memory, _)| memory.port == port)
            .map(|(&memory, &until_ns)| (memory, until_ns))
            .collect();
        for (memory, _) in found.iter().filter(|(_, until_ns)| *until_ns <= now_ns) {
            self.memories.remove(memory);
        }
        found.into_iter().filter(|(_, until_ns)| *until_ns > now_ns).map(|(memory, _)| memory).collect()
    }

    /// The next free port of the ephemeral range, upward from the last one given, around once. `shunned` is never given.
    pub(crate) fn next_ephemeral(&mut self, wanted: For, shunned: Option<u16>, now_ns: u64) -> Option<u16> {
        for _ in EPHEMERAL_PORT_FIRST..=EPHEMERAL_PORT_LAST {
            let port = self.cursor;
            self.cursor = if port == EPHEMERAL_PORT_LAST { EPHEMERAL_PORT_FIRST } else { port + 1 };
            // `tcp_twsk_unique`: a connect may take over the place of a connection that ended a while ago.
            let seen_ns = match wanted {
                For::Bind => now_ns,
                For::Connect => now_ns.saturating_add(TIME_WAIT_NS - TIME_WAIT_REUSE_NS),
            };
            let free = Some(port) != shunned
                && self.holders(port).next().is_none()
                && self.memory_until_ns(port).is_none_or(|until_ns| until_ns <= seen_ns);
            if free {
                return Some(port);
            }
        }
        None
    }

    fn memory_until_ns(&self, port: u16) -> Option<u64> {
        let least = Memory::least(port);
        self.memories
            .range(least..)
            .take_while(|(memory, _)| memory.port == port)
            .map(|(_, &until_ns)| until_ns)
            .max()
    }
}
