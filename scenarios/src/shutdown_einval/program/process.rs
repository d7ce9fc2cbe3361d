//! What this program needs of processes: the successor as a child, the end of everything, and a place to write to.
//!
//! Nothing is static here: where several processes share an address space, they share nothing else.
//! It does not know the protocol. Invariant: every process ends when the pipe that it has as its standard input
//! does, so that nothing outlives the run.

use std::env;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;

use photofinish_calls::child;

/// Where a simulation keeps this program.
const SIMULATED: &str = "/programs/shutdown-einval";

/// The executable that this program is.
pub(in super::super) fn binary() -> PathBuf {
    let simulated = Path::new(SIMULATED);
    if simulated.exists() {
        return simulated.to_owned();
    }
    env::current_exe().expect("a running program has a file")
}

/// Ends this process, threads and all.
///
/// Std's own way lets only the first thread of an address space end it, whosever thread that is.
pub(in super::super) fn exit(status: i32) -> ! {
    child::exit_at_once(status)
}

/// Ends this process when whoever started the run does.
pub(in super::super) fn end_with_the_run() {
    // Std's own handle has a lock, which a process that is killed would keep for those it shares memory with.
    let lifeline = io::stdin().as_fd().try_clone_to_owned();
    let mut lifeline = File::from(lifeline.expect("standard input is open"));
    let wait = move || {
        // Nothing is ever written: a byte, the end and an error all mean that it is over.
        let _ = lifeline.read(&mut [0]);
        exit(0)
    };
    thread::Builder::new().name("lifeline".to_owned()).spawn(wait).expect("the system gives a thread");
}

/// Writes a line for whoever reads about a run that went wrong.
pub(in super::super) fn log(line: fmt::Arguments<'_>) {
    let output = io::stdout().as_fd().try_clone_to_owned();
    // One write: lines of several processes do not mix. Nobody may be there to read it.
    let _ = output.and_then(|output| File::from(output).write_all(format!("{line}\n").as_bytes()));
}

/// A successor that is killed unless it was let go.
pub(super) struct Successor {
    child: Option<Child>,
    pid: u32,
}

impl Successor {
    /// Starts it with one end of a connection.
    pub(super) fn start(arguments: Vec<String>, control: UnixStream) -> io::Result<Self> {
        let mut command = Command::new(binary());
        command.arg("successor").args(arguments);
        // Both close with the command: this process must not keep its successor's end open.
        child::inherit(&mut command, vec![control.into()]);
        let child = command.spawn()?;
        let pid = child.id();
        Ok(Self { child: Some(child), pid })
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Lets it live on.
    pub(super) fn disarm(mut self) -> u32 {
        self.child = None;
        self.pid
    }

    /// Kills it and waits for its end.
    pub(super) fn kill(self) {
        drop(self);
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
