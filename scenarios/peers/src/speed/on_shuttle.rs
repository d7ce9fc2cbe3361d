//! The programs of threads on shuttle.
//!
//! It does not know what is compared with it. Invariant: of a long program one run is timed, of a short one many in one process, as its
//! runner makes them.

use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::timed::Timed;
use amounts::POINTS;

#[path = "../../../../harness/benches/load/src/amounts.rs"]
#[expect(dead_code, reason = "some of it is for hosts")]
mod amounts;
#[path = "../../../../harness/benches/load/src/points.rs"]
mod points;

/// What the programs call threads, locks and atomics: shuttle's.
mod names {
    pub(super) use shuttle::sync::atomic::{AtomicU64, Ordering};
    pub(super) use shuttle::sync::{Arc, Condvar, Mutex};
    pub(super) use shuttle::thread;
}

/// Runs of a short program.
const RUNS: usize = 4_000;
/// Changes of priorities, and one.
const DEPTH: usize = 3;

/// Any thread, at each point.
pub(crate) fn random(program: &str) -> Option<Result<Timed, String>> {
    time(program, |runs| RandomScheduler::new_from_seed(1, runs))
}

/// Priorities.
pub(crate) fn pct(program: &str) -> Option<Result<Timed, String>> {
    time(program, |runs| PctScheduler::new_from_seed(1, DEPTH, runs))
}

fn time<S: Scheduler + 'static>(
    program: &str,
    scheduler: impl Fn(usize) -> S,
) -> Option<Result<Timed, String>> {
    let short = |run: fn()| many(scheduler(RUNS), RUNS as u64, run);
    match program {
        "empty" => return Some(Ok(short(|| ()))),
        "tiny" => return Some(Ok(short(points::tiny))),
        "buffer" => return Some(Ok(short(points::buffer))),
        _ => {}
    }
    let (name, threads) = program.split_once('-')?;
    let threads: u64 = threads.parse().ok().filter(|threads| *threads > 0)?;
    let run = match name {
        "yields" => points::yields,
        "locks" => points::locks,
        "adds" => points::adds,
        _ => return None,
    };
    Some(Ok(many(scheduler(1), POINTS, move || run(threads, POINTS / threads))))
}

fn many(
    scheduler: impl Scheduler + 'static,
    operations: u64,
    run: impl Fn() + Send + Sync + 'static,
) -> Timed {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    let runner = Runner::new(scheduler, config);
    let began = Instant::now();
    runner.run(run);
    Timed::since(began, operations)
}
