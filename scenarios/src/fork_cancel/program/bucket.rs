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
        if let Some(ready_at) = self.debit(Instant::now(), bytes) {
            time::sleep_until(ready_at).await;
        }
    }

    /// When the bytes that are taken now are there, if they are not.
    fn debit(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.full_at = self.full_at.max(now) + self.byte * bytes;
        let burst = self.byte * (BURST * DATAGRAM_MAX as u32);
        self.full_at.checked_sub(burst).filter(|&ready_at| ready_at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let mut bucket = Bucket::new(100 * DATAGRAM_MAX as u32, Pace::REAL);
        let now = Instant::now() + Duration::from_secs(1);
        for _ in 0..BURST {
            assert_eq!(bucket.debit(now, DATAGRAM_MAX), None);
        }
        let byte = Pace::REAL.seconds(1) / (100 * DATAGRAM_MAX as u32);
        for nth in 1..=100 {
            let expected = now + byte * (nth * DATAGRAM_MAX as u32);
            assert_eq!(bucket.debit(now, DATAGRAM_MAX), Some(expected));
        }
        assert_eq!(bucket.debit(now + Duration::from_secs(2), DATAGRAM_MAX), None);
    }
}
