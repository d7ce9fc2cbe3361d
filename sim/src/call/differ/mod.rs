//! Where the answers of operating systems differ: what a call asks its host's personality.
//!
//! Does not know any system's answers. Invariant: on Linux nothing here changes an answer, and a row that nobody has read is
//! unmodelled.
//!
//! # What is kept of Linux
//!
//! A program that runs here was compiled for Linux. What its standard library calls works on every system: `accept4(2)`,
//! `pipe2(2)`, the flags of `socket(2)`, `MSG_CMSG_CLOEXEC`, and a `socketpair(2)` of `SOCK_SEQPACKET`, whose reads and
//! writes stay Linux's until a state is met that a row is about. `epoll(7)` shows what it shows on Linux: no other system
//! says what it would show there.

mod connecting;
mod ending;
mod option;
mod ready;
mod stream;

pub(super) use connecting::Interface;
pub(super) use connecting::{
    accept, accept_limit, accepted_mode, backlog, bind, connect, connect_limit, connect_refused, made,
    seqpacket,
};
pub(crate) use ending::closing;
pub(super) use ending::{getpeername, shutdown};
pub(super) use option::{get_option, set_option, told};
pub(super) use ready::{poll, select};
pub(super) use stream::{after_read, before_read, before_write, datagram_flags, full_pipe, unix_room};

use super::Stop;
use crate::errno::Errno;
use crate::fd::Object;
use crate::kernel::Kernel;
use crate::net;
use crate::net::tcp::State;
use crate::personality::answer::OwnBothShut;
use crate::personality::{Answer, Connection, Kind, Os, Outcome};
use crate::unix;

/// How far a socket has come: `SS_*` of the BSDs' `struct socket`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Never connected.
    Unconnected,
    Listening,
    Connecting,
    Connected,
    /// Past any connection.
    Disconnected,
}

/// A socket as rows see it.
#[derive(Clone, Copy, Debug)]
struct Looks {
    kind: Kind,
    phase: Phase,
    shut_receive: bool,
    shut_send: bool,
    /// `so_error`.
    error: Option<Errno>,
    /// Bytes to be read, or somebody to be accepted.
    filled: bool,
}

impl Looks {
    fn shut_both(&self) -> bool {
        self.shut_receive && self.shut_send
    }

    /// The kind among those that connect.
    fn connection(&self) -> Option<Connection> {
        match self.kind {
            Kind::Tcp => Some(Connection::Tcp),
            Kind::UnixStream => Some(Connection::UnixStream),
            Kind::UnixSeqpacket => Some(Connection::UnixSeqpacket),
            Kind::Udp | Kind::UnixDatagram => None,
        }
    }
}

/// What other systems have to be asked about: nothing on Linux, and nothing of what is no socket.
fn looks(kernel: &Kernel, object: Object) -> Option<Looks> {
    match object {
        _ if kernel.os() == Os::Linux => None,
        Object::Socket(socket) => Some(match kernel.net.kind(socket) {
            net::Kind::Stream => tcp_looks(kernel, socket),
            net::Kind::Datagram => udp_looks(kernel, socket),
        }),
        Object::Unix(socket) => Some(unix_looks(kernel, socket)),
        _ => None,
    }
}

fn tcp_looks(kernel: &Kernel, socket: net::SocketId) -> Looks {
    let tcp = kernel.net.tcp(socket);
    let own_both = kernel.personality().shutdown.own_both_acknowledged.answer();
    let phase = match tcp.state {
        State::Listen => Phase::Listening,
        State::SynSent | State::SynReceived => Phase::Connecting,
        State::Closed if tcp.remote.is_none() && !tcp.refused => Phase::Unconnected,
        State::Closed => Phase::Disconnected,
        State::FinWait2
            if tcp.deaf_when_acknowledged && own_both == Answer::Known(OwnBothShut::Disconnects) =>
        {
            Phase::Disconnected
        }
        _ => Phase::Connected,
    };
    let queued = tcp.listener.as_ref().is_some_and(|listener| !listener.queue.is_empty());
    Looks {
        kind: Kind::Tcp,
        phase,
        shut_receive: tcp.shut_receive || tcp.refused,
        shut_send: tcp.shut_send || tcp.refused,
        error: tcp.error.map(bsd_reset),
        filled: queued || !tcp.incoming.is_empty(),
    }
}

/// `tcp_reset` of Linux names a reset behind the peer's end `EPIPE`; the BSDs name every reset alike.
fn bsd_reset(errno: Errno) -> Errno {
    if errno == Errno::EPIPE { Errno::ECONNRESET } else { errno }
}

fn udp_looks(kernel: &Kernel, socket: net::SocketId) -> Looks {
    let udp = kernel.net.udp(socket);
    Looks {
        kind: Kind::Udp,
        phase: if udp.remote.is_some() { Phase::Connected } else { Phase::Unconnected },
        shut_receive: udp.shut_receive,
        shut_send: udp.shut_send,
        error: udp.error,
        filled: !udp.inbox.is_empty(),
    }
}

fn unix_looks(kernel: &Kernel, socket: unix::UnixId) -> Looks {
    let unix = &kernel.unix;
    let kind = match unix.kind(socket) {
        unix::Kind::Stream => Kind::UnixStream,
        unix::Kind::Datagram => Kind::UnixDatagram,
        unix::Kind::SeqPacket => Kind::UnixSeqpacket,
    };
    let phase = match unix.peer(socket) {
        _ if unix.is_listening(socket) => Phase::Listening,
        None => Phase::Unconnected,
        Some(_) if unix.peer_gone(socket) => Phase::Disconnected,
        Some(_) => Phase::Connected,
    };
    let gone = phase == Phase::Disconnected && kind != Kind::UnixDatagram;
    Looks {
        kind,
        phase,
        shut_receive: gone || unix.receive_shut(socket),
        shut_send: gone || unix.send_shut(socket),
        error: unix.pending_error(socket),
        filled: unix.is_filled(socket),
    }
}

fn outcome(outcome: Outcome) -> Result<(), Stop> {
    match outcome {
        Outcome::Succeeds => Ok(()),
        Outcome::Fails(errno) => Err(errno.into()),
    }
}

/// A state that no row is about.
fn no_row(what: &str, errno: Errno) -> Stop {
    Stop::Unmodelled(format!("{what}: no row says what this system does"), errno)
}

/// Whether a row has this answer.
fn says<T: Copy + PartialEq>(row: crate::personality::Row<T>, answer: T) -> bool {
    row.answer() == Answer::Known(answer)
}
