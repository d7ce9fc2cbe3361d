//! `eventfd(2)`.
//!
//! Does not know what is counted. Invariant: a counter is made only with flags that we know.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::{Blocking, Object, OnExec};
use crate::file::eventfd::Take;
use crate::kernel::Kernel;

const EFD_SEMAPHORE: i32 = 1;
const EFD_NONBLOCK: i32 = 0o4000;
const EFD_CLOEXEC: i32 = 0o2_000_000;

/// `eventfd(2)`.
///
/// # Errors
/// `EINVAL` for unknown flags, `EMFILE`.
pub fn eventfd(kernel: &mut Kernel, caller: &Caller, initial: u32, flags: i32) -> Result<i32, Stop> {
    if flags & !(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let take = if flags & EFD_SEMAPHORE == 0 { Take::All } else { Take::One };
    let blocking = if flags & EFD_NONBLOCK == 0 { Blocking::Yes } else { Blocking::No };
    let on_exec = if flags & EFD_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close };
    let id = kernel.eventfds.create(initial, take);
    Ok(kernel.install(caller.process, Object::EventFd(id), blocking, on_exec)?)
}
