//! Programs that are timed outside a simulation: one that locks all the time, and one that computes.
//!
//! They do not know how they were built. Invariant: what is printed is a line of JSON with the operations and their nanoseconds.

use std::time::Instant;

use super::amounts::{OUTSIDE_LOCKS, SORTED};

/// Threads that lock.
const THREADS: u64 = 4;

/// Runs what is named, if there is such a program, and prints what it took.
pub(crate) fn run(name: &str) -> bool {
    let began = Instant::now();
    let operations = match name {
        "locks" => locks(),
        "sort" => sort(),
        _ => return false,
    };
    println!("{{\"operations\":{operations},\"spent_ns\":{}}}", began.elapsed().as_nanos());
    true
}

/// Threads that share a lock and next to nothing else.
fn locks() -> u64 {
    let lock = std::sync::Mutex::new(0_u64);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                (0..OUTSIDE_LOCKS / THREADS).for_each(|_| *lock.lock().expect("nobody panics") += 1);
            });
        }
    });
    lock.into_inner().expect("nobody panics")
}

/// One thread that sorts.
pub(crate) fn sort() -> u64 {
    let mut state = 1_u64;
    let mut draw = || {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut numbers: Vec<u64> = (0..SORTED).map(|_| draw()).collect();
    numbers.sort_unstable();
    assert!(numbers.is_sorted(), "that is what sorting is");
    SORTED as u64
}
