//! Linux's answers, which are right by definition.
//!
//! Does not know the kernel's versions: what was seen is Linux 6.18 on loopback. Invariant: no row is
//! unknown.

use super::answer::{
    AcceptedMode, Availability, BacklogFull, BacklogRoom, BesideHangup, Hangup, ListenerShut, Outcome,
    OwnBothShut, PendingError, QueueFull, ReadAfterClose, Reported, Shutdown, Tail, TimeLimit, TimeWaitBind,
    Truncation, Twice, Unread, WriteAfterReset,
};
use super::os::Os;
use super::row::{ByConnection, ByKind, Row, known};
use super::table::{
    AcceptRules, BindRules, ConnectRules, DatagramRules, InterfaceRules, NameRules, OptionRules, Personality,
    PollRules, ShutdownRules, SizeRules, StreamRules,
};
use crate::errno::Errno;
use crate::net::Readiness;

const SET: &str =
    "net/core/sock.c sk_setsockopt: looks at no shutdown, nor does net/ipv4/tcp.c do_tcp_setsockopt";
const GET: &str =
    "net/core/sock.c sk_getsockopt: looks at no shutdown, nor does net/ipv4/tcp.c do_tcp_getsockopt";
const RELEASE: &str = "net/unix/af_unix.c unix_release_sock: shuts the peer both ways, with ECONNRESET \
     pending if the queue of the closed socket held bytes";
const UNIX_POLL: &str = "net/unix/af_unix.c unix_poll: HUP when both are shut, or connection-based and \
     TCP_CLOSE; IN and RDHUP when reading is shut; ERR for a pending error; unix_dgram_poll does the same \
     for seqpacket";
const TCP_POLL: &str = "net/ipv4/tcp.c tcp_poll: HUP when both are shut or TCP_CLOSE; IN and RDHUP when \
     reading is shut; OUT also when writing is shut; ERR for a pending error";
const UNIX_SHUTDOWN: &str =
    "net/unix/af_unix.c unix_shutdown: sets the flags in any state, the peer's with them, returns 0";
const INET_SHUTDOWN: &str =
    "net/ipv4/af_inet.c inet_shutdown: ENOTCONN for TCP_CLOSE, falling through to set the flags";
const UNIX_NAME: &str =
    "net/unix/af_unix.c unix_getname: ENOTCONN without a peer; a closed peer is kept for a stream";
const INET_NAME: &str =
    "net/ipv4/af_inet.c inet_getname: ENOTCONN for TCP_CLOSE and TCP_SYN_SENT, or without a port";
const UNIX_CONNECT: &str = "net/unix/af_unix.c unix_stream_connect: waits while the queue is full, then \
     EISCONN when established and EINVAL in any other state but TCP_CLOSE";
const INET_CONNECT: &str = "net/ipv4/af_inet.c __inet_stream_connect: by socket state, EISCONN when \
     connected, EALREADY when under way, 0 the first time it is found done; a failure makes it \
     SS_UNCONNECTED again";
const FIND_OTHER: &str = "net/unix/af_unix.c unix_find_other: ECONNREFUSED for what is no socket or has no \
     owner, EPROTOTYPE for another type";
const GET_PORT: &str = "net/ipv4/inet_connection_sock.c inet_csk_get_port and inet_csk_bind_conflict: \
     sharing a port needs SO_REUSEADDR on all its sockets and none that listens";
const DGRAM_SEND: &str = "net/unix/af_unix.c unix_dgram_sendmsg: ENOTCONN without a peer, EMSGSIZE past the \
     buffer, ECONNREFUSED and no peer any more when it is dead, a wait when its queue is full";
const STREAM_SEND: &str = "net/unix/af_unix.c unix_stream_sendmsg: ENOTCONN without a peer, EPIPE when \
     writing is shut, or reading at the peer";
const SEQPACKET_SEND: &str = "net/unix/af_unix.c unix_seqpacket_sendmsg: first the pending error, then \
     ENOTCONN unless established, then as unix_dgram_sendmsg";
