//! What happened in a run, as opposed to what was decided.
//!
//! Does not know who reads it. Invariant: an event holds nothing that differs between two processes of one build that take
//! the same decisions: no address, no real time, no process id.

use core::hash::{Hash, Hasher};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::choice::Pick;
use crate::host::{HostChange, HostId};
use crate::link::{LinkChange, Loss};
use crate::mark::{Mark, Outcome};
use crate::net::{Hop, SocketId};
use crate::process::{Pid, Status};
use crate::thread::ThreadId;
use crate::trace::Trace;
use crate::traced::{Spawned, Traced};
use crate::wait::{WaitOn, Woken};

/// When and where an event happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Scheduling points passed in this run.
    pub step: u64,
    /// Virtual time in nanoseconds since the run began.
    pub at_ns: u64,
    /// The thread that ran, or ran last.
    pub thread: ThreadId,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Event {
    /// The thread created another: `pthread_create(3)`.
    Spawned {
        /// The new thread.
        child: ThreadId,
    },
    /// The thread has a name: `pthread_setname_np(3)`.
    Named {
        /// The name, at most 15 bytes of it.
        name: String,
    },
    /// The thread is over.
    Ended,
    /// Another thread runs from here on.
    Switched {
        /// The thread that runs now.
        to: ThreadId,
        /// Why.
        why: Why,
    },
    /// The thread waits.
    Blocked {
        /// For what.
        on: WaitOn,
        /// Until when, if for ever is not the answer.
        deadline_ns: Option<u64>,
    },
    /// A thread that waited can run. Where a call woke it, as a write to a pipe or a unix socket does whose bytes are there at once,
    /// the stamp names the thread that made the call. What an arrival or the time that passed brings about follows their event, and
    /// is not that thread's.
    Woke {
        /// The thread.
        thread: ThreadId,
        /// What ended its wait.
        how: Woken,
    },
    /// Virtual time passed although no instruction did.
    Passed {
        /// For so many nanoseconds.
        ns: u64,
        /// While threads could have run, or because none could.
        why: Pass,
    },
    /// A system call was answered.
    Called {
        /// Its name in section 2 or 3 of the manual.
        name: Cow<'static, str>,
        /// The descriptor, or the first argument that matters.
        arg: i64,
        /// What it returned; an error number negated.
        result: i64,
    },
    /// A segment reached its end of a connection.
    Arrived {
        /// What kind of segment.
        segment: Cow<'static, str>,
        /// Bytes it carried.
        bytes: u64,
        /// The call that sent it first; nothing of what no call sent: see [`Journey::origin`](crate::net::Journey).
        origin: Option<Stamp>,
        /// The socket it is for, if there is one.
        socket: Option<SocketId>,
    },
    /// A packet left a host for another; one that nobody has is `u32::MAX`. What a link holds leaves when that is released.
    Sent {
        /// From where to where.
        hop: Hop,
        /// What kind of packet.
        segment: Cow<'static, str>,
        /// Bytes of the program's data in it.
        bytes: u64,
        /// The call that sent it first; nothing of what no call sent: see [`Journey::origin`](crate::net::Journey).
        origin: Option<Stamp>,
    },
    /// A packet from another host arrived.
    Reached {
        /// From where to where.
        hop: Hop,
        /// What kind of packet.
        segment: Cow<'static, str>,
        /// Bytes of the program's data in it.
        bytes: u64,
        /// The call that sent it first; nothing of what no call sent: see [`Journey::origin`](crate::net::Journey).
        origin: Option<Stamp>,
        /// The socket it is for, if there is one.
        socket: Option<SocketId>,
    },
    /// A packet was lost between two hosts.
    Lost {
        /// From where to where.
        hop: Hop,
        /// What kind of packet.
        segment: Cow<'static, str>,
        /// Bytes of the program's data in it.
        bytes: u64,
        /// What became of it.
        why: Loss,
        /// The call that sent it first; nothing of what no call sent: see [`Journey::origin`](crate::net::Journey).
        origin: Option<Stamp>,
    },
    /// A datagram between two hosts will arrive twice.
    Duplicated {
        /// From where to where.
        hop: Hop,
        /// What kind of packet.
        segment: Cow<'static, str>,
        /// Bytes of the program's data in it.
        bytes: u64,
        /// The call that sent it first; nothing of what no call sent: see [`Journey::origin`](crate::net::Journey).
        origin: Option<Stamp>,
    },
    /// One direction between two hosts changed.
    Link {
        /// From where to where.
        hop: Hop,
        /// What changed.
        change: LinkChange,
    },
    /// The process made another: `fork(2)`.
    Forked {
        /// The new process.
        child: Pid,
    },
    /// A process runs a program from here on: `execve(2)`.
    Executed {
        /// The process.
        process: Pid,
        /// The program's name.
        program: String,
    },
    /// A process is over.
    Exited {
        /// The process.
        process: Pid,
        /// How it ended.
        status: Status,
    },
    /// A signal arrived at a process. The stamp names the thread that sent it, by `kill(2)` or by the end of its process, which its
    /// parent hears of; but nobody sends what follows the crash of a host.
    Signalled {
        /// The process.
        process: Pid,
        /// The signal.
        signal: i32,
    },
    /// Something became of a host.
    Host {
        /// The host.
        host: HostId,
        /// What.
        change: HostChange,
    },
    /// The run returned, and a program of a host had failed of which nobody asked how it ended.
    Unattended {
        /// The host.
        host: HostId,
        /// Its process.
        process: Pid,
        /// How it ended.
        status: Status,
    },
    /// The program wrote to its standard output (1) or error (2).
    Wrote {
        /// 1 or 2.
        fd: i32,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A thread panicked.
    Panicked {
        /// The message.
        message: String,
        /// Where: file, line and column.
        place: String,
    },
    /// The program asked for something we do not model.
    Unmodelled {
        /// What.
        what: String,
    },
    /// The oracle said what is wrong.
    Judged {
        /// The signature.
        signature: String,
    },
    /// The program asked the kernel or the processor past the C library, and was caught. What it was answered follows: a call
    /// like any other, or something we do not model.
    Escaped {
        /// The system call's name, or the instruction.
        what: Cow<'static, str>,
    },
    /// The program passed a mark, with this outcome for the first time.
    Marked {
        /// The mark.
        mark: Box<Mark>,
        /// What came of it.
        outcome: Outcome,
        /// What the program says of it.
        detail: String,
    },
    /// The program is done, and what had to be true in the end is not.
    Unfulfilled {
        /// The mark.
        mark: Box<Mark>,
        /// What the program last said of it.
        detail: String,
    },
    /// The thread that runs from here on could have run since a timer of its own, and that was longer ago than is allowed; only
    /// where that is asked for.
    Late {
        /// When the timer was due, in virtual nanoseconds.
        due_ns: u64,
        /// For how long the thread could have run, without the time that passed because the chooser let it.
        by_ns: u64,
    },
    /// The program's own tracing said something.
    Traced(Box<Traced>),
    /// An asynchronous runtime that describes its tasks spawned one.
    TaskSpawned(Box<Spawned>),
    /// The program let the search choose a number.
    Chose {
        /// The number.
        number: i128,
        /// The first that there was: the boring one.
        from: i128,
        /// The last.
        to: i128,
        /// Where in the source.
        place: String,
        /// What the program says that it means, which may be nothing at all.
        words: Option<String>,
    },
}

impl Event {
    /// Whether a search records it too: what a person must see of any run.
    #[must_use]
    pub fn is_loud(&self) -> bool {
        matches!(
            self,
            Self::Wrote { .. }
                | Self::Panicked { .. }
                | Self::Unmodelled { .. }
                | Self::Judged { .. }
                | Self::Marked { .. }
                | Self::Unfulfilled { .. }
                | Self::Unattended { .. }
        )
    }
}

/// Why another thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Why {
    /// It was chosen although the other could go on.
    Preempted,
    /// The other waits.
    Blocked,
    /// The other is over.
    Ended,
    /// The other gave up its turn, or spun.
    Yielded,
}

