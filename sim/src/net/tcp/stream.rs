//! `send(2)` and `recv(2)` on a TCP stream.
//!
//! Does not know blocking modes. Invariant: a byte is in exactly one place: the sender's queue, a packet, the receiver's
//! queue, the program. The send buffer counts only bytes the window does not admit, where Linux also counts those not
//! acknowledged; with a peer that acknowledges at once the sums agree.

use super::state::{End, State, Taken, Tcp};
use crate::errno::Errno;
use crate::net::limits::SEGMENT_BYTES_MAX;
use crate::net::packet::Segment;
use crate::net::socket::SocketId;
use crate::net::stack::{Effects, Net};
use crate::ready::{Refusal, Side};

/// The flags of `recv(2)` we model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecvFlags {
    /// `MSG_PEEK`: the bytes stay.
    pub peek: bool,
    /// `MSG_DONTWAIT`: as if non-blocking. A call on a non-blocking file sets it, too.
    pub dont_wait: bool,
    /// `MSG_WAITALL`: wait until the buffer is full. Without effect on a datagram.
    pub wait_all: bool,
    /// `MSG_TRUNC`: the call answers the length of the whole datagram, however small the buffer.
    pub real_length: bool,
}

/// The flags of `send(2)` we model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendFlags {
    /// `MSG_DONTWAIT`: as if non-blocking.
    pub dont_wait: bool,
}

const MSG_PEEK: i32 = 0x2;
const MSG_TRUNC: i32 = 0x20;
const MSG_DONTWAIT: i32 = 0x40;
const MSG_WAITALL: i32 = 0x100;
const MSG_NOSIGNAL: i32 = 0x4000;

impl RecvFlags {
    /// The flags of the Linux ABI. `MSG_NOSIGNAL` means nothing here.
    ///
    /// # Errors
    /// Unmodelled for all others (`MSG_OOB`, `MSG_ERRQUEUE`), and for peeking until a buffer is full.
    pub fn from_linux(flags: i32) -> Result<Self, Refusal> {
        let unknown = flags & !(MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL);
        let both = MSG_PEEK | MSG_WAITALL;
        if unknown != 0 || flags & both == both {
            return Err(Refusal::unmodelled(format!("recv(2) with flags {flags:#x}"), Errno::EOPNOTSUPP));
        }
        Ok(Self {
            peek: flags & MSG_PEEK != 0,
            dont_wait: flags & MSG_DONTWAIT != 0,
            wait_all: flags & MSG_WAITALL != 0,
            real_length: flags & MSG_TRUNC != 0,
        })
    }
}

impl SendFlags {
    /// The flags of the Linux ABI. `MSG_NOSIGNAL` is for the boundary, which raises `SIGPIPE` on `EPIPE` without it.
    ///
    /// # Errors
    /// Unmodelled for all others (`MSG_OOB`, `MSG_MORE`, `MSG_FASTOPEN`).
    pub fn from_linux(flags: i32) -> Result<Self, Refusal> {
        if flags & !(MSG_DONTWAIT | MSG_NOSIGNAL) != 0 {
            return Err(Refusal::unmodelled(format!("send(2) with flags {flags:#x}"), Errno::EOPNOTSUPP));
        }
        Ok(Self { dont_wait: flags & MSG_DONTWAIT != 0 })
    }
}

