//! SIGINT and SIGTERM: an end at once, or for a command that asks for it, first a word to stop.
//!
//! Does not know what a command does when it stops. Invariant: the second signal ends the process, whatever the command does with
//! the first.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;

/// Whether a command is at work that stops by itself.
static GRACEFUL: AtomicBool = AtomicBool::new(false);

/// Whether it has been told to.
static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Answers the signals from here on. Servers and runs end when we do.
pub fn listen() {
    if let Err(error) = ctrlc::set_handler(signalled) {
        eprintln!("note: Ctrl-C will not be told apart from other ends: {error}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the whole process is to end, whatever its threads are doing")]
fn signalled() {
    // The line of a progress bar is cleared, where there may be one.
    let clear = if std::io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
    if GRACEFUL.load(Ordering::SeqCst) && !REQUESTED.swap(true, Ordering::SeqCst) {
        eprintln!("{clear}interrupted: the runs at hand are finished first; once more ends at once");
        return;
    }
    eprintln!("{clear}interrupted");
    std::process::exit(i32::from(Exit::Interrupted as u8));
}

/// While this is there, the first signal only makes [`requested`] true.
#[derive(Debug)]
pub struct Graceful(());

/// From here on the command stops by itself when it is interrupted, and ends with [`Exit::Interrupted`].
#[must_use]
pub fn gracefully() -> Graceful {
    GRACEFUL.store(true, Ordering::SeqCst);
    Graceful(())
}

impl Drop for Graceful {
    fn drop(&mut self) {
        GRACEFUL.store(false, Ordering::SeqCst);
    }
}

/// Whether the command is to stop.
#[must_use]
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
