//! What every call on a descriptor does around its attempt: find the open file, wait or not, keep the file meanwhile.
//!
//! Does not know what is attempted. Invariant: the open files in [`Caller::held`] are exactly those of a call that waits;
//! whatever ends the call, or its process, lets them go.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::{Blocking, DescriptionId, Object};
use crate::kernel::Kernel;
use crate::ready::Refusal;
use crate::wait::{Wait, WaitOn, Woken};

/// An open file found by its number, and whether this call waits on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) object: Object,
    pub(super) blocking: Blocking,
}

/// How a call gives up waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Counted from the first attempt that waits; `None` for ever.
    pub(super) timeout_ns: Option<u64>,
    /// What the program sees when the time is over.
    pub(super) expired: Errno,
    /// What it sees when it does not wait at all.
    pub(super) at_once: Errno,
}

impl Patience {
    /// Of an ordinary read or write.
    pub(super) fn io(timeout_ns: Option<u64>) -> Self {
        Self { timeout_ns, expired: Errno::EAGAIN, at_once: Errno::EAGAIN }
    }
}

/// The file behind a number, for a call that never waits.
pub(super) fn object(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<Object, Stop> {
    Ok(kernel.files.object(kernel.lookup(caller.process, fd)?))
}

/// The file a call is about: the one it waits on, if it has waited.
pub(super) fn target(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<Object, Stop> {
    match caller.held.first() {
        Some(&id) => Ok(kernel.files.object(id)),
        None => object(kernel, caller, fd),
    }
}

/// Makes one attempt on the file behind a number. A call that waits goes on with the open file it began with, in the mode
/// it began in, whatever becomes of the number.
pub(super) fn on_file<T>(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    attempt: impl FnOnce(&mut Kernel, &mut Caller, Target) -> Result<T, Stop>,
) -> Result<T, Stop> {
    on_files(kernel, caller, fd, &[], attempt)
}

/// As [`on_file`], for a call that also carries open files, which it keeps while it waits.
pub(super) fn on_files<T>(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    carried: &[DescriptionId],
    attempt: impl FnOnce(&mut Kernel, &mut Caller, Target) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let (id, blocking) = match caller.held.first() {
        Some(&id) => (id, Blocking::Yes),
        None => {
            let id = kernel.lookup(caller.process, fd)?;
            (id, kernel.files.blocking(id))
        }
    };
    let object = kernel.files.object(id);
    let answer = attempt(kernel, caller, Target { object, blocking });
    match &answer {
        Err(Stop::Block(_)) => hold(kernel, caller, [id].iter().chain(carried)),
        _ => let_go(kernel, caller),
    }
    kernel.settle();
    answer
}

/// Keeps open files for a call that begins to wait.
pub(super) fn hold<'a>(
    kernel: &mut Kernel,
    caller: &mut Caller,
    ids: impl IntoIterator<Item = &'a DescriptionId>,
) {
    if caller.held.is_empty() {
        caller.held.extend(ids);
        kernel.hold_for(caller.thread, &caller.held);
    }
}

/// Lets the open files of a call go that is over.
pub(super) fn let_go(kernel: &mut Kernel, caller: &mut Caller) {
    if !caller.held.is_empty() {
        caller.held.clear();
        kernel.let_go_of(caller.thread);
    }
}

/// What a refused attempt means to the program.
pub(super) fn settle(
    kernel: &mut Kernel,
    caller: &mut Caller,
    target: Target,
    patience: Patience,
    refusal: Refusal,
) -> Stop {
    let side = match refusal {
        Refusal::Fail(errno) => return Stop::Fail(errno),
        Refusal::Unmodelled(what, errno) => return Stop::Unmodelled(what, errno),
        Refusal::Wait(side) => side,
    };
    if target.blocking == Blocking::No {
        return Stop::Fail(patience.at_once);
    }
    if caller.woken == Some(Woken::Signal) {
        return Stop::Fail(Errno::EINTR);
    }
    if caller.timed_out() || patience.timeout_ns == Some(0) {
        return Stop::Fail(patience.expired);
    }
    if caller.held.is_empty() {
        if kernel.interrupts(caller.process) {
            return Stop::Fail(Errno::EINTR);
        }
        caller.deadline_ns = patience.timeout_ns.map(|ns| kernel.after_ns(ns));
    }
    Stop::Block(Wait { on: WaitOn::side(target.object, side), deadline_ns: caller.deadline_ns })
}

impl From<Refusal> for Stop {
    /// For attempts that never wait.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fail(errno) => Self::Fail(errno),
            Refusal::Unmodelled(what, errno) => Self::Unmodelled(what, errno),
            Refusal::Wait(_) => Self::Fail(Errno::EAGAIN),
        }
    }
}
