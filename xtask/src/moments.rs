//! Moments and durations of the real clock as whole milliseconds, as files and databases keep them.
//!
//! Knows no virtual time. Invariant: what is out of range becomes the end of it, and never a panic.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time: milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A duration in milliseconds.
#[must_use]
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
