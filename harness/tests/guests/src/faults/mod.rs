//! Guests that faults strike by themselves. There is no world outside a simulation: these do not run natively.
//!
//! Invariant: what a guest expects holds in every order in which its threads and packets can go, whatever strikes.

mod counter;
mod plan;

use photofinish::scenario::{Find, Scenario, Variant};

use crate::{doomed, racy, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "faults",
    story: "Hosts that crash and stand still whenever the seed says so.",
    programs: &[],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    racy(
        "answer-first",
        "A counter with a backup answers before the backup knows: a crash in between forgets what was answered.",
        &[Find { signature: "lost write", within_runs: 60 }],
        counter::answer_first,
    ),
    sound("backup-first", "The same, but the backup is told first.", counter::backup_first),
    sound("recovery", "After the end of all faults every host runs.", plan::recovery),
    sound("flicker", "A host crashes in the very instant in which it is back.", plan::flicker),
    doomed(
        "stuck",
        "Everybody waits for ever while faults could still strike: that is a deadlock.",
        &[Find { signature: "deadlock*", within_runs: 1 }],
        plan::stuck,
    ),
];
