//! What happened in a run, as opposed to what was decided.
//!
//! Does not know who reads it. Invariant: an event holds nothing that differs between two processes of one build that take
//! the same decisions: no address, no real time, no process id.

use core::hash::{Hash, Hasher};
use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::choice::Pick;
use crate::host::HostId;
use crate::net::Hop;
use crate::process::{Pid, Status};
use crate::thread::ThreadId;
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
    /// A thread that waited can run.
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
    },
    /// A packet left a host for another; one that nobody has is `u32::MAX`.
    Sent {
        /// From where to where.
        hop: Hop,
        /// What kind of packet.
        segment: Cow<'static, str>,
        /// Bytes of the program's data in it.
        bytes: u64,
    },
    /// A packet from another host arrived.
    Reached {
        /// From where to where.
        hop: Hop,
        /// What kind of packet.
        segment: Cow<'static, str>,
        /// Bytes of the program's data in it.
        bytes: u64,
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
    },
    /// A datagram between two hosts will arrive twice.
    Duplicated {
        /// From where to where.
        hop: Hop,
        /// What kind of packet.
        segment: Cow<'static, str>,
        /// Bytes of the program's data in it.
        bytes: u64,
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
    /// A signal arrived at a process.
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
}

impl Event {
    /// Whether a search records it too: what a person must see of any run.
    #[must_use]
    pub fn is_loud(&self) -> bool {
        matches!(
            self,
            Self::Wrote { .. } | Self::Panicked { .. } | Self::Unmodelled { .. } | Self::Judged { .. }
        )
    }
}

/// What becomes of a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HostChange {
    /// It exists.
    Added {
        /// Its name.
        name: String,
    },
    /// A program began on it.
    Started {
        /// Its process.
        process: Pid,
        /// The program's name.
        program: String,
    },
    /// It lost its power.
    Crashed,
    /// It has power again.
    Restarted,
    /// Its threads stand still.
    Paused,
    /// Its threads go on.
    Resumed,
}

/// Why a packet did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Loss {
    /// The link was cut.
    Cut,
    /// The host it was for is down.
    Down,
    /// No host has the address it was for.
    Nowhere,
    /// The link loses one now and then.
    Struck,
    /// Too many bytes waited for the link.
    Overflow,
    /// Bytes before it were lost, and their sender is gone.
    Gap,
}

/// What becomes of one direction between two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LinkChange {
    /// What is sent is lost.
    Cut,
    /// What is sent arrives again.
    Healed,
    /// What is sent is kept.
    Held,
    /// What was kept travels.
    Released,
    /// All connections that this end has with the other were reset.
    Reset,
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
    /// An event, if this run keeps them.
    fn event(&mut self, stamp: &Stamp, event: &Event);
}

/// Keeps everything in memory: for tests.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Picks in order.
    pub picks: Vec<Pick>,
    /// Events in order.
    pub events: Vec<(Stamp, Event)>,
}

impl Recorder for Memory {
    fn pick(&mut self, pick: &Pick) {
        self.picks.push(*pick);
    }

    fn event(&mut self, stamp: &Stamp, event: &Event) {
        self.events.push((*stamp, event.clone()));
    }
}

/// Folds events into one number: equal for equal runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventsHash(u64);

impl Default for EventsHash {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl EventsHash {
    /// Folds one event in.
    pub fn fold(&mut self, stamp: &Stamp, event: &Event) {
        self.pair(stamp.step, stamp.at_ns);
        self.word(u64::from(stamp.thread.0));
        event.hash(self);
    }

    fn word(&mut self, word: u64) {
        self.pair(word, word.rotate_left(32));
    }

    /// Folds two words in at the price of one: the multiply-and-fold step of wyhash (Wang Yi), which is sensitive to order, and
    /// in which every bit of either reaches every bit.
    fn pair(&mut self, one: u64, other: u64) {
        let product = u128::from(self.0 ^ one) * u128::from(0xa076_1d64_78bd_642f_u64 ^ other);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the two halves of the product are folded together"
        )]
        let folded = (product >> 64) as u64 ^ product as u64;
        // A factor of 0 must not hide the other one.
        self.0 = folded.wrapping_add(0x9e37_79b9_7f4a_7c15).rotate_left(23) ^ one.wrapping_add(other);
    }
}

