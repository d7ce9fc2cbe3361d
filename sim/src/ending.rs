//! How a run ended.
//!
//! Says what happened, not whether it was right: that is the verdict, which the harness gives. Invariant: every run has
//! exactly one ending.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::choice::Divergence;
use crate::heap::Misuse;
use crate::thread::ThreadId;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The main function returned.
    Returned,
    /// The main thread panicked out of its main function.
    Panicked,
    /// `exit(3)` with this status.
    Exited(i32),
    /// A signal ended it: `abort(3)`, a wild access, a stack overflow.
    Signalled(i32),
    /// It did to its heap what nobody may, and a checked heap saw it.
    Misused(Misuse),
    /// Nothing can ever happen again, and the main thread has not returned.
    Deadlock(Vec<Waiting>),
    /// It passed as many scheduling points as it may.
    Livelock {
        /// The limit on points.
        points: u64,
    },
    /// Threads ran for so long without getting anywhere; only where that is asked for.
    Idle {
        /// The scheduling points.
        points: u64,
    },
    /// Its virtual time is up.
    OutOfTime {
        /// The limit on virtual nanoseconds.
        virtual_ns: u64,
    },
    /// It wanted more threads at one time than it may have.
    OutOfThreads {
        /// The limit on threads.
        threads: u32,
    },
    /// It left the simulation: it ran for so long in real time without reaching a scheduling point.
    Escaped {
        /// What it was seen doing.
        what: String,
    },
    /// A replay did not fit the program.
    Diverged(Divergence),
    /// The simulator itself failed: ours to mend, not the program's.
    Bug {
        /// What is known.
        what: String,
    },
    /// The process that ran it was killed from outside, or died in a way we could not see.
    Lost {
        /// What is known.
        what: String,
    },
}

impl Ending {
    /// The word for this ending in reports and signatures.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Panicked => "panicked",
            Self::Exited(_) => "exited",
            Self::Signalled(_) => "signalled",
            Self::Misused(_) => "misused",
            Self::Deadlock(_) => "deadlock",
            Self::Livelock { .. } => "livelock",
            Self::Idle { .. } => "idle",
            Self::OutOfTime { .. } => "out-of-time",
            Self::OutOfThreads { .. } => "out-of-threads",
            Self::Escaped { .. } => "escaped",
            Self::Diverged(_) => "diverged",
            Self::Bug { .. } => "bug",
            Self::Lost { .. } => "lost",
        }
    }
}

/// One thread of a deadlock and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The thread.
    pub thread: ThreadId,
    /// Its name, or its pedigree when it has none.
    pub name: String,
    /// What it waits for.
    pub on: String,
    /// The thread that would end the wait, where that is known.
    pub holder: Option<ThreadId>,
    /// Who or what could end the wait, for a person; empty where nothing is known.
    pub ended_by: String,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {} ({}) waits for {}", self.thread.0, self.name, self.on)?;
        if let Some(holder) = self.holder.filter(|_| !self.on.starts_with("the end of")) {
            write!(f, "; thread {} seems to hold it", holder.0)?;
        }
        if self.ended_by.is_empty() { Ok(()) } else { write!(f, "; {}", self.ended_by) }
    }
}
