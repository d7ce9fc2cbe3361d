//! Guests that say of themselves what must hold, and where they may go wrong.
//!
//! Invariant: all but `raced` do not depend on the schedule; natively each passes, for its marks do nothing there.

mod programs;

use photofinish::scenario::{Find, Scenario, Variant};

use crate::{doomed, racy, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "marks",
    story: "Programs with fault points and assertions in them.",
    programs: &[],
    variants: VARIANTS,
};

const fn find(signature: &'static str) -> Find {
    Find { signature, within_runs: 200 }
}

static VARIANTS: &[Variant] = &[
    doomed(
        "always",
        "What must always hold does not, three times, and the program goes on.",
        &[find("always in harness/tests/guests/src/marks/programs.rs: a number is even")],
        programs::always,
    ),
    racy(
        "raced",
        "What must always hold does not if two threads meet.",
        &[find("always in harness/tests/guests/src/marks/programs.rs: no update is lost")],
        programs::raced,
    ),
    doomed(
        "always-panic",
        "What must always hold does not, and then the program panics.",
        &[find("always in harness/tests/guests/src/marks/programs.rs: a number is small")],
        programs::always_panic,
    ),
    doomed(
        "unreachable",
        "The program comes by where it must not.",
        &[find("unreachable in harness/tests/guests/src/marks/programs.rs: there is no third state")],
        programs::unreachable,
    ),
    doomed(
        "eventually",
        "What must hold in the end did, and does no more.",
        &[find("eventually in harness/tests/guests/src/marks/programs.rs: the queue is empty")],
        programs::eventually,
    ),
    sound("eventually-held", "What must hold in the end does.", programs::eventually_held),
    doomed(
        "eventually-panic",
        "The program panics before the end could come.",
        &[find("panic in *")],
        programs::eventually_panic,
    ),
    sound("sometimes", "One rare case is never met, another one now and then.", programs::sometimes),
    sound("buggify", "Things go wrong in some runs.", programs::buggify),
    sound("choose", "Threads choose numbers, at several places and before anything else.", programs::choose),
    sound("nothing", "Nothing of a mark is evaluated more than once.", programs::nothing),
];
