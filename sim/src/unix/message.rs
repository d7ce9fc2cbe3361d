//! `sendmsg(2)` and `recvmsg(2)`: what is sent, what waits, and what is received.
//!
//! Does not know how either works on any type of socket. Invariant: a right is in exactly one message until it is delivered or orphaned.

use super::UnixId;
use super::limits::RIGHTS_MAX;
use super::names::Name;
use super::socket::{Asker, Credentials, Kind};
use super::table::UnixSockets;
use crate::errno::Errno;
use crate::fd::DescriptionId;
use crate::ready::Refusal;

/// What `sendmsg(2)` sends.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The address of `sendto(2)`.
    pub to: Option<&'a Name>,
    /// `SCM_RIGHTS`: the caller holds one reference for each. Taken if the call answers a count, even 0; still the caller's if
    /// it refuses. A call that goes on after a partial count sends the rest without them.
    pub rights: &'a [DescriptionId],
    /// `SCM_CREDENTIALS` that the program gave, already allowed.
    pub credentials: Option<Credentials>,
    /// Who sends.
    pub asker: Asker,
}

/// How `recvmsg(2)` is asked.
#[derive(Clone, Copy, Debug)]
pub struct RecvAsk {
    /// Who asks; a datagram socket whose receiving is shut answers the end only to a call that waits.
    pub asker: Asker,
    /// `MSG_PEEK`.
    pub peek: bool,
    /// Of a stream call that goes on, for `MSG_WAITALL`: [`Received::writer`] of its last part.
    pub after: Option<Writer>,
}

/// The writer of bytes that a stream's call has taken, if that call may not take others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer(pub(super) Option<Credentials>);

/// What `recvmsg(2)` received. A count of 0 without anything else is the end, or a message without bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes in the buffer.
    pub count: usize,
    /// Bytes of the message: more than the count is `MSG_TRUNC`. On a stream the count.
    pub full_length: usize,
    /// The sender's name as it is by now, or none.
    pub from: Name,
    /// `SCM_RIGHTS`. With [`RecvAsk::peek`] copies: the receiver takes references of its own. Otherwise the references of the
    /// message, to install or to release.
    pub rights: Vec<DescriptionId>,
    /// `SCM_CREDENTIALS`, if the receiver asked for them by `SO_PASSCRED`.
    pub credentials: Option<Credentials>,
    /// Whether a `MSG_WAITALL` call ends here although its buffer may not be full: behind rights, before another writer.
    pub ends: bool,
    /// For [`RecvAsk::after`].
    pub writer: Option<Writer>,
}

impl Received {
    /// The end, or nothing yet.
    pub(super) fn nothing() -> Self {
        Self {
            count: 0,
            full_length: 0,
            from: Name::Unnamed,
            rights: Vec::new(),
            credentials: None,
            ends: false,
            writer: None,
        }
    }
}

impl UnixSockets {
    /// `sendmsg(2)`.
    ///
    /// # Errors
    /// `EINVAL` for more rights than `SCM_MAX_FD`. Of a stream: `EISCONN`, `EOPNOTSUPP`, `ENOTCONN`, `EPIPE`. Of messages:
    /// the pending error, `EMSGSIZE`, `EPIPE`, `ENOTCONN`, `ECONNREFUSED`, `EPROTOTYPE`, `EPERM`. Waits for memory, or for
    /// room in the receiver's queue. Only a stream's `EPIPE` raises `SIGPIPE`.
    pub fn send(&mut self, id: UnixId, outgoing: Outgoing<'_>) -> Result<usize, Refusal> {
        if outgoing.rights.len() > RIGHTS_MAX {
            return Err(Errno::EINVAL.into());
        }
        match self.socket(id).kind {
            Kind::Stream => self.send_stream(id, outgoing),
            Kind::Datagram | Kind::SeqPacket => self.send_message(id, outgoing),
        }
    }

    /// `recvmsg(2)`.
    ///
    /// # Errors
    /// `EINVAL` for a stream without a connection, `ENOTCONN` for a seqpacket socket without one, the pending error: of a stream
    /// behind the bytes, else before the messages. Waits for something to read, even for an empty buffer.
    pub fn recv(&mut self, id: UnixId, buffer: &mut [u8], ask: RecvAsk) -> Result<Received, Refusal> {
        match self.socket(id).kind {
            Kind::Stream => self.recv_stream(id, buffer, ask),
            Kind::Datagram | Kind::SeqPacket => self.recv_message(id, buffer, ask),
        }
    }
}

/// `struct sk_buff`.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    /// Bytes of it that a stream's reader has had.
    pub(super) consumed: usize,
    /// What its sender is charged.
    pub(super) truesize: usize,
    pub(super) from: UnixId,
    pub(super) rights: Vec<DescriptionId>,
    pub(super) credentials: Option<Credentials>,
}

impl Message {
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.consumed..]
    }
}
