//! `listen(2)`, `accept(2)` and the connections that wait between them.
//!
//! Does not know who accepts. Invariant: a listener's queue and its handshakes under way together hold at most its backlog
//! plus one (`sk_acceptq_is_full` compares with `>`), so a handshake that began always finds room when it completes. Linux
//! counts the queue alone and drops the last ACK of a handshake that finds it full; on loopback, where a handshake takes no
//! time, the two agree.

use core::net::SocketAddr;
use std::collections::VecDeque;

use super::state::{Face, Hold, Lock, State, Tcp};
use crate::errno::Errno;
use crate::host::HostId;
use crate::net::address::Stacks;
use crate::net::limits::BACKLOG_MAX;
use crate::net::packet::{Flow, Packet, Segment};
use crate::net::ports::For;
use crate::net::socket::{Protocol, Socket, SocketId};
use crate::net::stack::Net;
use crate::ready::{Refusal, Side};

#[derive(Debug, Default)]
pub(crate) struct Listener {
    backlog: u32,
    /// Connections to accept, the oldest first.
    pub(crate) queue: VecDeque<SocketId>,
    /// Sockets in `SynReceived`.
    pub(super) handshakes: Vec<SocketId>,
}

impl Listener {
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() + self.handshakes.len() > self.backlog as usize
    }
}

/// A connection taken from a listener's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The new socket.
    pub id: SocketId,
    /// Its peer, as the listener's family writes it.
    pub peer: SocketAddr,
}

impl Net {
    /// `listen(2)`: also changes the backlog of a listener. A socket without an address gets an ephemeral port.
    ///
    /// # Errors
    /// `EINVAL` for a connected or connecting socket (`inet_listen`); `EADDRINUSE` if another socket of a shared address
    /// listens already, unmodelled if both have `SO_REUSEPORT`.
    pub(in crate::net) fn listen_stream(
        &mut self,
        id: SocketId,
        backlog: i32,
        now_ns: u64,
    ) -> Result<(), Refusal> {
        // `__sys_listen` compares unsigned: a negative backlog is the largest.
        let backlog = u32::try_from(backlog).unwrap_or(BACKLOG_MAX).min(BACKLOG_MAX);
        let tcp = self.tcp_mut(id);
        if tcp.face != Face::Unconnected || !matches!(tcp.state, State::Closed | State::Listen) {
            return Err(Errno::EINVAL.into());
        }
        if let Some(listener) = &mut tcp.listener {
            listener.backlog = backlog;
            return Ok(());
        }
        let local = tcp.local;
        if tcp.port.is_none() {
            let port = self.ports_of(id).next_ephemeral(For::Bind, None, now_ns).ok_or(Errno::EADDRINUSE)?;
            let ip = self.tcp(id).bound_ip;
            self.take_port(id, ip, port, Lock::Lent);
        } else if self.conflicts(id, local, now_ns) {
            return Err(Errno::EADDRINUSE.into());
        }
        let local = self.tcp(id).local;
        if self.ports_of(id).has_listener(local) {
            // Both asked for it with `SO_REUSEPORT`: Linux spreads connections by a hash of their addresses.
            let what = format!("two listeners share {local} by SO_REUSEPORT");
            return Err(Refusal::unmodelled(what, Errno::EADDRINUSE));
        }
        let tcp = self.tcp_mut(id);
        tcp.state = State::Listen;
        tcp.listener = Some(Listener { backlog, ..Listener::default() });
        self.ports_of(id).add_listener(local, id);
        Ok(())
    }

    /// `accept(2)`: takes the oldest connection, even one that was reset meanwhile, as Linux does.
    ///
    /// # Errors
    /// `EINVAL` for a socket that does not listen; waits for a connection.
    pub(in crate::net) fn accept_stream(&mut self, id: SocketId) -> Result<Accepted, Refusal> {
        let Some(listener) = &mut self.tcp_mut(id).listener else {
            return Err(Errno::EINVAL.into());
        };
        let Some(child) = listener.queue.pop_front() else {
            return Err(Refusal::Wait(Side::Read));
        };
        let family = self.socket(id).family;
        let tcp = self.tcp_mut(child);
        tcp.hold = Hold::Open;
        tcp.face = Face::Connected;
        let remote = tcp.remote.expect("an accepted socket has had a peer");
        Ok(Accepted { id: child, peer: family.present(remote) })
    }

