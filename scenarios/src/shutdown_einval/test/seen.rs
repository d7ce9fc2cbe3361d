//! What the test saw of one handoff.
//!
//! It does not know what it should have seen. Invariant: nothing in here comes from a process that was not asked.

use std::fmt;
use std::time::Duration;

use super::super::program::journal::Phase;
use super::super::program::outcome::Outcome;
use super::case::Server;

/// Who serves, as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serving {
    /// This one answers and owns the data.
    Reachable(Server),
    /// This one owns the data and nobody can reach it.
    Unreachable(Server),
    /// This one answers and does not own the data.
    WithoutLock(Server),
    /// Nobody owns the data, nobody answers.
    Nobody,
}

/// What became of the process that served before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Old {
    /// It lives.
    Lives,
    /// It ended with this status.
    Ended(Option<i32>),
    /// The test did not start it.
    Unknown,
}

/// Whether what was looked for was there in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// It was.
    Found,
    /// It was not.
    Missing,
}

/// One handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The supervisor's exit status.
    pub(super) status: Option<i32>,
    /// What it wrote down, and how long the handoff took.
    pub(super) outcome: Option<(Outcome, Duration)>,
    /// Its journal.
    pub(super) journal: Option<Phase>,
    /// Whether the incumbent's marker was found, if it was looked for.
    pub(super) marker: Option<Marker>,
    /// Whether EINVAL struck where no peer had closed.
    pub(super) has_einval_struck: bool,
    /// Who serves.
    pub(super) serving: Serving,
    /// What became of who served before.
    pub(super) old: Old,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, outcome, journal, marker, has_einval_struck, serving, old } = self;
        match outcome {
            Some((outcome, took)) => write!(f, "{outcome:?} after {} ms", took.as_millis())?,
            None => f.write_str("no outcome")?,
        }
        write!(f, ", exit status {status:?}, journal {journal:?}, server {serving:?}, old server {old:?}")?;
        if let Some(marker) = marker {
            write!(f, ", marker {marker:?}")?;
        }
        if *has_einval_struck {
            f.write_str(", EINVAL struck")?;
        }
        Ok(())
    }
}
