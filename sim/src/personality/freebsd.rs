//! FreeBSD's answers: FreeBSD 13.0, paths below `sys/`.
//!
//! Does not know later releases, which were not read, nor the listener's way into TCP by
//! `netinet/tcp_syncache.c`. Invariant: a row that was not followed to its end is unknown.

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

const SET: &str = "kern/uipc_socket.c sosetopt: looks at no shutdown";
const GET: &str = "kern/uipc_socket.c sogetopt: looks at no shutdown";
const TCP_LEVEL: &str =
    "netinet/tcp_usrreq.c tcp_ctloutput: ECONNRESET when INP_TIMEWAIT or INP_DROPPED, which tcp_close sets";
const RECEIVE: &str = "kern/uipc_socket.c soreceive_generic: the buffer, then so_error once, then the end \
     when SBS_CANTRCVMORE, then ENOTCONN if it never was connected";
const SEND: &str = "kern/uipc_socket.c sosend_generic: EPIPE when SBS_CANTSENDMORE, then so_error, then \
     without an address ENOTCONN if a connection is required, else EDESTADDRREQ; EMSGSIZE for a datagram \
     past sb_hiwat";
const UNIX_CLOSE: &str = "kern/uipc_usrreq.c unp_disconnect: soisdisconnected for both sockets, which shuts \
     both ways, sets no error and keeps what was received";
const TCP_CLOSE: &str = "netinet/tcp_usrreq.c tcp_disconnect: flushes what is unread and sends a FIN, no \
     RST";
const FLUSH: &str = "kern/uipc_socket.c sorflush, called for SHUT_RD: drops the buffer";
const POLL: &str = "kern/uipc_socket.c sopoll_generic: IN with bytes, so_error or SBS_CANTRCVMORE, OUT as \
     sowriteable, HUP when both are shut, never ERR";
const POLL_OUT: &str = "sys/socketvar.h sowriteable: with room when connected or no connection is required, \
     or SBS_CANTSENDMORE, or so_error";
const POLL_LISTENER: &str =
    "kern/uipc_socket.c sopoll_generic: a listener with so_error is IN and HUP until accept takes it";
const SHUTDOWN: &str = "kern/uipc_socket.c soshutdown: ENOTCONN unless connected, connecting or \
     disconnecting, and nothing done unless datagram or listener";
const SHUTDOWN_UNIX: &str =
    "kern/uipc_socket.c soshutdown and uipc_usrreq.c uipc_shutdown: do it again and return 0";
const SHUTDOWN_TCP: &str = "not followed: netinet/tcp_usrreq.c tcp_usrclosed disconnects on a second \
     SHUT_WR once the FIN is acknowledged";
const NAME: &str = "kern/uipc_syscalls.c kern_getpeername: ENOTCONN unless SS_ISCONNECTED, which only \
     soisdisconnected clears";
const CONNECT: &str = "kern/uipc_syscalls.c kern_connectat: EALREADY while connecting; uipc_socket.c \
     soconnectat: EOPNOTSUPP for a listener, EISCONN when connected or connecting and a connection is \
     required";
const UNP_CONNECT: &str = "kern/uipc_usrreq.c unp_connectat: ENOTSOCK for what is no socket, ECONNREFUSED \
     without an owner, EPROTOTYPE for another type, ECONNREFUSED unless it listens and sonewconn finds \
     room";
const BACKLOG: &str = "kern/uipc_socket.c sonewconn: none when sol_qlen is past 3 * sol_qlimit / 2";
const SYNCACHE: &str =
    "not followed: netinet/tcp_syncache.c keeps the SYN and makes the socket when the handshake ends";
const UNP_BIND: &str = "kern/uipc_usrreq.c uipc_bindat: EINVAL when bound, EADDRINUSE for a path that \
     exists";
const PCBBIND: &str = "netinet/in_pcb.c in_pcbbind_setup: EADDRNOTAVAIL for a foreign address; with \
     SO_REUSEADDR only an unconnected pcb of the very same address and port conflicts, listening or not, \
     without it any of that port does";
const UNP_LISTEN: &str = "kern/uipc_usrreq.c uipc_listen: EDESTADDRREQ without a path";
const LOCAL_SIZE: &str =
    "kern/uipc_usrreq.c unpst_sendspace, unpst_recvspace, unpsp_sendspace, unpsp_recvspace: PIPSIZ";
const DGRAM_SIZE: &str = "kern/uipc_usrreq.c unpdg_sendspace, the longest datagram, and unpdg_recvspace";
const UDP_SIZE: &str =
    "netinet/udp_usrreq.c udp_sendspace, the longest datagram, and udp_recvspace: 40 times 1052";

