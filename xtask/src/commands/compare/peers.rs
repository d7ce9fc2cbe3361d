//! The peers' executables: built in workspaces of their own, and asked for one row at a time.
//!
//! Does not know what they run. Invariant: a peer is never built with Photofinish's wrapper, nor linked with anything of ours.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::CompareError;
use super::figures::Measured;
use super::subjects::{Effort, Peer};

/// The folder of the peers' workspace.
const FOLDER: &str = "scenarios/peers";

impl Peer {
    /// Its package, whose executable has the same name.
    fn package(self) -> &'static str {
        match self {
            Self::Plain => "photofinish-peers",
            Self::Madsim => "photofinish-peers-madsim",
        }
    }

    /// The folder of what is built, below ours.
    fn built(self) -> &'static str {
        match self {
            Self::Plain => "peers",
            Self::Madsim => "peers-madsim",
        }
    }
}

/// Builds a peer's executable, if it is not fresh.
pub(in crate::commands) fn build(root: &Path, out: &Path, peer: Peer) -> Result<PathBuf, CompareError> {
    let folder = out.join(peer.built());
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(root.join(FOLDER))
        .args(["build", "--quiet", "--release", "--locked", "--package", peer.package(), "--target-dir"])
        .arg(&folder)
        .stdin(Stdio::null());
    if peer == Peer::Madsim {
        // Encoded flags would win over these.
        command.env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", "--cfg madsim");
    }
    let package = peer.package();
    let status = command.status().map_err(|source| CompareError::Cargo { package, source })?;
    if !status.success() {
        return Err(CompareError::Compiler { package, flags: flags(peer) });
    }
    Ok(folder.join("release").join(peer.package()))
}

/// What stands before `cargo build` where it is typed.
fn flags(peer: Peer) -> &'static str {
    if peer == Peer::Madsim { "RUSTFLAGS='--cfg madsim' " } else { "" }
}

/// Asks a peer for a row.
pub(super) fn measure(
    executable: &Path,
    word: &str,
    subject: &str,
    effort: Effort,
) -> Result<Measured, CompareError> {
    let numbers = [effort.ranges, effort.cap, effort.limit.as_secs()].map(|number| number.to_string());
    let mut command = Command::new(executable);
    command.args([word, subject]).args(&numbers).env("SHUTTLE_SILENCE_WARNINGS", "1").stdin(Stdio::null());
    let asked = || format!("{} {word} {subject} {}", executable.display(), numbers.join(" "));
    let output = command
        .output()
        .map_err(|source| CompareError::Peer { command: asked(), said: source.to_string() })?;
    let said = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if !output.status.success() {
        let said = format!("{}: {}", output.status, said());
        return Err(CompareError::Peer { command: asked(), said });
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| CompareError::Peer { command: asked(), said: error.to_string() })
}
