//! `cargo photofinish`: a user's tests, built so that every atomic operation is a scheduling point.
//!
//! Does not know what the commands do. The same executable is cargo's wrapper around rustc, see [`photofinish::wrapper`].
//! Invariant: it becomes cargo, whose output and exit code are then its own.

use std::process::ExitCode;

#[cfg(simulated)]
use photofinish::cargo::{Command, HELP, USAGE};
#[cfg(simulated)]
use photofinish::wrapper::Invocation;

#[cfg(not(simulated))]
fn main() -> ExitCode {
    eprintln!(
        "error: nothing can be simulated on this machine\nnext: `cargo test` runs each test once, natively"
    );
    ExitCode::from(2)
}

#[cfg(simulated)]
fn main() -> ExitCode {
    if let Some(invocation) = Invocation::of_this_process() {
        eprintln!("error: {}", invocation.exec());
        return ExitCode::from(70);
    }
    match Command::of_this_process() {
        Ok(Command::Help) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Command::Forward(mut forward)) => {
            eprintln!("error: {}", forward.exec());
            ExitCode::from(USAGE)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(USAGE)
        }
    }
}