    /// A SYN arrives: a listener grants it, drops it when full, or the host refuses it.
    pub(in crate::net) fn arrive_syn(&mut self, packet: &Packet, now_ns: u64) {
        let host = packet.hop.to;
        if self.was_granted(packet) || self.challenges(packet) {
            return;
        }
        let Some(id) = self.listener_for(host, packet.destination) else {
            self.effects.send(packet.refuse());
            return;
        };
        let socket = self.socket(id);
        let full = self.tcp(id).listener.as_ref().is_none_or(Listener::is_full);
        // `sk_clone_lock`: whoever shut a direction before it listened has connections that begin so.
        let (shut_receive, shut_send) = (self.tcp(id).shut_receive, self.tcp(id).shut_send);
        let tcp = Tcp {
            shut_receive,
            shut_send,
            state: State::SynReceived,
            hold: Hold::Unaccepted(id),
            local: packet.destination,
            bound_ip: self.tcp(id).bound_ip,
            remote: Some(packet.source),
            peer: Some(packet.from),
            flow: packet.flow.map(Flow::reverse),
            hop: packet.hop.reverse(),
            edge: packet.edge,
            ..Tcp::new(socket.family, &socket.options)
        };
        let (family, options) = (socket.family, socket.options.clone());
        let socket = Socket { host, family, options, protocol: Protocol::Tcp(tcp) };
        // A host out of sockets drops a SYN just as a full listener does.
        let Some(child) = (!full).then_some(socket).and_then(|socket| self.add(socket).ok()) else {
            self.drop_syn(packet);
            return;
        };
        self.take_port(child, packet.destination.ip(), packet.destination.port(), Lock::Lent);
        let listener = self.tcp_mut(id).listener.as_mut().expect("found as a listener above");
        listener.handshakes.push(child);
        if let Some(flow) = packet.flow {
            self.flows.grant(flow, child);
        }
        let taken = self.tcp_and_effects(child);
        taken.tcp.emit(child, Segment::SynAck, taken.effects);
        self.time_syn_ack(child, 0, now_ns);
    }

    /// The sender of a dropped SYN hears nothing and tries again when its own timer says so: 1 s, 2 s, 4 s after the SYN. On
    /// loopback the timer exists only for a SYN that was dropped, so that an ordinary connect leaves nothing in the timer queue;
    /// for another host it was set when the SYN was sent.
    fn drop_syn(&mut self, packet: &Packet) {
        let Segment::Syn { attempt, sent_ns } = packet.segment else { unreachable!("only SYNs come here") };
        if !packet.hop.is_local() {
            return;
        }
        let from = packet.from;
        if self.endpoint(from).is_none_or(|tcp| tcp.flow != packet.flow) {
            return;
        }
        let due_ns = self.syn_due_ns(from, attempt, sent_ns);
        let segment = Segment::SynTimeout { attempt };
        self.effects.send(Packet { due_ns: Some(due_ns), segment, to: Some(from), ..packet.clone() });
    }

    /// Who on a host listens for packets to an address.
    pub(in crate::net) fn listener_for(&self, host: HostId, destination: SocketAddr) -> Option<SocketId> {
        self.streams(host).listeners_for(destination).find(|&id| {
            let crossed = destination.is_ipv4() && self.tcp(id).local.is_ipv6();
            !(crossed && self.socket(id).options.stacks() == Stacks::V6Only)
        })
    }

    /// `inet_csk_listen_stop`: no more listening; whoever waits to be accepted is reset, and a handshake under way is
    /// forgotten, so that its last ACK is answered with a reset.
    pub(super) fn stop_listening(&mut self, id: SocketId) {
        let tcp = self.tcp_mut(id);
        let listener = tcp.listener.take().expect("only called in state Listen");
        tcp.state = State::Closed;
        let local = tcp.local;
        self.ports_of(id).remove_listener(local);
        for child in listener.handshakes {
            self.drop_port(child);
            self.free(child);
        }
        for child in listener.queue {
            let taken = self.tcp_and_effects(child);
            if taken.tcp.state != State::Closed {
                taken.tcp.emit(child, Segment::Rst, taken.effects);
            }
            self.drop_port(child);
            self.free(child);
        }
    }
}