impl Net {
    /// Takes what has arrived, at most the buffer, in the order of checks of `tcp_recvmsg_locked`: bytes first, then the end
    /// of the stream, then a pending error.
    ///
    /// # Errors
    /// `ENOTCONN` without a connection, the pending error; waits for bytes, even for an empty buffer. Unmodelled with
    /// `MSG_TRUNC`.
    pub(in crate::net) fn recv_stream(
        &mut self,
        id: SocketId,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> Result<usize, Refusal> {
        if flags.real_length {
            // `tcp(7)`: the bytes are thrown away instead of copied.
            return Err(Refusal::unmodelled("recv(2) of a stream with MSG_TRUNC", Errno::EOPNOTSUPP));
        }
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        if tcp.is_listening() {
            return Err(Errno::ENOTCONN.into());
        }
        if !tcp.incoming.is_empty() {
            let count = tcp.copy_incoming(buffer);
            if !flags.peek {
                tcp.consume(id, count, effects);
            }
            return Ok(count);
        }
        if tcp.ended_by_peer {
            return Ok(0);
        }
        if let Some(errno) = tcp.take_error() {
            return Err(errno.into());
        }
        if tcp.shut_receive {
            return Ok(0);
        }
        if tcp.state == State::Closed {
            return Err(Errno::ENOTCONN.into());
        }
        Err(Refusal::Wait(Side::Read))
    }

    /// Hands bytes over, as many as there is room for, in the order of checks of `tcp_sendmsg_locked`.
    ///
    /// # Errors
    /// The pending error, once; `EPIPE` when our direction is shut or there is no connection; waits for room, or for the
    /// connection (`sk_stream_wait_connect`).
    pub(in crate::net) fn send_stream(&mut self, id: SocketId, bytes: &[u8]) -> Result<usize, Refusal> {
        let Taken { tcp, effects, .. } = self.tcp_and_effects(id);
        if let Some(errno) = tcp.take_error() {
            return Err(errno.into());
        }
        match tcp.state {
            State::SynSent | State::SynReceived => return Err(Refusal::Wait(Side::Write)),
            State::Established | State::CloseWait if !tcp.shut_send => {}
            _ => return Err(Errno::EPIPE.into()),
        }
        let count = bytes.len().min(tcp.send_room());
        if count == 0 && !bytes.is_empty() {
            return Err(Refusal::Wait(Side::Write));
        }
        let mut rest = &bytes[..count];
        while tcp.outgoing.is_empty() && tcp.window() > 0 && !rest.is_empty() {
            let size = rest.len().min(tcp.window()).min(SEGMENT_BYTES_MAX);
            let (now, later) = rest.split_at(size);
            let mut segment = effects.empty_buffer();
            segment.extend_from_slice(now);
            tcp.transmit(id, segment, effects);
            rest = later;
        }
        tcp.outgoing.extend(rest);
        if !rest.is_empty() {
            self.suspect(id);
        }
        Ok(count)
    }

    /// Bytes to be read: `FIONREAD`.
    ///
    /// # Errors
    /// `EINVAL` for a listener (`tcp_ioctl`).
    pub(in crate::net) fn unread_stream(&self, id: SocketId) -> Result<usize, Errno> {
        let tcp = self.tcp(id);
        if tcp.is_listening() { Err(Errno::EINVAL) } else { Ok(tcp.incoming.len()) }
    }
}

impl Tcp {
    fn copy_incoming(&self, buffer: &mut [u8]) -> usize {
        let count = buffer.len().min(self.incoming.len());
        let (front, back) = self.incoming.as_slices();
        let front = &front[..count.min(front.len())];
        let (to_front, to_back) = buffer[..count].split_at_mut(front.len());
        to_front.copy_from_slice(front);
        to_back.copy_from_slice(&back[..to_back.len()]);
        count
    }

    /// Forgets bytes that were read, and tells the peer of the room once it is worth a packet: when the window can grow by
    /// half the buffer (`tcp_cleanup_rbuf`). Packets that leave for another reason tell it for nothing.
    fn consume(&mut self, id: SocketId, count: usize, effects: &mut Effects) {
        self.incoming.drain(..count);
        self.read_total += count as u64;
        let may_send = matches!(self.state, State::Established | State::FinWait1 | State::FinWait2);
        let growth = self.grantable().saturating_sub(self.granted);
        if may_send && growth * 2 >= self.receive_capacity as u64 {
            self.emit(id, Segment::Window, effects);
        }
    }

    /// Forgets all that arrived, as if it was read.
    pub(super) fn discard(&mut self, id: SocketId, effects: &mut Effects) {
        self.consume(id, self.incoming.len(), effects);
    }

    fn transmit(&mut self, id: SocketId, segment: Vec<u8>, effects: &mut Effects) {
        self.sent += segment.len() as u64;
        self.held_ns = None;
        assert!(self.sent <= self.edge, "socket {} sends past its window", id.0);
        self.emit(id, Segment::Data(segment), effects);
    }

    /// Sends what the window now admits, then the FIN behind it.
    pub(super) fn pump(&mut self, id: SocketId, effects: &mut Effects) {
        let had_space = self.has_write_space();
        while !self.outgoing.is_empty() && self.window() > 0 {
            let size = self.outgoing.len().min(self.window()).min(SEGMENT_BYTES_MAX);
            let mut segment = effects.empty_buffer();
            let (front, back) = self.outgoing.as_slices();
            let front = &front[..size.min(front.len())];
            segment.extend_from_slice(front);
            segment.extend_from_slice(&back[..size - front.len()]);
            self.outgoing.drain(..size);
            self.transmit(id, segment, effects);
        }
        if self.end == End::Queued && self.outgoing.is_empty() {
            self.end = End::Sent;
            self.emit(id, Segment::Fin, effects);
        }
        if !had_space && self.has_write_space() {
            effects.wake_writers(id);
        }
    }
}
