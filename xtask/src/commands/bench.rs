//! `cargo xtask bench`: what a scheduling point, a switch, a run's isolation and a thread cost here.
//!
//! Judges nothing: it prints numbers of this machine.
//! Invariant: every number names its unit and how many times it was measured.

use thiserror::Error;

use crate::exit::{Exit, ExitCause};

/// Why nothing was measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The command has no body yet.
    #[error("`cargo xtask bench` is not wired to the harness yet; `cargo xtask --help` lists what works")]
    NotWired,
}

impl ExitCause for BenchError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Measures.
pub fn run() -> Result<Exit, BenchError> {
    Err(BenchError::NotWired)
}
