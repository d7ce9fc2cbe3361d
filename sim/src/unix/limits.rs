//! The sizes of everything in unix sockets that has one.
//!
//! Does not know who reaches them. Invariant: each value stands once, here or in `net/limits.rs`, with the Linux default it
//! stands for.

/// `net.unix.max_dgram_qlen`: messages a datagram socket holds before those who are not its peer must wait. One more fits,
/// since `unix_recvq_full` compares with `>`.
pub(super) const QUEUE_MESSAGES_MAX: usize = 10;

/// `net.core.wmem_default`.
pub(super) const SEND_BUFFER_BYTES: usize = 212_992;

/// `net.core.rmem_default`. Stored and told, without effect: a unix socket charges its sender alone.
pub(super) const RECEIVE_BUFFER_BYTES: usize = 212_992;

/// `SCM_MAX_FD`.
pub(super) const RIGHTS_MAX: usize = 253;

/// Numbers an automatic name can have: five hexadecimal digits (`unix_autobind`).
pub(super) const AUTOMATIC_NAMES_MAX: u32 = 0x10_0000;

/// Names longer than `sun_path`.
pub(super) const NAME_BYTES_MAX: usize = 108;
