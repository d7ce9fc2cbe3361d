//! System calls as functions `(kernel, caller, arguments) -> Result<answer, Stop>`, one file per man-page family.
//!
//! A call does not know how its caller is suspended, nor which host thread runs it. Invariant: a call that returns
//! [`Stop::Block`] has changed nothing but what [`Caller`] carries, so that it may be made again when its thread wakes.

pub mod address;
pub mod affinity;
mod attempt;
mod control;
mod device;
pub(crate) mod differ;
pub mod epoll;
pub mod eventfd;
pub mod fd;
pub mod file;
pub mod futex;
mod hosts;
pub mod io;
pub mod lock;
pub mod message;
pub mod name;
pub mod pipe;
pub mod poll;
pub mod process;
pub mod record;
pub mod select;
pub mod socket;
pub mod sockopt;
pub mod time;
pub mod timerfd;
pub mod user;
pub mod world;

use crate::errno::Errno;
use crate::fd::DescriptionId;
use crate::net::SocketId;
use crate::process::Pid;
use crate::thread::ThreadId;
use crate::unix::Received;
use crate::wait::{Wait, Woken};

/// Why a call did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The program sees this error number.
    Fail(Errno),
    /// The thread waits; the call is made again, with the same [`Caller`], once it wakes.
    Block(Wait),
    /// We do not model this: what was asked, for the event and the verdict. The program sees the error number.
    Unmodelled(String, Errno),
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Self::Fail(errno)
    }
}

/// Who calls, and how far an interrupted call has come. One value lives for one call of the program, across its waits.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The calling thread.
    pub thread: ThreadId,
    /// Its process.
    pub process: Pid,
    /// How the last wait of this call ended; `None` on the first attempt.
    pub woken: Option<Woken>,
    /// When the call gives up, in virtual nanoseconds; set by the first attempt that waits.
    pub deadline_ns: Option<u64>,
    /// Bytes already moved by earlier attempts of this call.
    pub done: usize,
    /// The open files this call waits on: as in Linux, a descriptor closed meanwhile does not end the wait.
    pub held: Vec<DescriptionId>,
    /// What earlier attempts of a receiving call took from a unix socket besides the bytes.
    pub so_far: Option<Received>,
    /// The socket whose end `close(2)` waits for.
    pub closing: Option<SocketId>,
}

impl Caller {
    /// A call of a thread that has not been attempted yet.
    #[must_use]
    pub fn new(thread: ThreadId, process: Pid) -> Self {
        Self {
            thread,
            process,
            woken: None,
            deadline_ns: None,
            done: 0,
            held: Vec::new(),
            so_far: None,
            closing: None,
        }
    }

    /// Whether the wait before this attempt ended by its deadline.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.woken == Some(Woken::Deadline)
    }
}
