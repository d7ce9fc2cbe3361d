//! The kernels on loom.
//!
//! It does not know what is compared with it. Loom draws nothing: its runs have an order, so there is one range whatever was asked
//! for. Invariant: as for shuttle, a run counts as a failure only if it ended as the kernel's bug does.

mod names;
#[path = "../../../src/kernels/program/mod.rs"]
mod program;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Instant;

use loom::model::Builder;

use crate::ended::{is_bug, words};
use crate::measured::{Effort, Measured, Range, nanos};

/// More switches than any run of a kernel has: the default of 1,000 is less than one needs.
const BRANCHES_MAX: usize = 100_000;

/// Measures a kernel, if there is one of that name.
pub(crate) fn measure(kernel: &str, effort: Effort) -> Option<Result<Measured, String>> {
    let run = program::KERNELS.iter().find(|known| known.name == kernel)?.run;
    Some(Measured::over(Effort { ranges: 1, ..effort }, |_| range(run, effort.cap)))
}

fn range(run: fn() -> Result<(), &'static str>, cap: u64) -> Result<Range, String> {
    let mut model = Builder::new();
    model.max_branches = BRANCHES_MAX;
    model.max_permutations = usize::try_from(cap).ok();
    let runs = Arc::new(AtomicU64::new(0));
    let (counted, seen) = (Arc::clone(&runs), Arc::clone(&runs));
    let (found, ended) = mpsc::channel();
    let passed = found.clone();
    let began = Instant::now();
    // The threads of a deadlock cannot be unwound, which would end the process: whoever panics says so, and stays where it is.
    std::panic::set_hook(Box::new(move |panic| {
        let made = Range { runs: seen.load(Ordering::SeqCst), found: true, spent_ns: nanos(began) };
        let said = words(panic.payload());
        // Nobody waits for a second one.
        let _ = found.send(if is_bug(said) { Ok(made) } else { Err(said.to_owned()) });
        loop {
            std::thread::park();
        }
    }));
    std::thread::spawn(move || {
        model.check(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            if let Err(wrong) = run() {
                panic!("{wrong}");
            }
        });
        let made = Range { runs: runs.load(Ordering::SeqCst), found: false, spent_ns: nanos(began) };
        let _ = passed.send(Ok(made));
    });
    ended.recv().unwrap_or_else(|_| Err(String::from("loom ended without a word")))
}
