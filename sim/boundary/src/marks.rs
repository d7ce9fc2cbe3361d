//! The marks of the program: how they reach the kernel, and which there are.
//!
//! Does not know how a program passes one. Invariant: outside a run nothing happens at a mark.

use std::borrow::Cow;

use photofinish_marks::{Choice, Site};
use photofinish_sim::choice::Odds;
use photofinish_sim::mark::{Asks, Mark, Outcome};

use crate::carrier;
use crate::executable::Mapped;
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

/// What the search chooses for the program; the first, outside a run.
#[must_use]
pub fn choose(choice: &Choice<'_>) -> i128 {
    if !active() {
        return choice.from;
    }
    let Choice { from, bound, place, words } = *choice;
    let (number, over) = with_kernel(|kernel| {
        let number = kernel.chosen(from, bound);
        if words.is_none() {
            kernel.tell_chosen((number, from, bound), &place.to_string(), None);
        }
        (number, kernel.ending().is_some())
    });
    if over {
        // A replay that diverges here ends the run.
        carrier::transfer_to_host();
    }
    if let Some(words) = words {
        // What the program says of it is its own code, and runs as such.
        let words = words(number);
        with_kernel(|kernel| kernel.tell_chosen((number, from, bound), &place.to_string(), Some(&words)));
    }
    number
}

/// A mark as the kernel knows it.
#[must_use]
pub fn of(site: &'static Site) -> Mark {
    let asks = match site.asks {
        photofinish_marks::Asks::Buggify => Asks::Buggify,
        photofinish_marks::Asks::Always => Asks::Always,
        photofinish_marks::Asks::Sometimes => Asks::Sometimes,
        photofinish_marks::Asks::Eventually => Asks::Eventually,
        photofinish_marks::Asks::Reachable => Asks::Reachable,
        photofinish_marks::Asks::Unreachable => Asks::Unreachable,
    };
    let (file, message) = (Cow::Borrowed(site.file), Cow::Borrowed(site.message));
    Mark { file, line: site.line, column: site.column, message, asks }
}

/// What the static of a mark is called, with the length that mangled names have before it.
const STATIC: &str = "18PHOTOFINISH_MARK_1";

/// Every mark of this executable whose code was linked, whether the program ever comes by or not. None if it was stripped.
pub(crate) fn all() -> Vec<Mark> {
    let Ok(executable) = Mapped::of_executable() else { return Vec::new() };
    let statics = executable.symbols(STATIC);
    let sites = statics.iter().filter(|symbol| symbol.size == size_of::<Site>()).map(|symbol| {
        // SAFETY: only the macros of photofinish-marks give a static this name, whose number stands for the layout of `Site`.
        unsafe { &*(symbol.address as *const Site) }
    });
    let mut marks: Vec<Mark> = sites.map(of).collect();
    marks.sort();
    marks.dedup();
    marks
}
