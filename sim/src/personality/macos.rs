//! macOS's answers: XNU at `xnu-11417.101.15`, paths below `bsd/`.
//!
//! Does not know content filters, flow divert and the other extensions that can stand before a socket.
//! Invariant: nothing about `SOCK_SEQPACKET` of `AF_UNIX` is known, for there is none.

use super::answer::{
    AcceptedMode, Availability, BacklogFull, BacklogRoom, BesideHangup, Hangup, ListenerShut, Outcome,
    OwnBothShut, PendingError, QueueFull, ReadAfterClose, Reported, Shutdown, Tail, TimeLimit, TimeWaitBind,
    Truncation, Twice, Unread, WriteAfterReset,
};
use super::os::Os;
use super::row::{ByConnection, ByKind, Row, known, unknown};
use super::table::{
    AcceptRules, BindRules, ConnectRules, DatagramRules, InterfaceRules, NameRules, OptionRules, Personality,
    PollRules, ShutdownRules, SizeRules, StreamRules,
};
use crate::errno::Errno;
use crate::net::Readiness;

const NO_SEQPACKET: &str = "kern/uipc_proto.c localsw: the unix domain has no SOCK_SEQPACKET";
const SET: &str = "kern/uipc_socket.c sosetoptlock: EINVAL for any level and name when SS_CANTRCVMORE and \
     SS_CANTSENDMORE are both set, unless SONPX_SETOPTSHUT was set before; unix: uipc_usrreq.c \
     unp_disconnect sets both, in both sockets, when either is closed; TCP: soisdisconnected does, and so \
     do both halves shut one by one";
const GET: &str = "kern/uipc_socket.c sogetoptlock: looks at no shutdown";
const RECEIVE: &str = "kern/uipc_socket.c soreceive: the buffer, then so_error once, then the end when \
     SS_CANTRCVMORE, then ENOTCONN unless connected or connecting";
const SEND: &str = "kern/uipc_socket.c sosendcheck: EPIPE when SS_CANTSENDMORE, then so_error, then \
     ENOTCONN if a connection is required, else EDESTADDRREQ without an address; EMSGSIZE for a datagram \
     past sb_hiwat";
const UNIX_CLOSE: &str =
    "kern/uipc_usrreq.c unp_disconnect: shuts both sockets both ways, sets no error, flushes nothing";
const TCP_CLOSE: &str = "netinet/tcp_usrreq.c tcp_disconnect: with bytes unread it drops, which sends a \
     RST; netinet/tcp_input.c tcp_input: a RST makes so_error ECONNRESET";
const FLUSH: &str = "kern/uipc_socket.c sorflush, called for SHUT_RD: drops the buffer and sets SB_DROP";
const POLL_READ: &str = "kern/uipc_socket.c filt_soread_common: EV_EOF when SS_CANTRCVMORE, ready with \
     so_error or bytes; kern/sys_generic.c poll_callback: EV_EOF is HUP and IN";
const POLL_WRITE: &str =
    "kern/sys_generic.c poll_callback: no OUT once HUP is set; poll_nocancel registers reading first";
const POLL_UNCONNECTED: &str = "kern/uipc_socket.c filt_sowrite_common: not ready unless socanwrite, which \
     wants SS_ISCONNECTED where a connection is required";
const SHUTDOWN: &str =
    "kern/uipc_socket.c soshutdown: ENOTCONN unless connected, connecting or disconnecting";
const SHUTDOWN_AGAIN: &str = "kern/uipc_socket.c soshutdownlock_final: ENOTCONN when reading is asked for \
     and shut, then when writing is asked for and shut; a peer's end counts as reading shut";
const NAME: &str =
    "kern/uipc_syscalls.c getpeername: EINVAL when both directions are shut, then ENOTCONN unless connected";
const CONNECT: &str = "kern/uipc_syscalls.c connectit: EALREADY without blocking while connecting; \
     uipc_socket.c soconnectlock: EOPNOTSUPP for a listener, EISCONN when connected or connecting and a \
     connection is required";
