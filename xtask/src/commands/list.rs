//! `cargo xtask list`: the scenarios, their variants and expectations.
//!
//! Runs nothing.
//! Invariant: every name it prints is accepted by `cargo xtask sim`.

use thiserror::Error;

use crate::cli::ListArgs;
use crate::exit::{Exit, ExitCause};

/// Why nothing was listed.
#[derive(Debug, Error)]
pub enum ListError {
    /// The command has no body yet.
    #[error("`cargo xtask list` is not wired to the scenarios yet; `cargo xtask --help` lists what works")]
    NotWired,
}

impl ExitCause for ListError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Lists the scenarios.
pub fn run(_args: &ListArgs) -> Result<Exit, ListError> {
    Err(ListError::NotWired)
}
