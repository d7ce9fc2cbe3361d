//! The marks of the program: how they reach the kernel.
//!
//! Does not know how a program sets one. Invariant: outside a run nothing happens at a mark.

use photofinish_sim::choice::Odds;
use photofinish_sim::mark::{Mark, Outcome};

use crate::carrier;
use crate::run::{active, with_kernel};

/// The program passed a mark; `detail` is what it says of it, if anything.
pub fn passed(mark: &Mark, outcome: Outcome, detail: &str) {
    if active() {
        with_kernel(|kernel| kernel.passed(mark, outcome, detail));
    }
}

/// Whether a fault point of the program strikes.
#[must_use]
pub fn buggify(mark: &Mark, odds: Odds) -> bool {
    if !active() {
        return false;
    }
    let (strikes, over) = with_kernel(|kernel| (kernel.buggify(mark, odds), kernel.ending().is_some()));
    if over {
        // A replay that diverges here ends the run.
        carrier::transfer_to_host();
    }
    strikes
}
