//! Whose code is running: nobody's run, the program under test, or ourselves.
//!
//! Does not know threads: while a run is on there is one. Invariant: [`Phase::Program`] is set only between the resumption of
//! a context of the program and its next entry into the boundary.

use core::sync::atomic::{AtomicU8, Ordering};

static PHASE: AtomicU8 = AtomicU8::new(Phase::Outside as u8);

/// Whose code is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// No run is on: every owned symbol falls through to the C library.
    Outside = 0,
    /// The program under test: owned symbols are answered by the kernel.
    Program = 1,
    /// Ourselves, serving the program: owned symbols fall through, memory comes from our own heap.
    Simulator = 2,
    /// As outside, while the proof at start notes which owned symbols std reaches.
    Proof = 3,
}

#[inline]
pub(crate) fn is(phase: Phase) -> bool {
    PHASE.load(Ordering::Relaxed) == phase as u8
}

/// Sets whose code runs from here on and returns whose ran before.
#[inline]
pub(crate) fn set(phase: Phase) -> Phase {
    // Relaxed, and not an exchange: only the thread that runs the run reads what it wrote.
    let before = PHASE.load(Ordering::Relaxed);
    PHASE.store(phase as u8, Ordering::Relaxed);
    match before {
        1 => Phase::Program,
        2 => Phase::Simulator,
        3 => Phase::Proof,
        _ => Phase::Outside,
    }
}

/// Runs `f` as ourselves: what it allocates does not move the program's heap, and what it calls is the real C library.
pub fn as_simulator<T>(f: impl FnOnce() -> T) -> T {
    let before = set(Phase::Simulator);
    let answer = f();
    set(before);
    answer
}
