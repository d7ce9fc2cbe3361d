//! What a program asks of the simulation itself: hosts and what becomes of them.
//!
//! Linux has no such calls: they are the harness'. Invariant: a call here acts at once, in the order in which it is made; only
//! [`wait`] waits.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::Object;
use crate::kernel::Kernel;
use crate::process::{Pid, Status};
use crate::wait::{Wait, WaitOn, Woken};

/// How a process ended that [`Kernel::start`] began, as often as it is asked.
///
/// # Errors
/// `ESRCH` for a number that is no process, `EINTR`; [`Stop::Block`] until it is over.
pub fn wait(kernel: &mut Kernel, caller: &Caller, pid: Pid) -> Result<Status, Stop> {
    let process = kernel.processes.find(pid).ok_or(Errno::ESRCH)?;
    match process.ended {
        Some(status) => Ok(status),
        None if caller.woken == Some(Woken::Signal) => Err(Errno::EINTR.into()),
        None => Err(Stop::Block(Wait { on: WaitOn::Readable(Object::Process(pid)), deadline_ns: None })),
    }
}
