//! The bytes of options: the Linux ABI's, native endian.
//!
//! Does not know which option they are for. Invariant: what is written here is read back the same.

use crate::errno::Errno;
use crate::net::limits::BUFFER_ASK_BYTES_MAX;
use crate::ready::Refusal;

/// An `int` as `getsockopt(2)` writes it.
#[must_use]
pub fn bytes(value: i32) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

pub(crate) fn int(value: &[u8]) -> Result<i32, Errno> {
    value.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes)).ok_or(Errno::EINVAL)
}

/// As `do_ip_setsockopt` reads its options: an `int`, or one byte, or nothing for 0.
pub(super) fn int_or_byte(value: &[u8]) -> i32 {
    int(value).unwrap_or_else(|_| value.first().map_or(0, |byte| i32::from(*byte)))
}

fn long(value: &[u8]) -> Result<i64, Errno> {
    value.first_chunk().map(|bytes| i64::from_ne_bytes(*bytes)).ok_or(Errno::EINVAL)
}

/// `sk_setsockopt` and `__sock_set_rcvbuf`: a negative ask counts as the largest, since the kernel compares it unsigned.
pub(crate) fn doubled(asked: i32, least: usize) -> usize {
    let asked = usize::try_from(asked).unwrap_or(BUFFER_ASK_BYTES_MAX).min(BUFFER_ASK_BYTES_MAX);
    (asked * 2).max(least)
}

/// `struct linger`: how long to linger, if at all.
pub(super) fn linger(value: &[u8]) -> Result<Option<u32>, Refusal> {
    if value.len() < 8 {
        return Err(Errno::EINVAL.into());
    }
    match (int(value)?, int(&value[4..])?) {
        (0, _) => Ok(None),
        (_, seconds) => u32::try_from(seconds).map(Some).map_err(|_| {
            // Linux takes it unsigned and reports a number that depends on the rate of its clock.
            Refusal::unmodelled(format!("SO_LINGER with a time of {seconds} s"), Errno::EINVAL)
        }),
    }
}

/// `struct timeval` as `sock_set_timeout` reads it: zero is for ever, negative is at once, a full second in the
/// microseconds is `EDOM`.
pub(crate) fn timeout_ns(value: &[u8]) -> Result<Option<u64>, Errno> {
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

pub(crate) fn timeval(timeout_ns: Option<u64>) -> Vec<u8> {
    let ns = timeout_ns.unwrap_or(0);
    let (seconds, micros) = (ns / 1_000_000_000, ns % 1_000_000_000 / 1_000);
    [seconds.to_ne_bytes(), micros.to_ne_bytes()].concat()
}
