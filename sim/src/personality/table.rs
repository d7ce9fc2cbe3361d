//! The questions a personality answers, grouped as the calls are.
//!
//! Does not know any system's answers. Invariant: every field is a row, or a group of rows, and
//! [`Personality::rows`] lists them all.

use super::answer::{
    AcceptedMode, Availability, BacklogFull, BacklogRoom, BesideHangup, Hangup, ListenerShut, Outcome,
    OwnBothShut, PendingError, QueueFull, ReadAfterClose, Reported, Shutdown, Tail, TimeLimit, TimeWaitBind,
    Truncation, Twice, Unread, WriteAfterReset,
};
use super::os::Os;
use super::row::{ByConnection, ByKind, Fact, Listed, Row};
use super::{freebsd, linux, macos};
use crate::net::Readiness;

macro_rules! groups {
    ($(
        $(#[doc = $about:literal])+
        $name:ident { $($(#[doc = $what:literal])+ $field:ident: $rows:ty,)+ }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $what])+ pub $field: $rows,)+
        }

        impl Listed for $name {
            fn list(&self, name: &str, facts: &mut Vec<Fact>) {
                $(self.$field.list(&format!("{name}.{}", stringify!($field)), facts);)+
            }
        }
    )+};
}

groups! {
    /// `setsockopt(2)` and `getsockopt(2)`.
    OptionRules {
        /// Setting any option, of any level, once both directions are shut.
        set_when_both_shut: ByKind<Outcome>,
        /// Reading an option of `SOL_SOCKET` once both directions are shut.
        get_when_both_shut: ByKind<Outcome>,
        /// Setting an option of `IPPROTO_TCP` once the connection was reset.
        set_tcp_level_when_reset: Row<Outcome>,
        /// Reading an option of `IPPROTO_TCP` once the connection was reset.
        get_tcp_level_when_reset: Row<Outcome>,
        /// What `SO_SNDBUF` and `SO_RCVBUF` report once they were set.
        buffer_reported: Row<Reported>,
        /// Asking for a buffer of 0 bytes.
        buffer_of_nothing: Row<Outcome>,
        /// Asking for more than there can be: cut to the most, or refused.
        buffer_past_most: Row<Outcome>,
    }

    /// Which interfaces a system has at all. A program that uses one it lacks was not built for that system.
    InterfaceRules {
        /// `SOCK_CLOEXEC` and `SOCK_NONBLOCK` in the type given to `socket(2)` and `socketpair(2)`.
        socket_type_flags: Row<Availability>,
        /// `accept4(2)`.
        accept4: Row<Availability>,
        /// `pipe2(2)`.
        pipe2: Row<Availability>,
        /// `MSG_NOSIGNAL` of `send(2)`.
        msg_nosignal: Row<Availability>,
        /// `SO_NOSIGPIPE` of `setsockopt(2)`.
        so_nosigpipe: Row<Availability>,
        /// `MSG_CMSG_CLOEXEC` of `recvmsg(2)`.
        msg_cmsg_cloexec: Row<Availability>,
        /// `SOCK_SEQPACKET` of `AF_UNIX`; where it is absent `socket(2)` fails with `EPROTONOSUPPORT`.
        unix_seqpacket: Row<Availability>,
        /// Unix names that begin with a zero byte and are no path: `unix(7)`.
        abstract_names: Row<Availability>,
        /// `POLLRDHUP` of `poll(2)`.
        pollrdhup: Row<Availability>,
    }

    /// `accept(2)`.
    AcceptRules {
        /// The blocking mode after `accept(2)`.
        mode: Row<AcceptedMode>,
        /// The blocking mode after `accept4(2)`.
        mode_of_accept4: Row<AcceptedMode>,
        /// Accepting a TCP connection that was reset while it was queued.
        of_reset: Row<Outcome>,
        /// Accepting from a datagram socket.
        from_datagram: Row<Outcome>,
        /// `SO_RCVTIMEO` of the listener.
        time_limit: Row<TimeLimit>,
    }

    /// Reading and writing of streams.
    StreamRules {
        /// Reads after the peer closed while bytes of ours were unread there.
        read_after_close_with_unread: ByConnection<Tail>,
        /// Reads after a TCP reset arrived.
        read_after_reset: Row<Tail>,
        /// The first write after the peer closed with nothing unread, once that is known here.
        write_after_close: ByConnection<Outcome>,
        /// The first write after the peer closed while bytes of ours were unread there, once that is known
        /// here.
        write_after_close_with_unread: ByConnection<WriteAfterReset>,
        /// The first write after a TCP reset arrived.
        write_after_reset: Row<WriteAfterReset>,
        /// A write after our own `SHUT_WR`.
        write_after_shut: ByConnection<Outcome>,
        /// A read of a socket that was never connected.
        read_unconnected: ByConnection<Outcome>,
        /// A write to a socket that was never connected.
        write_unconnected: ByConnection<Outcome>,
        /// Our own `SHUT_RD` with bytes unread.
        shut_with_unread: ByConnection<Unread>,
        /// A write to a peer that did `SHUT_RD` and is open otherwise.
        write_to_shut_reader: ByConnection<Outcome>,
        /// A read that `SO_RCVTIMEO` ended.
        read_timed_out: Row<Outcome>,
    }

    /// `poll(2)`, as if every event was asked for unless a row says otherwise.
    PollRules {
        /// When a socket shows `POLLHUP`.
        hangup: Row<Hangup>,
        /// Whether `POLLOUT` shows beside `POLLHUP`.
        writable_beside_hangup: Row<BesideHangup>,
        /// How a socket's pending error shows.
        pending_error: Row<PendingError>,
        /// A socket that was never bound or connected.
        unconnected: ByKind<Readiness>,
        /// A connected socket, empty both ways, whose peer ended its stream and is open otherwise.
        peer_ended: ByConnection<Readiness>,
        /// The same, whose peer is closed.
        peer_closed: ByConnection<Readiness>,
        /// A connected socket that shut both directions itself.
        both_shut: ByConnection<Readiness>,
        /// A TCP socket that was reset, or whose non-blocking connect was refused; the error is pending.
        reset: Row<Readiness>,
        /// A listener with nobody waiting after `SHUT_RD`.
        listener_shut: ByConnection<Readiness>,
        /// The reading end of an empty pipe without writers.
        pipe_without_writers: Row<Readiness>,
        /// The writing end of an empty pipe without readers.
        pipe_without_readers: Row<Readiness>,
    }

    /// `shutdown(2)`.
    ShutdownRules {
        /// Of a socket that was never connected.
        unconnected: ByKind<Shutdown>,
        /// Of a socket that is disconnected.
        disconnected: ByConnection<Shutdown>,
        /// Of a direction that is shut already, by either side, while the socket is not disconnected.
        /// `SHUT_RDWR` looks at reading first, and what it did before it met the shut direction stays done.
        again: ByConnection<Shutdown>,
        /// Of reading, of a listener; of writing it has the same outcome and no effect.
        listener: ByConnection<ListenerShut>,
        /// Both directions shut by us, our FIN acknowledged, and the peer still open.
        own_both_acknowledged: Row<OwnBothShut>,
    }

    /// `getpeername(2)`.
    NameRules {
        /// Of a socket that was never connected.
        peer_of_unconnected: ByKind<Outcome>,
        /// Of a socket with both directions shut that is not disconnected.
        peer_when_both_shut: ByConnection<Outcome>,
        /// Of a socket that is disconnected.
        peer_when_disconnected: ByConnection<Outcome>,
    }

    /// `connect(2)`.
    ConnectRules {
        /// Of a TCP socket whose last connect was refused, once the program was told, to a port that listens.
        after_refusal: Row<Outcome>,
        /// Of a non-blocking TCP socket whose connect is under way.
        while_connecting: Row<Outcome>,
        /// The first of a non-blocking TCP socket whose connect ended well in the background.
        once_established: Row<Outcome>,
        /// Of a connected socket.
        connected: ByConnection<Outcome>,
        /// Of a listening socket.
        on_listener: ByConnection<Outcome>,
        /// To a path that is no socket.
        to_other_file: Row<Outcome>,
        /// To a unix socket of another type.
        to_other_type: Row<Outcome>,
        /// To the path of a unix socket that does not listen, or that is closed.
        to_nobody: Row<Outcome>,
        /// To a listener whose queue is full.
        backlog_full: ByConnection<BacklogFull>,
        /// How many fit into a listener's queue.
        backlog_room: ByConnection<BacklogRoom>,
        /// `SO_SNDTIMEO`; where it bounds a TCP connect, that fails with `EINPROGRESS`, a unix one with
        /// `EAGAIN`.
        time_limit: Row<TimeLimit>,
    }

    /// `bind(2)` and `listen(2)`.
    BindRules {
        /// To a unix path that exists, whatever it is.
        path_exists: Row<Outcome>,
        /// Of a unix socket that is bound, to a path that does not exist.
        unix_again: Row<Outcome>,
        /// Of a TCP or UDP socket that is bound.
        inet_again: Row<Outcome>,
        /// To an address that is no host's own.
        not_local: Row<Outcome>,
        /// To a port that is taken, without `SO_REUSEADDR`.
        taken: Row<Outcome>,
        /// To the address and port of a TCP listener, both with `SO_REUSEADDR`.
        over_listener: Row<Outcome>,
        /// To the address and port of a TCP socket that does not listen, both with `SO_REUSEADDR`.
        over_bound: Row<Outcome>,
        /// To a TCP listener's port at the wildcard address, the listener at another, both with
        /// `SO_REUSEADDR`.
        wildcard_over_listener: Row<Outcome>,
        /// Over a TCP connection in TIME_WAIT.
        over_time_wait: Row<TimeWaitBind>,
        /// `listen(2)` of a socket that is not bound.
        listen_unbound: ByConnection<Outcome>,
    }

    /// Datagrams.
    DatagramRules {
        /// A send to a unix peer whose queue is full.
        queue_full: Row<QueueFull>,
        /// A datagram longer than the send buffer.
        too_long: Row<Outcome>,
        /// A UDP send without an address.
        udp_send_unconnected: Row<Outcome>,
        /// A unix send without an address.
        unix_send_unconnected: Row<Outcome>,
        /// Sends of a connected unix socket whose peer was closed.
        send_after_close: Row<Twice>,
        /// Reads of a connected unix socket whose peer was closed, before any send.
        read_after_close: Row<ReadAfterClose>,
        /// The next call of a connected UDP socket whose datagram met a closed port.
        udp_refused: Row<Outcome>,
        /// What tells that a datagram was cut.
        truncation: Row<Truncation>,
    }

    /// Default sizes, in bytes unless a row says otherwise.
    SizeRules {
        /// `SO_SNDBUF` of a socket as it is made; the longest datagram of a BSD datagram socket.
        send: ByKind<usize>,
        /// `SO_RCVBUF` of a socket as it is made.
        receive: ByKind<usize>,
        /// What a pipe holds as it is made.
        pipe_first: Row<usize>,
        /// What a pipe grows to when a longer write comes.
        pipe_most: Row<usize>,
        /// What `listen(2)` cuts its backlog to, in connections.
        backlog_most: Row<usize>,
    }
}

/// Everything that an operating system answers its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Personality {
    /// Whose table this is.
    pub os: Os,
    /// See [`OptionRules`].
    pub options: OptionRules,
    /// See [`InterfaceRules`].
    pub interfaces: InterfaceRules,
    /// See [`AcceptRules`].
    pub accept: AcceptRules,
    /// See [`StreamRules`].
    pub streams: StreamRules,
    /// See [`PollRules`].
    pub poll: PollRules,
    /// See [`ShutdownRules`].
    pub shutdown: ShutdownRules,
    /// See [`NameRules`].
    pub names: NameRules,
    /// See [`ConnectRules`].
    pub connect: ConnectRules,
    /// See [`BindRules`].
    pub bind: BindRules,
    /// See [`DatagramRules`].
    pub datagrams: DatagramRules,
    /// See [`SizeRules`].
    pub sizes: SizeRules,
}

impl Personality {
    /// The table of a system.
    #[must_use]
    pub const fn of(os: Os) -> &'static Self {
        match os {
            Os::Linux => &linux::LINUX,
            Os::Macos => &macos::MACOS,
            Os::Freebsd => &freebsd::FREEBSD,
        }
    }

    /// Every row, in the order of the fields; the same names in the same order for every system.
    #[must_use]
    pub fn rows(&self) -> Vec<Fact> {
        let Self {
            os: _,
            options,
            interfaces,
            accept,
            streams,
            poll,
            shutdown,
            names,
            connect,
            bind,
            datagrams,
            sizes,
        } = self;
        let groups: [(&str, &dyn Listed); 11] = [
            ("options", options),
            ("interfaces", interfaces),
            ("accept", accept),
            ("streams", streams),
            ("poll", poll),
            ("shutdown", shutdown),
            ("names", names),
            ("connect", connect),
            ("bind", bind),
            ("datagrams", datagrams),
            ("sizes", sizes),
        ];
        let mut facts = Vec::new();
        for (name, group) in groups {
            group.list(name, &mut facts);
        }
        facts
    }
}