impl Hasher for EventsHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.word(u64::from_le_bytes(*word)));
        // Byte by byte: a copy whose length is not known is a call, and costs more than the hash.
        let rest = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.pair(rest, bytes.len() as u64);
    }

    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.word(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::fd::Object;
    use crate::net::SocketId;

    const STAMP: Stamp = Stamp { step: 1, at_ns: 2, thread: ThreadId(3) };

    fn hash(events: &[(Stamp, Event)]) -> u64 {
        let mut hash = EventsHash::default();
        events.iter().for_each(|(stamp, event)| hash.fold(stamp, event));
        hash.finish()
    }

    /// Every variant, and each of its fields with another value.
    fn all() -> Vec<Event> {
        let called = |name, arg, result| Event::Called { name: Cow::Borrowed(name), arg, result };
        let wrote = |fd, bytes: &[u8]| Event::Wrote { fd, bytes: bytes.to_vec() };
        let panicked =
            |message: &str, place: &str| Event::Panicked { message: message.into(), place: place.into() };
        let on = |on| Event::Blocked { on, deadline_ns: None };
        let arrived = |segment, bytes| Event::Arrived { segment: Cow::Borrowed(segment), bytes };
        let waits = [
            WaitOn::Futex { word: 0, bits: 1 },
            WaitOn::Futex { word: 1, bits: 0 },
            WaitOn::Futex { word: 1, bits: 1 },
            WaitOn::Readable(Object::Socket(SocketId(0))),
            WaitOn::Readable(Object::Socket(SocketId(1))),
            WaitOn::Readable(Object::Standard(1)),
            WaitOn::Writable(Object::Socket(SocketId(1))),
            WaitOn::Poll,
            WaitOn::Signal,
            WaitOn::Child(Pid(1)),
            WaitOn::Lock(1),
            WaitOn::Join(ThreadId(1)),
            WaitOn::Sleep,
        ];
        let mut events: Vec<Event> = waits.into_iter().map(on).collect();
        for deadline_ns in [Some(0), Some(1)] {
            events.push(Event::Blocked { on: WaitOn::Sleep, deadline_ns });
        }
        for thread in [ThreadId(0), ThreadId(1)] {
            events.push(Event::Spawned { child: thread });
            for why in [Why::Preempted, Why::Blocked, Why::Ended, Why::Yielded] {
                events.push(Event::Switched { to: thread, why });
            }
            for how in [Woken::Cause, Woken::Deadline, Woken::Spurious, Woken::Signal] {
                events.push(Event::Woke { thread, how });
            }
        }
        for why in [Pass::Idle, Pass::Stalled, Pass::Spun] {
            events.extend([Event::Passed { ns: 0, why }, Event::Passed { ns: 1, why }]);
        }
        for text in ["", "a", "b", "ab", "1234567", "1234567\u{f}", "12345678", "123456789", "\0", "\0\0"] {
            events.push(Event::Named { name: text.into() });
            events.push(Event::Unmodelled { what: text.into() });
            events.push(Event::Judged { signature: text.into() });
            events.push(Event::Escaped { what: text.into() });
            events.push(called(text, 0, 0));
            events.push(arrived(text, 0));
            events.extend([panicked(text, "p"), panicked("p", text)]);
            events.extend([wrote(1, text.as_bytes()), wrote(2, text.as_bytes())]);
        }
        events.extend([called("", 1, 0), called("", 0, 1), called("", -1, 0), called("", 0, -1)]);
        events.extend([Event::Ended, arrived("", 1)]);
        for process in [Pid(1), Pid(2)] {
            events.push(Event::Forked { child: process });
            events.extend(["", "a"].map(|name| Event::Executed { process, program: name.into() }));
            let statuses = [Status::Exited(0), Status::Exited(1), Status::Signalled(1)];
            events.extend(statuses.map(|status| Event::Exited { process, status }));
            events.extend([1, 2].map(|signal| Event::Signalled { process, signal }));
        }
        events.extend(between_hosts());
        events
    }

    fn between_hosts() -> Vec<Event> {
        let mut events = Vec::new();
        for (from, to) in [(1, 2), (2, 1), (1, 3)] {
            let hop = Hop { from: HostId(from), to: HostId(to) };
            for (name, bytes) in [("", 0), ("a", 0), ("", 1)] {
                let segment = Cow::Borrowed(name);
                events.push(Event::Sent { hop, segment: segment.clone(), bytes });
                events.push(Event::Reached { hop, segment: segment.clone(), bytes });
                events.push(Event::Duplicated { hop, segment: segment.clone(), bytes });
                for why in [Loss::Cut, Loss::Down, Loss::Nowhere, Loss::Struck, Loss::Overflow, Loss::Gap] {
                    events.push(Event::Lost { hop, segment: segment.clone(), bytes, why });
                }
            }
            for change in [
                LinkChange::Cut,
                LinkChange::Healed,
                LinkChange::Held,
                LinkChange::Released,
                LinkChange::Reset,
            ] {
                events.push(Event::Link { hop, change });
            }
        }
        events
    }

    #[test]
    fn every_field_of_every_event_and_of_its_stamp_changes_the_hash() {
        let mut seen = BTreeSet::from([hash(&[])]);
        let stamps = [
            STAMP,
            Stamp { step: 2, ..STAMP },
            Stamp { at_ns: 3, ..STAMP },
            Stamp { thread: ThreadId(4), ..STAMP },
        ];
        for event in all() {
            for stamp in stamps {
                assert!(seen.insert(hash(&[(stamp, event.clone())])), "{stamp:?} {event:?}");
            }
        }
    }

    #[test]
    fn the_order_and_the_number_of_events_change_the_hash() {
        let events: Vec<(Stamp, Event)> = all().into_iter().map(|event| (STAMP, event)).collect();
        let whole = hash(&events);
        for at in 1..events.len() {
            let mut swapped = events.clone();
            swapped.swap(at - 1, at);
            assert_ne!(hash(&swapped), whole, "events {at} and the one before change places");
            let mut shorter = events.clone();
            shorter.remove(at);
            assert_ne!(hash(&shorter), whole, "without event {at}");
            let mut longer = events.clone();
            longer.insert(at, events[at].clone());
            assert_ne!(hash(&longer), whole, "event {at} twice");
        }
    }
}
