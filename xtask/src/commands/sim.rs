//! `cargo xtask sim`: build the scenarios instrumented, run each once, say what was found.
//!
//! Does not decide anything about a run; it passes arguments on and prints.
//! Invariant: the seed is printed before the run starts.

use thiserror::Error;

use crate::cli::SimArgs;
use crate::exit::{Exit, ExitCause};
use crate::instrumented::BuildError;

/// Why no run was made.
#[derive(Debug, Error)]
pub enum SimError {
    /// The command has no body yet.
    #[error("`cargo xtask sim` is not wired to the harness yet; `cargo xtask --help` lists what works")]
    NotWired,
    /// The scenarios could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl ExitCause for SimError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotWired => Exit::Usage,
            Self::Build(error) => error.exit(),
        }
    }
}

/// Runs what the arguments name.
pub fn run(_args: &SimArgs) -> Result<Exit, SimError> {
    Err(SimError::NotWired)
}
