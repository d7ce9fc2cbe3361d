//! `waitpid(2)`, `waitid(2)`, `kill(2)`, `pidfd_open(2)`, `sigaction(2)`.
//!
//! Does not know programs. Invariant: a child's end is told once, unless it is only looked at.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::{Blocking, Object, OnExec};
use crate::kernel::Kernel;
use crate::process::signal::Disposition;
use crate::process::{Life, Pid, Process, Status};
use crate::wait::{Wait, WaitOn, Woken};

const WNOHANG: i32 = 1;
/// Also `WSTOPPED` of `waitid(2)`.
const WUNTRACED: i32 = 2;
const WCONTINUED: i32 = 8;
const WNOWAIT: i32 = 0x0100_0000;
const WEXITED: i32 = 4;
/// `__WNOTHREAD`, `__WALL` and `__WCLONE`; of these the last asks for children that there are none of.
const WNOTHREAD: i32 = 0x2000_0000;
const WALL: i32 = 0x4000_0000;
const WCLONE: i32 = i32::MIN;
const PIDFD_NONBLOCK: u32 = 0o4000;

/// What a wait for children asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// As the first argument of `waitpid(2)`: a number, 0 for the own group, -1 for all, or a group negated.
    pub which: i32,
    /// `WNOHANG`, `WNOWAIT`, ….
    pub options: i32,
}

/// A child that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which.
    pub pid: Pid,
    /// How it ended.
    pub status: Status,
}

/// `waitpid(2)`: the first child, in order of creation, that is over; `None` with `WNOHANG` when none is.
///
/// # Errors
/// `ECHILD` without such a child, `EINVAL` for unknown options, `ESRCH` for a group that no number can have, `EINTR`;
/// [`Stop::Block`] until one is over. Threads apart (`__WNOTHREAD`, `__WCLONE`) are unmodelled.
pub fn wait(kernel: &mut Kernel, caller: &Caller, ask: Ask) -> Result<Option<Ended>, Stop> {
    if ask.options & !(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE) != 0 {
        return Err(Errno::EINVAL.into());
    }
    if ask.which == i32::MIN {
        return Err(Errno::ESRCH.into());
    }
    any(kernel, caller, ask)
}

/// `waitid(2)`, as [`wait`].
///
/// # Errors
/// `EINVAL` for unknown options and for none of `WEXITED`, `WSTOPPED` and `WCONTINUED`, and as [`wait`]. Waiting for children
/// that stop or go on alone is unmodelled.
pub fn waitid(kernel: &mut Kernel, caller: &Caller, ask: Ask) -> Result<Option<Ended>, Stop> {
    let kinds = WEXITED | WUNTRACED | WCONTINUED;
    if ask.options & !(WNOHANG | WNOWAIT | kinds | WNOTHREAD | WALL | WCLONE) != 0 || ask.options & kinds == 0
    {
        return Err(Errno::EINVAL.into());
    }
    if ask.options & WEXITED == 0 {
        return Err(Stop::Unmodelled(String::from("waitid(2) without WEXITED"), Errno::EINVAL));
    }
    any(kernel, caller, ask)
}

fn any(kernel: &mut Kernel, caller: &Caller, ask: Ask) -> Result<Option<Ended>, Stop> {
    if ask.options & (WNOTHREAD | WCLONE) != 0 {
        let what = format!("waiting for children with options {:#x}", ask.options);
        return Err(Stop::Unmodelled(what, Errno::EINVAL));
    }
    if kernel.children(caller.process, ask.which).next().is_none() {
        return Err(Errno::ECHILD.into());
    }
    let over = kernel.children(caller.process, ask.which).find_map(|child| match child.life {
        Life::Zombie(status) => Some(Ended { pid: child.pid, status }),
        Life::Running | Life::Gone => None,
    });
    match over {
        Some(ended) => {
            if ask.options & WNOWAIT == 0 {
                kernel.reap(ended.pid);
            }
            Ok(Some(ended))
        }
        None if ask.options & WNOHANG != 0 => Ok(None),
        None if caller.woken == Some(Woken::Signal) => Err(Errno::EINTR.into()),
        None => Err(Stop::Block(Wait { on: WaitOn::Child(caller.process), deadline_ns: None })),
    }
}

/// `kill(2)`: one process, or with 0 and negative numbers a group, or with -1 all but the caller's own and the first.
///
/// # Errors
/// `ESRCH`, `EINVAL`; stopping a process is unmodelled.
pub fn kill(kernel: &mut Kernel, caller: &Caller, which: i32, signal: i32) -> Result<(), Stop> {
    let own = kernel.processes.get(caller.process).group;
    let group = match which {
        1.. if on_host(kernel, Pid(which)) => return kernel.signal(Pid(which), signal),
        1.. => return Err(Errno::ESRCH.into()),
        0 => Some(own),
        -1 => None,
        _ => Some(which.checked_neg().ok_or(Errno::ESRCH)?),
    };
    let targets: Vec<Pid> = kernel
        .processes
        .iter()
        .filter(|process| process.life != Life::Gone && process.host == kernel.host_id())
        .filter(|process| match group {
            Some(group) => process.group == group,
            None => process.pid != caller.process && process.pid != Pid::FIRST,
        })
        .map(|process| process.pid)
        .collect();
    if targets.is_empty() {
        return Err(Errno::ESRCH.into());
    }
    targets.into_iter().try_for_each(|target| kernel.signal(target, signal))
}