const UNP_CONNECT: &str = "kern/uipc_usrreq.c unp_connect: ENOTSOCK for what is no socket, ECONNREFUSED \
     without an owner, EPROTOTYPE for another type, ECONNREFUSED unless it listens and sonewconn finds \
     room";
const BACKLOG: &str = "kern/uipc_socket2.c sonewconn_internal: none when so_qlen, complete or not, reaches \
     so_qlimit; uipc_socket.c solisten: somaxconn for 0 and less";
const UNP_BIND: &str = "kern/uipc_usrreq.c unp_bind: EINVAL when bound or both directions are shut, \
     EADDRINUSE for a path that exists";
const PCBBIND: &str = "netinet/in_pcb.c in_pcbbind: EADDRNOTAVAIL for a foreign address; with SO_REUSEADDR \
     only an unconnected pcb of the very same address and port conflicts, listening or not, without it any \
     of that port does; reservations of sockets in skywalk/namespace/netns.c do not conflict with each \
     other";
const LOCAL_SIZE: &str = "kern/uipc_usrreq.c unpst_sendspace, unpst_recvspace: PIPSIZ, which both ends \
     share";
const DGRAM_SIZE: &str = "kern/uipc_usrreq.c unpdg_sendspace, the longest datagram, and unpdg_recvspace";
const UDP_SIZE: &str =
    "netinet/udp_usrreq.c udp_sendspace, the longest datagram, and udp_recvspace: 187 times 1052";

const NOTHING: Readiness =
    Readiness { readable: false, writable: false, hup: false, rdhup: false, error: false };
const OUT: Readiness = Readiness { writable: true, ..NOTHING };
const HUP: Readiness = Readiness { hup: true, ..NOTHING };
const IN_HUP: Readiness = Readiness { readable: true, ..HUP };

const SUCCEEDS: Outcome = Outcome::Succeeds;
const EADDRINUSE: Outcome = Outcome::Fails(Errno::EADDRINUSE);
const ECONNREFUSED: Outcome = Outcome::Fails(Errno::ECONNREFUSED);
const EDESTADDRREQ: Outcome = Outcome::Fails(Errno::EDESTADDRREQ);
const EINVAL: Outcome = Outcome::Fails(Errno::EINVAL);
const EISCONN: Outcome = Outcome::Fails(Errno::EISCONN);
const ENOTCONN: Outcome = Outcome::Fails(Errno::ENOTCONN);
const EOPNOTSUPP: Outcome = Outcome::Fails(Errno::EOPNOTSUPP);
const EPIPE: Outcome = Outcome::Fails(Errno::EPIPE);

/// The same row for every kind there is.
const fn kinds<T: Copy>(row: Row<T>) -> ByKind<T> {
    ByKind { tcp: row, udp: row, unix_stream: row, unix_datagram: row, unix_seqpacket: unknown(NO_SEQPACKET) }
}

/// The rows of the two kinds that connect.
const fn both<T: Copy>(tcp: Row<T>, unix_stream: Row<T>) -> ByConnection<T> {
    ByConnection { tcp, unix_stream, unix_seqpacket: unknown(NO_SEQPACKET) }
}

const fn present(source: &'static str) -> Row<Availability> {
    known(Availability::Present, source)
}

const fn absent(source: &'static str) -> Row<Availability> {
    known(Availability::Absent, source)
}

