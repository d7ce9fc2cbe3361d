//! One cargo build, listened to: its messages, its words on failure, its executable.
//!
//! Does not know what the build is for.
//! Invariant: on success nothing of cargo's is printed; on failure everything the compiler said is.

use std::io::{self, BufReader, IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use cargo_metadata::{Artifact, Message};

use super::progress::Progress;
use super::{Bin, BuildError};

/// How often the progress line is brought up to date while cargo says nothing.
const TICK: Duration = Duration::from_millis(250);

/// Runs a `cargo build` with JSON messages and returns the executable of `bin`.
pub(super) fn run(mut command: Command, bin: Bin<'_>) -> Result<PathBuf, BuildError> {
    let fail = |source| BuildError::Cargo { package: bin.package.into(), bin: bin.name.into(), source };
    let color = if io::stderr().is_terminal() { "always" } else { "never" };
    command.args(["--color", color]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(fail)?;
    let (said, artifacts) = listen(&mut child);
    let executable = follow(&artifacts, bin);
    let status = child.wait().map_err(fail)?;
    let said = said.join().unwrap_or_default();
    if !status.success() {
        // Nobody listening is no reason to hide that the build failed.
        let _ = io::stderr().write_all(&said);
        return Err(BuildError::Compiler { package: bin.package.into(), bin: bin.name.into() });
    }
    executable.ok_or_else(|| BuildError::NoExecutable { package: bin.package.into(), bin: bin.name.into() })
}

/// Reads both pipes on threads of their own, so that neither can fill up and stop cargo.
fn listen(child: &mut Child) -> (thread::JoinHandle<Vec<u8>>, Receiver<Artifact>) {
    let stderr = child.stderr.take();
    let said = thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut stderr) = stderr {
            // What could be read is worth showing even if the rest could not.
            let _ = stderr.read_to_end(&mut said);
        }
        said
    });
    let (sender, artifacts) = channel();
    let stdout = child.stdout.take();
    thread::spawn(move || {
        let messages = stdout.into_iter().flat_map(|pipe| Message::parse_stream(BufReader::new(pipe)));
        for message in messages.map_while(Result::ok) {
            if let Message::CompilerArtifact(artifact) = message {
                // The receiver lives until this end is dropped.
                let _ = sender.send(artifact);
            }
        }
    });
    (said, artifacts)
}

/// Shows how far cargo is until it falls silent, and keeps the executable it named.
fn follow(artifacts: &Receiver<Artifact>, bin: Bin<'_>) -> Option<PathBuf> {
    let mut progress = Progress::new(format!("building {} for simulation", bin.name));
    let mut executable = None;
    loop {
        match artifacts.recv_timeout(TICK) {
            Ok(artifact) => {
                progress.note(&artifact.target.name);
                if artifact.target.is_bin() && artifact.target.name == bin.name {
                    executable = artifact.executable.map(PathBuf::from);
                }
            }
            Err(RecvTimeoutError::Timeout) => progress.draw(),
            Err(RecvTimeoutError::Disconnected) => return executable,
        }
    }
}
