//! `listen(2)`, `connect(2)`, `accept(2)`.
//!
//! Does not know blocking but for whom to wake. Invariant: a connection is made by `connect(2)` alone: both ends exist and
//! can carry bytes from then on, whether or not the other is ever accepted.

use super::UnixId;
use super::names::Name;
use super::socket::{Asker, Credentials, Life, Socket, State};
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::fd::Blocking;
use crate::net::limits::BACKLOG_MAX;
use crate::ready::{Mask, Refusal, Side};

/// What `accept(2)` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The socket.
    pub id: UnixId,
    /// The name of who connected.
    pub peer: Name,
}

impl UnixSockets {
    /// `listen(2)`. The credentials are what those who connect are told of their peer.
    ///
    /// # Errors
    /// `EOPNOTSUPP` for datagrams, `EINVAL` without a name or with a peer.
    pub fn listen(&mut self, id: UnixId, backlog: i32, credentials: Credentials) -> Result<(), Errno> {
        let socket = self.socket(id);
        if !socket.kind.is_connection_based() {
            return Err(Errno::EOPNOTSUPP);
        }
        if !self.is_bound(id) || socket.state == State::Established {
            return Err(Errno::EINVAL);
        }
        // `__sys_listen` compares unsigned.
        let backlog = u32::try_from(backlog).unwrap_or(BACKLOG_MAX).min(BACKLOG_MAX) as usize;
        if backlog > socket.backlog {
            self.wake_peer_waiters(id, Mask::NONE);
        }
        let socket = self.socket_mut(id);
        socket.backlog = backlog;
        socket.state = State::Listening;
        socket.peer_credentials = credentials;
        Ok(())
    }

    /// `connect(2)`. May be made again as it is after a wait: until it answers, it has done nothing but name the socket.
    ///
    /// # Errors
    /// `EINVAL` for no name, `ECONNREFUSED`, `EPROTOTYPE`; `EISCONN` and `EINVAL` for a stream that is connected or listens;
    /// `EPERM` for datagrams to one that is connected elsewhere. A stream waits for room in the backlog; a call that does not
    /// wait, or waited too long, answers `EAGAIN`.
    pub fn connect(&mut self, id: UnixId, name: &Name, asker: Asker) -> Result<(), Refusal> {
        if *name == Name::Unnamed {
            return Err(Errno::EINVAL.into());
        }
        self.name_if_credentials_pass(id)?;
        if self.socket(id).kind.is_connection_based() {
            self.connect_stream(id, name, asker)
        } else {
            Ok(self.connect_datagram(id, name)?)
        }
    }

    /// `unix_stream_connect`.
    fn connect_stream(&mut self, id: UnixId, name: &Name, asker: Asker) -> Result<(), Refusal> {
        let kind = self.socket(id).kind;
        let listener = self.find(id, name)?;
        let other = self.socket(listener);
        if other.state != State::Listening || other.shut.receive {
            return Err(Errno::ECONNREFUSED.into());
        }
        if other.is_full() {
            if asker.blocking == Blocking::Yes {
                self.sleep_for_peer(id, listener);
            }
            return Err(Refusal::Wait(Side::Write));
        }
        match self.socket(id).state {
            State::Closed => {}
            State::Established => return Err(Errno::EISCONN.into()),
            State::Listening => return Err(Errno::EINVAL.into()),
        }
        let mut embryo = Socket::new(self.socket(id).host, kind, Life::Embryo);
        embryo.state = State::Established;
        embryo.name = other.name.clone();
        embryo.options.pass_credentials = other.options.pass_credentials;
        embryo.peer_credentials = asker.credentials;
        let peer_credentials = other.peer_credentials;
        let embryo = self.add(embryo)?;
        self.set_peer(embryo, Some(id));
        self.set_peer(id, Some(embryo));
        let socket = self.socket_mut(id);
        socket.state = State::Established;
        socket.peer_credentials = peer_credentials;
        self.socket_mut(listener).pending.push_back(embryo);
        self.wake_readers(listener);
        Ok(())
    }

    /// `unix_dgram_connect`.
    fn connect_datagram(&mut self, id: UnixId, name: &Name) -> Result<(), Errno> {
        let other = self.find(id, name)?;
        if !self.may_send(id, other) {
            return Err(Errno::EPERM);
        }
        self.socket_mut(id).state = State::Established;
        self.socket_mut(other).state = State::Established;
        self.change_peer(id, Some(other));
        Ok(())
    }

    /// `connect(2)` with `AF_UNSPEC`: a datagram socket forgets its peer.
    ///
    /// # Errors
    /// `EINVAL` for all others.
    pub fn disconnect(&mut self, id: UnixId) -> Result<(), Errno> {
        if self.socket(id).kind.is_connection_based() {
            return Err(Errno::EINVAL);
        }
        self.change_peer(id, None);
        Ok(())
    }

    /// The second half of `unix_dgram_connect`.
    fn change_peer(&mut self, id: UnixId, peer: Option<UnixId>) {
        let Some(before) = self.socket(id).peer else {
            self.set_peer(id, peer);
            return;
        };
        self.hold(before);
        self.set_peer(id, peer);
        if peer.is_none() {
            self.socket_mut(id).state = State::Closed;
        }
        self.stop_relay(id);
        if peer != Some(before) {
            self.datagram_disconnected(id, before);
            let before = self.socket_mut(before);
            if before.peer.is_none() {
                before.state = State::Closed;
            }
        }
        self.release(before);
    }

    /// `unix_dgram_peer_wake_disconnect_wakeup`.
    pub(super) fn stop_relay(&mut self, id: UnixId) {
        self.socket_mut(id).relay.set(0);
        self.change(id, Mask::WRITERS);
    }

    /// `unix_dgram_disconnected`: messages from the peer before are lost, and a peer that was a peer both ways is told so.
    pub(super) fn datagram_disconnected(&mut self, id: UnixId, before: UnixId) {
        let queue = core::mem::take(&mut self.socket_mut(id).queue);
        if queue.is_empty() {
            return;
        }
        queue.into_iter().for_each(|message| self.free_message(message));
        self.wake_peer_waiters(id, Mask::NONE);
        let other = self.socket_mut(before);
        if !other.is_dead() && other.peer == Some(id) {
            other.error = Some(Errno::ECONNRESET);
            self.wake_all(before);
        }
    }

    /// `unix_may_send`.
    pub(super) fn may_send(&self, id: UnixId, other: UnixId) -> bool {
        self.socket(other).peer.is_none_or(|peer| peer == id)
    }

    /// `accept(2)`.
    ///
    /// # Errors
    /// `EOPNOTSUPP` for datagrams, `EINVAL` for one that does not listen, and for one whose receiving is shut if the call waits
    /// (`skb_recv_datagram`; one that does not wait is told to come again). Waits for a connection.
    pub fn accept(&mut self, id: UnixId, blocking: Blocking) -> Result<Accepted, Refusal> {
        let socket = self.socket_mut(id);
        if !socket.kind.is_connection_based() {
            return Err(Errno::EOPNOTSUPP.into());
        }
        if socket.state != State::Listening {
            return Err(Errno::EINVAL.into());
        }
        let Some(accepted) = socket.pending.pop_front() else {
            let ended = socket.shut.receive && blocking == Blocking::Yes;
            return Err(if ended { Errno::EINVAL.into() } else { Refusal::Wait(Side::Read) });
        };
        self.wake_peer_waiters(id, Mask::NONE);
        self.socket_mut(accepted).life = Life::Open;
        let peer = self.peer_name(accepted).cloned().unwrap_or_default();
        Ok(Accepted { id: accepted, peer })
    }
}
