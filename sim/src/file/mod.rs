//! Open files that are no sockets: pipes, event counters, timers, and `epoll(7)` over all of them; and the locks of real files.
//!
//! Does not know descriptors, threads or the clock: each is told the time and leaves its changes behind. Invariant: an id is
//! never reused within a run.

pub mod epoll;
pub mod eventfd;
pub mod lock;
pub mod pipe;
pub mod record;
pub mod timerfd;

#[cfg(test)]
mod tests;
