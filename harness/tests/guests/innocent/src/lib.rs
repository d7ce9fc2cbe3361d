//! A counter that loses updates, as a crate that has never heard of any simulator.
//!
//! Invariant: none that holds; that is the point.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts to twice `rounds` on two threads, badly, and returns how far it came.
#[must_use]
pub fn count_badly(rounds: u64) -> u64 {
    let counter = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..rounds {
                    let seen = counter.load(Ordering::SeqCst);
                    counter.store(seen + 1, Ordering::SeqCst);
                }
            });
        }
    });
    counter.load(Ordering::SeqCst)
}
