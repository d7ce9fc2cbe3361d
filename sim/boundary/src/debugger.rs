//! Where a debugger stops: two functions that do nothing but have a name.
//!
//! Does not know any debugger. Invariant: a run in which nobody stops is the run without this.

use core::hint::black_box;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::run::run;

/// The step of the run from which on the next question stops, once.
static STOP_AT: AtomicU64 = AtomicU64::new(NEVER);
const NEVER: u64 = u64::MAX;

/// Asks the run that begins to stop at the first question from this step on.
pub(crate) fn stop_at(step: Option<u64>) {
    STOP_AT.store(step.unwrap_or(NEVER), Ordering::Relaxed);
}

/// Called where the kernel has just decided something, on the thread that it was asked about, before that thread does it.
#[inline]
pub(crate) fn look() {
    let at = STOP_AT.load(Ordering::Relaxed);
    if at != NEVER && run().kernel.figures().points >= at {
        STOP_AT.store(NEVER, Ordering::Relaxed);
        photofinish_debugger_stop();
    }
}

/// A debugger's breakpoint: the decision that was asked for has been made, and is about to be done.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn photofinish_debugger_stop() {
    // Not what the other one does: LLVM would make one function of both.
    black_box(&STOP_AT);
}

/// A debugger's breakpoint: the process of the run is forked next, and is what the debugger wants to follow.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn photofinish_debugger_fork() {
    black_box(());
}
