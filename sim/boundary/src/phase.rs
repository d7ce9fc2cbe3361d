//! Whose code is running: nobody's run, the program under test, or ourselves.
//!
//! Does not know threads: while a run is on there is one. Invariant: [`Phase::Program`] is set only between the resumption of
//! a context of the program and its next entry into the boundary.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::step;

/// A word whose lowest byte is what the kernel looks at before a system call of a guarded thread: `SYSCALL_DISPATCH_FILTER_ALLOW`
/// (0) or `SYSCALL_DISPATCH_FILTER_BLOCK` (1); any other value kills. One store is both, so that they never disagree.
pub(crate) static PHASE: AtomicU32 = AtomicU32::new(Phase::Outside as u32);

const _: () = assert!(cfg!(target_endian = "little"), "the lowest byte of PHASE comes first");

/// Where the kernel finds the selector of Syscall User Dispatch: the lowest byte of the phase.
pub(crate) fn selector() -> *const u8 {
    PHASE.as_ptr().cast()
}

/// Whose code is running. Only the program's has the lowest bit set, which the kernel looks at (`guard`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Phase {
    /// No run is on: every owned symbol falls through to the C library.
    Outside = 0,
    /// The program under test: owned symbols are answered by the kernel.
    Program = 1,
    /// Ourselves, serving the program: owned symbols fall through, memory comes from our own heap.
    Simulator = 0x100,
    /// As outside, while the proof at start notes which owned symbols std reaches.
    Proof = 0x200,
}

#[inline]
pub(crate) fn is(phase: Phase) -> bool {
    PHASE.load(Ordering::Relaxed) == phase as u32
}

/// Sets whose code runs from here on and returns whose ran before.
#[inline]
pub(crate) fn set(phase: Phase) -> Phase {
    match replace(phase as u32) {
        before if before == Phase::Program as u32 => Phase::Program,
        before if before == Phase::Simulator as u32 => Phase::Simulator,
        before if before == Phase::Proof as u32 => Phase::Proof,
        _ => Phase::Outside,
    }
}

/// As [`set`], by the phases' own numbers.
#[inline]
fn replace(phase: u32) -> u32 {
    // Relaxed, and not an exchange: only the thread that runs the run reads what it wrote.
    let before = PHASE.load(Ordering::Relaxed);
    PHASE.store(phase, Ordering::Relaxed);
    before
}

/// Runs `f` as ourselves: what it allocates does not move the program's heap, and what it calls is the real C library.
#[inline]
pub fn as_simulator<T>(f: impl FnOnce() -> T) -> T {
    let before = replace(Phase::Simulator as u32);
    let answer = f();
    replace(before);
    if before == Phase::Program as u32 {
        step::go_on();
    }
    answer
}
