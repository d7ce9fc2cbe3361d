//! What a file is ready for, and whom a change concerns: the one vocabulary of `poll(2)`, `select(2)` and `epoll(7)`.
//!
//! Does not know files. Invariant: the bits are Linux's (`include/uapi/linux/eventpoll.h`), so that no interface translates.

use core::ops::{BitAnd, BitOr, BitOrAssign};

use serde::{Deserialize, Serialize};

use crate::errno::Errno;

/// A set of `EPOLL*` bits, which are those of `poll(2)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mask(pub u32);

impl Mask {
    /// Nothing. As the key of a wake: everything, as in `ep_poll_callback`.
    pub const NONE: Self = Self(0);
    /// `EPOLLIN`.
    pub const IN: Self = Self(0x1);
    /// `EPOLLPRI`.
    pub const PRI: Self = Self(0x2);
    /// `EPOLLOUT`.
    pub const OUT: Self = Self(0x4);
    /// `EPOLLERR`.
    pub const ERR: Self = Self(0x8);
    /// `EPOLLHUP`.
    pub const HUP: Self = Self(0x10);
    /// `POLLNVAL`.
    pub const NVAL: Self = Self(0x20);
    /// `EPOLLRDNORM`.
    pub const RDNORM: Self = Self(0x40);
    /// `EPOLLRDBAND`.
    pub const RDBAND: Self = Self(0x80);
    /// `EPOLLWRNORM`.
    pub const WRNORM: Self = Self(0x100);
    /// `EPOLLWRBAND`.
    pub const WRBAND: Self = Self(0x200);
    /// `EPOLLRDHUP`.
    pub const RDHUP: Self = Self(0x2000);

    /// With what `sock_def_readable` wakes.
    pub const READERS: Self = Self(0x1 | 0x2 | 0x40 | 0x80);
    /// With what `sock_def_write_space` wakes.
    pub const WRITERS: Self = Self(0x4 | 0x100 | 0x200);

    /// Whether two sets share a bit.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether no bit is set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These bits if the condition holds, none otherwise: for building a set in one expression.
    #[must_use]
    pub fn when(self, condition: impl Into<bool>) -> Self {
        if condition.into() { self } else { Self::NONE }
    }
}

impl BitOr for Mask {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Mask {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Mask {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Which way a caller waits for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// For something to read, accept, or be told.
    Read,
    /// For room to write, or for a connection.
    Write,
}

/// A file changed so that whoever waits for it must look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<Id> {
    /// Which file.
    pub of: Id,
    /// The key of the wake: waiters for other bits are not concerned. [`Mask::NONE`] concerns everybody.
    pub key: Mask,
}

/// Why a file refused an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The program sees this error number.
    Fail(Errno),
    /// Not now; the attempt may succeed once the file changes on this side. A non-blocking caller sees `EAGAIN`.
    Wait(Side),
    /// We do not model this: what was asked, and the error number the program sees.
    Unmodelled(String, Errno),
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::Fail(errno)
    }
}

impl Refusal {
    /// Something asked for that we do not model.
    pub fn unmodelled(what: impl Into<String>, errno: Errno) -> Self {
        Self::Unmodelled(what.into(), errno)
    }
}
