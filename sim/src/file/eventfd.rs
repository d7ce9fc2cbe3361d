//! `eventfd(2)` (`fs/eventfd.c`).
//!
//! Does not know descriptors. Invariant: a counter is below `u64::MAX`.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::errno::Errno;
use crate::ready::{Change, Mask, Refusal, Side};

/// The size of what is read and written.
const SIZE: usize = size_of::<u64>();

/// An event counter: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventFdId(pub u32);

/// What a read takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// All that was counted.
    All,
    /// One (`EFD_SEMAPHORE`).
    One,
}

/// All event counters of a run.
#[derive(Debug, Default)]
pub struct EventFds {
    all: BTreeMap<EventFdId, Counter>,
    created: u32,
    changes: VecDeque<Change<EventFdId>>,
}

#[derive(Debug)]
struct Counter {
    count: u64,
    take: Take,
}

impl EventFds {
    /// `eventfd(2)`.
    pub fn create(&mut self, initial: u32, take: Take) -> EventFdId {
        let id = EventFdId(self.created);
        self.created += 1;
        self.all.insert(id, Counter { count: u64::from(initial), take });
        id
    }

    /// The last reference is gone.
    pub fn close(&mut self, id: EventFdId) {
        self.all.remove(&id);
    }

    /// `read(2)`.
    ///
    /// # Errors
    /// `EINVAL` for a buffer that is too short, or to wait while nothing is counted.
    pub fn read(&mut self, id: EventFdId, buffer: &mut [u8]) -> Result<usize, Refusal> {
        let buffer = buffer.first_chunk_mut::<SIZE>().ok_or(Errno::EINVAL)?;
        let counter = self.counter_mut(id);
        if counter.count == 0 {
            return Err(Refusal::Wait(Side::Read));
        }
        let taken = if counter.take == Take::One { 1 } else { counter.count };
        counter.count -= taken;
        *buffer = taken.to_le_bytes();
        self.changes.push_back(Change { of: id, key: Mask::OUT });
        Ok(SIZE)
    }

    /// `write(2)`.
    ///
    /// # Errors
    /// `EINVAL` for what is not exactly 8 bytes (older kernels let more pass) and for the greatest number, or
    /// to wait if the counter would overflow.
    pub fn write(&mut self, id: EventFdId, bytes: &[u8]) -> Result<usize, Refusal> {
        let added = u64::from_le_bytes(bytes.try_into().map_err(|_| Errno::EINVAL)?);
        if added == u64::MAX {
            return Err(Errno::EINVAL.into());
        }
        let counter = self.counter_mut(id);
        if u64::MAX - counter.count <= added {
            return Err(Refusal::Wait(Side::Write));
        }
        counter.count += added;
        self.changes.push_back(Change { of: id, key: Mask::IN });
        Ok(SIZE)
    }

    /// What a counter is ready for (`eventfd_poll`). `EPOLLERR` would say that it is at `u64::MAX`, where only the kernel's
    /// own users bring it.
    #[must_use]
    pub fn readiness(&self, id: EventFdId) -> Mask {
        let count = self.all.get(&id).expect("a descriptor keeps its counter").count;
        Mask::IN.when(count > 0) | Mask::OUT.when(count < u64::MAX - 1)
    }

    /// The next counter whose waiters must look again.
    pub fn pop_change(&mut self) -> Option<Change<EventFdId>> {
        self.changes.pop_front()
    }

    fn counter_mut(&mut self, id: EventFdId) -> &mut Counter {
        self.all.get_mut(&id).expect("a descriptor keeps its counter")
    }
}
