//! All unix sockets of a run: making them, finding them, forgetting them.
//!
//! Does not know what they say to each other. Invariant: whatever a call wakes or orphans is in the queues when it returns;
//! nothing else needs to be looked at.

use core::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::UnixId;
use super::socket::{Credentials, Kind, Life, Socket, State};
use crate::errno::Errno;
use crate::fd::DescriptionId;
use crate::host::HostId;
use crate::net::limits::SOCKETS_MAX;
use crate::ready::{Change, Refusal};

/// All unix sockets of a run.
#[derive(Debug, Default)]
pub struct UnixSockets {
    pub(super) sockets: Vec<Option<Box<Socket>>>,
    pub(super) live_count: usize,
    /// By the number of the inode.
    pub(super) paths: BTreeMap<u64, UnixId>,
    /// Each host has names of its own, and on it each type (`unix_abstract_hash`).
    pub(super) abstracts: BTreeMap<(HostId, Kind, Vec<u8>), UnixId>,
    /// The automatic name given last.
    pub(super) automatic: u32,
    /// Nodes that a socket was ever bound to; not kept on Linux, which does not tell a dead socket from another file.
    pub(super) nodes: BTreeSet<u64>,
    pub(super) changes: VecDeque<Change<UnixId>>,
    pub(super) orphans: VecDeque<DescriptionId>,
    /// Registrations of [`Socket::relay`] so far.
    pub(super) relays: Cell<u64>,
}

impl UnixSockets {
    /// No sockets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `socket(2)`.
    ///
    /// # Errors
    /// Unmodelled past `SOCKETS_MAX`.
    pub fn create(&mut self, host: HostId, kind: Kind) -> Result<UnixId, Refusal> {
        self.add(Socket::new(host, kind, Life::Open))
    }

    /// `socketpair(2)`.
    ///
    /// # Errors
    /// Unmodelled past `SOCKETS_MAX`.
    pub fn pair(
        &mut self,
        (host, kind): (HostId, Kind),
        credentials: Credentials,
    ) -> Result<(UnixId, UnixId), Refusal> {
        let first = self.create(host, kind)?;
        let second = match self.create(host, kind) {
            Ok(second) => second,
            Err(refusal) => {
                self.close(first);
                return Err(refusal);
            }
        };
        for (id, peer) in [(first, second), (second, first)] {
            self.set_peer(id, Some(peer));
            let socket = self.socket_mut(id);
            socket.state = State::Established;
            socket.peer_credentials = credentials;
        }
        Ok((first, second))
    }

    /// The next socket that changed, oldest first. Each may wake nobody.
    pub fn pop_change(&mut self) -> Option<Change<UnixId>> {
        self.changes.pop_front()
    }

    /// The next right that nobody will receive: its reference is to be released, which may close further sockets.
    pub fn pop_orphan(&mut self) -> Option<DescriptionId> {
        self.orphans.pop_front()
    }

    /// Whether anything waits in either queue.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        !self.changes.is_empty() || !self.orphans.is_empty()
    }

    /// Sockets that exist, embryos and remembered ones included.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.live_count
    }

    pub(super) fn add(&mut self, socket: Socket) -> Result<UnixId, Refusal> {
        if self.live_count >= SOCKETS_MAX {
            return Err(Refusal::unmodelled(format!("more than {SOCKETS_MAX} unix sockets"), Errno::EMFILE));
        }
        let id = UnixId(u32::try_from(self.sockets.len()).expect("a run is far too short for 2^32 sockets"));
        self.live_count += 1;
        self.sockets.push(Some(Box::new(socket)));
        Ok(id)
    }

    pub(super) fn get(&self, id: UnixId) -> Option<&Socket> {
        self.sockets.get(id.index()).and_then(Option::as_deref)
    }

    pub(super) fn socket(&self, id: UnixId) -> &Socket {
        self.get(id).expect("whoever names a socket holds it")
    }

    pub(super) fn socket_mut(&mut self, id: UnixId) -> &mut Socket {
        self.sockets[id.index()].as_deref_mut().expect("whoever names a socket holds it")
    }

    /// `sock_hold`.
    pub(super) fn hold(&mut self, id: UnixId) {
        self.socket_mut(id).holders += 1;
    }

    /// `sock_put`.
    pub(super) fn release(&mut self, id: UnixId) {
        let socket = self.socket_mut(id);
        socket.holders -= 1;
        if socket.holders > 0 {
            return;
        }
        assert!(socket.is_dead() && socket.peer.is_none(), "unix socket {} is forgotten alive", id.0);
        assert!(socket.queue.is_empty() && socket.pending.is_empty(), "unix socket {} is not empty", id.0);
        assert_eq!(socket.charged, 0, "unix socket {} is charged for nothing", id.0);
        self.sockets[id.index()] = None;
        self.live_count -= 1;
    }

    /// Changes `unix_peer`, and who holds whom.
    pub(super) fn set_peer(&mut self, id: UnixId, peer: Option<UnixId>) {
        if let Some(peer) = peer {
            self.hold(peer);
            self.socket_mut(peer).admirers.insert(id);
        }
        let before = core::mem::replace(&mut self.socket_mut(id).peer, peer);
        if let Some(before) = before {
            if peer != Some(before) {
                self.socket_mut(before).admirers.remove(&id);
            }
            self.release(before);
        }
    }
}
