//! The table of sockets of all hosts, and what their calls leave to be done.
//!
//! Does not know how any protocol works: it finds the socket and hands over. Invariant: whatever a call transmits or wakes
//! is in the queues when it returns; nothing else needs to be looked at.

use core::net::SocketAddr;
use std::collections::VecDeque;

use super::address::Family;
use super::flow::Flows;
use super::limits::{SOCKETS_MAX, SPARE_BUFFER_BYTES_MAX, SPARE_BUFFERS_MAX};
use super::options::{self, Name, Options};
use super::packet::{Packet, Segment};
use super::ports::Ports;
use super::readiness::Readiness;
use super::socket::{Protocol, Socket, SocketId};
use super::tcp::{State, Taken, Tcp};
use super::udp::Udp;
use crate::errno::Errno;
use crate::host::{HostId, HostSpec, Hosts, Refused};
use crate::ready::{Change, Mask, Refusal};

/// All sockets of a run and the packets they have not yet handed over.
#[derive(Debug)]
pub struct Net {
    pub(crate) sockets: Vec<Option<Box<Socket>>>,
    pub(crate) live_count: usize,
    /// The machines the sockets are on.
    pub hosts: Hosts,
    ports: Vec<HostPorts>,
    /// How often a UDP socket took a place among those of its address.
    pub(crate) places: i64,
    pub(crate) effects: Effects,
    /// Whose claims to an address stand against another's.
    pub(crate) claims: Claims,
    pub(super) flows: Flows,
}

/// Between two TCP sockets with `SO_REUSEADDR`, whose claims to an address stand against the other's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Claims {
    /// A listener's, and any that overlaps it: `inet_csk_bind_conflict`.
    #[default]
    OfListeners,
    /// Those to the very same address, listening or not, until they are connected: `in_pcbbind`.
    OfTheSameAddress,
}

/// The ports of one host: those of UDP are none of TCP's.
#[derive(Debug, Default)]
struct HostPorts {
    streams: Ports,
    datagrams: Ports,
}

/// What calls leave to be done.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    outbox: VecDeque<Box<Packet>>,
    changes: VecDeque<Change<SocketId>>,
    suspects: Vec<SocketId>,
    spare: Vec<Vec<u8>>,
}

impl Effects {
    pub(crate) fn send(&mut self, packet: Packet) {
        self.outbox.push_back(Box::new(packet));
    }

    pub(crate) fn wake_readers(&mut self, id: SocketId) {
        self.changes.push_back(Change { of: id, key: Mask::READERS });
    }

    pub(crate) fn wake_writers(&mut self, id: SocketId) {
        self.changes.push_back(Change { of: id, key: Mask::WRITERS });
    }

    pub(crate) fn wake_all(&mut self, id: SocketId) {
        self.changes.push_back(Change { of: id, key: Mask::NONE });
    }

    /// A connection between two hosts may wait for a peer that cannot be heard.
    pub(crate) fn suspect(&mut self, id: SocketId) {
        self.suspects.push(id);
    }

    pub(crate) fn empty_buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    pub(crate) fn recycle(&mut self, mut buffer: Vec<u8>) {
        if self.spare.len() < SPARE_BUFFERS_MAX && buffer.capacity() <= SPARE_BUFFER_BYTES_MAX {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}

/// A call that only TCP knows is answered by `calls.rs` for all others.
const NOT_TCP: &str = "a TCP call or segment met a socket that is none";

impl Default for Net {
    fn default() -> Self {
        Self::new()
    }
}

impl Net {
    /// One host, which has loopback alone, and no sockets.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sockets: Vec::new(),
            live_count: 0,
            hosts: Hosts::default(),
            ports: vec![HostPorts::default()],
            places: 0,
            effects: Effects::default(),
            claims: Claims::default(),
            flows: Flows::default(),
        }
    }

    /// Another host, without sockets.
    ///
    /// # Errors
    /// A name or an address that cannot be its.
    pub fn add_host(&mut self, spec: HostSpec) -> Result<HostId, Refused> {
        let id = self.hosts.add(spec)?;
        self.ports.push(HostPorts::default());
        Ok(id)
    }

