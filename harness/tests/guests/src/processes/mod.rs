//! Guests that start other processes.
//!
//! Invariant: what a child does and how it ends depends on its arguments alone.

mod child;
mod starting;

use photofinish::scenario::{Program, Scenario, Variant};

use crate::sound;

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "processes",
    story: "Programs that start others, wait for them, and end them.",
    programs: &[Program { name: "child", main: child::main }],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    sound("statuses", "A child leaves with the status it is told to.", starting::statuses),
    sound("told", "A child has its own arguments, environment and number.", starting::told),
    sound("killed", "A child that sleeps for ever is killed.", starting::killed),
    sound("many", "Twelve children at a time, waited for in any order.", starting::many),
];
