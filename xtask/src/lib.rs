//! The rooms behind `cargo xtask`: its arguments, its commands, and the build that makes a scenario simulable.
//!
//! Knows nothing about how a run is scheduled or judged; that is the harness. It is a library so that the tests
//! under `tests/` reach the same code as the executable.
//! Invariant: every way out of a command is an [`exit::Exit`].

pub mod asked;
pub mod cli;
pub mod commands;
mod duration;
pub mod exit;
pub mod instrumented;
pub mod interrupt;
pub mod moments;
pub mod out;
pub mod pasted;
pub mod readme;
pub mod reporting;
pub mod scenarios;
pub mod sharding;
pub mod stores;
pub mod targets;
pub mod tidy;
pub mod workspace;
