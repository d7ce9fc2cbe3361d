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

/// `TCP_TIMEWAIT_LEN`: how long a port remembers a connection it closed first.
pub const TIME_WAIT_NS: u64 = 60_000_000_000;

/// How long until `connect(2)` may take a port that remembers: `tcp_tw_reuse = 2` lets loopback do so after one second.
pub const TIME_WAIT_REUSE_NS: u64 = 1_000_000_000;

/// Segment buffers kept for reuse.
pub(crate) const SPARE_BUFFERS_MAX: usize = 64;

/// The largest segment buffer worth keeping.
pub(crate) const SPARE_BUFFER_BYTES_MAX: usize = 4_096;
