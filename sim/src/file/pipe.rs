//! `pipe(7)` (`fs/pipe.c`), without packets (`O_DIRECT`) and names.
//!
//! Does not know descriptors. Invariant: no slot is empty, and there are at most `SLOTS` of at most a page each.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::errno::Errno;
use crate::ready::{Change, Mask, Refusal, Side};

/// A page, which is `PIPE_BUF`, too: what is not longer is written whole or not at all.
const PAGE: usize = 4096;
/// `PIPE_DEF_BUFFERS`.
const SLOTS: usize = 16;
/// Pipes at one time: with more, Linux gives those of an ordinary user two slots (`pipe-user-pages-soft`).
const PIPES_MAX: usize = 1024;

/// A pipe: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PipeId(pub u32);

/// An end of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum End {
    /// Where bytes come out.
    Read,
    /// Where they go in.
    Write,
}

/// How a call comes to try, on which depends whom it wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Under `O_NONBLOCK`: this is all the call does.
    Once,
    /// It waits and tries again if there is more to do.
    First,
    /// It has waited. Trying without a reason to is harmless.
    Again,
}

/// All pipes of a run.
#[derive(Debug, Default)]
pub struct Pipes {
    all: BTreeMap<PipeId, Pipe>,
    created: u32,
    changes: VecDeque<Change<(PipeId, End)>>,
}

#[derive(Debug)]
struct Pipe {
    slots: VecDeque<Slot>,
    reader: Presence,
    writer: Presence,
    /// Once polled, every write wakes, not only one that ends emptiness (`poll_usage`).
    polled: Polled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Open,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Polled {
    Never,
    Once,
}

/// A page: what was written into it, and how much of that was read.
#[derive(Debug)]
struct Slot {
    bytes: Vec<u8>,
    read: usize,
}

impl Pipes {
    /// `pipe(2)`.
    ///
    /// # Errors
    /// Unmodelled beyond the pages that an ordinary user may have.
    pub fn create(&mut self) -> Result<PipeId, Refusal> {
        if self.all.len() == PIPES_MAX {
            return Err(Refusal::unmodelled(format!("more than {PIPES_MAX} pipes"), Errno::ENFILE));
        }
        let id = PipeId(self.created);
        self.created += 1;
        let (slots, polled) = (VecDeque::new(), Polled::Never);
        self.all.insert(id, Pipe { slots, reader: Presence::Open, writer: Presence::Open, polled });
        Ok(id)
    }

    /// The last reference to an end is gone.
    pub fn close_end(&mut self, id: PipeId, end: End) {
        let pipe = self.pipe_mut(id);
        let (this, other, that) = match end {
            End::Read => (&mut pipe.reader, pipe.writer, End::Write),
            End::Write => (&mut pipe.writer, pipe.reader, End::Read),
        };
        *this = Presence::Closed;
        match other {
            Presence::Open => self.wake((id, that), Mask::NONE),
            Presence::Closed => _ = self.all.remove(&id),
        }
    }

    /// `read(2)`. Nothing read into a buffer that is not empty means that the end has come.
    ///
    /// # Errors
    /// To wait while a writer may yet come.
    pub fn read(&mut self, id: PipeId, buffer: &mut [u8], attempt: Attempt) -> Result<usize, Refusal> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let pipe = self.pipe_mut(id);
        let (was_full, mut size) = (pipe.is_full(), 0);
        while let Some(slot) = pipe.slots.front_mut().filter(|_| size < buffer.len()) {
            size += slot.take(&mut buffer[size..]);
            if slot.read == slot.bytes.len() {
                pipe.slots.pop_front();
            }
        }
        if size == 0 && pipe.writer == Presence::Open {
            return Err(Refusal::Wait(Side::Read));
        }
        let (freed, rest) = (was_full && !pipe.is_full(), !pipe.slots.is_empty());
        if freed {
            self.wake((id, End::Write), Mask::OUT | Mask::WRNORM);
        }
        if rest && attempt == Attempt::Again {
            self.wake((id, End::Read), Mask::IN | Mask::RDNORM);
        }
        Ok(size)
    }

