//! `select(2)` over simulated descriptors.
//!
//! Does not know `fd_set`: the boundary hands its bits over. Invariant: a set that comes back holds only numbers that it held.

use super::poll::{is_over, wait_for_any};
use super::{Caller, Stop, attempt, differ};
use crate::errno::Errno;
use crate::fd::{DESCRIPTORS_MAX, DescriptionId};
use crate::kernel::Kernel;
use crate::ready::Mask;

/// `POLLIN_SET` of `fs/select.c`.
const READ: Mask = Mask(Mask::IN.0 | Mask::RDNORM.0 | Mask::RDBAND.0 | Mask::HUP.0 | Mask::ERR.0);
/// `POLLOUT_SET`.
const WRITE: Mask = Mask(Mask::OUT.0 | Mask::WRNORM.0 | Mask::WRBAND.0 | Mask::ERR.0);

/// Words of a set.
const WORDS: usize = 1024 / 64;

/// A set of descriptors: `fd_set`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FdSet(pub [u64; WORDS]);

impl FdSet {
    fn has(&self, fd: i32) -> bool {
        usize::try_from(fd).is_ok_and(|fd| self.0[fd / 64] & 1 << (fd % 64) != 0)
    }

    fn put(&mut self, fd: i32) {
        if let Ok(fd) = usize::try_from(fd) {
            self.0[fd / 64] |= 1 << (fd % 64);
        }
    }
}

/// The three sets of `select(2)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sets {
    /// To read from.
    pub read: FdSet,
    /// To write to.
    pub write: FdSet,
    /// With something out of band.
    pub except: FdSet,
}

/// `select(2)`: which of the numbers below `count` are ready, and how often one is in a set. A time-out of 0 never waits, `None`
/// waits for ever.
///
/// # Errors
/// `EINVAL` for a negative count, `EBADF` for a number in a set that is not open, `EINTR`.
pub fn select(
    kernel: &mut Kernel,
    caller: &mut Caller,
    count: i32,
    asked: &Sets,
    timeout_ns: Option<u64>,
) -> Result<(usize, Sets), Stop> {
    if count < 0 {
        return Err(Errno::EINVAL.into());
    }
    let numbers = || {
        (0..count.min(DESCRIPTORS_MAX))
            .filter(|&fd| asked.read.has(fd) || asked.write.has(fd) || asked.except.has(fd))
    };
    let ids: Vec<DescriptionId> = if caller.held.is_empty() {
        numbers().map(|fd| kernel.lookup(caller.process, fd)).collect::<Result<_, _>>()?
    } else {
        caller.held.clone()
    };
    let (mut ready, mut found) = (0, Sets::default());
    for (fd, &id) in numbers().zip(&ids) {
        let object = kernel.files.object(id);
        let mask = kernel.poll(object);
        for (asked, found, bits, event) in [
            (&asked.read, &mut found.read, READ, Mask::IN),
            (&asked.write, &mut found.write, WRITE, Mask::OUT),
            (&asked.except, &mut found.except, Mask::PRI, Mask::PRI),
        ] {
            if asked.has(fd) && differ::select(kernel, object, mask, event)?.meets(bits) {
                found.put(fd);
                ready += 1;
            }
        }
    }
    if ready > 0 || is_over(kernel, caller, timeout_ns) {
        attempt::let_go(kernel, caller);
        kernel.settle();
        return Ok((ready, found));
    }
    wait_for_any(kernel, caller, ids, timeout_ns)
}