    /// A host lost its power: its sockets and ports are gone, and nobody is told.
    pub(crate) fn lose_host(&mut self, host: HostId) {
        for slot in &mut self.sockets {
            if slot.take_if(|socket| socket.host == host).is_some() {
                self.live_count -= 1;
            }
        }
        let HostPorts { streams, datagrams } = &mut self.ports[host.index()];
        streams.forget_all();
        datagrams.forget_all();
    }

    /// When so much time has passed from then on, as a host's clock sees it.
    pub(crate) fn after_ns(&self, host: HostId, from_ns: u64, ns: u64) -> u64 {
        self.hosts.get(host).spec.clock.after_ns(from_ns, ns)
    }

    /// The host of a socket.
    pub(crate) fn host_of(&self, id: SocketId) -> HostId {
        self.socket(id).host
    }

    /// The ports of TCP on a host.
    pub(super) fn streams(&self, host: HostId) -> &Ports {
        &self.ports[host.index()].streams
    }

    /// The ports of UDP on a host.
    pub(super) fn datagrams(&self, host: HostId) -> &Ports {
        &self.ports[host.index()].datagrams
    }

    /// The ports of TCP on a socket's host, to change.
    pub(super) fn ports_of(&mut self, id: SocketId) -> &mut Ports {
        let host = self.socket(id).host;
        &mut self.ports[host.index()].streams
    }

    /// The ports of UDP on a socket's host, to change.
    pub(super) fn datagram_ports_of(&mut self, id: SocketId) -> &mut Ports {
        let host = self.socket(id).host;
        &mut self.ports[host.index()].datagrams
    }

    /// `socket(2)` for a TCP socket.
    ///
    /// # Errors
    /// Unmodelled past [`SOCKETS_MAX`].
    pub fn create_tcp(&mut self, host: HostId, family: Family) -> Result<SocketId, Refusal> {
        let options = Options::default();
        let tcp = Tcp::new(family, &options);
        self.add(Socket { host, family, options, protocol: Protocol::Tcp(tcp) })
    }

    /// `socket(2)` for a UDP socket.
    ///
    /// # Errors
    /// Unmodelled past [`SOCKETS_MAX`].
    pub fn create_udp(&mut self, host: HostId, family: Family) -> Result<SocketId, Refusal> {
        let protocol = Protocol::Udp(Udp::new(family));
        self.add(Socket { host, family, options: Options::default(), protocol })
    }

    /// The next packet to carry, oldest first. A packet with `due_ns` is a timer due then; any other gets a latency, is put
    /// in order by [`Net::schedule`], and both come back through [`Net::deliver`].
    pub fn pop_packet(&mut self) -> Option<Box<Packet>> {
        self.effects.outbox.pop_front()
    }

    /// The next socket that changed, oldest first. Each may wake nobody.
    pub fn pop_change(&mut self) -> Option<Change<SocketId>> {
        self.effects.changes.pop_front()
    }

    /// The next connection that may wait for a peer that cannot be heard.
    pub(crate) fn pop_suspect(&mut self) -> Option<SocketId> {
        self.effects.suspects.pop()
    }

    /// All changes of sockets.
    pub fn take_changes(&mut self) -> Vec<Change<SocketId>> {
        core::mem::take(&mut self.effects.changes).into()
    }