const TCP_SEND: &str = "net/ipv4/tcp.c tcp_sendmsg_locked: waits for a connection, which is EPIPE without \
     one, and EPIPE when writing is shut; net/core/stream.c sk_stream_error gives a pending error before \
     EPIPE";
const TCP_RECEIVE: &str = "net/ipv4/tcp.c tcp_recvmsg_locked: the queue, then a pending error, then the \
     end; ENOTCONN if it never was connected";
const UNIX_RECEIVE: &str = "net/unix/af_unix.c unix_stream_read_generic: EINVAL unless established; the \
     queue, then a pending error, then the end";
const SEQPACKET_RECEIVE: &str = "net/unix/af_unix.c unix_seqpacket_recvmsg: ENOTCONN unless established; \
     net/core/datagram.c __skb_try_recv_datagram gives a pending error before the queue";
const LOCAL_SIZE: &str = "net/core/sock.c sysctl_wmem_default and sysctl_rmem_default, as x86_64 makes \
     them; every message is charged more than its bytes";

const NOTHING: Readiness =
    Readiness { readable: false, writable: false, hup: false, rdhup: false, error: false };
const OUT: Readiness = Readiness { writable: true, ..NOTHING };
const OUT_HUP: Readiness = Readiness { hup: true, ..OUT };
const IN_RDHUP: Readiness = Readiness { readable: true, rdhup: true, ..NOTHING };
const IN_OUT_RDHUP: Readiness = Readiness { writable: true, ..IN_RDHUP };
const IN_OUT_HUP_RDHUP: Readiness = Readiness { hup: true, ..IN_OUT_RDHUP };
const ALL: Readiness = Readiness { error: true, ..IN_OUT_HUP_RDHUP };

const SUCCEEDS: Outcome = Outcome::Succeeds;
const EAGAIN: Outcome = Outcome::Fails(Errno::EAGAIN);
const EADDRINUSE: Outcome = Outcome::Fails(Errno::EADDRINUSE);
const EALREADY: Outcome = Outcome::Fails(Errno::EALREADY);
const ECONNREFUSED: Outcome = Outcome::Fails(Errno::ECONNREFUSED);
const EINVAL: Outcome = Outcome::Fails(Errno::EINVAL);
const EISCONN: Outcome = Outcome::Fails(Errno::EISCONN);
const EMSGSIZE: Outcome = Outcome::Fails(Errno::EMSGSIZE);
const ENOTCONN: Outcome = Outcome::Fails(Errno::ENOTCONN);
const EPIPE: Outcome = Outcome::Fails(Errno::EPIPE);

const fn alike<T: Copy>(row: Row<T>) -> ByKind<T> {
    ByKind { tcp: row, udp: row, unix_stream: row, unix_datagram: row, unix_seqpacket: row }
}

const fn present(source: &'static str) -> Row<Availability> {
    known(Availability::Present, source)
}

