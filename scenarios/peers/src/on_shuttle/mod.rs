//! The kernels on shuttle.
//!
//! It does not know what is compared with it. Invariant: a run counts as a failure only if it ended as the kernel's bug does:
//! what shuttle itself refuses is an error.

mod names;
#[path = "../../../src/kernels/program/mod.rs"]
mod program;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler, UrwRandomScheduler};
use shuttle::{Config, FailurePersistence, Runner};

use crate::ended::{Ended, ended};
use crate::measured::{Effort, Measured, Range, nanos};

/// How it schedules.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// Any thread, at each point.
    Random,
    /// Uniform random walk.
    Urw,
    /// Priorities that change so often, less one.
    Pct(usize),
}

/// Measures a kernel, if there is one of that name.
pub(crate) fn measure(how: How, kernel: &str, effort: Effort) -> Option<Result<Measured, String>> {
    let run = program::KERNELS.iter().find(|known| known.name == kernel)?.run;
    let runs = usize::try_from(effort.cap).ok()?;
    Some(Measured::over(effort, |seed| match how {
        How::Random => range(RandomScheduler::new_from_seed(seed, runs), run),
        How::Urw => range(UrwRandomScheduler::new_from_seed(seed, runs), run),
        How::Pct(depth) => range(PctScheduler::new_from_seed(seed, depth, runs), run),
    }))
}

fn range(
    scheduler: impl Scheduler + 'static,
    run: fn() -> Result<(), &'static str>,
) -> Result<Range, String> {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    let runner = Runner::new(scheduler, config);
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runner.run(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            if let Err(wrong) = run() {
                panic!("{wrong}");
            }
        })
    }));
    let spent_ns = nanos(began);
    let found = ended(outcome.map(drop))? == Ended::Failed;
    Ok(Range { runs: runs.load(Ordering::Relaxed), found, spent_ns })
}