/// Whether the running thread's host has such a process, or had.
fn on_host(kernel: &Kernel, pid: Pid) -> bool {
    kernel.processes.find(pid).is_some_and(|process| process.host == kernel.host_id())
}

/// `pidfd_open(2)`.
///
/// # Errors
/// `EINVAL` for unknown flags or a number below 1, `ESRCH`, `EMFILE`.
pub fn pidfd_open(kernel: &mut Kernel, caller: &Caller, pid: i32, flags: u32) -> Result<i32, Stop> {
    if flags & !PIDFD_NONBLOCK != 0 || pid < 1 {
        return Err(Errno::EINVAL.into());
    }
    let known = kernel.processes.find(Pid(pid)).filter(|_| on_host(kernel, Pid(pid)));
    if known.is_none_or(|process| process.life == Life::Gone) {
        return Err(Errno::ESRCH.into());
    }
    let blocking = if flags & PIDFD_NONBLOCK == 0 { Blocking::Yes } else { Blocking::No };
    Ok(kernel.install(caller.process, Object::Process(Pid(pid)), blocking, OnExec::Close)?)
}

/// The process behind a descriptor of `pidfd_open(2)`.
///
/// # Errors
/// `EBADF`, also for a descriptor of another kind.
pub fn of_pidfd(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<Pid, Stop> {
    match kernel.files.object(kernel.lookup(caller.process, fd)?) {
        Object::Process(pid) => Ok(pid),
        _ => Err(Errno::EBADF.into()),
    }
}

/// `sigaction(2)`: what happened before, and with `new` what happens from now on.
///
/// # Errors
/// `EINVAL` for a number that is no signal; changing `SIGKILL` or `SIGSTOP` likewise.
pub fn sigaction(
    kernel: &mut Kernel,
    caller: &Caller,
    signal: i32,
    new: Option<Disposition>,
) -> Result<Disposition, Stop> {
    let signals = &mut kernel.processes.get_mut(caller.process).signals;
    match new {
        Some(new) => Ok(signals.set(signal, new)?),
        None if (1..=crate::process::signal::SIGNALS_MAX).contains(&signal) => {
            Ok(signals.disposition(signal))
        }
        None => Err(Errno::EINVAL.into()),
    }
}

/// `setpgid(2)`, with 0 for the caller or for the process' own number.
///
/// # Errors
/// `EINVAL` for a negative group, `ESRCH` for a process that is neither the caller nor its child, `EACCES` for a child that has
/// executed a program, `EPERM` for one that leads a session or is in another, and for a group that there is not.
pub fn setpgid(kernel: &mut Kernel, caller: &Caller, pid: i32, group: i32) -> Result<(), Stop> {
    let target = if pid == 0 { caller.process } else { Pid(pid) };
    let group = if group == 0 { target.0 } else { group };
    if group < 0 {
        return Err(Errno::EINVAL.into());
    }
    let known = kernel.processes.find(target).filter(|process| process.life != Life::Gone);
    let Some(process) = known else { return Err(Errno::ESRCH.into()) };
    let session = kernel.processes.get(caller.process).session;
    if process.parent == Some(caller.process) && target != caller.process {
        if process.session != session {
            return Err(Errno::EPERM.into());
        }
        if process.executed {
            return Err(Errno::EACCES.into());
        }
    } else if target != caller.process {
        return Err(Errno::ESRCH.into());
    }
    if process.session == target.0 {
        return Err(Errno::EPERM.into());
    }
    let there =
        |other: &Process| other.life != Life::Gone && other.group == group && other.session == session;
    if group != target.0 && !kernel.processes.iter().any(there) {
        return Err(Errno::EPERM.into());
    }
    kernel.processes.get_mut(target).group = group;
    Ok(())
}

/// `setsid(2)`: a session and a group of the caller's own.
///
/// # Errors
/// `EPERM` while there is a group of the caller's number.
pub fn setsid(kernel: &mut Kernel, caller: &Caller) -> Result<i32, Stop> {
    let number = caller.process.0;
    if kernel.processes.iter().any(|process| process.life != Life::Gone && process.group == number) {
        return Err(Errno::EPERM.into());
    }
    let process = kernel.processes.get_mut(caller.process);
    (process.group, process.session) = (number, number);
    Ok(number)
}
