//! The test that every variant is: starts the processes, watches from outside, judges.
//!
//! It does not know how a handoff is done. Invariant: when it returns, no process of the run lives and its folder is
//! gone.

pub(super) mod case;

mod folder;
mod oracle;
mod probe;
mod seen;
mod stage;
mod story;

pub(super) use story::{Program, run};
