//! What a thread can wait for, and how a wait ends.
//!
//! Does not know who wakes whom. Invariant: every blocked thread has exactly one [`Wait`], and it says enough for a person
//! to understand a deadlock.

use serde::{Deserialize, Serialize};

use crate::net::SocketId;
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
    /// Bytes, a connection, an end or an error to be had from a socket.
    Readable(SocketId),
    /// Room to write, or an error, or an established connection.
    Writable(SocketId),
    /// Any change of any of several sockets: `poll(2)`.
    AnySocket,
    /// The end of a thread: `pthread_join(3)`.
    Join(ThreadId),
    /// Time alone: `nanosleep(2)`.
    Sleep,
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
}
