//! `bind(2)`, and who is behind a name.
//!
//! Does not know the file system: the boundary makes the file and says which inode a path leads to. Invariant: a name that
//! can be found belongs to a socket that is not dead; accepted sockets show their listener's name and cannot be found by it.

use super::UnixId;
use super::limits::{AUTOMATIC_NAMES_MAX, NAME_BYTES_MAX};
use super::socket::Kind;
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::host::HostId;

/// The address of a unix socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// None: an address of the family alone.
    #[default]
    Unnamed,
    /// A path, and the number by which the boundary knows the inode it leads to.
    Path {
        /// As the program gave it, without its end.
        path: Vec<u8>,
        /// Found by this alone (`unix_find_bsd`).
        node: u64,
    },
    /// What follows the leading zero byte.
    Abstract(Vec<u8>),
    /// A path that leads nowhere, or where no file could be made: no socket has this name, and whoever asks for it is told
    /// why, when it is its turn among the checks.
    Unresolved(Errno),
}

impl UnixSockets {
    /// `bind(2)`. For a path the boundary has made the file before, as `unix_bind_bsd` does, and removes it if this fails; where
    /// it could not, the name is [`Name::Unresolved`], with `EADDRINUSE` for a file that is there. A node that an older socket
    /// holds becomes this one's.
    ///
    /// # Errors
    /// `EINVAL` for a socket that has a name, `EADDRINUSE` for an abstract name that is taken.
    pub fn bind(&mut self, id: UnixId, name: Name) -> Result<(), Errno> {
        match &name {
            Name::Unnamed => return self.autobind(id),
            Name::Unresolved(errno) => return Err(*errno),
            Name::Abstract(bytes) if bytes.len() >= NAME_BYTES_MAX => return Err(Errno::EINVAL),
            _ => {}
        }
        if self.is_bound(id) {
            return Err(Errno::EINVAL);
        }
        match &name {
            Name::Path { node, .. } => {
                self.paths.insert(*node, id);
            }
            Name::Abstract(bytes) => {
                let key = self.key(id, bytes);
                if self.abstracts.contains_key(&key) {
                    return Err(Errno::EADDRINUSE);
                }
                self.abstracts.insert(key, id);
            }
            Name::Unnamed | Name::Unresolved(_) => {}
        }
        self.socket_mut(id).name = name;
        Ok(())
    }

    /// `bind(2)` with the family alone (`unix_autobind`): five hexadecimal digits, or nothing if there is a name. Linux begins
    /// anywhere; we count up from 1.
    ///
    /// # Errors
    /// `EADDRINUSE` when all names are taken, where Linux says `ENOSPC`; more sockets than may live are needed for that.
    pub fn autobind(&mut self, id: UnixId) -> Result<(), Errno> {
        if self.is_bound(id) {
            return Ok(());
        }
        for _ in 0..AUTOMATIC_NAMES_MAX {
            self.automatic = (self.automatic + 1) % AUTOMATIC_NAMES_MAX;
            let bytes = format!("{:05x}", self.automatic).into_bytes();
            if !self.abstracts.contains_key(&self.key(id, &bytes)) {
                return self.bind(id, Name::Abstract(bytes));
            }
        }
        Err(Errno::EADDRINUSE)
    }

    /// Whether a socket has a name.
    #[must_use]
    pub fn is_bound(&self, id: UnixId) -> bool {
        self.socket(id).name != Name::Unnamed
    }

    /// `getsockname(2)`.
    #[must_use]
    pub fn local_name(&self, id: UnixId) -> &Name {
        &self.socket(id).name
    }

    /// `getpeername(2)`. A peer that is closed still has its name.
    ///
    /// # Errors
    /// `ENOTCONN` without a peer.
    pub fn peer_name(&self, id: UnixId) -> Result<&Name, Errno> {
        let peer = self.socket(id).peer.ok_or(Errno::ENOTCONN)?;
        Ok(&self.socket(peer).name)
    }

    /// A socket that asked for credentials is named before it sends or connects, so that it can be answered.
    pub(super) fn name_if_credentials_pass(&mut self, id: UnixId) -> Result<(), Errno> {
        if self.socket(id).options.pass_credentials { self.autobind(id) } else { Ok(()) }
    }

    /// An abstract name among those of a socket's host and type.
    fn key(&self, id: UnixId, bytes: &[u8]) -> (HostId, Kind, Vec<u8>) {
        let socket = self.socket(id);
        (socket.host, socket.kind, bytes.to_vec())
    }

    /// `unix_find_other`, for a socket that asks.
    pub(super) fn find(&self, id: UnixId, name: &Name) -> Result<UnixId, Errno> {
        match name {
            Name::Unnamed => Err(Errno::EINVAL),
            Name::Unresolved(errno) => Err(*errno),
            Name::Path { node, .. } => {
                let found = *self.paths.get(node).ok_or(Errno::ECONNREFUSED)?;
                if self.socket(found).kind == self.socket(id).kind {
                    Ok(found)
                } else {
                    Err(Errno::EPROTOTYPE)
                }
            }
            Name::Abstract(bytes) => {
                self.abstracts.get(&self.key(id, bytes)).copied().ok_or(Errno::ECONNREFUSED)
            }
        }
    }

    /// Takes a socket's name out of the tables; the socket goes on showing it to those who remember it.
    pub(super) fn unhash(&mut self, id: UnixId) {
        match self.socket(id).name.clone() {
            Name::Unnamed | Name::Unresolved(_) => {}
            Name::Path { node, .. } => {
                if self.paths.get(&node) == Some(&id) {
                    self.paths.remove(&node);
                }
            }
            Name::Abstract(bytes) => {
                let key = self.key(id, &bytes);
                if self.abstracts.get(&key) == Some(&id) {
                    self.abstracts.remove(&key);
                }
            }
        }
    }
}
