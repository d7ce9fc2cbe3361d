//! The build that makes a program simulable: preemption where its level says, debug lines kept.
//!
//! Starts cargo with this executable as its `RUSTC_WRAPPER`. Does not know which flags make a crate instrumented
//! (that is [`photofinish::wrapper`]) nor how the program is run.
//! Invariant: artifacts built with different flags never meet: see [`photofinish::instrumented`].

mod cargo;
mod progress;

use std::path::{Path, PathBuf};
use std::process::Command;

use photofinish::instrumented::{self, HostError, PROFILE, Rustc};
use photofinish::sim::preempt::Preempt;
use photofinish::wrapper::{Asked, PLAIN_CRATES_VAR};
use thiserror::Error;

use crate::exit::{Exit, ExitCause};
use crate::workspace::{Workspace, WorkspaceError};

/// Why there is no executable.
#[derive(Debug, Error)]
pub enum BuildError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// This executable was replaced while it ran.
    #[error("finding this executable, to be cargo's wrapper, failed: {0}\nnext: the same command again")]
    Wrapper(String),
    /// Rustc did not say which machine this is.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Cargo could not be started, or not be listened to.
    #[error("running cargo to build `{bin}` of `{package}` failed: {source}\nnext: `cargo --version`")]
    Cargo {
        /// The package.
        package: String,
        /// The binary in it.
        bin: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The compiler refused; its words have been printed.
    #[error(
        "building `{bin}` of `{package}` for simulation failed; the compiler's own words stand above\n\
         next: `cargo build --package {package} --bin {bin}` builds it plainly"
    )]
    Compiler {
        /// The package.
        package: String,
        /// The binary in it.
        bin: String,
    },
    /// Cargo was content but named no executable.
    #[error(
        "cargo built `{bin}` of `{package}` but named no executable of it\n\
         next: `cargo build --package {package} --bin {bin} --message-format=json`"
    )]
    NoExecutable {
        /// The package.
        package: String,
        /// The binary in it.
        bin: String,
    },
}

impl ExitCause for BuildError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoExecutable { .. } => Exit::Bug,
            _ => Exit::Usage,
        }
    }
}

/// Builds a binary of a package in the workspace around the current directory at a level, and returns its path.
///
/// # Errors
/// See [`BuildError`].
pub fn build(level: Preempt, bin: Bin<'_>) -> Result<PathBuf, BuildError> {
    build_in("", level, bin)
}

/// The same in the workspace of this folder below ours.
///
/// # Errors
/// See [`BuildError`].
pub fn build_in(folder: &str, level: Preempt, bin: Bin<'_>) -> Result<PathBuf, BuildError> {
    let wrapper = std::env::current_exe().map_err(|error| BuildError::Wrapper(error.to_string()))?;
    let workspace = Workspace::load()?;
    let out = workspace.target_dir().join("photofinish");
    let root = workspace.root().join(folder);
    Build { root: &root, out: &out, wrapper: &wrapper, level }.executable(bin)
}

/// Runs a `cargo build` of somebody else's that prints its messages as JSON, and returns the executable of `bin`.
pub(crate) fn listened(command: Command, bin: Bin<'_>) -> Result<PathBuf, BuildError> {
    cargo::run(command, bin)
}

/// A binary of a package.
#[derive(Clone, Copy, Debug)]
pub struct Bin<'a> {
    /// The package, as its manifest names it.
    pub package: &'a str,
    /// The binary, as its target is named.
    pub name: &'a str,
}

/// An instrumented build, with everything it would otherwise take from the process around it.
#[derive(Debug)]
pub struct Build<'a> {
    /// The folder whose workspace is built.
    pub root: &'a Path,
    /// The folder that holds a target directory per set of flags.
    pub out: &'a Path,
    /// The xtask executable.
    pub wrapper: &'a Path,
    /// Where the program's scheduling points are to lie.
    pub level: Preempt,
}

impl Build<'_> {
    /// Builds what is not fresh, and returns the executable.
    pub fn executable(&self, bin: Bin<'_>) -> Result<PathBuf, BuildError> {
        // A rebuild of xtask under a running one leaves `…/xtask (deleted)`.
        if !self.wrapper.is_file() {
            let gone = format!("{} is no longer there", self.wrapper.display());
            return Err(BuildError::Wrapper(gone));
        }
        cargo::run(self.command(bin, &Rustc::ask()?.host), bin)
    }

    fn command(&self, bin: Bin<'_>, triple: &str) -> Command {
        let plain = std::env::var(PLAIN_CRATES_VAR).unwrap_or_default();
        let asked = Asked { level: self.level, plain };
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .current_dir(self.root)
            .args(["build", "--quiet", "--message-format=json-render-diagnostics"])
            .args(["--package", bin.package, "--bin", bin.name])
            .args(["--profile", PROFILE])
            .args(instrumented::settings())
            .args(["--target", triple, "--target-dir"])
            .arg(self.out.join(folder(&asked)));
        if self.level != Preempt::Calls {
            command.env("RUSTC_WRAPPER", self.wrapper);
            asked.tell(&mut command);
        }
        instrumented::with_cfg(&mut command, |name| std::env::var_os(name));
        command
    }
}

/// The name of the target directory.
fn folder(asked: &Asked) -> String {
    match asked.level {
        // What cargo builds without a wrapper, whatever would be left plain.
        Preempt::Calls => String::from("plain"),
        Preempt::Atomics | Preempt::Blocks => instrumented::folder(asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapper_that_is_gone_is_said_so() {
        let (here, wrapper) = (Path::new("."), Path::new("no/such/xtask"));
        let build = Build { root: here, out: here, wrapper, level: Preempt::Atomics };
        let said = build.executable(Bin { package: "p", name: "b" }).expect_err("no wrapper").to_string();
        assert!(said.contains("no/such/xtask") && said.contains("next:"), "{said}");
    }

    #[test]
    fn artifacts_of_two_levels_never_meet() {
        let folders = Preempt::ALL.map(|level| folder(&Asked { level, plain: String::new() }));
        assert!(
            folders[0] != folders[1] && folders[1] != folders[2] && folders[0] != folders[2],
            "{folders:?}"
        );
    }
}