pub(super) static LINUX: Personality = Personality {
    os: Os::Linux,
    options: OptionRules {
        set_when_both_shut: alike(known(SUCCEEDS, SET)),
        get_when_both_shut: alike(known(SUCCEEDS, GET)),
        set_tcp_level_when_reset: known(SUCCEEDS, SET),
        get_tcp_level_when_reset: known(SUCCEEDS, GET),
        buffer_reported: known(
            Reported::Doubled,
            "net/core/sock.c __sock_set_rcvbuf: stores twice the value; socket(7)",
        ),
        buffer_of_nothing: known(
            SUCCEEDS,
            "net/core/sock.c sk_setsockopt: raises it to SOCK_MIN_SNDBUF or _RCVBUF",
        ),
        buffer_past_most: known(
            SUCCEEDS,
            "net/core/sock.c sk_setsockopt: cuts it to sysctl_wmem_max or sysctl_rmem_max",
        ),
    },
    interfaces: InterfaceRules {
        socket_type_flags: present("net/socket.c __sys_socket, __sys_socketpair"),
        accept4: present("net/socket.c __sys_accept4"),
        pipe2: present("fs/pipe.c do_pipe2"),
        msg_nosignal: present("net/core/stream.c sk_stream_error: no SIGPIPE with it; send(2)"),
        so_nosigpipe: known(Availability::Absent, "include/uapi/asm-generic/socket.h has no such option"),
        msg_cmsg_cloexec: present("net/core/scm.c scm_detach_fds; recvmsg(2)"),
        unix_seqpacket: present("net/unix/af_unix.c unix_seqpacket_ops"),
        abstract_names: present("net/unix/af_unix.c unix_bind_abstract; unix(7)"),
        pollrdhup: present("net/ipv4/tcp.c tcp_poll; poll(2)"),
    },
    accept: AcceptRules {
        mode: known(
            AcceptedMode::Blocking,
            "net/socket.c do_accept: a file with the call's flags only; accept(2)",
        ),
        mode_of_accept4: known(
            AcceptedMode::AsAsked,
            "net/socket.c do_accept: a file with the call's flags only",
        ),
        of_reset: known(
            SUCCEEDS,
            "net/ipv4/inet_connection_sock.c inet_csk_accept: hands out what is queued, reset or not",
        ),
        from_datagram: known(Outcome::Fails(Errno::EOPNOTSUPP), "net/core/sock.c sock_no_accept"),
        time_limit: known(
            TimeLimit::Bounds,
            "net/ipv4/inet_connection_sock.c inet_csk_accept: sock_rcvtimeo, then EAGAIN; unix_accept \
             likewise",
        ),
    },
    streams: StreamRules {
        read_after_close_with_unread: ByConnection {
            tcp: known(Tail::DataThenResetThenEnd, TCP_RECEIVE),
            unix_stream: known(Tail::DataThenResetThenEnd, UNIX_RECEIVE),
            unix_seqpacket: known(Tail::ResetThenDataThenEnd, SEQPACKET_RECEIVE),
        },
        read_after_reset: known(Tail::DataThenResetThenEnd, TCP_RECEIVE),
        write_after_close: ByConnection {
            tcp: known(
                SUCCEEDS,
                "net/ipv4/tcp_input.c tcp_fin: shuts reading only; the peer answers the bytes with a RST",
            ),
            unix_stream: known(EPIPE, STREAM_SEND),
            unix_seqpacket: known(EPIPE, "net/core/sock.c sock_alloc_send_pskb: EPIPE when writing is shut"),
        },
        write_after_close_with_unread: ByConnection {
            tcp: known(WriteAfterReset::TakesReset, TCP_SEND),
            unix_stream: known(WriteAfterReset::LeavesReset, STREAM_SEND),
            unix_seqpacket: known(WriteAfterReset::TakesReset, SEQPACKET_SEND),
        },
        write_after_reset: known(WriteAfterReset::TakesReset, TCP_SEND),
        write_after_shut: ByConnection {
            tcp: known(EPIPE, TCP_SEND),
            unix_stream: known(EPIPE, STREAM_SEND),
            unix_seqpacket: known(EPIPE, "net/core/sock.c sock_alloc_send_pskb: EPIPE when writing is shut"),
        },
        read_unconnected: ByConnection {
            tcp: known(ENOTCONN, TCP_RECEIVE),
            unix_stream: known(EINVAL, UNIX_RECEIVE),
            unix_seqpacket: known(ENOTCONN, SEQPACKET_RECEIVE),
        },
        write_unconnected: ByConnection {
            tcp: known(EPIPE, TCP_SEND),
            unix_stream: known(ENOTCONN, STREAM_SEND),
            unix_seqpacket: known(ENOTCONN, SEQPACKET_SEND),
        },
        shut_with_unread: ByConnection {
            tcp: known(Unread::Kept, TCP_RECEIVE),
            unix_stream: known(Unread::Kept, UNIX_RECEIVE),
            unix_seqpacket: known(Unread::Kept, SEQPACKET_RECEIVE),
        },
        write_to_shut_reader: ByConnection {
            tcp: known(
                SUCCEEDS,
                "net/ipv4/tcp.c tcp_shutdown: tells the peer nothing of SHUT_RD; bytes still arrive",
            ),
            unix_stream: known(EPIPE, STREAM_SEND),
            unix_seqpacket: known(EPIPE, UNIX_SHUTDOWN),
        },
        read_timed_out: known(EAGAIN, "net/core/sock.c sk_wait_data after sock_rcvtimeo; socket(7)"),
    },
    poll: PollRules {
        hangup: known(Hangup::BothShut, TCP_POLL),
        writable_beside_hangup: known(BesideHangup::Shown, TCP_POLL),
        pending_error: known(PendingError::AsError, TCP_POLL),
        unconnected: ByKind {
            tcp: known(OUT_HUP, TCP_POLL),
            udp: known(OUT, "net/core/datagram.c datagram_poll: OUT while there is room"),
            unix_stream: known(OUT_HUP, UNIX_POLL),
            unix_datagram: known(
                OUT,
                "net/unix/af_unix.c unix_dgram_poll: OUT while there is room, here and at the peer",
            ),
            unix_seqpacket: known(OUT_HUP, UNIX_POLL),
        },
        peer_ended: ByConnection {
            tcp: known(IN_OUT_RDHUP, TCP_POLL),
            unix_stream: known(IN_OUT_RDHUP, UNIX_POLL),
            unix_seqpacket: known(IN_OUT_RDHUP, UNIX_POLL),
        },
        peer_closed: ByConnection {
            tcp: known(IN_OUT_RDHUP, TCP_POLL),
            unix_stream: known(IN_OUT_HUP_RDHUP, UNIX_POLL),
            unix_seqpacket: known(IN_OUT_HUP_RDHUP, UNIX_POLL),
        },
        both_shut: ByConnection {
            tcp: known(IN_OUT_HUP_RDHUP, TCP_POLL),
            unix_stream: known(IN_OUT_HUP_RDHUP, UNIX_POLL),
            unix_seqpacket: known(IN_OUT_HUP_RDHUP, UNIX_POLL),
        },
        reset: known(ALL, TCP_POLL),
        listener_shut: ByConnection {
            tcp: known(
                OUT_HUP,
                "net/ipv4/af_inet.c inet_shutdown: disconnects a listener to TCP_CLOSE, flags cleared",
            ),
            unix_stream: known(IN_RDHUP, UNIX_POLL),
            unix_seqpacket: known(IN_RDHUP, UNIX_POLL),
        },
        pipe_without_writers: known(
            Readiness { hup: true, ..NOTHING },
            "fs/pipe.c pipe_poll: HUP without writers, IN with bytes",
        ),
        pipe_without_readers: known(
            Readiness { error: true, ..OUT },
            "fs/pipe.c pipe_poll: ERR without readers, OUT while not full",
        ),
    },
    shutdown: ShutdownRules {
        unconnected: ByKind {
            tcp: known(Shutdown::DoneYetRefused, INET_SHUTDOWN),
            udp: known(Shutdown::DoneYetRefused, INET_SHUTDOWN),
            unix_stream: known(Shutdown::Done, UNIX_SHUTDOWN),
            unix_datagram: known(Shutdown::Done, UNIX_SHUTDOWN),
            unix_seqpacket: known(Shutdown::Done, UNIX_SHUTDOWN),
        },
        disconnected: ByConnection {
            tcp: known(Shutdown::DoneYetRefused, INET_SHUTDOWN),
            unix_stream: known(Shutdown::Done, UNIX_SHUTDOWN),
            unix_seqpacket: known(Shutdown::Done, UNIX_SHUTDOWN),
        },
        again: ByConnection {
            tcp: known(Shutdown::Done, INET_SHUTDOWN),
            unix_stream: known(Shutdown::Done, UNIX_SHUTDOWN),
            unix_seqpacket: known(Shutdown::Done, UNIX_SHUTDOWN),
        },
        listener: ByConnection {
            tcp: known(
                ListenerShut::StopsListening,
                "net/ipv4/af_inet.c inet_shutdown: TCP_LISTEN with RCV_SHUTDOWN disconnects, without it \
                 breaks",
            ),
            unix_stream: known(
                ListenerShut::RefusesCallers,
                "net/unix/af_unix.c unix_stream_connect: ECONNREFUSED when the listener's reading is shut; \
                 unix_accept: EINVAL when that is why nothing comes",
            ),
            unix_seqpacket: known(
                ListenerShut::RefusesCallers,
                "net/unix/af_unix.c unix_stream_connect and unix_accept serve seqpacket too",
            ),
        },
        own_both_acknowledged: known(
            OwnBothShut::StaysConnected,
            "net/ipv4/tcp_input.c tcp_rcv_state_process: FIN_WAIT1 to FIN_WAIT2 changes nothing but the \
             state",
        ),
    },
    names: NameRules {
        peer_of_unconnected: ByKind {
            tcp: known(ENOTCONN, INET_NAME),
            udp: known(ENOTCONN, INET_NAME),
            unix_stream: known(ENOTCONN, UNIX_NAME),
            unix_datagram: known(ENOTCONN, UNIX_NAME),
            unix_seqpacket: known(ENOTCONN, UNIX_NAME),
        },
        peer_when_both_shut: ByConnection {
            tcp: known(SUCCEEDS, INET_NAME),
            unix_stream: known(SUCCEEDS, UNIX_NAME),
            unix_seqpacket: known(SUCCEEDS, UNIX_NAME),
        },
        peer_when_disconnected: ByConnection {
            tcp: known(ENOTCONN, INET_NAME),
            unix_stream: known(SUCCEEDS, UNIX_NAME),
            unix_seqpacket: known(SUCCEEDS, UNIX_NAME),
        },
    },
    connect: ConnectRules {
        after_refusal: known(SUCCEEDS, INET_CONNECT),
        while_connecting: known(EALREADY, INET_CONNECT),
        once_established: known(SUCCEEDS, INET_CONNECT),
        connected: ByConnection {
            tcp: known(EISCONN, INET_CONNECT),
            unix_stream: known(EISCONN, UNIX_CONNECT),
            unix_seqpacket: known(EISCONN, UNIX_CONNECT),
        },
        on_listener: ByConnection {
            tcp: known(EISCONN, "net/ipv4/af_inet.c __inet_stream_connect: EISCONN unless TCP_CLOSE"),
            unix_stream: known(EINVAL, UNIX_CONNECT),
            unix_seqpacket: known(EINVAL, UNIX_CONNECT),
        },
        to_other_file: known(ECONNREFUSED, FIND_OTHER),
        to_other_type: known(Outcome::Fails(Errno::EPROTOTYPE), FIND_OTHER),
        to_nobody: known(ECONNREFUSED, FIND_OTHER),
        backlog_full: ByConnection {
            tcp: known(
                BacklogFull::SynDropped,
                "net/ipv4/tcp_input.c tcp_conn_request: drops while sk_acceptq_is_full",
            ),
            unix_stream: known(BacklogFull::Waits, UNIX_CONNECT),
            unix_seqpacket: known(BacklogFull::Waits, UNIX_CONNECT),
        },
        backlog_room: ByConnection {
            tcp: known(BacklogRoom::OneMore, "include/net/sock.h sk_acceptq_is_full: more than the backlog"),
            unix_stream: known(
                BacklogRoom::OneMore,
                "net/unix/af_unix.c unix_recvq_full: more than the backlog",
            ),
            unix_seqpacket: known(
                BacklogRoom::OneMore,
                "net/unix/af_unix.c unix_recvq_full: more than the backlog",
            ),
        },
        time_limit: known(
            TimeLimit::Bounds,
            "net/ipv4/af_inet.c __inet_stream_connect and net/unix/af_unix.c unix_stream_connect: \
             sock_sndtimeo",
        ),
    },
    bind: BindRules {
        path_exists: known(EADDRINUSE, "net/unix/af_unix.c unix_bind: EEXIST becomes EADDRINUSE"),
        unix_again: known(EINVAL, "net/unix/af_unix.c unix_bind_bsd: EINVAL when it has an address"),
        inet_again: known(EINVAL, "net/ipv4/af_inet.c __inet_bind: EINVAL when it has a port"),
        not_local: known(
            Outcome::Fails(Errno::EADDRNOTAVAIL),
            "net/ipv4/af_inet.c __inet_bind: inet_addr_valid_or_nonlocal",
        ),
        taken: known(EADDRINUSE, GET_PORT),
        over_listener: known(EADDRINUSE, GET_PORT),
        over_bound: known(SUCCEEDS, GET_PORT),
        wildcard_over_listener: known(EADDRINUSE, GET_PORT),
        over_time_wait: known(TimeWaitBind::NeedsBoth, GET_PORT),
        listen_unbound: ByConnection {
            tcp: known(SUCCEEDS, "net/ipv4/inet_connection_sock.c inet_csk_listen_start: takes a free port"),
            unix_stream: known(EINVAL, "net/unix/af_unix.c unix_listen: EINVAL without an address"),
            unix_seqpacket: known(EINVAL, "net/unix/af_unix.c unix_listen: EINVAL without an address"),
        },
    },
    datagrams: DatagramRules {
        queue_full: known(QueueFull::Waits, DGRAM_SEND),
        too_long: known(EMSGSIZE, DGRAM_SEND),
        udp_send_unconnected: known(Outcome::Fails(Errno::EDESTADDRREQ), "net/ipv4/udp.c udp_sendmsg"),
        unix_send_unconnected: known(ENOTCONN, DGRAM_SEND),
        send_after_close: known(Twice { first: Errno::ECONNREFUSED, then: Errno::ENOTCONN }, DGRAM_SEND),
        read_after_close: known(ReadAfterClose::Waits, RELEASE),
        udp_refused: known(
            ECONNREFUSED,
            "net/ipv4/udp.c __udp4_lib_err: the error is pending on a connected socket",
        ),
        truncation: known(
            Truncation::FlagOrLength,
            "net/unix/af_unix.c __unix_dgram_recvmsg and net/ipv4/udp.c udp_recvmsg: the whole length with \
             MSG_TRUNC",
        ),
    },
    sizes: SizeRules {
        send: ByKind {
            tcp: known(16_384, "net/ipv4/tcp.c tcp_init_sock: tcp_wmem[1]; it grows with the connection"),
            udp: known(212_992, LOCAL_SIZE),
            unix_stream: known(212_992, LOCAL_SIZE),
            unix_datagram: known(212_992, LOCAL_SIZE),
            unix_seqpacket: known(212_992, LOCAL_SIZE),
        },
        receive: ByKind {
            tcp: known(131_072, "net/ipv4/tcp.c tcp_init_sock: tcp_rmem[1]; it grows with the connection"),
            udp: known(212_992, LOCAL_SIZE),
            unix_stream: known(212_992, LOCAL_SIZE),
            unix_datagram: known(212_992, LOCAL_SIZE),
            unix_seqpacket: known(212_992, LOCAL_SIZE),
        },
        pipe_first: known(65_536, "include/linux/pipe_fs_i.h PIPE_DEF_BUFFERS: 16 pages; pipe(7)"),
        pipe_most: known(65_536, "fs/pipe.c: grows only when fcntl(2) F_SETPIPE_SZ asks"),
        backlog_most: known(4_096, "include/linux/socket.h SOMAXCONN; listen(2)"),
    },
};