    /// `write(2)`: how much was written. A caller that blocks goes on with the rest, as [`Attempt::Again`].
    ///
    /// # Errors
    /// To wait for room, or `EPIPE` without a reader, with which `SIGPIPE` comes.
    pub fn write(&mut self, id: PipeId, bytes: &[u8], attempt: Attempt) -> Result<usize, Refusal> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let pipe = self.pipe_mut(id);
        if pipe.reader == Presence::Closed {
            return Err(Errno::EPIPE.into());
        }
        let was_empty = pipe.slots.is_empty();
        // The part beyond whole pages goes into the page begun last if it fits; a call does that only as it begins.
        let mut size = if attempt == Attempt::Again { 0 } else { pipe.merge(&bytes[..bytes.len() % PAGE]) };
        for page in bytes[size..].chunks(PAGE).take(SLOTS - pipe.slots.len()) {
            pipe.slots.push_back(Slot { bytes: page.to_vec(), read: 0 });
            size += page.len();
        }
        let (full, polled) = (pipe.is_full(), pipe.polled == Polled::Once);
        // A call that goes on waiting has not come to where a pipe that is polled wakes always.
        let leaves = size == bytes.len() || attempt == Attempt::Once;
        if was_empty || (polled && leaves) {
            self.wake((id, End::Read), Mask::IN | Mask::RDNORM);
        }
        if leaves && attempt == Attempt::Again && !full {
            self.wake((id, End::Write), Mask::OUT | Mask::WRNORM);
        }
        if size == 0 { Err(Refusal::Wait(Side::Write)) } else { Ok(size) }
    }

    /// `FIONREAD`, at either end.
    #[must_use]
    pub fn unread(&self, id: PipeId) -> usize {
        self.pipe(id).slots.iter().map(|slot| slot.bytes.len() - slot.read).sum()
    }

    /// `F_GETPIPE_SZ`.
    #[must_use]
    pub fn capacity(&self, id: PipeId) -> usize {
        let _: &Pipe = self.pipe(id);
        SLOTS * PAGE
    }

    /// `F_SETPIPE_SZ`.
    ///
    /// # Errors
    /// Unmodelled.
    pub fn set_capacity(&mut self, _: PipeId, size: usize) -> Result<usize, Refusal> {
        Err(Refusal::unmodelled(format!("F_SETPIPE_SZ to {size}"), Errno::EPERM))
    }

    /// What an end is ready for, asked by `poll(2)`, `select(2)` or `epoll_ctl(2)`: from here on, every write wakes.
    pub fn poll(&mut self, id: PipeId, end: End) -> Mask {
        self.pipe_mut(id).polled = Polled::Once;
        self.readiness(id, end)
    }

    /// What an end is ready for (`pipe_poll`).
    #[must_use]
    pub fn readiness(&self, id: PipeId, end: End) -> Mask {
        let pipe = self.pipe(id);
        match end {
            End::Read => {
                (Mask::IN | Mask::RDNORM).when(!pipe.slots.is_empty())
                    | Mask::HUP.when(pipe.writer == Presence::Closed)
            }
            End::Write => {
                (Mask::OUT | Mask::WRNORM).when(!pipe.is_full())
                    | Mask::ERR.when(pipe.reader == Presence::Closed)
            }
        }
    }

    /// The next end whose waiters must look again.
    pub fn pop_change(&mut self) -> Option<Change<(PipeId, End)>> {
        self.changes.pop_front()
    }

    fn wake(&mut self, of: (PipeId, End), key: Mask) {
        self.changes.push_back(Change { of, key });
    }

    fn pipe(&self, id: PipeId) -> &Pipe {
        self.all.get(&id).expect("a descriptor keeps its pipe")
    }

    fn pipe_mut(&mut self, id: PipeId) -> &mut Pipe {
        self.all.get_mut(&id).expect("a descriptor keeps its pipe")
    }
}

impl Pipe {
    fn is_full(&self) -> bool {
        self.slots.len() == SLOTS
    }

    /// Puts all bytes into the last page, or none. Returns how many.
    fn merge(&mut self, bytes: &[u8]) -> usize {
        match self.slots.back_mut() {
            Some(last) if last.bytes.len() + bytes.len() <= PAGE => {
                last.bytes.extend_from_slice(bytes);
                bytes.len()
            }
            _ => 0,
        }
    }
}

impl Slot {
    fn take(&mut self, buffer: &mut [u8]) -> usize {
        let size = buffer.len().min(self.bytes.len() - self.read);
        buffer[..size].copy_from_slice(&self.bytes[self.read..self.read + size]);
        self.read += size;
        size
    }
}
