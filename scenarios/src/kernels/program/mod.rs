//! Small programs with one bug each, written once against the names of std.
//!
//! Whoever includes this folder says in `names` what those names stand for: std's own types, or a peer's. Invariant: no
//! kernel asks for time, for randomness or for anything outside of itself, so that only the schedule decides.

use super::names;

mod atomicity;
mod late_listener;
mod lock_order;
mod lost_wakeup;
mod pad;
mod sctbench;

use sctbench::work_stealing;

/// A small program with a bug.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernel {
    /// What it is called.
    pub(super) name: &'static str,
    /// Runs it once: it says what went wrong, or never returns, where the bug is a deadlock.
    pub(super) run: fn() -> Result<(), &'static str>,
}

/// All of them.
pub(super) static KERNELS: &[Kernel] = &[
    Kernel { name: "lost-wakeup", run: || lost_wakeup::run(0) },
    Kernel { name: "lost-wakeup-padded", run: || lost_wakeup::run(50) },
    Kernel { name: "ab-ba", run: || lock_order::run(0, pad::Touches::Own) },
    Kernel { name: "ab-ba-padded", run: || lock_order::run(50, pad::Touches::Own) },
    Kernel { name: "ab-ba-shared", run: || lock_order::run(50, pad::Touches::Shared) },
    Kernel { name: "atomicity-2-padded", run: || atomicity::run(2, 25) },
    Kernel { name: "atomicity-3", run: || atomicity::run(3, 0) },
    Kernel { name: "atomicity-3-padded", run: || atomicity::run(3, 25) },
    Kernel { name: "late-listener", run: || late_listener::run(0) },
    Kernel { name: "late-listener-busy", run: || late_listener::run(6) },
    Kernel { name: "account", run: sctbench::account::run },
    Kernel { name: "bluetooth-driver", run: sctbench::bluetooth_driver::run },
    Kernel { name: "carter01", run: sctbench::carter::run },
    Kernel { name: "circular-buffer", run: sctbench::circular_buffer::run },
    Kernel { name: "din-phil-3", run: || sctbench::philosophers::run(3) },
    Kernel { name: "din-phil-4", run: || sctbench::philosophers::run(4) },
    Kernel { name: "lazy01", run: sctbench::lazy::run },
    Kernel { name: "reorder-3", run: || sctbench::reorder::run(2) },
    Kernel { name: "reorder-4", run: || sctbench::reorder::run(3) },
    Kernel { name: "stack", run: sctbench::stack::run },
    Kernel { name: "stringbuffer", run: sctbench::string_buffer::run },
    Kernel { name: "token-ring", run: sctbench::token_ring::run },
    Kernel { name: "twostage", run: sctbench::two_stage::run },
    Kernel { name: "work-steal-queue", run: || work_stealing::run(work_stealing::Filled::All) },
    Kernel { name: "work-steal-queue-fixed", run: || work_stealing::run(work_stealing::Filled::AllButOne) },
    Kernel { name: "wronglock-3", run: || sctbench::wrong_lock::run(3) },
];
