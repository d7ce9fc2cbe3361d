//! `shutdown(2)` and `close(2)`.
//!
//! Does not know descriptors: a close here is the last one. Invariant: a closed socket has no peer, no messages and no
//! connections; those who remember it keep its name and nothing else.

use super::UnixId;
use super::socket::{Life, Shut, State};
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::net::tcp::How;
use crate::ready::Mask;

/// What becomes of a connection that is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dropped {
    /// By `close(2)`.
    Closed,
    /// With the listener that never accepted it.
    Refused,
}

impl UnixSockets {
    /// `shutdown(2)`, never refused. The peer of a stream sees it the other way round; calls that sleep for a listener's
    /// backlog are not woken, as in Linux.
    pub fn shutdown(&mut self, id: UnixId, how: How) {
        let shut = Shut {
            receive: matches!(how, How::Receive | How::Both),
            send: matches!(how, How::Send | How::Both),
        };
        let socket = self.socket_mut(id);
        socket.shut = socket.shut.with(shut);
        let peer = socket.peer.filter(|_| socket.kind.is_connection_based());
        self.wake_all(id);
        if let Some(peer) = peer {
            let other = self.socket_mut(peer);
            other.shut = other.shut.with(shut.mirrored());
            self.wake_all(peer);
        }
    }

    /// The last `close(2)`. Rights in unread messages are orphaned, which may go on closing sockets.
    pub fn close(&mut self, id: UnixId) {
        self.drop_socket(id, Dropped::Closed);
    }

    /// `unix_release_sock`.
    fn drop_socket(&mut self, id: UnixId, dropped: Dropped) {
        self.unhash(id);
        let socket = self.socket_mut(id);
        assert!(!socket.is_dead(), "unix socket {} is closed twice", id.0);
        socket.life = Life::Dead;
        socket.shut = Shut::BOTH;
        socket.state = State::Closed;
        socket.relay.set(0);
        // `unix_release_sock` passes over one message without bytes, which it takes for urgent data that was read.
        let passed_over =
            usize::from(socket.queue.front().is_some_and(|message| message.unread().is_empty()));
        let unread = socket.queue.len() > passed_over;
        let told = socket.peer.filter(|_| socket.kind.is_connection_based());
        self.wake_peer_waiters(id, Mask::NONE);
        if let Some(peer) = told {
            let other = self.socket_mut(peer);
            other.shut = Shut::BOTH;
            if unread || dropped == Dropped::Refused {
                other.error = Some(Errno::ECONNRESET);
            }
            self.wake_all(peer);
        }
        self.set_peer(id, None);
        while let Some(embryo) = self.socket_mut(id).pending.pop_front() {
            self.drop_socket(embryo, Dropped::Refused);
        }
        while let Some(message) = self.socket_mut(id).queue.pop_front() {
            self.free_message(message);
        }
        self.release(id);
    }
}
