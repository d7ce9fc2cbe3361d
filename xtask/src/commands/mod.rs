//! One file per command: takes its arguments, says what it did, returns an [`crate::exit::Exit`].
//!
//! A command does not parse arguments and does not end the process.
//! Invariant: an error type of a command implements [`crate::exit::ExitCause`].

pub mod bench;
pub mod bless;
pub mod ci;
pub mod compare;
pub mod corpus;
pub mod list;
pub mod report;
pub mod shrink;
pub mod sim;
pub mod sweep;
pub mod tidy;
