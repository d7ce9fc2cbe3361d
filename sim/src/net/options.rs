//! Socket options: their names, values and bytes.
//!
//! Does not know the states of a socket. Invariant: an option that would change behaviour we do not have is unmodelled;
//! one that is stored without effect says why here. Bytes are the Linux ABI's, native endian (`socket(7)`, `tcp(7)`,
//! `ipv6(7)`); numbers are those of the generic ABI, shared by `x86_64` and `aarch64`.

use super::address::Family;
use super::limits::{
    BUFFER_ASK_BYTES_MAX, RECEIVE_BUFFER_BYTES, RECEIVE_BUFFER_BYTES_MIN, SEND_BUFFER_BYTES,
    SEND_BUFFER_BYTES_MIN,
};
use crate::errno::Errno;
use crate::ready::Refusal;

/// The options of one socket. An accepted socket starts with a copy of its listener's (`sk_clone_lock`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `SO_REUSEADDR`.
    pub reuse_address: bool,
    /// `SO_KEEPALIVE`; without effect, since a simulated peer is never silently gone.
    pub keep_alive: bool,
    /// `TCP_KEEPIDLE`, `TCP_KEEPINTVL`, `TCP_KEEPCNT`; without effect like `SO_KEEPALIVE`.
    pub keep_alive_times: [i32; 3],
    /// `TCP_NODELAY`; without effect: no write waits for a fuller segment here, with or without it.
    pub no_delay: bool,
    /// `IPV6_V6ONLY`.
    pub v6_only: bool,
    /// `SO_LINGER` on with time 0: `close(2)` resets.
    pub reset_on_close: bool,
    /// `SO_RCVTIMEO`.
    pub receive_timeout_ns: Option<u64>,
    /// `SO_SNDTIMEO`.
    pub send_timeout_ns: Option<u64>,
    /// `SO_RCVBUF` as reported, once asked for: twice what was asked (`socket(7)`).
    pub receive_buffer_doubled: Option<usize>,
    /// `SO_SNDBUF` as reported, once asked for.
    pub send_buffer_doubled: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reuse_address: false,
            keep_alive: false,
            keep_alive_times: [7_200, 75, 9],
            no_delay: false,
            v6_only: false,
            reset_on_close: false,
            receive_timeout_ns: None,
            send_timeout_ns: None,
            receive_buffer_doubled: None,
            send_buffer_doubled: None,
        }
    }
}

impl Options {
    /// Bytes a receiver of these options holds. Linux charges every byte about double, which is why it doubles what was
    /// asked; we charge one for one and hold what was asked.
    #[must_use]
    pub fn receive_capacity(&self) -> usize {
        self.receive_buffer_doubled.map_or(RECEIVE_BUFFER_BYTES, |doubled| doubled / 2)
    }

    /// Bytes a sender of these options holds back.
    #[must_use]
    pub fn send_capacity(&self) -> usize {
        self.send_buffer_doubled.map_or(SEND_BUFFER_BYTES, |doubled| doubled / 2)
    }
}

/// An option we model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// `SO_REUSEADDR`.
    ReuseAddress,
    /// `SO_TYPE`.
    Type,
    /// `SO_ERROR`.
    Error,
    /// `SO_SNDBUF`.
    SendBuffer,
    /// `SO_RCVBUF`.
    ReceiveBuffer,
    /// `SO_KEEPALIVE`.
    KeepAlive,
    /// `SO_LINGER`.
    Linger,
    /// `SO_RCVTIMEO`.
    ReceiveTimeout,
    /// `SO_SNDTIMEO`.
    SendTimeout,
    /// `SO_ACCEPTCONN`.
    AcceptConnections,
    /// `SO_PROTOCOL`.
    Protocol,
    /// `SO_DOMAIN`.
    Domain,
    /// `TCP_NODELAY`.
    NoDelay,
    /// `TCP_KEEPIDLE`, `TCP_KEEPINTVL`, `TCP_KEEPCNT` by number.
    KeepAliveTime(u8),
    /// `IPV6_V6ONLY`.
    V6Only,
}

