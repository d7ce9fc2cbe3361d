//! What a socket is ready for, and what else is asked of it.
//!
//! Changes nothing but who is told of room. Invariant: of a socket that is ready here, the matching call does not wait, save
//! what Linux makes wait: a datagram socket whose receiving is shut is readable, and a call that does not wait is told to
//! come again; a socket is writable long after a call to write would not wait (`unix_writable`).

use super::UnixId;
use super::names::Name;
use super::socket::{Credentials, Kind, Shut, Socket, State};
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::ready::Mask;

impl UnixSockets {
    /// `unix_poll` and `unix_dgram_poll`, for all events. One that is gone is hung up.
    #[must_use]
    pub fn readiness(&self, id: UnixId) -> Mask {
        const READABLE: Mask = Mask(Mask::IN.0 | Mask::RDNORM.0);
        let Some(socket) = self.get(id) else {
            return READABLE | Mask::WRITERS | Mask::HUP | Mask::RDHUP;
        };
        let lonely = socket.kind.is_connection_based() && socket.state == State::Closed;
        let readable = socket.shut.receive || !socket.queue.is_empty() || !socket.pending.is_empty();
        Mask::ERR.when(socket.error.is_some())
            | Mask::HUP.when(socket.shut == Shut::BOTH || lonely)
            | Mask::RDHUP.when(socket.shut.receive)
            | READABLE.when(readable)
            | Mask::WRITERS.when(socket.is_writable() && !self.peer_is_full(id, socket))
    }

    /// Whether the queue of a peer that is not connected back is full; if so, this socket will be told of room
    /// (`unix_dgram_peer_wake_me`).
    fn peer_is_full(&self, id: UnixId, socket: &Socket) -> bool {
        let Some(peer) = socket.peer.filter(|_| socket.kind != Kind::Stream) else { return false };
        let other = self.socket(peer);
        let full = other.peer != Some(id) && other.is_full() && !other.is_dead();
        if full {
            self.relay_from_peer(id);
        }
        full
    }

    /// Bytes to be read: `FIONREAD`. Of datagrams those of the first.
    ///
    /// # Errors
    /// `EINVAL` for a listener (`unix_inq_len`).
    pub fn unread(&self, id: UnixId) -> Result<usize, Errno> {
        let socket = self.socket(id);
        match socket.kind {
            _ if socket.state == State::Listening => Err(Errno::EINVAL),
            Kind::Datagram => Ok(socket.queue.front().map_or(0, |message| message.bytes.len())),
            _ => Ok(socket.queue.iter().map(|message| message.unread().len()).sum()),
        }
    }

    /// Memory that unread messages of this socket take: `SIOCOUTQ`.
    #[must_use]
    pub fn unsent(&self, id: UnixId) -> usize {
        self.socket(id).charged
    }

    /// The type of a socket.
    #[must_use]
    pub fn kind(&self, id: UnixId) -> Kind {
        self.socket(id).kind
    }

    /// `SO_PEERCRED`: of an end of a pair or one that was accepted who made the connection, of one that connected who
    /// listened, else [`Credentials::NONE`].
    #[must_use]
    pub fn peer_credentials(&self, id: UnixId) -> Credentials {
        self.socket(id).peer_credentials
    }

    /// Whether nothing more can be received: by `shutdown(2)` on either side, or by the peer's end.
    #[must_use]
    pub fn receive_shut(&self, id: UnixId) -> bool {
        self.socket(id).shut.receive
    }

    /// Whether nothing more can be sent.
    #[must_use]
    pub fn send_shut(&self, id: UnixId) -> bool {
        self.socket(id).shut.send
    }

    /// Whether both directions are shut.
    #[must_use]
    pub fn is_shut_both(&self, id: UnixId) -> bool {
        self.socket(id).shut == Shut::BOTH
    }

    /// Whether the peer of this socket is closed. A datagram socket forgets such a peer when it sends.
    #[must_use]
    pub fn peer_gone(&self, id: UnixId) -> bool {
        self.socket(id).peer.is_some_and(|peer| self.socket(peer).is_dead())
    }

    /// Whether a socket listens.
    #[must_use]
    pub fn is_listening(&self, id: UnixId) -> bool {
        self.socket(id).state == State::Listening
    }

    /// The peer, for a person or a wait-for graph. May be one that is not accepted yet, or closed.
    #[must_use]
    pub fn peer(&self, id: UnixId) -> Option<UnixId> {
        self.socket(id).peer
    }

    /// The socket as a person reads it in a deadlock or an event.
    #[must_use]
    pub fn describe(&self, id: UnixId) -> String {
        let Some(socket) = self.get(id) else { return format!("unix socket {} (gone)", id.0) };
        let kind = match socket.kind {
            Kind::Stream => "stream",
            Kind::Datagram => "datagram",
            Kind::SeqPacket => "seqpacket",
        };
        let name = match &socket.name {
            Name::Unnamed | Name::Unresolved(_) => String::new(),
            Name::Path { path, .. } => format!(" at {}", String::from_utf8_lossy(path)),
            Name::Abstract(bytes) => format!(" at @{}", String::from_utf8_lossy(bytes)),
        };
        let doing = match (socket.state, socket.peer) {
            (State::Listening, _) => format!("listening, {} to accept", socket.pending.len()),
            (_, Some(peer)) if self.socket(peer).is_dead() => format!("its peer {} closed", peer.0),
            (_, Some(peer)) => format!("connected to {}", peer.0),
            (_, None) => "not connected".into(),
        };
        let shut = match (socket.shut.receive, socket.shut.send) {
            (true, true) => ", shut",
            (true, false) => ", receiving shut",
            (false, true) => ", sending shut",
            (false, false) => "",
        };
        format!("unix {kind} socket {}{name} ({doing}{shut}, {} unread)", id.0, socket.queue.len())
    }
}