/// Why time passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pass {
    /// No thread could run.
    Idle,
    /// Threads could run, and were descheduled.
    Stalled,
    /// The only thread that could run was spinning.
    Spun,
}

/// Where a run writes down what it decides and what happens.
pub trait Recorder {
    /// A pick that was not boring, as it is made: it must survive the death of the run.
    fn pick(&mut self, pick: &Pick);
    /// A thread was created by this one: with the picks, what names them elsewhere.
    fn born(&mut self, parent: ThreadId);
    /// An event, if this run keeps them.
    fn event(&mut self, stamp: &Stamp, event: &Event);
}

/// Keeps everything in memory: for tests.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Picks in order, and whose child each thread is.
    pub trace: Trace,
    /// Events in order.
    pub events: Vec<(Stamp, Event)>,
}

impl Recorder for Memory {
    fn pick(&mut self, pick: &Pick) {
        self.trace.picks.push(*pick);
    }

    fn born(&mut self, parent: ThreadId) {
        self.trace.family.born(parent);
    }

    fn event(&mut self, stamp: &Stamp, event: &Event) {
        self.events.push((*stamp, event.clone()));
    }
}

/// Whoever keeps the other end reads what the kernel wrote.
impl<R: Recorder> Recorder for Rc<RefCell<R>> {
    fn pick(&mut self, pick: &Pick) {
        self.borrow_mut().pick(pick);
    }

