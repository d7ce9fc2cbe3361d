//! On which processors a thread may run: `sched_setaffinity(2)`, `sched_getaffinity(2)`, `sched_getcpu(3)`.
//!
//! Threads run one at a time, and each can lose its turn at every point, as those can that share a processor: whoever is bound to one runs as
//! before, and what a program makes of it is the same under every schedule. Does not know how a set lies in memory. Invariant: a thread may run on
//! one processor of its host at least.

use std::collections::BTreeSet;

use super::Stop;
use crate::errno::Errno;
use crate::kernel::Kernel;
use crate::thread::{State, ThreadId};

/// The processors on which a thread may run, all of its host's unless it, or whoever created it, is bound.
#[must_use]
pub fn allowed(kernel: &Kernel, thread: ThreadId) -> BTreeSet<u32> {
    let all = 0..kernel.host_at(thread).spec.cores;
    let bound = kernel.threads().get(thread).bound_to.iter().flatten().copied();
    // A program that was started on another host may have less than whoever started it.
    let own: BTreeSet<u32> = bound.filter(|core| all.contains(core)).collect();
    if own.is_empty() { all.collect() } else { own }
}

/// Binds a thread to those of these processors that its host has: `sched_setaffinity(2)`.
///
/// # Errors
/// `EINVAL` if it has none of them.
pub fn bind(kernel: &mut Kernel, thread: ThreadId, wanted: &BTreeSet<u32>) -> Result<(), Stop> {
    let all = 0..kernel.host_at(thread).spec.cores;
    let own: BTreeSet<u32> = wanted.iter().copied().filter(|core| all.contains(core)).collect();
    if own.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    kernel.bind_thread(thread, own);
    Ok(())
}

/// The processor on which a thread runs: the first that it may.
#[must_use]
pub fn current(kernel: &Kernel, thread: ThreadId) -> u32 {
    allowed(kernel, thread).first().copied().unwrap_or(0)
}

/// The thread that an id of `gettid(2)` names; 0 is the caller.
///
/// # Errors
/// `ESRCH` if there is none, or it is over.
pub fn find(kernel: &Kernel, tid: i32, number: impl Fn(&Kernel, ThreadId) -> i32) -> Result<ThreadId, Errno> {
    if tid == 0 {
        return Ok(kernel.current());
    }
    let living = kernel.threads().iter().filter(|(_, thread)| thread.state != State::Ended);
    living.map(|(id, _)| id).find(|id| number(kernel, *id) == tid).ok_or(Errno::ESRCH)
}
