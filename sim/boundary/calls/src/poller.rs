//! The crate `polling`, whose `Poller::add` wants a promise, as safe functions.
//!
//! Does not know what a source says. Invariant: a source is taken out of its poller before it is closed.

use std::io::Result;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

use polling::{Event, PollMode, Poller};

/// A source whose number stays the same for as long as it lives.
pub trait Fixed: AsFd {}

impl Fixed for TcpListener {}
impl Fixed for TcpStream {}

/// A source that stands in a poller.
pub struct Watched<S: Fixed> {
    poller: Arc<Poller>,
    source: S,
}

impl<S: Fixed> Watched<S> {
    /// `Poller::add_with_mode`.
    ///
    /// # Errors
    /// The crate's own.
    pub fn new(poller: &Arc<Poller>, source: S, interest: Event, mode: PollMode) -> Result<Self> {
        // SAFETY: Poller::add: the source is deleted before it is dropped, which is below.
        unsafe { poller.add_with_mode(source.as_fd().as_raw_fd(), interest, mode) }?;
        Ok(Self { poller: poller.clone(), source })
    }

    /// `Poller::modify`, which a source that is told of once needs after each time.
    ///
    /// # Errors
    /// The crate's own.
    pub fn again(&self, interest: Event) -> Result<()> {
        self.poller.modify(self.source.as_fd(), interest)
    }

    /// The source itself.
    pub fn source(&self) -> &S {
        &self.source
    }
}

impl<S: Fixed> Drop for Watched<S> {
    fn drop(&mut self) {
        self.poller.delete(self.source.as_fd()).expect("it stands there");
    }
}
