//! The sizes of everything in the network that has one.
//!
//! Does not know who reaches them. Invariant: each value stands once, here, with the Linux default it stands for.

/// Live sockets, embryonic and orphaned ones included. Past it a call is unmodelled rather than silently slow.
pub const SOCKETS_MAX: usize = 65_536;

/// Bytes a receiver takes before its program reads: `tcp_rmem[1]` of `tcp(7)`. Linux tunes it up; we do not.
pub const RECEIVE_BUFFER_BYTES: usize = 131_072;

/// What the datagrams a UDP socket holds may weigh: `net.core.rmem_default`.
pub const DATAGRAM_BUFFER_BYTES: usize = 212_992;

/// The longest datagram over IPv4: 65,535 less the headers.
pub const DATAGRAM_BYTES_MAX_V4: usize = 65_507;

/// The longest datagram over IPv6, whose length does not count the header of IPv6 itself.
pub const DATAGRAM_BYTES_MAX_V6: usize = 65_527;

/// The longest packet that a path carries whole: the MTU of loopback, and of every link here.
pub const MTU_BYTES: usize = 65_536;

/// The headers of IPv4 and of UDP.
pub const UDP_HEADERS_BYTES_V4: usize = 28;

/// The headers of IPv6 and of UDP.
pub const UDP_HEADERS_BYTES_V6: usize = 48;

/// Into how many datagrams the bytes of one call are cut: `UDP_MAX_SEGMENTS` of Linux 6.18.
pub const UDP_SEGMENTS_MAX: usize = 128;

/// Bytes a sender holds that the peer's window does not admit yet: `net.core.wmem_default`. Linux tunes loopback to about
/// 2.5 MiB; a small buffer shows back-pressure sooner.
pub const SEND_BUFFER_BYTES: usize = 212_992;

/// `net.core.rmem_max` and `wmem_max`: what `SO_RCVBUF` and `SO_SNDBUF` are cut to before they are doubled (`socket(7)`).
pub const BUFFER_ASK_BYTES_MAX: usize = 4_194_304;

/// The least `SO_RCVBUF`, as `getsockopt(2)` reports it: `SOCK_MIN_RCVBUF`.
pub const RECEIVE_BUFFER_BYTES_MIN: usize = 2_304;

/// The least `SO_SNDBUF`, as `getsockopt(2)` reports it: `SOCK_MIN_SNDBUF`.
pub const SEND_BUFFER_BYTES_MIN: usize = 4_608;

/// Bytes in one segment; loopback's GSO limit is the same.
pub const SEGMENT_BYTES_MAX: usize = 65_536;

/// `net.core.somaxconn`: what `listen(2)` cuts its backlog to.
pub const BACKLOG_MAX: u32 = 4_096;

/// The first port of `net.ipv4.ip_local_port_range`.
pub const EPHEMERAL_PORT_FIRST: u16 = 32_768;

/// The last port of `net.ipv4.ip_local_port_range`.
pub const EPHEMERAL_PORT_LAST: u16 = 60_999;

/// How often an unanswered SYN is sent again: `tcp_syn_retries`.
pub const SYN_RETRIES_MAX: u32 = 6;

/// How long the first SYN waits for its answer (`TCP_TIMEOUT_INIT`); each further wait is twice as long.
pub const SYN_TIMEOUT_NS: u64 = 1_000_000_000;

/// How often a SYN-ACK is sent again before its handshake is forgotten: `tcp_synack_retries`.
pub const SYN_ACK_RETRIES_MAX: u32 = 5;

/// How long a lost segment waits before it is sent again: `TCP_RTO_MIN`. Each further wait is twice as long.
pub const RETRANSMIT_NS_MIN: u64 = 200_000_000;

/// The longest such wait: `TCP_RTO_MAX`.
pub const RETRANSMIT_NS_MAX: u64 = 120_000_000_000;

/// How often a segment is sent again before its connection is given up: `tcp_retries2`.
pub const RETRIES_MAX: u32 = 15;

/// The same for a connection that its program has closed: `tcp_orphan_retries`, whose 0 stands for 8.
pub const ORPHAN_RETRIES_MAX: u32 = 8;

/// `tcp_fin_timeout`: how long a closed connection waits for the end of a peer that is gone.
pub const FIN_TIMEOUT_NS: u64 = 60_000_000_000;

/// `tcp_keepalive_time`, in seconds: how long a connection is silent before it is probed.
pub const KEEP_ALIVE_IDLE_S: i32 = 7_200;

/// `tcp_keepalive_intvl`, in seconds.
pub const KEEP_ALIVE_INTERVAL_S: i32 = 75;

/// `tcp_keepalive_probes`.
pub const KEEP_ALIVE_PROBES: i32 = 9;

/// Headers of TCP, without options, and of IPv4.
pub const TCP_HEADER_BYTES: u64 = 40;

/// Headers of UDP and of IPv4.
pub const UDP_HEADER_BYTES: u64 = 28;

/// `TCP_TIMEWAIT_LEN`: how long a port remembers a connection it closed first.
pub const TIME_WAIT_NS: u64 = 60_000_000_000;

/// How long until `connect(2)` may take a port that remembers: `tcp_tw_reuse = 2` lets loopback do so after one second.
pub const TIME_WAIT_REUSE_NS: u64 = 1_000_000_000;

/// Segment buffers kept for reuse.
pub(crate) const SPARE_BUFFERS_MAX: usize = 64;

/// The largest segment buffer worth keeping.
pub(crate) const SPARE_BUFFER_BYTES_MAX: usize = 4_096;
