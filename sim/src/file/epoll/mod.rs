//! `epoll(7)` over every kind of open file (`fs/eventpoll.c`).
//!
//! Does not know descriptors, threads, or what makes a file ready: it is told of changes and asks when it collects.
//! Invariant: an item is on its instance's ready list at most once, and the list keeps the order in which items came to it.

mod event;
mod instance;
mod nest;
mod table;

pub use event::{EpollId, Event, Key, Op, Target, Wake, Who, bits};
pub use table::Epolls;
