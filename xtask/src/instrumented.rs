//! The build that makes a program simulable: preemption at every atomic operation, debug lines kept.
//!
//! Starts cargo with this executable as its `RUSTC_WRAPPER`. Does not know which flags make a crate instrumented
//! (that is [`photofinish::wrapper`]) nor how the program is run.
//! Invariant: artifacts built with different flags never meet: see [`photofinish::instrumented`].

mod cargo;
mod progress;

use std::path::{Path, PathBuf};
use std::process::Command;

use photofinish::instrumented::{self, HostError, Rustc};
use photofinish::wrapper;
use thiserror::Error;

use crate::exit::{Exit, ExitCause};
use crate::workspace::{Workspace, WorkspaceError};

/// The cargo profile of instrumented builds; it stands in the workspace manifest.
pub const PROFILE: &str = "sim";

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

/// Builds the binary `bin` of `package` in the workspace around the current directory, and returns its path.
pub fn build(package: &str, bin: &str) -> Result<PathBuf, BuildError> {
    build_as(Kind::Instrumented, Bin { package, name: bin })
}

/// The same, of any kind.
pub fn build_as(kind: Kind, bin: Bin<'_>) -> Result<PathBuf, BuildError> {
    let wrapper = std::env::current_exe().map_err(|error| BuildError::Wrapper(error.to_string()))?;
    let workspace = Workspace::load()?;
    let out = workspace.target_dir().join("photofinish");
    Build { root: workspace.root(), out: &out, wrapper: &wrapper, kind }.executable(bin)
}

/// What a build makes of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A scheduling point at every atomic operation, and every system call through the C library.
    Instrumented,
    /// Scheduling points at calls only: what cargo builds without our wrapper.
    Plain,
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
    /// What is made of the program.
    pub kind: Kind,
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
        let more_plain = std::env::var(wrapper::PLAIN_CRATES_VAR).unwrap_or_default();
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .current_dir(self.root)
            .args(["build", "--quiet", "--message-format=json-render-diagnostics"])
            .args(["--package", bin.package, "--bin", bin.name])
            .args(["--profile", PROFILE, "--target", triple, "--target-dir"])
            .arg(self.out.join(self.folder(&more_plain)));
        if self.kind != Kind::Plain {
            command.env("RUSTC_WRAPPER", self.wrapper).env(wrapper::WRAPPER_VAR, "1");
        }
        instrumented::with_cfg(&mut command, |name| std::env::var_os(name));
        command
    }

    /// The name of the target directory.
    fn folder(&self, more_plain: &str) -> String {
        match self.kind {
            Kind::Instrumented => instrumented::folder(more_plain),
            Kind::Plain => String::from("plain"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapper_that_is_gone_is_said_so() {
        let (here, wrapper) = (Path::new("."), Path::new("no/such/xtask"));
        let build = Build { root: here, out: here, wrapper, kind: Kind::Instrumented };
        let said = build.executable(Bin { package: "p", name: "b" }).expect_err("no wrapper").to_string();
        assert!(said.contains("no/such/xtask") && said.contains("next:"), "{said}");
    }
}
