//! Why a simulation did not come to its end.
//!
//! Does not know how it was run. Invariant: what is said of two runs that failed alike is the same: no time, address or number of a task
//! that the program did not say itself.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why a simulation did not come to its end. Its `Debug` is its `Display`, for a test that returns it is told by that.
pub enum Failed {
    /// The program of a host or client returned an error.
    Software {
        /// The host or client; several, where turmoil does not say which of them it was.
        host: String,
        /// What it returned.
        error: Box<dyn Error>,
    },
    /// turmoil's `simulation_duration` passed, and a client was not done.
    Endless {
        /// How much of turmoil's time had passed.
        after: Duration,
        /// Whose programs still ran, in the order in which they were made.
        running: Vec<String>,
    },
    /// The faults name what the simulation does not have, or nobody whom they could ever hit.
    Faults(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Software { host, error } => write!(f, "{host} failed: {error}"),
            Self::Endless { after, running } => {
                let running = running.join(", ");
                write!(
                    f,
                    "the simulation did not end in the {after:?} that it has; still running: {running}"
                )?;
                write!(f, "\nnext: turmoil's `Builder::simulation_duration`, if it needs longer")
            }
            Self::Faults(what) => write!(f, "{what}"),
        }
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Software { error, .. } => Some(&**error),
            Self::Endless { .. } | Self::Faults(_) => None,
        }
    }
}
