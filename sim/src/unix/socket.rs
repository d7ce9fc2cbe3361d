//! A unix socket: what `struct sock` and `struct unix_sock` hold of it.
//!
//! Does not know other sockets but by id. Invariant: `holders` counts the descriptor or accept queue, the sockets whose peer
//! this is, and the messages on their way that it sent; at 0 the socket is gone.

use core::cell::Cell;
use std::collections::{BTreeSet, VecDeque};

use super::UnixId;
use super::limits::QUEUE_MESSAGES_MAX;
use super::message::Message;
use super::names::Name;
use super::options::Options;
use crate::errno::Errno;
use crate::fd::Blocking;
use crate::host::HostId;
use crate::process::Pid;

/// The type of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `SOCK_STREAM`.
    Stream,
    /// `SOCK_DGRAM`; `SOCK_RAW` is the same (`unix_create`).
    Datagram,
    /// `SOCK_SEQPACKET`.
    SeqPacket,
}

impl Kind {
    /// The number of the Linux ABI.
    #[must_use]
    pub fn to_linux(self) -> i32 {
        match self {
            Self::Stream => 1,
            Self::Datagram => 2,
            Self::SeqPacket => 5,
        }
    }

    /// Whether sockets of this type listen, accept, and end together.
    pub(super) fn is_connection_based(self) -> bool {
        self != Self::Datagram
    }
}

/// `struct ucred`: who a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Credentials {
    /// The process; 0 for none.
    pub pid: Pid,
    /// Its effective user.
    pub uid: u32,
    /// Its effective group.
    pub gid: u32,
}

impl Credentials {
    /// What `SO_PEERCRED` tells of a socket that never had a peer.
    pub const NONE: Self = Self { pid: Pid(0), uid: u32::MAX, gid: u32::MAX };
    /// What `SCM_CREDENTIALS` tells of bytes that were sent before anybody asked: the overflow ids.
    pub const OVERFLOW: Self = Self { pid: Pid(0), uid: 65_534, gid: 65_534 };
    /// What `SCM_CREDENTIALS` tells at the end of a stream: the empty cookie of `unix_stream_read_generic`.
    pub const EMPTY: Self = Self { pid: Pid(0), uid: 0, gid: 0 };
}

/// Who makes a call, and whether the call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The calling process.
    pub credentials: Credentials,
    /// Whether the call waits: not with `O_NONBLOCK` nor `MSG_DONTWAIT`. Linux answers and wakes differently by it, so what a
    /// call that does not wait makes of [`Refusal::Wait`](crate::ready::Refusal::Wait), `EAGAIN`, is still the kernel's.
    pub blocking: Blocking,
}

/// `sk_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// `TCP_CLOSE`.
    Closed,
    /// `TCP_LISTEN`.
    Listening,
    /// `TCP_ESTABLISHED`; of a datagram socket also when another connected to it.
    Established,
}

/// Who can reach a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// In an accept queue: no `struct socket` yet.
    Embryo,
    /// A descriptor.
    Open,
    /// `SOCK_DEAD`: only peers and messages that remember it.
    Dead,
}

/// `sk_shutdown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shut {
    /// `RCV_SHUTDOWN`.
    pub(super) receive: bool,
    /// `SEND_SHUTDOWN`.
    pub(super) send: bool,
}

impl Shut {
    pub(super) const BOTH: Self = Self { receive: true, send: true };

    pub(super) fn with(self, other: Self) -> Self {
        Self { receive: self.receive || other.receive, send: self.send || other.send }
    }

    /// What it means to the other side.
    pub(super) fn mirrored(self) -> Self {
        Self { receive: self.send, send: self.receive }
    }
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) host: HostId,
    pub(super) kind: Kind,
    pub(super) state: State,
    pub(super) life: Life,
    pub(super) name: Name,
    pub(super) peer: Option<UnixId>,
    pub(super) shut: Shut,
    pub(super) error: Option<Errno>,
    /// What comes is thrown away, unnoticed by the sender (`SB_DROP`); never on Linux.
    pub(super) drops: bool,
    pub(super) options: Options,
    /// What `SO_PEERCRED` tells; of a listener, who listens.
    pub(super) peer_credentials: Credentials,
    /// Messages to be read.
    pub(super) queue: VecDeque<Message>,
    /// Connections to be accepted.
    pub(super) pending: VecDeque<UnixId>,
    /// `sk_max_ack_backlog`.
    pub(super) backlog: usize,
    /// `sk_wmem_alloc` without its first one: bytes of memory that messages of this socket take.
    pub(super) charged: usize,
    pub(super) holders: u32,
    /// Sockets whose peer this is.
    pub(super) admirers: BTreeSet<UnixId>,
    /// Sockets with a call that sleeps for room in this one's queue (`unix_wait_for_peer`).
    pub(super) sleepers: Vec<UnixId>,
    /// `peer_wake`: when this socket was last told that its peer's queue is full and has not been told of room since; 0 if
    /// not. A cell, because `unix_dgram_poll` registers and looking is no change.
    pub(super) relay: Cell<u64>,
}

impl Socket {
    pub(super) fn new(host: HostId, kind: Kind, life: Life) -> Self {
        Self {
            host,
            kind,
            state: State::Closed,
            life,
            name: Name::Unnamed,
            peer: None,
            shut: Shut::default(),
            error: None,
            drops: false,
            options: Options::default(),
            peer_credentials: Credentials::NONE,
            queue: VecDeque::new(),
            pending: VecDeque::new(),
            backlog: QUEUE_MESSAGES_MAX,
            charged: 0,
            holders: 1,
            admirers: BTreeSet::new(),
            sleepers: Vec::new(),
            relay: Cell::new(0),
        }
    }

    /// `unix_recvq_full`.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() + self.pending.len() > self.backlog
    }

    pub(super) fn is_dead(&self) -> bool {
        self.life == Life::Dead
    }

    /// `sock_error`: the pending error, once.
    pub(super) fn take_error(&mut self) -> Option<Errno> {
        self.error.take()
    }
}
