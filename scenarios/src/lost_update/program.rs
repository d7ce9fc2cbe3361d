//! Two visitors and a counter: the program of README.
//!
//! Knows no simulator. Invariant: none that holds; that is the point.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;

static VISITS: AtomicU64 = AtomicU64::new(0);

fn visit() {
    let seen = VISITS.load(SeqCst);
    VISITS.store(seen + 1, SeqCst);
}

pub(super) fn run() -> u64 {
    let other = thread::spawn(visit);
    visit();
    other.join().unwrap();
    VISITS.load(SeqCst)
}
