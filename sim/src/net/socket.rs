//! A socket: what all protocols share, and the one it speaks.
//!
//! Does not know descriptors. Invariant: an id is never reused within a run.

use serde::{Deserialize, Serialize};

use super::address::Family;
use super::options::{Holder, Options};
use super::tcp::Tcp;
use super::udp::Udp;
use crate::host::HostId;

/// A socket: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SocketId(pub u32);

impl SocketId {
    /// The id as an index into tables by socket.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The type of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// `SOCK_STREAM`: TCP.
    Stream,
    /// `SOCK_DGRAM`: UDP.
    Datagram,
}

#[derive(Debug)]
pub(crate) struct Socket {
    /// Whose ports and addresses it takes.
    pub(crate) host: HostId,
    pub(crate) family: Family,
    pub(crate) options: Options,
    pub(crate) protocol: Protocol,
}

/// What a socket speaks; every match on it is one place to extend.
#[derive(Debug)]
pub(crate) enum Protocol {
    Tcp(Tcp),
    Udp(Udp),
}

impl Socket {
    pub(crate) fn kind(&self) -> Kind {
        match self.protocol {
            Protocol::Tcp(_) => Kind::Stream,
            Protocol::Udp(_) => Kind::Datagram,
        }
    }

    /// What `setsockopt(2)` and `getsockopt(2)` need to know of it.
    pub(crate) fn holder(&self) -> Holder {
        let port = match &self.protocol {
            Protocol::Tcp(tcp) => tcp.held_port(),
            Protocol::Udp(udp) => udp.port,
        };
        Holder { family: self.family, kind: self.kind(), port }
    }
}
