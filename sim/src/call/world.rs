//! What a program asks of the simulation itself: hosts and what becomes of them.
//!
//! Linux has no such calls: they are the harness'. Invariant: a call here changes nothing but who has asked how a process ended.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::Object;
use crate::host::{HostId, Power};
use crate::kernel::Kernel;
use crate::process::signal::SIGKILL;
use crate::process::{Pid, Status};
use crate::wait::{Wait, WaitOn, Woken};

/// How a process ended that [`Kernel::start`] began, as often as it is asked.
///
/// # Errors
/// `ESRCH` for a number that is no process, `EINTR`; [`Stop::Block`] until it is over.
pub fn wait(kernel: &mut Kernel, caller: &Caller, pid: Pid) -> Result<Status, Stop> {
    match ended(kernel, pid)? {
        Some(status) => Ok(status),
        None if caller.woken == Some(Woken::Signal) => Err(Errno::EINTR.into()),
        None => Err(Stop::Block(Wait { on: WaitOn::Readable(Object::Process(pid)), deadline_ns: None })),
    }
}

/// How a host's n-th program ended by itself, in whichever of its lives: a crash of the host is no end, and what comes after it is
/// waited for.
///
/// # Errors
/// As [`wait`]; `ESRCH` for a program that there is not.
pub fn wait_for_program(
    kernel: &mut Kernel,
    caller: &Caller,
    host: HostId,
    nth: usize,
) -> Result<Status, Stop> {
    let pid = kernel.net.hosts.get(host).programs.get(nth).ok_or(Errno::ESRCH)?.process;
    let status = wait(kernel, caller, pid)?;
    if status == Status::Signalled(SIGKILL) && kernel.net.hosts.get(host).power == Power::Down {
        return Err(Stop::Block(Wait { on: WaitOn::Readable(Object::Process(pid)), deadline_ns: None }));
    }
    Ok(status)
}

/// How a process ended that [`Kernel::start`] began, if it has.
///
/// # Errors
/// `ESRCH` for a number that is no process.
pub fn ended(kernel: &mut Kernel, pid: Pid) -> Result<Option<Status>, Errno> {
    kernel.processes.find(pid).ok_or(Errno::ESRCH)?;
    let process = kernel.processes.get_mut(pid);
    process.asked |= process.ended.is_some();
    Ok(process.ended)
}
