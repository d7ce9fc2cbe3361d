//! The queue of what happens at a virtual time.
//!
//! Does not know the time. Invariant: entries come out by time, and entries of one time in the order in which they were set
//! unless the kernel asks for another.

use std::collections::BTreeMap;

use crate::file::timerfd::TimerFdId;
use crate::net::{Flow, Packet, SocketId};
use crate::thread::ThreadId;

/// What happens.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    /// The deadline of a thread's wait.
    Deadline(ThreadId),
    /// A segment arrives.
    Packet(Box<Packet>),
    /// A timer that is a file expires.
    TimerFd(TimerFdId),
    /// What was lost of a flow is sent again.
    Retry(Flow),
    /// A connection asks whether its peer is there.
    Probe(SocketId),
    /// What the strike with this number did is undone.
    Relief(u64),
}

/// The key of an entry: its time in virtual nanoseconds, and its order among all that were ever set.
pub(crate) type Key = (u64, u64);

/// Everything that will happen unless it is cancelled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    queue: BTreeMap<Key, Due>,
    /// The time of the first entry, which every call of the program asks for.
    next_ns: Option<u64>,
    set: u64,
}

impl Timers {
    /// Sets an entry and returns the key that cancels it.
    pub(crate) fn set(&mut self, at_ns: u64, due: Due) -> Key {
        let key = (at_ns, self.set);
        self.set += 1;
        self.queue.insert(key, due);
        self.next_ns = Some(self.next_ns.map_or(at_ns, |next_ns| next_ns.min(at_ns)));
        key
    }

    /// Takes an entry back; nothing happens if it came out already.
    pub(crate) fn cancel(&mut self, key: Key) {
        if self.queue.remove(&key).is_some() && self.next_ns == Some(key.0) {
            self.note_next();
        }
    }

    fn note_next(&mut self) {
        self.next_ns = self.queue.first_key_value().map(|(key, _)| key.0);
    }

    /// When the next entry is due.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.next_ns
    }

    /// How many entries are due next, all at one time, counted to at most `most`.
    pub(crate) fn tied(&self, most: usize) -> usize {
        let is_next = |key: &&Key| Some(key.0) == self.next_ns;
        self.queue.keys().take(most).take_while(is_next).count()
    }

    /// Takes the `nth` of the entries that are due next.
    pub(crate) fn take(&mut self, nth: usize) -> Option<Due> {
        let due = if nth == 0 {
            self.queue.pop_first()?.1
        } else {
            let key = *self.queue.keys().nth(nth)?;
            assert_eq!(Some(key.0), self.next_ns, "only what is due next can be taken");
            self.queue.remove(&key)?
        };
        self.note_next();
        Some(due)
    }

    /// The deadlines of threads, with their keys.
    pub(crate) fn deadlines(&self) -> impl Iterator<Item = (Key, ThreadId)> {
        self.queue.iter().filter_map(|(key, due)| match due {
            Due::Deadline(thread) => Some((*key, *thread)),
            Due::Packet(_) | Due::TimerFd(_) | Due::Retry(_) | Due::Probe(_) | Due::Relief(_) => None,
        })
    }

    /// Everything that will happen, by time.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Due> {
        self.queue.values()
    }

    /// The flows that will be tried again.
    pub(crate) fn retries(&self) -> impl Iterator<Item = Flow> {
        self.queue.values().filter_map(|due| match due {
            Due::Retry(flow) => Some(*flow),
            _ => None,
        })
    }

    /// The flow whose timer an entry is.
    pub(crate) fn retry_at(&self, key: Key) -> Option<Flow> {
        match self.queue.get(&key) {
            Some(Due::Retry(flow)) => Some(*flow),
            _ => None,
        }
    }

    /// The connection whose probe an entry is.
    pub(crate) fn probe_at(&self, key: Key) -> Option<SocketId> {
        match self.queue.get(&key) {
            Some(Due::Probe(id)) => Some(*id),
            _ => None,
        }
    }
}