const NOTHING: Readiness =
    Readiness { readable: false, writable: false, hup: false, rdhup: false, error: false };
const OUT: Readiness = Readiness { writable: true, ..NOTHING };
const OUT_HUP: Readiness = Readiness { hup: true, ..OUT };
const IN_OUT: Readiness = Readiness { readable: true, ..OUT };
const IN_HUP: Readiness = Readiness { readable: true, hup: true, ..NOTHING };
const IN_OUT_HUP: Readiness = Readiness { hup: true, ..IN_OUT };

const SUCCEEDS: Outcome = Outcome::Succeeds;
const EADDRINUSE: Outcome = Outcome::Fails(Errno::EADDRINUSE);
const ECONNREFUSED: Outcome = Outcome::Fails(Errno::ECONNREFUSED);
const ECONNRESET: Outcome = Outcome::Fails(Errno::ECONNRESET);
const EDESTADDRREQ: Outcome = Outcome::Fails(Errno::EDESTADDRREQ);
const EINVAL: Outcome = Outcome::Fails(Errno::EINVAL);
const EISCONN: Outcome = Outcome::Fails(Errno::EISCONN);
const ENOTCONN: Outcome = Outcome::Fails(Errno::ENOTCONN);
const EOPNOTSUPP: Outcome = Outcome::Fails(Errno::EOPNOTSUPP);
const EPIPE: Outcome = Outcome::Fails(Errno::EPIPE);

const fn alike<T: Copy>(row: Row<T>) -> ByKind<T> {
    ByKind { tcp: row, udp: row, unix_stream: row, unix_datagram: row, unix_seqpacket: row }
}

/// Rows where both unix kinds that connect answer alike.
const fn by_family<T: Copy>(tcp: Row<T>, unix: Row<T>) -> ByConnection<T> {
    ByConnection { tcp, unix_stream: unix, unix_seqpacket: unix }
}

const fn all<T: Copy>(row: Row<T>) -> ByConnection<T> {
    by_family(row, row)
}

const fn present(source: &'static str) -> Row<Availability> {
    known(Availability::Present, source)
}

const fn absent(source: &'static str) -> Row<Availability> {
    known(Availability::Absent, source)
}

