//! The kernels on plain threads: what luck finds.
//!
//! It does not know what is compared with it. Invariant: a run that gets nowhere for [`HUNG`] counts as a deadlock, and the time
//! spent on waiting for it does not.

mod names;
#[path = "../../../src/kernels/program/mod.rs"]
mod program;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::measured::{Effort, Measured, Range, nanos};

/// Longer than any run that still makes progress, on a machine that has other things to do.
const HUNG: Duration = Duration::from_secs(1);

/// Measures a kernel, if there is one of that name.
pub(crate) fn measure(kernel: &str, effort: Effort) -> Option<Result<Measured, String>> {
    let run = program::KERNELS.iter().find(|known| known.name == kernel)?.run;
    Some(Measured::over(effort, |_| range(run, effort.cap)))
}

/// How far the runs of a range have come, for who watches them.
#[derive(Default)]
struct Progress {
    begun: AtomicU64,
    begun_at_ns: AtomicU64,
}

fn range(run: fn() -> Result<(), &'static str>, cap: u64) -> Result<Range, String> {
    let progress = Arc::new(Progress::default());
    let (done, ended) = mpsc::channel();
    let watched = Arc::clone(&progress);
    // It is left behind with its threads where it hangs: there is no other way to end them.
    thread::spawn(move || {
        let began = Instant::now();
        let mut made = Range { runs: 0, found: false, spent_ns: 0 };
        while made.runs < cap && !made.found {
            made.runs += 1;
            watched.begun_at_ns.store(nanos(began), Ordering::SeqCst);
            watched.begun.store(made.runs, Ordering::SeqCst);
            made.found = run().is_err();
        }
        made.spent_ns = nanos(began);
        // Nobody listens any more to one that was taken to hang.
        let _ = done.send(made);
    });
    let mut seen = 0;
    loop {
        match ended.recv_timeout(HUNG) {
            Ok(made) => return Ok(made),
            Err(RecvTimeoutError::Disconnected) => return Err(String::from("a kernel panicked")),
            Err(RecvTimeoutError::Timeout) => {
                let runs = progress.begun.load(Ordering::SeqCst);
                if runs == seen {
                    let spent_ns = progress.begun_at_ns.load(Ordering::SeqCst);
                    return Ok(Range { runs, found: true, spent_ns });
                }
                seen = runs;
            }
        }
    }
}