    fn born(&mut self, parent: ThreadId) {
        self.borrow_mut().born(parent);
    }

    fn event(&mut self, stamp: &Stamp, event: &Event) {
        self.borrow_mut().event(stamp, event);
    }
}

/// Folds events into one number: equal for equal runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventsHash {
    folded: u64,
    /// A word that waits for another: two cost as much as one.
    odd: Option<u64>,
}

impl Default for EventsHash {
    fn default() -> Self {
        Self { folded: 0x9e37_79b9_7f4a_7c15, odd: None }
    }
}

impl EventsHash {
    /// Folds one event in.
    pub fn fold(&mut self, stamp: &Stamp, event: &Event) {
        let mut hash = *self;
        hash.stamp(stamp);
        event.hash(&mut hash);
        *self = hash.even();
    }

    /// Folds an [`Event::Switched`] in without making one: there are more of it than of all others.
    #[inline]
    pub fn fold_switch(&mut self, stamp: &Stamp, to: ThreadId, why: Why) {
        /// Its place among the events.
        const SWITCHED: u64 = 3;
        let mut hash = *self;
        hash.stamp(stamp);
        hash.word(SWITCHED);
        hash.word(u64::from(to.0));
        hash.word(why as u64);
        *self = hash.even();
    }

    #[inline]
    fn stamp(&mut self, stamp: &Stamp) {
        self.word(stamp.step);
        self.word(stamp.at_ns);
        self.word(u64::from(stamp.thread.0));
    }

    #[inline]
    fn word(&mut self, word: u64) {
        match self.odd.take() {
            Some(odd) => self.pair(odd, word),
            None => self.odd = Some(word),
        }
    }

    /// With no word that waits.
    #[inline]
    fn even(mut self) -> Self {
        if let Some(odd) = self.odd.take() {
            self.pair(odd, odd.rotate_left(32));
        }
        self
    }

    /// Folds two words in: the multiply-and-fold step of wyhash (Wang Yi), which is sensitive to order, and in which every bit of
    /// either reaches every bit.
    #[inline]
    fn pair(&mut self, one: u64, other: u64) {
        let product = u128::from(self.folded ^ one) * u128::from(0xa076_1d64_78bd_642f_u64 ^ other);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the two halves of the product are folded together"
        )]
        let folded = (product >> 64) as u64 ^ product as u64;
        // A factor of 0 must not hide the other one.
        self.folded = folded.wrapping_add(0x9e37_79b9_7f4a_7c15).rotate_left(23) ^ one.wrapping_add(other);
    }
}

impl Hasher for EventsHash {
    fn finish(&self) -> u64 {
        self.even().folded
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.word(u64::from_le_bytes(*word)));
        // Byte by byte: a copy whose length is not known is a call, and costs more than the hash.
        self.word(rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        self.word(bytes.len() as u64);
    }

    #[inline]
    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }

    #[inline]
    fn write_u32(&mut self, n: u32) {
        self.word(u64::from(n));
    }

    #[inline]
    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }

    #[inline]
    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }
}

#[cfg(test)]
mod tests;
