//! What a socket is ready for: the one answer that `poll(2)` gives, and `epoll(7)` will.
//!
//! Does not know the bits of any interface. Invariant: on a socket that is ready here, the matching call
//! does not wait.

use crate::ready::Mask;

/// What a socket is ready for; each field is one bit of `poll(2)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// `POLLIN`: bytes, a connection, an end or an error to be had.
    pub readable: bool,
    /// `POLLOUT`: room to write, or an error to be had.
    pub writable: bool,
    /// `POLLHUP`: neither direction is open.
    pub hup: bool,
    /// `POLLRDHUP`: nothing more will come.
    pub rdhup: bool,
    /// `POLLERR`: an error is pending.
    pub error: bool,
}

impl Readiness {
    /// The bits that `tcp_poll` sets for it.
    #[must_use]
    pub fn mask(self) -> Mask {
        (Mask::IN | Mask::RDNORM).when(self.readable)
            | (Mask::OUT | Mask::WRNORM).when(self.writable)
            | Mask::HUP.when(self.hup)
            | Mask::RDHUP.when(self.rdhup)
            | Mask::ERR.when(self.error)
    }
}