pub(super) static MACOS: Personality = Personality {
    os: Os::Macos,
    options: OptionRules {
        set_when_both_shut: kinds(known(EINVAL, SET)),
        get_when_both_shut: kinds(known(SUCCEEDS, GET)),
        set_tcp_level_when_reset: known(EINVAL, SET),
        get_tcp_level_when_reset: known(
            SUCCEEDS,
            "netinet/tcp_usrreq.c tcp_ctloutput: ECONNRESET only without a pcb, which in_pcbdetach leaves \
             in place",
        ),
        buffer_reported: known(
            Reported::AsAsked,
            "kern/uipc_socket2.c sbreserve: sb_hiwat is what was asked",
        ),
        buffer_of_nothing: known(EINVAL, "kern/uipc_socket.c sosetoptlock: EINVAL below 1"),
        buffer_past_most: known(SUCCEEDS, "kern/uipc_socket2.c sbreserve: cuts it to sb_max"),
    },
    interfaces: InterfaceRules {
        socket_type_flags: absent(
            "sys/socket.h has neither; kern/uipc_syscalls.c socket_common takes the type as it is",
        ),
        accept4: absent("kern/syscalls.master has accept only"),
        pipe2: absent("kern/syscalls.master has pipe only"),
        msg_nosignal: present("sys/socket.h MSG_NOSIGNAL; kern/uipc_syscalls.c sendit: no SIGPIPE with it"),
        so_nosigpipe: present(
            "kern/uipc_socket.c sosetoptlock: SOF_NOSIGPIPE; sys_socket.c soo_write: no SIGPIPE with it",
        ),
        msg_cmsg_cloexec: absent("sys/socket.h has no such flag"),
        unix_seqpacket: absent(
            "kern/uipc_proto.c localsw; kern/uipc_socket.c socreate_internal: EPROTONOSUPPORT",
        ),
        abstract_names: absent(
            "kern/uipc_usrreq.c unp_bind: every name is looked up as a path that ends at its first zero",
        ),
        pollrdhup: absent("sys/poll.h has no such event"),
    },
    accept: AcceptRules {
        mode: known(
            AcceptedMode::AsListener,
            "kern/uipc_syscalls.c accept_nocancel: the new file gets the listener's f_flag, FNONBLOCK with \
             it",
        ),
        mode_of_accept4: unknown("kern/syscalls.master: there is no accept4"),
        of_reset: known(
            SUCCEEDS,
            "kern/uipc_syscalls.c accept_nocancel: ignores what soacceptlock returns, ECONNABORTED of \
             tcp_usr_accept with it",
        ),
        from_datagram: known(
            EOPNOTSUPP,
            "kern/uipc_syscalls.c accept_nocancel: EOPNOTSUPP unless PR_CONNREQUIRED",
        ),
        time_limit: known(TimeLimit::Ignored, "kern/uipc_syscalls.c accept_nocancel: msleep without a time"),
    },
    streams: StreamRules {
        read_after_close_with_unread: both(
            known(Tail::DataThenResetThenEnd, TCP_CLOSE),
            known(Tail::DataThenEnd, UNIX_CLOSE),
        ),
        read_after_reset: known(Tail::DataThenResetThenEnd, RECEIVE),
        write_after_close: both(
            known(SUCCEEDS, "netinet/tcp_input.c tcp_input: a FIN sets SS_CANTRCVMORE only"),
            known(EPIPE, SEND),
        ),
        write_after_close_with_unread: both(
            known(WriteAfterReset::LeavesReset, SEND),
            known(WriteAfterReset::NoReset, UNIX_CLOSE),
        ),
        write_after_reset: known(WriteAfterReset::LeavesReset, SEND),
        write_after_shut: both(known(EPIPE, SEND), known(EPIPE, SEND)),
        read_unconnected: both(known(ENOTCONN, RECEIVE), known(ENOTCONN, RECEIVE)),
        write_unconnected: both(known(ENOTCONN, SEND), known(ENOTCONN, SEND)),
        shut_with_unread: both(known(Unread::Dropped, FLUSH), known(Unread::Dropped, FLUSH)),
        write_to_shut_reader: both(
            known(SUCCEEDS, FLUSH),
            known(
                SUCCEEDS,
                "kern/uipc_usrreq.c uipc_send: sbappend drops the bytes under SB_DROP, and no error is set",
            ),
        ),
        read_timed_out: known(
            Outcome::Fails(Errno::EAGAIN),
            "kern/uipc_socket2.c sbwait: msleep with sb_timeo, which ends with EWOULDBLOCK",
        ),
    },
    poll: PollRules {
        hangup: known(Hangup::EachAsAsked, POLL_READ),
        writable_beside_hangup: known(BesideHangup::Hidden, POLL_WRITE),
        pending_error: known(PendingError::AsReady, POLL_READ),
        unconnected: ByKind {
            tcp: known(NOTHING, POLL_UNCONNECTED),
            udp: known(OUT, POLL_UNCONNECTED),
            unix_stream: known(NOTHING, POLL_UNCONNECTED),
            unix_datagram: known(OUT, POLL_UNCONNECTED),
            unix_seqpacket: unknown(NO_SEQPACKET),
        },
        peer_ended: both(known(IN_HUP, POLL_READ), known(IN_HUP, POLL_READ)),
        peer_closed: both(known(IN_HUP, POLL_READ), known(IN_HUP, POLL_READ)),
        both_shut: both(known(IN_HUP, POLL_READ), known(IN_HUP, POLL_READ)),
        reset: known(IN_HUP, POLL_READ),
        listener_shut: both(known(NOTHING, SHUTDOWN), known(NOTHING, SHUTDOWN)),
        pipe_without_writers: known(
            IN_HUP,
            "kern/sys_pipe.c filt_piperead_common: EV_EOF, which poll_callback makes HUP and IN",
        ),
        pipe_without_readers: known(
            HUP,
            "kern/sys_pipe.c filt_pipewrite_common: EV_EOF, which poll_callback makes HUP",
        ),
    },
    shutdown: ShutdownRules {
        unconnected: kinds(known(Shutdown::Refused, SHUTDOWN)),
        disconnected: both(known(Shutdown::Refused, SHUTDOWN), known(Shutdown::Refused, SHUTDOWN)),
        again: both(known(Shutdown::Refused, SHUTDOWN_AGAIN), known(Shutdown::Refused, SHUTDOWN_AGAIN)),
        listener: both(known(ListenerShut::Refused, SHUTDOWN), known(ListenerShut::Refused, SHUTDOWN)),
        own_both_acknowledged: known(
            OwnBothShut::Disconnects,
            "netinet/tcp_input.c tcp_input: FIN_WAIT_1 to FIN_WAIT_2 with SS_CANTRCVMORE calls \
             soisdisconnected",
        ),
    },
    names: NameRules {
        peer_of_unconnected: kinds(known(ENOTCONN, NAME)),
        peer_when_both_shut: both(known(EINVAL, NAME), known(EINVAL, NAME)),
        peer_when_disconnected: both(known(EINVAL, NAME), known(EINVAL, NAME)),
    },
    connect: ConnectRules {
        after_refusal: known(
            EINVAL,
            "netinet/tcp_input.c tcp_input: a refused SYN drops and closes; tcp_usrreq.c tcp_usr_connect: \
             EINVAL when the pcb is dead and no error pending",
        ),
        while_connecting: known(Outcome::Fails(Errno::EALREADY), CONNECT),
        once_established: known(EISCONN, CONNECT),
        connected: both(known(EISCONN, CONNECT), known(EISCONN, CONNECT)),
        on_listener: both(known(EOPNOTSUPP, CONNECT), known(EOPNOTSUPP, CONNECT)),
        to_other_file: known(Outcome::Fails(Errno::ENOTSOCK), UNP_CONNECT),
        to_other_type: known(Outcome::Fails(Errno::EPROTOTYPE), UNP_CONNECT),
        to_nobody: known(ECONNREFUSED, UNP_CONNECT),
        backlog_full: both(
            known(
                BacklogFull::SynDropped,
                "netinet/tcp_input.c tcp_input: drops the segment when sonewconn fails, after it tried to \
                 drop a half-open one",
            ),
            known(BacklogFull::Refused, UNP_CONNECT),
        ),
        backlog_room: both(known(BacklogRoom::AsAsked, BACKLOG), known(BacklogRoom::AsAsked, BACKLOG)),
        time_limit: known(TimeLimit::Ignored, "kern/uipc_syscalls.c connectit: msleep without a time"),
    },
    bind: BindRules {
        path_exists: known(EADDRINUSE, UNP_BIND),
        unix_again: known(EINVAL, UNP_BIND),
        inet_again: known(EINVAL, "netinet/in_pcb.c in_pcbbind: EINVAL when it has a port or an address"),
        not_local: known(Outcome::Fails(Errno::EADDRNOTAVAIL), PCBBIND),
        taken: known(EADDRINUSE, PCBBIND),
        over_listener: known(EADDRINUSE, PCBBIND),
        over_bound: known(EADDRINUSE, PCBBIND),
        wildcard_over_listener: known(SUCCEEDS, PCBBIND),
        over_time_wait: known(TimeWaitBind::NeedsBinder, PCBBIND),
        listen_unbound: both(
            known(SUCCEEDS, "netinet/tcp_usrreq.c tcp_usr_listen: takes a free port"),
            known(EINVAL, "kern/uipc_usrreq.c uipc_listen: EINVAL without a path"),
        ),
    },
    datagrams: DatagramRules {
        queue_full: known(
            QueueFull::Fails,
            "kern/uipc_usrreq.c uipc_send: ENOBUFS of sbappendaddr, which never waits for the receiver",
        ),
        too_long: known(Outcome::Fails(Errno::EMSGSIZE), SEND),
        udp_send_unconnected: known(EDESTADDRREQ, SEND),
        unix_send_unconnected: known(EDESTADDRREQ, SEND),
        send_after_close: known(
            Twice { first: Errno::ECONNRESET, then: Errno::EDESTADDRREQ },
            "kern/uipc_usrreq.c unp_detach: drops those connected to it with ECONNRESET; then as never \
             connected",
        ),
        read_after_close: known(
            ReadAfterClose::ResetOnce,
            "kern/uipc_usrreq.c unp_detach: so_error is ECONNRESET",
        ),
        udp_refused: known(
            ECONNREFUSED,
            "netinet/udp_usrreq.c udp_ctlinput: inetctlerrmap of PRC_UNREACH_PORT becomes so_error",
        ),
        truncation: known(
            Truncation::FlagOnly,
            "kern/uipc_socket.c soreceive: sets MSG_TRUNC and drops the rest; never looks whether it was \
             asked for",
        ),
    },
    sizes: SizeRules {
        send: ByKind {
            tcp: known(370_688, "netinet/tcp_usrreq.c tcp_sendspace: 1448 times 256"),
            udp: known(9_216, UDP_SIZE),
            unix_stream: known(8_192, LOCAL_SIZE),
            unix_datagram: known(2_048, DGRAM_SIZE),
            unix_seqpacket: unknown(NO_SEQPACKET),
        },
        receive: ByKind {
            tcp: known(556_032, "netinet/tcp_usrreq.c tcp_recvspace: 1448 times 384"),
            udp: known(196_724, UDP_SIZE),
            unix_stream: known(8_192, LOCAL_SIZE),
            unix_datagram: known(4_096, DGRAM_SIZE),
            unix_seqpacket: unknown(NO_SEQPACKET),
        },
        pipe_first: known(
            16_384,
            "sys/pipe.h PIPE_SIZE; kern/sys_pipe.c MAX_PIPESIZE: what poll(2) takes it to hold at least",
        ),
        pipe_most: known(
            65_536,
            "kern/sys_pipe.c pipesize_blocks: four times PIPE_SIZE, chosen when a write does not fit",
        ),
        backlog_most: known(128, "kern/uipc_socket.c somaxconn: SOMAXCONN"),
    },
};
