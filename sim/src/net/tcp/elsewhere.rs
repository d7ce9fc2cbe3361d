//! What other systems than Linux do to a TCP socket, and ask about one.
//!
//! Does not know which system does what. Invariant: nothing here is called on Linux.

use core::net::SocketAddr;

use super::state::{Face, State, Taken};
use crate::errno::Errno;
use crate::host::HostId;
use crate::net::address::canonical;
use crate::net::route::{self, NOWHERE};
use crate::net::socket::{Protocol, SocketId};
use crate::net::stack::Net;

impl Net {
    /// The pending error, once.
    pub(crate) fn take_error(&mut self, id: SocketId) -> Option<Errno> {
        match &mut self.socket_mut(id).protocol {
            Protocol::Tcp(tcp) => tcp.take_error(),
            Protocol::Udp(udp) => udp.error.take(),
        }
    }

    /// Makes an error pending, and whoever waits looks again.
    pub(crate) fn put_error(&mut self, id: SocketId, errno: Errno) {
        match &mut self.socket_mut(id).protocol {
            Protocol::Tcp(tcp) => tcp.error = Some(errno),
            Protocol::Udp(udp) => udp.error = Some(errno),
        }
        self.effects.wake_all(id);
    }

    /// `sorflush` with `SB_DROP`: what was not read is dropped, and so is what still comes.
    pub(crate) fn drop_incoming(&mut self, id: SocketId) {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        tcp.drops = true;
        if tcp.flow.is_some() {
            tcp.discard(id, effects);
        }
    }

    /// What was not read is dropped before a close, which then ends the stream in order.
    pub(crate) fn forget_unread(&mut self, id: SocketId) {
        if let Protocol::Tcp(tcp) = &mut self.socket_mut(id).protocol {
            tcp.incoming.clear();
        }
    }

    /// A refused connect is remembered.
    pub(crate) fn remember_refusal(&mut self, id: SocketId) {
        if let Protocol::Tcp(tcp) = &mut self.socket_mut(id).protocol {
            tcp.refused = true;
        }
    }

    /// Whether a refused connect is remembered.
    pub(crate) fn is_refused(&self, id: SocketId) -> bool {
        matches!(&self.socket(id).protocol, Protocol::Tcp(tcp) if tcp.refused)
    }

    /// Whether a connect ended in the background and no call has told how.
    pub(crate) fn is_fresh(&self, id: SocketId) -> bool {
        matches!(&self.socket(id).protocol, Protocol::Tcp(tcp) if tcp.face == Face::Connecting)
    }

    /// Whether the connection that is to be accepted next was reset.
    pub(crate) fn first_was_reset(&self, id: SocketId) -> bool {
        let first = self.tcp(id).listener.as_ref().and_then(|listener| listener.queue.front());
        first.is_some_and(|&child| self.tcp(child).state == State::Closed)
    }

    /// Whether one more connection would find a listener with as many as it asked for.
    pub(crate) fn would_fill(&self, from: HostId, destination: SocketAddr) -> bool {
        let destination = canonical(destination);
        let to = route::find(&self.hosts, from, destination.ip()).map_or(NOWHERE, |route| route.hop.to);
        let found = if to == NOWHERE { None } else { self.listener_for(to, destination) };
        let listener = found.and_then(|id| self.tcp(id).listener.as_ref());
        listener.is_some_and(super::listen::Listener::is_full)
    }
}
