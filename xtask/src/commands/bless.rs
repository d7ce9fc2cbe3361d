//! `cargo xtask bless`: produces README's outputs anew.
//!
//! Does not know what they are. Invariant: README is replaced only by a whole new one.

use crate::exit::{Exit, ExitCause};
use crate::readme::{self, ReadmeError};
use crate::workspace::{Workspace, WorkspaceError};

/// Why README was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum BlessError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// It could not be produced.
    #[error(transparent)]
    Readme(#[from] ReadmeError),
}

impl ExitCause for BlessError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Produces and writes README.
pub fn run() -> Result<Exit, BlessError> {
    let workspace = Workspace::load()?;
    let path = workspace.root().join("README.md");
    let file = |source| ReadmeError::File { path: String::from("README.md"), source };
    let old = std::fs::read_to_string(&path).map_err(file)?;
    let xtask = std::env::current_exe().map_err(file)?;
    let new = readme::render(workspace.root(), &old, &|command| {
        readme::run_ours(workspace.root(), &xtask, command)
    })?;
    if new != old {
        std::fs::write(&path, new).map_err(file)?;
        crate::say!("README.md: outputs produced anew");
    }
    Ok(Exit::Passed)
}
