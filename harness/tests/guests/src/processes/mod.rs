//! Guests that start other processes.
//!
//! Invariant: what a child does and how it ends depends on its arguments alone.

mod child;
pub mod locker;
mod piped;
mod starting;

use std::path::Path;
use std::process::Command;

use photofinish::scenario::{Program, Scenario, Variant};

use crate::sound;

/// The programs that guests start.
pub static PROGRAMS: &[Program] = &[Program { name: "child", main: child::main }];

/// Starts the program with these arguments: by its registered name in a simulation, from this executable natively.
#[must_use]
pub fn child(arguments: &[&str]) -> Command {
    let registered = Path::new("/programs/child");
    let simulated = std::env::temp_dir() == Path::new("/tmp/photofinish");
    let path = if simulated { registered.to_owned() } else { std::env::current_exe().expect("it runs") };
    let mut command = Command::new(path);
    command.arg("child").args(arguments);
    command
}

/// The program's main function, natively.
pub fn main() {
    child::main();
}

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "processes",
    story: "Programs that start others, wait for them, and end them.",
    programs: PROGRAMS,
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    sound("statuses", "A child leaves with the status it is told to.", starting::statuses),
    sound("oneself", "A child begins as who its parent is.", starting::oneself),
    sound("told", "A child has its own arguments, environment and number.", starting::told),
    sound("killed", "A child that sleeps for ever is killed.", starting::killed),
    sound("piped", "A child echoes what it is given.", piped::piped),
    sound("terminated", "A child handles SIGTERM.", piped::terminated),
    sound("crowd", "A process is killed while its threads hold a lock.", piped::crowd),
    sound("grandchild", "A child starts a child of its own.", piped::grandchild),
    sound("placed", "A child begins where it is told to.", piped::placed),
    sound("duplicated", "A forked child gives itself another standard output.", piped::duplicated),
    sound("watched", "The end of a child wakes who polls its descriptor.", piped::watched),
    sound("broken", "A child whose reader is gone panics as it prints.", piped::broken),
    sound("leaving", "Two processes leave at once.", piped::leaving),
    sound("many", "Twelve children at a time, waited for in any order.", starting::many),
];
