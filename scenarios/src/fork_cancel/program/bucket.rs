//! A token bucket: so many bytes a second, and a few at once.
//!
//! It does not know who sends. Invariant: over any time it lets no more through than its rate and one burst.

use std::time::Duration;

use tokio::time::{self, Instant};

use super::fragment::DATAGRAM_MAX;
use super::pace::Pace;

/// How many datagrams may be sent at once.
const BURST: u32 = 8;

/// A token bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    /// How long one byte takes.
    byte: Duration,
    /// When it is full again.
    full_at: Instant,
}

impl Bucket {
    /// A full bucket that lets so many bytes through in a second.
    pub(super) fn new(bytes_per_second: u32, pace: Pace) -> Self {
        Self { byte: pace.seconds(1) / bytes_per_second.max(1), full_at: Instant::now() }
    }

    /// Takes so many bytes out of it, when they are there.
    pub(super) async fn take(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.full_at = self.full_at.max(Instant::now()) + self.byte * bytes;
        let burst = self.byte * (BURST * DATAGRAM_MAX as u32);
        if let Some(ready_at) = self.full_at.checked_sub(burst).filter(|&at| at > Instant::now()) {
            time::sleep_until(ready_at).await;
        }
    }
}
