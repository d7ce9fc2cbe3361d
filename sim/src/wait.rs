//! What a thread can wait for, and how a wait ends.
//!
//! Does not know who wakes whom. Invariant: every blocked thread has exactly one [`Wait`], and it says enough for a person
//! to understand a deadlock.

use serde::{Deserialize, Serialize};

use crate::fd::Object;
use crate::process::Pid;
use crate::ready::Side;
use crate::thread::ThreadId;

/// What a thread waits for, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The cause that ends the wait.
    pub on: WaitOn,
    /// When the wait ends without its cause, in virtual nanoseconds.
    pub deadline_ns: Option<u64>,
}

/// The cause that can end a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WaitOn {
    /// A wake on a futex word: `futex(2)`. The number is the word's order of first use, not its address.
    Futex {
        /// Order of first use in this run.
        word: u32,
        /// The bits a wake must share with this wait: all ones unless `FUTEX_WAIT_BITSET` said otherwise.
        bits: u32,
    },
    /// Bytes, a connection, an event, an end or an error to be had from a file.
    Readable(Object),
    /// Room to write, or an error, or an established connection.
    Writable(Object),
    /// Any change of any of several files: `poll(2)`, `select(2)`.
    Poll,
    /// The end of a thread: `pthread_join(3)`.
    Join(ThreadId),
    /// The end of a child of this process: `wait(2)`.
    Child(Pid),
    /// A lock of a file, by the order in which files were first locked: `flock(2)`.
    Lock(u32),
    /// A lock of a range of such a file: `F_SETLKW` of `fcntl(2)`.
    Record(u32),
    /// Time alone: `nanosleep(2)`.
    Sleep,
    /// A signal: `pause(2)`, `sigtimedwait(2)`.
    Signal,
}

impl WaitOn {
    /// The wait for one side of a file.
    #[must_use]
    pub fn side(object: Object, side: Side) -> Self {
        match side {
            Side::Read => Self::Readable(object),
            Side::Write => Self::Writable(object),
        }
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Woken {
    /// Its cause came.
    Cause,
    /// Its deadline came first.
    Deadline,
    /// Neither: a spurious wake-up that `futex(2)` allows.
    Spurious,
    /// A signal for which the process has a handler.
    Signal,
}