pub(super) static FREEBSD: Personality = Personality {
    os: Os::Freebsd,
    options: OptionRules {
        set_when_both_shut: alike(known(SUCCEEDS, SET)),
        get_when_both_shut: alike(known(SUCCEEDS, GET)),
        set_tcp_level_when_reset: known(ECONNRESET, TCP_LEVEL),
        get_tcp_level_when_reset: known(ECONNRESET, TCP_LEVEL),
        buffer_reported: known(
            Reported::AsAsked,
            "kern/uipc_sockbuf.c sbreserve_locked: sb_hiwat is what was asked",
        ),
        buffer_of_nothing: known(EINVAL, "kern/uipc_socket.c sosetopt: EINVAL below 1"),
        buffer_past_most: known(
            Outcome::Fails(Errno::ENOBUFS),
            "kern/uipc_sockbuf.c sbsetopt: ENOBUFS when sbreserve_locked refuses more than sb_max_adj",
        ),
    },
    interfaces: InterfaceRules {
        socket_type_flags: present("kern/uipc_syscalls.c kern_socket, kern_socketpair"),
        accept4: present("kern/uipc_syscalls.c sys_accept4"),
        pipe2: present("kern/sys_pipe.c sys_pipe2"),
        msg_nosignal: present("kern/uipc_syscalls.c kern_sendit: no SIGPIPE with it"),
        so_nosigpipe: present(
            "kern/uipc_socket.c sosetopt: SO_NOSIGPIPE; sys_socket.c soo_write: no SIGPIPE with it",
        ),
        msg_cmsg_cloexec: present("kern/uipc_usrreq.c unp_externalize: close-on-exec with it"),
        unix_seqpacket: present("kern/uipc_usrreq.c localsw"),
        abstract_names: absent(
            "kern/uipc_usrreq.c uipc_bindat: every name is looked up as a path that ends at its first zero",
        ),
        pollrdhup: absent("sys/poll.h has no such event"),
    },
    accept: AcceptRules {
        mode: known(
            AcceptedMode::AsListener,
            "kern/uipc_syscalls.c sys_accept: ACCEPT4_INHERIT, with which kern_accept4 keeps the listener's \
             FNONBLOCK",
        ),
        mode_of_accept4: known(
            AcceptedMode::AsAsked,
            "kern/uipc_syscalls.c kern_accept4: without ACCEPT4_INHERIT FNONBLOCK is as SOCK_NONBLOCK says",
        ),
        of_reset: known(
            Outcome::Fails(Errno::ECONNABORTED),
            "netinet/tcp_usrreq.c tcp_usr_accept: ECONNABORTED when SS_ISDISCONNECTED; kern_accept4 returns \
             it",
        ),
        from_datagram: known(EINVAL, "kern/uipc_syscalls.c kern_accept4: EINVAL without SO_ACCEPTCONN"),
        time_limit: known(TimeLimit::Ignored, "kern/uipc_socket.c solisten_dequeue: msleep without a time"),
    },
    streams: StreamRules {
        read_after_close_with_unread: by_family(
            known(Tail::DataThenEnd, TCP_CLOSE),
            known(Tail::DataThenEnd, UNIX_CLOSE),
        ),
        read_after_reset: known(Tail::DataThenResetThenEnd, RECEIVE),
        write_after_close: by_family(
            known(SUCCEEDS, "netinet/tcp_input.c tcp_do_segment: a FIN sets SBS_CANTRCVMORE only"),
            known(EPIPE, SEND),
        ),
        write_after_close_with_unread: by_family(
            known(WriteAfterReset::NotReset, TCP_CLOSE),
            known(WriteAfterReset::NoReset, UNIX_CLOSE),
        ),
        write_after_reset: known(WriteAfterReset::LeavesReset, SEND),
        write_after_shut: all(known(EPIPE, SEND)),
        read_unconnected: all(known(ENOTCONN, RECEIVE)),
        write_unconnected: all(known(ENOTCONN, SEND)),
        shut_with_unread: all(known(Unread::Dropped, FLUSH)),
        write_to_shut_reader: by_family(
            known(
                SUCCEEDS,
                "netinet/tcp_input.c tcp_do_segment: bytes for SBS_CANTRCVMORE are dropped there, unnoticed \
                 here",
            ),
            unknown(
                "not followed: kern/uipc_usrreq.c uipc_send appends to the flushed buffer, whose limits are \
                 0",
            ),
        ),
        read_timed_out: known(
            Outcome::Fails(Errno::EAGAIN),
            "kern/uipc_sockbuf.c sbwait: msleep_sbt with sb_timeo, which ends with EWOULDBLOCK",
        ),
    },
    poll: PollRules {
        hangup: known(Hangup::BothShut, POLL),
        writable_beside_hangup: known(BesideHangup::Shown, POLL),
        pending_error: known(PendingError::AsReady, POLL),
        unconnected: ByKind {
            tcp: known(NOTHING, POLL_OUT),
            udp: known(OUT, POLL_OUT),
            unix_stream: known(NOTHING, POLL_OUT),
            unix_datagram: known(OUT, POLL_OUT),
            unix_seqpacket: known(NOTHING, POLL_OUT),
        },
        peer_ended: all(known(IN_OUT, POLL)),
        peer_closed: by_family(known(IN_OUT, POLL), known(IN_OUT_HUP, POLL)),
        both_shut: all(known(IN_OUT_HUP, POLL)),
        reset: known(IN_OUT_HUP, POLL),
        listener_shut: all(known(IN_HUP, POLL_LISTENER)),
        pipe_without_writers: known(
            IN_HUP,
            "kern/sys_pipe.c pipe_poll: PIPE_EOF is IN for the reader, HUP for both",
        ),
        pipe_without_readers: known(
            OUT_HUP,
            "kern/sys_pipe.c pipe_poll: OUT when the other end is gone, and HUP",
        ),
    },
    shutdown: ShutdownRules {
        unconnected: ByKind {
            tcp: known(Shutdown::Refused, SHUTDOWN),
            udp: known(Shutdown::DoneYetRefused, SHUTDOWN),
            unix_stream: known(Shutdown::Refused, SHUTDOWN),
            unix_datagram: known(Shutdown::DoneYetRefused, SHUTDOWN),
            unix_seqpacket: known(Shutdown::Refused, SHUTDOWN),
        },
        disconnected: all(known(Shutdown::Refused, SHUTDOWN)),
        again: by_family(unknown(SHUTDOWN_TCP), known(Shutdown::Done, SHUTDOWN_UNIX)),
        listener: all(known(
            ListenerShut::FailsAcceptOnce,
            "kern/uipc_socket.c soshutdown: a listener gets so_error ECONNABORTED, is woken, and the call \
             fails with ENOTCONN",
        )),
        own_both_acknowledged: known(
            OwnBothShut::Disconnects,
            "netinet/tcp_input.c tcp_do_segment: FIN_WAIT_1 to FIN_WAIT_2 with SBS_CANTRCVMORE calls \
             soisdisconnected",
        ),
    },
    names: NameRules {
        peer_of_unconnected: alike(known(ENOTCONN, NAME)),
        peer_when_both_shut: all(known(SUCCEEDS, NAME)),
        peer_when_disconnected: all(known(ENOTCONN, NAME)),
    },
    connect: ConnectRules {
        after_refusal: known(
            ECONNREFUSED,
            "netinet/tcp_usrreq.c tcp_usr_connect: ECONNREFUSED when INP_DROPPED",
        ),
        while_connecting: known(Outcome::Fails(Errno::EALREADY), CONNECT),
        once_established: known(EISCONN, CONNECT),
        connected: all(known(EISCONN, CONNECT)),
        on_listener: all(known(EOPNOTSUPP, CONNECT)),
        to_other_file: known(Outcome::Fails(Errno::ENOTSOCK), UNP_CONNECT),
        to_other_type: known(Outcome::Fails(Errno::EPROTOTYPE), UNP_CONNECT),
        to_nobody: known(ECONNREFUSED, UNP_CONNECT),
        backlog_full: by_family(unknown(SYNCACHE), known(BacklogFull::Refused, UNP_CONNECT)),
        backlog_room: by_family(unknown(SYNCACHE), known(BacklogRoom::HalfMoreAndOne, BACKLOG)),
        time_limit: known(TimeLimit::Ignored, "kern/uipc_syscalls.c kern_connectat: msleep without a time"),
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
        listen_unbound: by_family(
            known(SUCCEEDS, "netinet/tcp_usrreq.c tcp_usr_listen: takes a free port"),
            known(EDESTADDRREQ, UNP_LISTEN),
        ),
    },
    datagrams: DatagramRules {
        queue_full: known(
            QueueFull::Fails,
            "kern/uipc_usrreq.c uipc_send: ENOBUFS when sbappendaddr_locked finds no room",
        ),
        too_long: known(Outcome::Fails(Errno::EMSGSIZE), SEND),
        udp_send_unconnected: known(
            EDESTADDRREQ,
            "kern/uipc_socket.c sosend_dgram: EDESTADDRREQ without an address",
        ),
        unix_send_unconnected: known(EDESTADDRREQ, SEND),
        send_after_close: known(
            Twice { first: Errno::ECONNRESET, then: Errno::EDESTADDRREQ },
            "kern/uipc_usrreq.c uipc_detach: unp_drop sets ECONNRESET and disconnects; then as never \
             connected",
        ),
        read_after_close: known(
            ReadAfterClose::ResetOnce,
            "kern/uipc_usrreq.c unp_drop: so_error is ECONNRESET",
        ),
        udp_refused: known(
            ECONNREFUSED,
            "netinet/udp_usrreq.c udp_notify: so_error is what inetctlerrmap has for PRC_UNREACH_PORT",
        ),
        truncation: known(
            Truncation::FlagOnly,
            "kern/uipc_socket.c soreceive_dgram: sets MSG_TRUNC and frees the rest; never looks whether it \
             was asked for",
        ),
    },
    sizes: SizeRules {
        send: ByKind {
            tcp: known(32_768, "netinet/tcp_output.c tcp_sendspace"),
            udp: known(9_216, UDP_SIZE),
            unix_stream: known(8_192, LOCAL_SIZE),
            unix_datagram: known(2_048, DGRAM_SIZE),
            unix_seqpacket: known(8_192, LOCAL_SIZE),
        },
        receive: ByKind {
            tcp: known(65_536, "netinet/tcp_input.c tcp_recvspace"),
            udp: known(42_080, UDP_SIZE),
            unix_stream: known(8_192, LOCAL_SIZE),
            unix_datagram: known(4_096, DGRAM_SIZE),
            unix_seqpacket: known(8_192, LOCAL_SIZE),
        },
        pipe_first: known(16_384, "kern/sys_pipe.c pipe_create: PIPE_SIZE"),
        pipe_most: known(
            65_536,
            "kern/sys_pipe.c pipe_write: doubles up to BIG_PIPE_SIZE when a write does not fit",
        ),
        backlog_most: known(128, "sys/socket.h SOMAXCONN; kern/uipc_socket.c solisten_proto"),
    },
};
