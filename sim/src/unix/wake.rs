//! Who is told of what: `sk_data_ready`, `sk_write_space`, `sk_state_change`, and the wait queue of a full receiver.
//!
//! Does not know who waits: each change names a socket and the key of the wake. Invariant: only sockets that a descriptor
//! can reach are named.

use super::UnixId;
use super::message::Message;
use super::socket::{Life, Socket, State};
use super::table::UnixSockets;
use crate::ready::{Change, Mask};

impl Socket {
    /// `unix_writable`, in a message's destructor with the one byte that `sock_wfree` holds back meanwhile.
    fn writable_with(&self, held_back: usize) -> bool {
        self.state != State::Listening && (self.charged + held_back) * 4 <= self.options.send_buffer
    }

    /// `unix_writable`: `sk_wmem_alloc` starts at 1.
    pub(super) fn is_writable(&self) -> bool {
        self.writable_with(1)
    }
}

impl UnixSockets {
    pub(super) fn change(&mut self, id: UnixId, key: Mask) {
        if self.get(id).is_some_and(|socket| socket.life == Life::Open) {
            self.changes.push_back(Change { of: id, key });
        }
    }

    /// `sock_def_readable`.
    pub(super) fn wake_readers(&mut self, id: UnixId) {
        self.change(id, Mask::READERS);
    }

    /// `unix_write_space`.
    pub(super) fn wake_writers(&mut self, id: UnixId) {
        if self.socket(id).is_writable() {
            self.change(id, Mask::WRITERS);
        }
    }

    /// `sock_def_wakeup`; also `sock_def_error_report`, whose key `EPOLLERR` concerns everybody as well.
    pub(super) fn wake_all(&mut self, id: UnixId) {
        self.change(id, Mask::NONE);
    }

    /// `wake_up` of `peer_wait`: the sockets that were told of a full queue, the latest first, with this key
    /// (`unix_dgram_peer_wake_relay`), then the calls that sleep. These sleep on this socket and not on their own, so that
    /// whoever polls theirs must not notice: their key is `WRBAND`, which a call waiting to write meets and nobody polls for
    /// alone.
    pub(super) fn wake_peer_waiters(&mut self, id: UnixId, key: Mask) {
        let socket = self.socket_mut(id);
        let sleepers = core::mem::take(&mut socket.sleepers);
        let socket = self.socket(id);
        let mut relays: Vec<(u64, UnixId)> = socket
            .admirers
            .iter()
            .map(|&admirer| (self.socket(admirer).relay.replace(0), admirer))
            .filter(|(stamp, _)| *stamp > 0)
            .collect();
        relays.sort_unstable_by(|one, other| other.cmp(one));
        for (_, admirer) in relays {
            self.change(admirer, key);
        }
        for sleeper in sleepers {
            self.change(sleeper, Mask::WRBAND);
        }
    }

    /// `unix_wait_for_peer`.
    pub(super) fn sleep_for_peer(&mut self, id: UnixId, peer: UnixId) {
        let sleepers = &mut self.socket_mut(peer).sleepers;
        if !sleepers.contains(&id) {
            sleepers.push(id);
        }
    }

    /// `unix_dgram_peer_wake_connect`, once per wake.
    pub(super) fn relay_from_peer(&self, id: UnixId) {
        let relay = &self.socket(id).relay;
        if relay.get() == 0 {
            self.relays.set(self.relays.get() + 1);
            relay.set(self.relays.get());
        }
    }

    /// `kfree_skb` of a message taken out of its queue: the sender gets its memory back and is told if there is enough now,
    /// and what nobody received is orphaned.
    pub(super) fn free_message(&mut self, message: Message) {
        self.orphans.extend(message.rights);
        self.socket_mut(message.from).charged -= message.truesize;
        self.drop_unsent(message.from);
        self.release(message.from);
    }

    /// The write space that a freed message leaves, also one that was made and could not be sent: its own sender is woken.
    pub(super) fn drop_unsent(&mut self, id: UnixId) {
        if self.socket(id).writable_with(2) {
            self.change(id, Mask::WRITERS);
        }
    }
}
