//! The clock of `std` beside turmoil's.
//!
//! Does not know hosts. Invariant: where nobody simulates, no real time is waited for.

use std::time::{Duration, Instant};

/// Keeps `std::time` in pace with turmoil's time, where it is virtual.
#[derive(Debug)]
pub(crate) struct Clock {
    /// When turmoil's time began; none where time is real.
    began: Option<Instant>,
}

impl Clock {
    /// turmoil's time begins.
    pub(crate) fn start() -> Self {
        Self { began: photofinish_marks::hooks().map(|_| Instant::now()) }
    }

    /// So much of turmoil's time has passed.
    pub(crate) fn reach(&self, elapsed: Duration) {
        if let Some(began) = self.began {
            std::thread::sleep((began + elapsed).saturating_duration_since(Instant::now()));
        }
    }
}
