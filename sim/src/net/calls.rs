//! The calls of a socket, whichever protocol it speaks.
//!
//! Does not know how any protocol works: it finds the socket and hands over. Invariant: a call that only streams have is
//! answered here for datagrams, as `sock_no_listen` and its like do.

use core::net::SocketAddr;

use super::socket::{Kind, Protocol, SocketId};
use super::stack::Net;
use super::tcp::{Accepted, How, Progress, RecvFlags};
use super::udp::Envelope;
use crate::errno::Errno;
use crate::ready::Refusal;

/// What a sending call hands over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outgoing<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// To whom, if it says.
    pub to: Option<SocketAddr>,
    /// The control messages, of which a stream takes no notice.
    pub control: &'a [u8],
}

/// What a receiving call took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes put into the buffer.
    pub count: usize,
    /// Bytes there were: of a stream those in the buffer, of a datagram all it had.
    pub full_length: usize,
    /// Who sent a datagram, as the socket's family writes it; `None` for a stream, and for the end that `shutdown(2)` made:
    /// the call then answers no address (a length of 0).
    pub from: Option<SocketAddr>,
    /// What is known of a datagram besides.
    pub envelope: Option<Envelope>,
}

impl Received {
    /// Whether `recvmsg(2)` answers `MSG_TRUNC` in its flags: the datagram was longer than the buffer and its rest is lost.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.full_length > self.count
    }

    /// What the call answers: the bytes in the buffer, or with `MSG_TRUNC` among its own flags all there were.
    #[must_use]
    pub fn answer(&self, flags: RecvFlags) -> usize {
        if flags.real_length { self.full_length } else { self.count }
    }
}

impl Net {
    /// The type of a socket. For datagrams, `MSG_WAITALL` means nothing and `EPIPE` comes without `SIGPIPE`.
    #[must_use]
    pub fn kind(&self, id: SocketId) -> Kind {
        self.socket(id).kind()
    }

