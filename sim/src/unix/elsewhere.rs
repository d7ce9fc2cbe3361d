//! What other systems than Linux do to a unix socket, and ask about one.
//!
//! Does not know which system does what. Invariant: on Linux nothing here changes a socket.

use super::UnixId;
use super::names::Name;
use super::socket::{Kind, Shut, State};
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::net::tcp::How;

/// What becomes of messages nobody has read when reading is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    Kept,
    Dropped,
}

impl UnixSockets {
    /// The error that is pending.
    pub(crate) fn pending_error(&self, id: UnixId) -> Option<Errno> {
        self.socket(id).error
    }

    /// The pending error, once.
    pub(crate) fn take_error(&mut self, id: UnixId) -> Option<Errno> {
        self.socket_mut(id).take_error()
    }

    /// Makes an error pending, and whoever waits looks again.
    pub(crate) fn put_error(&mut self, id: UnixId, errno: Errno) {
        self.socket_mut(id).error = Some(errno);
        self.wake_all(id);
    }

    /// Whether there is something to read, or somebody to accept.
    pub(crate) fn is_filled(&self, id: UnixId) -> bool {
        let socket = self.socket(id);
        !socket.queue.is_empty() || !socket.pending.is_empty()
    }

    /// The sizes of its buffers to send and to receive, as Linux tells them.
    pub(crate) fn buffers(&self, id: UnixId) -> (usize, usize) {
        let options = &self.socket(id).options;
        (options.send_buffer, options.receive_buffer)
    }

    /// `soshutdown`: reading is our own affair, of which the peer is not told; the end of writing is the peer's end of reading.
    pub(crate) fn shutdown_own(&mut self, id: UnixId, how: How, queued: Queued) {
        let shut = Shut { receive: how != How::Send, send: how != How::Receive };
        let socket = self.socket_mut(id);
        socket.shut = socket.shut.with(shut);
        socket.drops |= shut.receive && queued == Queued::Dropped;
        let peer = socket.peer;
        self.drop_queue_if_deaf(id);
        self.wake_all(id);
        if let Some(peer) = peer.filter(|_| shut.send) {
            self.socket_mut(peer).shut.receive = true;
            self.wake_all(peer);
        }
    }

    /// What came for a socket that drops it is gone at once.
    pub(super) fn drop_queue_if_deaf(&mut self, id: UnixId) {
        if self.socket(id).drops {
            self.forget_unread(id);
        }
    }

    /// Messages nobody has read are gone.
    pub(crate) fn forget_unread(&mut self, id: UnixId) {
        while let Some(message) = self.socket_mut(id).queue.pop_front() {
            self.free_message(message);
        }
    }

    /// `unp_drop`: a datagram socket is closed, and those connected to it are connected no more.
    pub(crate) fn forsake(&mut self, id: UnixId) {
        for other in self.socket(id).admirers.clone() {
            if other != id && self.socket(other).kind == Kind::Datagram {
                self.set_peer(other, None);
                self.socket_mut(other).state = State::Closed;
                self.put_error(other, Errno::ECONNRESET);
            }
        }
    }

    /// Who would get a datagram.
    pub(crate) fn receiver_of(&self, id: UnixId, to: Option<&Name>) -> Option<UnixId> {
        match to {
            Some(name) => self.find(id, name).ok(),
            None => self.socket(id).peer,
        }
    }

    /// Whether a queue holds as many messages as Linux lets it.
    pub(crate) fn is_full(&self, id: UnixId) -> bool {
        self.socket(id).is_full()
    }

    /// Bytes of all messages that nobody has read.
    pub(crate) fn queued_bytes(&self, id: UnixId) -> usize {
        self.socket(id).queue.iter().map(|message| message.unread().len()).sum()
    }

    /// Whether the listener of a name has no room for another connection.
    pub(crate) fn is_full_at(&self, id: UnixId, name: &Name) -> bool {
        self.find(id, name).is_ok_and(|listener| {
            let other = self.socket(listener);
            other.state == State::Listening && other.is_full()
        })
    }

    /// A socket is bound to a node.
    pub(crate) fn note_node(&mut self, node: u64) {
        self.nodes.insert(node);
    }

    /// Whether a socket was ever bound to a node.
    pub(crate) fn knows_node(&self, node: u64) -> bool {
        self.nodes.contains(&node)
    }
}