const SOL_SOCKET: i32 = 1;
const IPPROTO_TCP: i32 = 6;
const IPPROTO_IPV6: i32 = 41;

impl Name {
    /// The option of a level and a name of the Linux ABI.
    ///
    /// # Errors
    /// Unmodelled, with `ENOPROTOOPT`, for any we do not know.
    pub fn from_linux(level: i32, name: i32) -> Result<Self, Refusal> {
        Ok(match (level, name) {
            (SOL_SOCKET, 2) => Self::ReuseAddress,
            (SOL_SOCKET, 3) => Self::Type,
            (SOL_SOCKET, 4) => Self::Error,
            (SOL_SOCKET, 7) => Self::SendBuffer,
            (SOL_SOCKET, 8) => Self::ReceiveBuffer,
            (SOL_SOCKET, 9) => Self::KeepAlive,
            (SOL_SOCKET, 13) => Self::Linger,
            // 66 and 67 are the `_NEW` forms, the same bytes on 64-bit machines.
            (SOL_SOCKET, 20 | 66) => Self::ReceiveTimeout,
            (SOL_SOCKET, 21 | 67) => Self::SendTimeout,
            (SOL_SOCKET, 30) => Self::AcceptConnections,
            (SOL_SOCKET, 38) => Self::Protocol,
            (SOL_SOCKET, 39) => Self::Domain,
            (IPPROTO_TCP, 1) => Self::NoDelay,
            (IPPROTO_TCP, 4) => Self::KeepAliveTime(0),
            (IPPROTO_TCP, 5) => Self::KeepAliveTime(1),
            (IPPROTO_TCP, 6) => Self::KeepAliveTime(2),
            (IPPROTO_IPV6, 26) => Self::V6Only,
            _ => {
                let what = format!("socket option {name} of level {level}");
                return Err(Refusal::unmodelled(what, Errno::ENOPROTOOPT));
            }
        })
    }
}

/// Sets an option that is a matter of [`Options`] alone. `bound` says whether the socket has an address already.
///
/// # Errors
/// As `setsockopt(2)`.
pub fn set(
    options: &mut Options,
    family: Family,
    bound: Option<u16>,
    name: Name,
    value: &[u8],
) -> Result<(), Refusal> {
    match name {
        Name::ReuseAddress => options.reuse_address = int(value)? != 0,
        Name::KeepAlive => options.keep_alive = int(value)? != 0,
        Name::NoDelay => options.no_delay = int(value)? != 0,
        Name::KeepAliveTime(which) => {
            let time = int(value)?;
            // MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
            let time_max = if which == 2 { 127 } else { 32_767 };
            if !(1..=time_max).contains(&time) {
                return Err(Errno::EINVAL.into());
            }
            options.keep_alive_times[usize::from(which)] = time;
        }
        Name::SendBuffer => {
            options.send_buffer_doubled = Some(doubled(int(value)?, SEND_BUFFER_BYTES_MIN));
        }
        Name::ReceiveBuffer => {
            options.receive_buffer_doubled = Some(doubled(int(value)?, RECEIVE_BUFFER_BYTES_MIN));
        }
        Name::Linger => options.reset_on_close = linger(value)?,
        Name::ReceiveTimeout => options.receive_timeout_ns = timeout_ns(value)?,
        Name::SendTimeout => options.send_timeout_ns = timeout_ns(value)?,
        // `do_ipv6_setsockopt`: only an IPv6 socket knows the option, and only until it has a port.
        Name::V6Only if family == Family::Inet => return Err(Errno::ENOPROTOOPT.into()),
        Name::V6Only if bound.is_some() => return Err(Errno::EINVAL.into()),
        Name::V6Only => options.v6_only = int(value)? != 0,
        // `sk_setsockopt` reads the value before it looks at the name.
        Name::Type | Name::Error | Name::AcceptConnections | Name::Protocol | Name::Domain => {
            return int(value).and(Err(Errno::ENOPROTOOPT)).map_err(Refusal::from);
        }
    }
    Ok(())
}