    /// `bind(2)`.
    ///
    /// # Errors
    /// In the order of `__inet_bind`: the family's errors, `EADDRNOTAVAIL` for an address that is not ours, `EINVAL` for a
    /// socket that has one already, `EADDRINUSE`. Unmodelled if two UDP sockets would share an address by `SO_REUSEPORT`.
    pub fn bind(&mut self, id: SocketId, address: SocketAddr, now_ns: u64) -> Result<(), Refusal> {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => Ok(self.bind_stream(id, address, now_ns)?),
            Protocol::Udp(_) => self.bind_datagram(id, address),
        }
    }

    /// `connect(2)`. A stream waits for the handshake; what a non-blocking caller sees in its place depends on `progress` and
    /// the state before: [`Net::is_connecting`] tells `EALREADY` from `EINPROGRESS`. A datagram socket answers at once, and
    /// may be connected again.
    ///
    /// # Errors
    /// `ENETUNREACH` for an address of a family of which the host has none but loopback. Streams: `EISCONN`,
    /// `ECONNREFUSED`, `ETIMEDOUT`, `ECONNABORTED` when the error was read by `SO_ERROR` first, `EADDRNOTAVAIL` without a free
    /// port. Datagrams: `EACCES` for a broadcast, `EAFNOSUPPORT`, `EINVAL` for an address that needs the name of an interface,
    /// `EAGAIN` without a free port.
    pub fn connect(
        &mut self,
        id: SocketId,
        address: SocketAddr,
        now_ns: u64,
        progress: Progress,
    ) -> Result<(), Refusal> {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => self.connect_stream(id, address, now_ns, progress),
            Protocol::Udp(_) => self.connect_datagram(id, address),
        }
    }

    /// `connect(2)` to `AF_UNSPEC`: the way back. A stream is reset (`tcp_disconnect`), and the reset shows as a pending
    /// `ECONNRESET`; a datagram socket has no peer any more and loses what `bind(2)` did not ask for by number.
    pub fn disconnect(&mut self, id: SocketId) {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => self.disconnect_stream(id),
            Protocol::Udp(_) => self.disconnect_datagram(id),
        }
    }

    /// Whether a handshake begun by `connect(2)` is under way.
    #[must_use]
    pub fn is_connecting(&self, id: SocketId) -> bool {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => self.is_stream_connecting(id),
            Protocol::Udp(_) => false,
        }
    }

    /// `listen(2)`: also changes the backlog of a listener. A socket without an address gets an ephemeral port.
    ///
    /// # Errors
    /// `EINVAL` for a connected or connecting socket, `EADDRINUSE` if another socket of a shared address listens already,
    /// `EOPNOTSUPP` for datagrams. Unmodelled if two would listen at one address by `SO_REUSEPORT`.
    pub fn listen(&mut self, id: SocketId, backlog: i32, now_ns: u64) -> Result<(), Refusal> {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => self.listen_stream(id, backlog, now_ns),
            Protocol::Udp(_) => Err(Errno::EOPNOTSUPP.into()),
        }
    }

    /// `accept(2)`: takes the oldest connection, even one that was reset meanwhile, as Linux does.
    ///
    /// # Errors
    /// `EINVAL` for a socket that does not listen, `EOPNOTSUPP` for datagrams; waits for a connection.
    pub fn accept(&mut self, id: SocketId) -> Result<Accepted, Refusal> {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => self.accept_stream(id),
            Protocol::Udp(_) => Err(Errno::EOPNOTSUPP.into()),
        }
    }

    /// `send(2)`: [`Net::send_to`] without an address.
    ///
    /// # Errors
    /// As [`Net::send_to`].
    pub fn send(&mut self, id: SocketId, bytes: &[u8]) -> Result<usize, Refusal> {
        self.send_to(id, bytes, None)
    }

    /// `sendto(2)`: [`Net::send_message`] without control messages.
    ///
    /// # Errors
    /// As [`Net::send_message`].
    pub fn send_to(
        &mut self,
        id: SocketId,
        bytes: &[u8],
        address: Option<SocketAddr>,
    ) -> Result<usize, Refusal> {
        self.send_message(id, Outgoing { bytes, to: address, control: &[] })
    }

    /// `sendmsg(2)`. A stream takes as many bytes as there is room for, and no notice of the address. A datagram goes whole, to
    /// the address or else the peer, and never waits: loopback takes it out of the send buffer at once (`loopback_xmit`).
    ///
    /// # Errors
    /// The pending error, once; `EPIPE` when our direction is shut or a stream has no connection. Streams wait for room or for
    /// the connection. Datagrams: `EMSGSIZE`, `EDESTADDRREQ` without address and peer, `EINVAL` for port 0, `EAFNOSUPPORT`,
    /// `ENETUNREACH` as for [`Net::connect`], `EACCES` for a broadcast, `EAGAIN` without a free port; `EINVAL` and `ENODEV` for
    /// control messages, unmodelled for some.
    pub fn send_message(&mut self, id: SocketId, message: Outgoing<'_>) -> Result<usize, Refusal> {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => self.send_stream(id, message.bytes),
            Protocol::Udp(_) => self.send_datagram(id, message),
        }
    }

    /// `recv(2)`: [`Net::recv_from`] without the address; answers [`Received::answer`].
    ///
    /// # Errors
    /// As [`Net::recv_from`].
    pub fn recv(&mut self, id: SocketId, buffer: &mut [u8], flags: RecvFlags) -> Result<usize, Refusal> {
        self.recv_from(id, buffer, flags).map(|received| received.answer(flags))
    }

    /// `recvfrom(2)`. A stream gives what has arrived; a datagram socket gives one datagram, and what of it does not fit is
    /// lost unless it was peeked at.
    ///
    /// # Errors
    /// The pending error, once: for a stream after its bytes, for datagrams before them, even when peeking. `ENOTCONN` for a
    /// stream without a connection. Waits for bytes, even for an empty buffer. A datagram socket whose receiving is shut answers
    /// nothing instead of waiting, but still `EAGAIN` to a call that does not wait (`__skb_recv_udp`): it needs
    /// [`RecvFlags::dont_wait`] to be set for a non-blocking file as well.
    pub fn recv_from(
        &mut self,
        id: SocketId,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> Result<Received, Refusal> {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => {
                let count = self.recv_stream(id, buffer, flags)?;
                Ok(Received { count, full_length: count, from: None, envelope: None })
            }
            Protocol::Udp(_) => self.recv_datagram(id, buffer, flags),
        }
    }

    /// `shutdown(2)`.
    ///
    /// # Errors
    /// `ENOTCONN` for a socket without a peer, which is shut all the same (`inet_shutdown`).
    pub fn shutdown(&mut self, id: SocketId, how: How) -> Result<(), Errno> {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => self.shutdown_stream(id, how),
            Protocol::Udp(_) => self.shutdown_datagram(id, how),
        }
    }

    /// The last `close(2)` of a socket. Never waits; for [`SO_LINGER`](super::options::Options::linger_ns) with a time the call
    /// does, after this, until [`Net::is_lingering`] is false, which a change of the socket tells, or until the time is over:
    /// even for a non-blocking file, but not in a process that exits (`inet_release`). It answers 0 in any case.
    pub fn close(&mut self, id: SocketId) {
        match self.socket(id).protocol {
            Protocol::Tcp(_) => self.close_stream(id),
            Protocol::Udp(_) => self.close_datagram(id),
        }
    }

    /// Whether a closed socket's bytes or the end behind them are still to be acknowledged.
    #[must_use]
    pub fn is_lingering(&self, id: SocketId) -> bool {
        self.is_stream_lingering(id)
    }

    /// Whether an error waits for the next call that asks.
    #[must_use]
    pub fn has_error(&self, id: SocketId) -> bool {
        match &self.socket(id).protocol {
            Protocol::Tcp(tcp) => tcp.error.is_some(),
            Protocol::Udp(udp) => udp.error.is_some(),
        }
    }

    /// Bytes to be read: `FIONREAD`. Of datagrams, those of the first.
    ///
    /// # Errors
    /// `EINVAL` for a listener (`tcp_ioctl`).
    pub fn unread(&self, id: SocketId) -> Result<usize, Errno> {
        match &self.socket(id).protocol {
            Protocol::Tcp(_) => self.unread_stream(id),
            Protocol::Udp(udp) => Ok(udp.inbox.first_length()),
        }
    }

    /// Whether both directions are shut, by whomever.
    #[must_use]
    pub fn is_shut_both(&self, id: SocketId) -> bool {
        match &self.socket(id).protocol {
            Protocol::Tcp(tcp) => tcp.shut_receive && tcp.shut_send,
            Protocol::Udp(udp) => udp.is_shut_both(),
        }
    }
}
