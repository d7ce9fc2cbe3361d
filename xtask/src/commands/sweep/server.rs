//! The server of a job that goes from program to program: that of the executable which holds the program.
//!
//! Does not choose programs. Invariant: there is one server at most, and what was asked of it came from its own executable.

use photofinish::client::Client;

use super::progress::Progress;
use super::{Sweep, SweepError};

/// A server, started when it is needed.
pub(super) struct Server<'a> {
    sweep: &'a Sweep<'a>,
    progress: &'a Progress,
    /// With the place of its executable.
    started: Option<(usize, Client)>,
}

impl<'a> Server<'a> {
    /// None yet. What this machine lacks is said by the progress line.
    pub(super) fn new(sweep: &'a Sweep<'a>, progress: &'a Progress) -> Self {
        Self { sweep, progress, started: None }
    }

    /// The server of this executable; that of another ends first, so that what it takes is free for this one.
    pub(super) fn of(&mut self, executable: usize) -> Result<&mut Client, SweepError> {
        if self.started.as_ref().is_none_or(|(of, _)| *of != executable) {
            self.started = None;
            self.started = Some((executable, self.sweep.client(executable, self.progress)?));
        }
        Ok(&mut self.started.as_mut().expect("it was started above").1)
    }

    /// Ends it: one that stopped serving is of no use for the next program.
    pub(super) fn give_up(&mut self) {
        self.started = None;
    }
}
