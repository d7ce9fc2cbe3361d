//! One file per command: takes its arguments, says what it did, returns an [`crate::exit::Exit`].
//!
//! A command does not parse arguments and does not end the process.
//! Invariant: an error type of a command implements [`crate::exit::ExitCause`].

pub mod bench;
pub mod bless;
pub mod ci;
pub mod compare;
pub mod compare_strategies;
pub mod corpus;
pub mod emit;
pub mod foreign;
pub mod list;
pub mod merge;
pub mod nightly;
pub mod report;
pub mod repro;
pub mod shrink;
pub mod sim;
pub mod sweep;
pub mod tidy;
pub mod wild;