    /// Whether anything waits in either queue.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        !self.effects.outbox.is_empty() || !self.effects.changes.is_empty()
    }

    /// When a packet that could arrive at `earliest_ns` does arrive: strictly after the one ahead of it in its flow, so that
    /// no choice between equal times can reorder a stream. A timer is due when it is due, and a datagram overtakes others.
    pub fn schedule(&mut self, packet: &Packet, earliest_ns: u64) -> u64 {
        if let Some(due_ns) = packet.due_ns {
            return due_ns;
        }
        packet.flow.map_or(earliest_ns, |flow| self.flows.arrival_ns(flow, earliest_ns))
    }

    /// Gives a segment that is sent again when it is lost its place among those of its flow.
    pub(crate) fn place(&mut self, packet: &mut Packet) {
        self.flows.place(packet);
    }

    /// Whether a segment from another host has nothing missing before it.
    pub(crate) fn is_next(&mut self, packet: &Packet) -> bool {
        self.flows.arrives(packet)
    }

    /// Sockets that exist, orphans included.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.live_count
    }

    /// What a socket is ready for. One that is gone is hung up.
    #[must_use]
    pub fn readiness(&self, id: SocketId) -> Readiness {
        match self.sockets.get(id.index()).and_then(Option::as_deref) {
            Some(Socket { protocol: Protocol::Tcp(tcp), options, .. }) => tcp.readiness(options),
            Some(Socket { protocol: Protocol::Udp(udp), .. }) => udp.readiness(),
            None => Readiness { readable: true, writable: true, hup: true, rdhup: true, error: false },
        }
    }

    /// `setsockopt(2)` with the level, name and bytes of the Linux ABI.
    ///
    /// # Errors
    /// As `setsockopt(2)`; unmodelled for options we do not know.
    pub fn set_option(&mut self, id: SocketId, level: i32, name: i32, value: &[u8]) -> Result<(), Refusal> {
        let name = Name::from_linux(level, name)?;
        let socket = self.socket_mut(id);
        let holder = socket.holder();
        options::set(&mut socket.options, holder, name, value)?;
        if let Protocol::Tcp(tcp) = &mut socket.protocol {
            tcp.options_changed(&socket.options);
        }
        Ok(())
    }

    /// `getsockopt(2)`: the whole value; the boundary cuts it to the program's length.
    ///
    /// # Errors
    /// As `getsockopt(2)`; unmodelled for options we do not know.
    pub fn get_option(&mut self, id: SocketId, level: i32, name: i32) -> Result<Vec<u8>, Refusal> {
        const SOCK_STREAM: i32 = 1;
        const SOCK_DGRAM: i32 = 2;
        const IPPROTO_TCP: i32 = 6;
        const IPPROTO_UDP: i32 = 17;
        let name = Name::from_linux(level, name)?;
        let socket = self.socket_mut(id);
        if let Some(bytes) = options::get(&socket.options, socket.holder(), name)? {
            return Ok(bytes);
        }
        let (error, listening, protocol, kind) = match &mut socket.protocol {
            Protocol::Tcp(tcp) => (&mut tcp.error, tcp.state == State::Listen, IPPROTO_TCP, SOCK_STREAM),
            Protocol::Udp(udp) => (&mut udp.error, false, IPPROTO_UDP, SOCK_DGRAM),
        };
        Ok(options::bytes(match name {
            Name::Error => error.take().map_or(0, |errno| i32::from(errno.0)),
            Name::AcceptConnections => i32::from(listening),
            Name::Domain => match socket.family {
                Family::Inet => 2,
                Family::Inet6 => 10,
            },
            Name::Protocol => protocol,
            _ => kind,
        }))
    }

    /// The family of a socket.
    #[must_use]
    pub fn family(&self, id: SocketId) -> Family {
        self.socket(id).family
    }

    /// The options of a socket, for time-outs.
    #[must_use]
    pub fn options(&self, id: SocketId) -> &Options {
        &self.socket(id).options
    }

    /// The socket as a person reads it in a deadlock or an event.
    #[must_use]
    pub fn describe(&self, id: SocketId) -> String {
        match self.sockets.get(id.index()).and_then(Option::as_deref) {
            Some(Socket { protocol: Protocol::Tcp(tcp), .. }) => tcp.describe(id),
            Some(Socket { protocol: Protocol::Udp(udp), .. }) => udp.describe(id),
            None => format!("socket {} (gone)", id.0),
        }
    }

    /// What kind of socket it is, for a person.
    #[must_use]
    pub(crate) fn kind_of(&self, id: SocketId) -> &'static str {
        match self.sockets.get(id.index()).and_then(Option::as_deref).map(|socket| &socket.protocol) {
            Some(Protocol::Tcp(tcp)) if tcp.state == State::Listen => "of tcp(7), listening",
            Some(Protocol::Tcp(_)) => "of tcp(7)",
            Some(Protocol::Udp(_)) => "of udp(7)",
            None => "that is gone",
        }
    }

    /// The socket at the other end of a connection, where that is known.
    #[must_use]
    pub(crate) fn peer(&self, id: SocketId) -> Option<SocketId> {
        match &self.sockets.get(id.index())?.as_deref()?.protocol {
            Protocol::Tcp(tcp) => tcp.peer,
            Protocol::Udp(_) => None,
        }
    }

    /// A packet arrives. A connection that is gone answers with a reset and a port nobody has with an ICMP, as a host does.
    pub fn deliver(&mut self, packet: Box<Packet>, now_ns: u64) {
        match packet.segment {
            Segment::Syn { .. } => self.arrive_syn(&packet, now_ns),
            Segment::SynTimeout { attempt } => self.arrive_syn_timeout(&packet, attempt, now_ns),
            Segment::SynAckTimeout { attempt } => self.arrive_syn_ack_timeout(&packet, attempt, now_ns),
            Segment::WindowTimeout => self.arrive_window_timeout(&packet, now_ns),
            Segment::Datagram { .. } => self.arrive_datagram(packet),
            Segment::Unreachable => self.arrive_unreachable(&packet),
            _ => self.arrive_tcp(packet, now_ns),
        }
    }

    /// The socket at which a packet arrives, if anybody is there: of one that asks for a connection, who listens. A timer arrives
    /// nowhere.
    pub(crate) fn receiver(&self, packet: &Packet) -> Option<SocketId> {
        match packet.segment {
            _ if packet.due_ns.is_some() => None,
            Segment::Syn { .. } => self.listener_for(packet.hop.to, packet.destination),
            Segment::Datagram { .. } | Segment::Unreachable => self.datagram_receiver(packet),
            _ => self.meets(packet),
        }
    }

    pub(crate) fn add(&mut self, socket: Socket) -> Result<SocketId, Refusal> {
        if self.live_count >= SOCKETS_MAX {
            return Err(Refusal::unmodelled(format!("more than {SOCKETS_MAX} sockets"), Errno::EMFILE));
        }
        let id =
            SocketId(u32::try_from(self.sockets.len()).expect("a run is far too short for 2^32 sockets"));
        self.live_count += 1;
        self.sockets.push(Some(Box::new(socket)));
        Ok(id)
    }

    /// Forgets a socket. Its port must be let go.
    pub(crate) fn free(&mut self, id: SocketId) {
        let socket = self.sockets[id.index()].take();
        assert!(socket.is_some(), "socket {} freed twice", id.0);
        self.live_count -= 1;
    }

    pub(crate) fn socket(&self, id: SocketId) -> &Socket {
        self.sockets[id.index()].as_deref().expect("a descriptor or a queue keeps its socket alive")
    }

    pub(crate) fn socket_mut(&mut self, id: SocketId) -> &mut Socket {
        self.sockets[id.index()].as_deref_mut().expect("a descriptor or a queue keeps its socket alive")
    }

    pub(crate) fn tcp(&self, id: SocketId) -> &Tcp {
        let Protocol::Tcp(tcp) = &self.socket(id).protocol else { unreachable!("{NOT_TCP}") };
        tcp
    }

    pub(crate) fn tcp_mut(&mut self, id: SocketId) -> &mut Tcp {
        let Protocol::Tcp(tcp) = &mut self.socket_mut(id).protocol else { unreachable!("{NOT_TCP}") };
        tcp
    }

    /// The socket, its options and the queues, to change together.
    pub(crate) fn tcp_and_effects(&mut self, id: SocketId) -> Taken<'_> {
        let socket =
            self.sockets[id.index()].as_deref_mut().expect("a descriptor or a queue keeps its socket alive");
        let Protocol::Tcp(tcp) = &mut socket.protocol else { unreachable!("{NOT_TCP}") };
        Taken { tcp, options: &socket.options, effects: &mut self.effects }
    }

    /// `getsockname(2)`.
    #[must_use]
    pub fn local_address(&self, id: SocketId) -> SocketAddr {
        let socket = self.socket(id);
        socket.family.present(match &socket.protocol {
            Protocol::Tcp(tcp) => tcp.local,
            Protocol::Udp(udp) => udp.local,
        })
    }

    /// `getpeername(2)`.
    ///
    /// # Errors
    /// `ENOTCONN` before and after a connection, and when connected to port 0 (`inet_getname`).
    pub fn peer_address(&self, id: SocketId) -> Result<SocketAddr, Errno> {
        let socket = self.socket(id);
        let peer = match &socket.protocol {
            Protocol::Tcp(tcp) => tcp.peer_address(),
            Protocol::Udp(udp) => udp.peer_address(),
        };
        peer.map(|address| socket.family.present(address)).ok_or(Errno::ENOTCONN)
    }
}
