//! The words of `epoll_ctl(2)` and `epoll_wait(2)`.
//!
//! Does not know what is done with them. Invariant: the bits are Linux's (`include/uapi/linux/eventpoll.h`).

use serde::{Deserialize, Serialize};

use crate::fd::{DescriptionId, Object};

/// An epoll instance: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EpollId(pub u32);

/// `struct epoll_event`: what an item is watched for and how, or what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Bits of [`Mask`](crate::ready::Mask) and of [`bits`].
    pub events: u32,
    /// What the program wants back.
    pub data: u64,
}

/// Bits of [`Event::events`] that say how to watch.
pub mod bits {
    /// `EPOLLEXCLUSIVE`.
    pub const EXCLUSIVE: u32 = 1 << 28;
    /// `EPOLLWAKEUP`: keeps a machine from suspending, which ours never does.
    pub const WAKEUP: u32 = 1 << 29;
    /// `EPOLLONESHOT`.
    pub const ONESHOT: u32 = 1 << 30;
    /// `EPOLLET`.
    pub const ET: u32 = 1 << 31;

    /// `EP_PRIVATE_BITS`: what stays of a one-shot item that was delivered.
    pub(crate) const PRIVATE: u32 = WAKEUP | ONESHOT | ET | EXCLUSIVE;
    /// `EPOLLEXCLUSIVE_OK_BITS`: `EPOLLIN`, `EPOLLOUT`, `EPOLLERR`, `EPOLLHUP` and how to watch, but once.
    pub(crate) const EXCLUSIVE_OK: u32 = 0x1 | 0x4 | 0x8 | 0x10 | WAKEUP | ET | EXCLUSIVE;
}

/// What Linux calls an item by: one open file may be watched through several of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The open file.
    pub description: DescriptionId,
    /// The number that `epoll_ctl(2)` was given.
    pub fd: i32,
}

/// The file that `epoll_ctl(2)` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// By what the item is found.
    pub key: Key,
    /// What the open file is.
    pub object: Object,
}

/// What `epoll_ctl(2)` is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `EPOLL_CTL_ADD`.
    Add(Event),
    /// `EPOLL_CTL_MOD`.
    Modify(Event),
    /// `EPOLL_CTL_DEL`.
    Delete,
}

/// Threads that wait for an instance must look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Which instance.
    pub of: EpollId,
    /// Who.
    pub who: Who,
}

/// Whom a wake of an instance concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Of the threads asleep in `epoll_wait(2)`, the one that came last (`__add_wait_queue_exclusive` puts it first), and
    /// nobody else (`wake_up(&ep->wq)`).
    Sleeper,
    /// That thread, and all that wait for `EPOLLIN` of the instance itself with `poll(2)` or `select(2)`.
    Everybody,
}
