//! `poll(2)`, and what it shares with `select(2)`: waiting for any of several files.
//!
//! Does not know what makes a file ready. Invariant: an entry that is not ready has no bits, and the answer counts the
//! others.

use super::{Caller, Stop, attempt, differ};
use crate::errno::Errno;
use crate::fd::{DescriptionId, Object};
use crate::kernel::Kernel;
use crate::ready::Mask;
use crate::wait::{Wait, WaitOn, Woken};

/// One entry of `poll(2)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollFd {
    /// The descriptor; a negative one is passed over.
    pub fd: i32,
    /// What is asked for.
    pub events: Mask,
    /// What is the case.
    pub revents: Mask,
}

/// `poll(2)`: fills `revents` and counts the entries that have any. A time-out of 0 never waits, `None` waits for ever. Files
/// of the real kernel are always ready, as regular files are.
///
/// # Errors
/// [`Stop::Block`] until one is ready.
pub fn poll(
    kernel: &mut Kernel,
    caller: &mut Caller,
    entries: &mut [PollFd],
    timeout_ns: Option<u64>,
) -> Result<usize, Stop> {
    let ids = open_files(kernel, caller, entries);
    let mut count = 0;
    for (entry, id) in entries.iter_mut().zip(&ids) {
        entry.revents = match *id {
            _ if entry.fd < 0 => Mask::NONE,
            None => Mask::NVAL,
            Some(id) => {
                differ::poll(kernel, kernel.files.object(id), entry.events)?
                    & (entry.events | Mask::ERR | Mask::HUP)
            }
        };
        count += usize::from(!entry.revents.is_empty());
    }
    if count > 0 || is_over(kernel, caller, timeout_ns) {
        attempt::let_go(kernel, caller);
        kernel.settle();
        return Ok(count);
    }
    wait_for_any(kernel, caller, ids.into_iter().flatten().collect(), timeout_ns)
}

/// Whether a call that found nothing says so. It does not if a signal has arrived, however long it was to wait (`do_poll`).
pub(super) fn is_over(kernel: &Kernel, caller: &Caller, timeout_ns: Option<u64>) -> bool {
    (timeout_ns == Some(0) || caller.timed_out()) && !kernel.is_interrupted()
}

/// Waits until one of these files changes, or for a signal, or the time is over.
pub(super) fn wait_for_any<T>(
    kernel: &mut Kernel,
    caller: &mut Caller,
    ids: Vec<DescriptionId>,
    timeout_ns: Option<u64>,
) -> Result<T, Stop> {
    // Asking instances of `epoll(7)` may have passed a wake on.
    kernel.settle();
    if caller.woken == Some(Woken::Signal) || kernel.signal_is_due() {
        attempt::let_go(kernel, caller);
        return Err(Errno::EINTR.into());
    }
    if caller.woken.is_none() {
        caller.deadline_ns = timeout_ns.map(|ns| kernel.after_ns(ns));
    }
    attempt::hold(kernel, caller, &ids);
    let mut objects: Vec<Object> = ids.iter().map(|&id| kernel.files.object(id)).collect();
    objects.sort_unstable();
    objects.dedup();
    kernel.watch(objects);
    Err(Stop::Block(Wait { on: WaitOn::Poll, deadline_ns: caller.deadline_ns }))
}

/// The open file of each entry: those the call waits on, if it has waited. A call that waits found every number good.
fn open_files(kernel: &Kernel, caller: &Caller, entries: &[PollFd]) -> Vec<Option<DescriptionId>> {
    let mut held = caller.held.iter().copied();
    let find = |entry: &PollFd| match entry.fd {
        ..0 => None,
        fd if caller.woken.is_none() => kernel.lookup(caller.process, fd).ok(),
        _ => held.next(),
    };
    entries.iter().map(find).collect()
}
