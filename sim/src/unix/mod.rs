//! `unix(7)`: stream, datagram and seqpacket sockets as one state machine without a clock.
//!
//! Does not know threads, descriptors or files: a path comes with the number of the inode it led to, a right is a reference
//! that somebody holds for the message, and a call changes the state and leaves two queues behind, sockets that changed
//! ([`UnixSockets::pop_change`]) and rights that nobody will receive ([`UnixSockets::pop_orphan`]). Follows `af_unix.c` of
//! Linux 6.18 function by function. Deliberate differences: every sleeper of a full queue is woken where Linux wakes the
//! first (to a program the same: one wins, the others go on waiting); automatic names count up from a fixed number; rights
//! that wait in each other's queues in a cycle are never collected (`unix_gc`). Not modelled, and said so when asked for:
//! `MSG_OOB`, `SO_PEEK_OFF`, `SO_RCVLOWAT`, `SO_PASSPIDFD`, `SO_PASSRIGHTS`, `SO_INQ`, the limit on rights in flight.
//! Invariant: an id is never reused within a run.

use serde::{Deserialize, Serialize};

mod close;
mod connect;
mod datagram;
mod elsewhere;
mod limits;
mod memory;
mod message;
mod names;
mod options;
mod poll;
mod socket;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod wake;

pub use connect::Accepted;
pub(crate) use elsewhere::Queued;
pub use message::{Outgoing, Received, RecvAsk, Writer};
pub use names::Name;
pub use options::Timeouts;
pub use socket::{Asker, Credentials, Kind};
pub use table::UnixSockets;

/// A unix socket: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnixId(pub u32);

impl UnixId {
    /// The id as an index into tables by socket.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
