//! The example of README: an ordinary test with a race.
//!
//! Invariant: `harness/tests/snapshots/downstream__visits.snap` holds what it prints.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;

#[photofinish::test(strategy = "walk:4")]
fn every_visit_counts() {
    let visits = AtomicU32::new(0);
    let visit = || visits.store(visits.load(SeqCst) + 1, SeqCst);
    thread::scope(|scope| {
        scope.spawn(visit);
        scope.spawn(visit);
    });
    assert_eq!(visits.into_inner(), 2, "visits counted");
}
