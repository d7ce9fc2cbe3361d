//! The programs of threads on loom.
//!
//! It does not know what is compared with it. Loom draws nothing and goes through the interleavings of short programs in its order, so that
//! a scheduling point is timed in many short runs. Invariant: runs are counted where they begin.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use loom::model::Builder;

use crate::timed::Timed;
use amounts::POINTS_LOOM;

#[path = "../../../../harness/benches/load/src/amounts.rs"]
#[expect(dead_code, reason = "some of it is for hosts")]
mod amounts;
#[path = "../../../../harness/benches/load/src/points.rs"]
mod points;

/// What the programs call threads, locks and atomics: loom's.
mod names {
    pub(super) use loom::sync::atomic::{AtomicU64, Ordering};
    pub(super) use loom::sync::{Arc, Condvar, Mutex};
    pub(super) use loom::thread;
}

/// Runs, if there are so many interleavings.
const RUNS: usize = 2_000;
/// More threads are more than it has.
const THREADS: u64 = 2;

/// Times a program, if loom has one of that name.
pub(crate) fn time(program: &str) -> Option<Result<Timed, String>> {
    let each = POINTS_LOOM / THREADS;
    let timed = match program {
        "tiny" => many(1, points::tiny),
        "buffer" => many(1, points::buffer),
        "yields-2" => many(POINTS_LOOM, move || points::yields(THREADS, each)),
        "locks-2" => many(POINTS_LOOM, move || points::locks(THREADS, each)),
        "adds-2" => many(POINTS_LOOM, move || points::adds(THREADS, each)),
        _ => return None,
    };
    Some(Ok(timed))
}

/// So many operations in each run. A program with fewer interleavings is gone through again.
fn many(operations: u64, run: impl Fn() + Send + Sync + 'static) -> Timed {
    let (run, runs) = (Arc::new(run), Arc::new(AtomicU64::new(0)));
    let began = Instant::now();
    while runs.load(Ordering::Relaxed) < RUNS as u64 {
        let (run, counted) = (Arc::clone(&run), Arc::clone(&runs));
        let mut model = Builder::new();
        model.max_branches = 100_000;
        model.max_permutations = Some(RUNS);
        // It looks at that only so often.
        model.checkpoint_interval = RUNS;
        model.check(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            run();
        });
    }
    Timed::since(began, operations * runs.load(Ordering::Relaxed))
}
