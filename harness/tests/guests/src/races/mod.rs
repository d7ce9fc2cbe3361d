//! Guests with a race in them.
//!
//! Invariant: each is right under the boring schedule and wrong under some other one; `statics` alone is always right.

mod programs;

use photofinish::scenario::{Find, Scenario, Variant};

use crate::{racy, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "races",
    story: "The mistakes people make with threads, each as small as it gets.",
    programs: &[],
    variants: VARIANTS,
};

const fn find(signature: &'static str) -> Find {
    Find { signature, within_runs: 500 }
}

static VARIANTS: &[Variant] = &[
    racy(
        "lost-update",
        "Two threads count by load and store, in a crate that has never heard of us.",
        &[find("lost-update")],
        programs::lost_update,
    ),
    racy(
        "lock-order",
        "Two threads take two locks, each in its own order.",
        &[find("deadlock in photofinish_guests::races::programs::lock_order")],
        programs::lock_order,
    ),
    racy(
        "lock-order-parking-lot",
        "The same with the locks of parking_lot.",
        &[find(
            "deadlock in photofinish_guests::races::programs::left_and_right, photofinish_guests::races::programs::lock_order_parking_lot",
        )],
        programs::lock_order_parking_lot,
    ),
    racy(
        "lost-wakeup",
        "A flag is looked at before the lock is taken, and set without it.",
        &[find(
            "deadlock in photofinish_guests::races::programs::left_and_right, photofinish_guests::races::programs::lost_wakeup",
        )],
        programs::lost_wakeup,
    ),
    racy(
        "check-then-act",
        "Two threads look into a map, find nothing, and both put something there.",
        &[find(
            "panic in photofinish_guests::races::programs::check_then_act: assertion `left == right` failed: the seat was free",
        )],
        programs::check_then_act,
    ),
    racy(
        "workload",
        "Two to eight threads count one to eight visits each, and the search chooses how many.",
        &[find("lost-visits")],
        programs::workload,
    ),
    sound("statics", "Statics are new in every run.", programs::statics),
];
