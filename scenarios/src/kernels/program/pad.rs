//! Work between the steps that matter: atomic operations that nobody waits for.
//!
//! It does not know what the steps are. Invariant: no outcome depends on what it counts.

use super::names::{Arc, AtomicU64, Ordering};

/// Whose counter a thread counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touches {
    /// Its own: that nobody else sees it could be known.
    Own,
    /// One for all.
    Shared,
}

/// A counter to count on.
#[derive(Clone)]
pub(super) struct Pad {
    counter: Arc<AtomicU64>,
    points: u64,
}

impl Pad {
    /// So many operations each time, on a counter of its own.
    pub(super) fn new(points: u64) -> Self {
        Self { counter: Arc::new(AtomicU64::new(0)), points }
    }

    /// The one for another thread.
    pub(super) fn other(&self, touches: Touches) -> Self {
        match touches {
            Touches::Own => Self::new(self.points),
            Touches::Shared => self.clone(),
        }
    }

    /// Does the work.
    pub(super) fn work(&self) {
        for _ in 0..self.points {
            self.counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}