/// Reads an option that is a matter of [`Options`] alone; `None` for one that asks about the socket's state.
///
/// # Errors
/// As `getsockopt(2)`.
pub fn get(options: &Options, family: Family, name: Name) -> Result<Option<Vec<u8>>, Refusal> {
    let size = |size: usize| i32::try_from(size).expect("buffers are cut to a few MiB");
    Ok(Some(match name {
        Name::ReuseAddress => bytes(i32::from(options.reuse_address)),
        Name::KeepAlive => bytes(i32::from(options.keep_alive)),
        Name::NoDelay => bytes(i32::from(options.no_delay)),
        Name::KeepAliveTime(which) => bytes(options.keep_alive_times[usize::from(which)]),
        Name::SendBuffer => bytes(size(options.send_buffer_doubled.unwrap_or(SEND_BUFFER_BYTES))),
        Name::ReceiveBuffer => bytes(size(options.receive_buffer_doubled.unwrap_or(RECEIVE_BUFFER_BYTES))),
        Name::Linger => [bytes(i32::from(options.reset_on_close)), bytes(0)].concat(),
        Name::ReceiveTimeout => timeval(options.receive_timeout_ns),
        Name::SendTimeout => timeval(options.send_timeout_ns),
        // `do_ip_getsockopt`, unlike its counterpart for setting, which says `ENOPROTOOPT`.
        Name::V6Only if family == Family::Inet => return Err(Errno::EOPNOTSUPP.into()),
        Name::V6Only => bytes(i32::from(options.v6_only)),
        Name::Type | Name::Error | Name::AcceptConnections | Name::Protocol | Name::Domain => {
            return Ok(None);
        }
    }))
}

/// An `int` as `getsockopt(2)` writes it.
#[must_use]
pub fn bytes(value: i32) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

fn int(value: &[u8]) -> Result<i32, Errno> {
    value.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes)).ok_or(Errno::EINVAL)
}

fn long(value: &[u8]) -> Result<i64, Errno> {
    value.first_chunk().map(|bytes| i64::from_ne_bytes(*bytes)).ok_or(Errno::EINVAL)
}

/// `__sock_set_rcvbuf`: a negative ask counts as the largest, since the kernel compares it unsigned.
fn doubled(asked: i32, least: usize) -> usize {
    let asked = usize::try_from(asked).unwrap_or(BUFFER_ASK_BYTES_MAX).min(BUFFER_ASK_BYTES_MAX);
    (asked * 2).max(least)
}

/// `struct linger`: whether a close resets. A close that waits for its bytes is not modelled.
fn linger(value: &[u8]) -> Result<bool, Refusal> {
    if value.len() < 8 {
        return Err(Errno::EINVAL.into());
    }
    match (int(value)?, int(&value[4..])?) {
        (0, _) => Ok(false),
        (_, 0) => Ok(true),
        (_, seconds) => {
            Err(Refusal::unmodelled(format!("SO_LINGER with a time of {seconds} s"), Errno::EINVAL))
        }
    }
}

/// `struct timeval` as `sock_set_timeout` reads it: zero is for ever, negative is at once, a full second in the
/// microseconds is `EDOM`.
fn timeout_ns(value: &[u8]) -> Result<Option<u64>, Errno> {
    if value.len() < 16 {
        return Err(Errno::EINVAL);
    }
    let (seconds, micros) = (long(value)?, long(&value[8..])?);
    if !(0..1_000_000).contains(&micros) {
        return Err(Errno::EDOM);
    }
    if seconds < 0 {
        return Ok(Some(0));
    }
    let ns =
        seconds.unsigned_abs().saturating_mul(1_000_000_000).saturating_add(micros.unsigned_abs() * 1_000);
    Ok((ns != 0).then_some(ns))
}

fn timeval(timeout_ns: Option<u64>) -> Vec<u8> {
    let ns = timeout_ns.unwrap_or(0);
    let (seconds, micros) = (ns / 1_000_000_000, ns % 1_000_000_000 / 1_000);
    [seconds.to_ne_bytes(), micros.to_ne_bytes()].concat()
}
