//! A socket: what all protocols share, and the one it speaks.
//!
//! Does not know descriptors. Invariant: an id is never reused within a run.

use serde::{Deserialize, Serialize};

use super::address::Family;
use super::options::Options;
use super::tcp::Tcp;

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

#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) family: Family,
    pub(crate) options: Options,
    pub(crate) protocol: Protocol,
}

/// What a socket speaks. UDP and unix sockets will be further variants; every match on it is one place to extend.
#[derive(Debug)]
pub(crate) enum Protocol {
    Tcp(Tcp),
}
