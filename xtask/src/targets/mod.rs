//! Targets that are not ours: programs that take a seed, and simulators that speak our protocol, declared in `targets.toml`.
//!
//! Does not run them. Invariant: a name that is accepted here can be asked for runs, or there is an error that says what is missing.
//!
//! Reading order: [`declared`] (what the file says), [`config`] (what is drawn for a seed), [`open`] (built and started).

pub mod config;
pub mod declared;
pub mod open;

use std::path::{Path, PathBuf};

use photofinish::target::TargetError;
use thiserror::Error;

pub use declared::Declared;

use crate::commands::sim::client_exit;
use crate::exit::{Exit, ExitCause};
use crate::instrumented::BuildError;
use crate::workspace::{Workspace, WorkspaceError};

/// Names another file of targets than the workspace's own.
pub const VARIABLE: &str = "PHOTOFINISH_TARGETS";

/// Where the workspace's own file is.
const FILE: &str = "scenarios/targets.toml";

/// Why a target cannot be asked.
#[derive(Debug, Error)]
pub enum TargetsError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The file cannot be read.
    #[error(
        "reading the targets in {path} failed: {source}\nnext: name a file that is there in {VARIABLE}, or leave it out"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It says what nobody understands.
    #[error(
        "{path} declares no targets: {why}\nnext: scenarios/targets.toml says at its beginning what may stand there"
    )]
    Nonsense {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// The target could not be built.
    #[error("the target {target} could not be built: {}\nnext: `{by_hand}`", first_line(source))]
    Build {
        /// The target.
        target: String,
        /// Why.
        source: Box<BuildError>,
        /// The build, to be typed.
        by_hand: String,
    },
    /// Its executable cannot be read.
    #[error(
        "reading {path} of the target {target} failed: {source}\nnext: build it, or mend `run` in its declaration"
    )]
    Executable {
        /// The target.
        target: String,
        /// The executable.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It made no run.
    #[error(transparent)]
    Target(#[from] TargetError),
}

/// What went wrong, without what else would be typed because of it.
fn first_line(source: &BuildError) -> String {
    source.to_string().lines().next().unwrap_or_default().to_owned()
}

impl ExitCause for TargetsError {
    fn exit(&self) -> Exit {
        match self {
            // A foreign executable that stops serving is its own affair, and not a bug of ours.
            Self::Target(TargetError::Client(error)) if client_exit(error) != Exit::Usage => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}

/// All targets that are declared.
#[derive(Debug)]
pub struct Targets {
    /// The file.
    pub path: PathBuf,
    /// In its order.
    pub all: Vec<Declared>,
}

impl Targets {
    /// Reads the file that [`VARIABLE`] names, or the workspace's own; without one there are no targets.
    ///
    /// # Errors
    /// The file cannot be read, or is not understood.
    pub fn load() -> Result<Self, TargetsError> {
        let (path, asked) = match std::env::var_os(VARIABLE) {
            Some(path) => (std::path::absolute(&path).unwrap_or_else(|_| path.into()), true),
            None => (Workspace::load()?.root().join(FILE), false),
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(_) if !asked && !path.exists() => return Ok(Self { path, all: Vec::new() }),
            Err(source) => return Err(TargetsError::Read { path, source }),
        };
        match declared::parse(&text) {
            Ok(all) => Ok(Self { path, all }),
            Err(why) => Err(TargetsError::Nonsense { path, why }),
        }
    }

    /// The targets that a name stands for: one, or all of a group.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<&Declared> {
        let is_meant = |declared: &&Declared| declared.name == name || declared.group() == name;
        self.all.iter().filter(is_meant).collect()
    }

    /// The folder that relative paths begin at.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}
