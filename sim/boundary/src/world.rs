//! What the harness asks of the simulation on behalf of the program: hosts, what runs on them, and what becomes of them.
//!
//! Does not know how a world is described. Invariant: each function is a call of the running thread like any system call, and
//! outside a simulation each answers [`NotSimulated`].

use std::ffi::CString;

use photofinish_sim::call::{Caller, Stop, world};
use photofinish_sim::errno::Errno;
use photofinish_sim::fault::{self, Faults};
use photofinish_sim::host::{HostId, HostSpec, Power, Refused};
use photofinish_sim::kernel::{Kernel, Next};
use photofinish_sim::process::{Pid, Status};

use crate::host::{self, NotStarted, Program};
use crate::phase;
use crate::run::{Answer, active, call, run, stop, with_kernel};

pub use crate::host::Kept;

/// There is no simulation around the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSimulated;

/// Whether the caller runs inside a simulation.
#[must_use]
pub fn is_simulated() -> bool {
    active()
}

/// Another machine.
///
/// # Errors
/// The outer for a program that is not simulated; the inner for a name or an address that cannot be the host's.
pub fn add_host(spec: &HostSpec) -> Result<Result<HostId, Refused>, NotSimulated> {
    // Made again as our own: what the program allocated may be gone before the run is.
    ask("add a host", |_| Errno::EINVAL, |kernel| kernel.add_host(spec.clone()))
}

/// A program begins on a host that is up, as a process of its own, now and each time the host comes back.
///
/// # Errors
/// For a program that is not simulated. The inner: `EHOSTDOWN`.
pub fn start(host: HostId, name: &str, main: Kept) -> Result<Result<Pid, Errno>, NotSimulated> {
    begin(host, name, Program::Kept(main))
}

/// A program begins on a host that is up, as a process of its own, this once.
///
/// # Errors
/// As [`start`].
pub fn start_once(
    host: HostId,
    name: &str,
    main: Box<dyn FnOnce() + Send>,
) -> Result<Result<Pid, Errno>, NotSimulated> {
    begin(host, name, Program::Once(main))
}

fn begin(host: HostId, name: &str, program: Program) -> Result<Result<Pid, Errno>, NotSimulated> {
    if !active() {
        return Err(NotSimulated);
    }
    crate::run::call_point();
    let name = CString::new(name).unwrap_or_default();
    Ok(phase::as_simulator(|| host::start(host, name, program)).map_err(|why| match why {
        NotStarted::Because(errno) => errno,
        NotStarted::RunOver => stop(),
    }))
}

/// The process of a host's n-th program that [`start`] began, or the last one.
///
/// # Errors
/// For a program that is not simulated.
pub fn process_of(host: HostId, nth: usize) -> Result<Option<Pid>, NotSimulated> {
    look(|kernel| kernel.net.hosts.get(host).programs.get(nth).map(|program| program.process))
}

/// How a host's n-th program ended, in whichever of its lives: [`world::wait_for_program`].
///
/// # Errors
/// For a program that is not simulated. The inner: `ESRCH`, `EINTR`.
pub fn wait_for_program(host: HostId, nth: usize) -> Result<Result<Status, Errno>, NotSimulated> {
    wait_by(|kernel, caller| world::wait_for_program(kernel, caller, host, nth))
}

/// How a process ended that [`start_once`] began; waits until it has.
///
/// # Errors
/// For a program that is not simulated. The inner: `ESRCH`, `EINTR`.
pub fn wait(pid: Pid) -> Result<Result<Status, Errno>, NotSimulated> {
    wait_by(|kernel, caller| world::wait(kernel, caller, pid))
}

fn wait_by(
    mut wait: impl FnMut(&mut Kernel, &Caller) -> Result<Status, Stop>,
) -> Result<Result<Status, Errno>, NotSimulated> {
    if !active() {
        return Err(NotSimulated);
    }
    let mut ended = None;
    let answer = call("wait for a host's program", 0, |kernel, caller| {
        let status = wait(kernel, caller)?;
        ended = Some(status);
        Ok(status.wait_status())
    });
    Ok(answer.and(ended.ok_or(Errno::ESRCH)))
}

/// How a process ended that [`start`] began, if it has.
///
/// # Errors
/// For a program that is not simulated.
pub fn ended(pid: Pid) -> Result<Option<Status>, NotSimulated> {
    look(|kernel| world::ended(kernel, pid).ok().flatten())
}

/// Does something to the world at once, as a call of the running thread.
///
/// # Errors
/// For a program that is not simulated; the inner as the kernel answers.
pub fn act(
    name: &'static str,
    act: impl FnMut(&mut Kernel) -> Result<(), Errno>,
) -> Result<Result<(), Errno>, NotSimulated> {
    ask(name, |errno| *errno, act)
}

/// A host loses its power: [`Kernel::crash`].
///
/// # Errors
/// For a program that is not simulated; the inner as [`Kernel::crash`].
pub fn crash(host: HostId) -> Result<Result<(), Errno>, NotSimulated> {
    let crashed = act("crash a host", |kernel| kernel.crash(host))?;
    do_chores();
    Ok(crashed)
}

/// A host comes back, and its programs begin anew: [`Kernel::restart`].
///
/// # Errors
/// For a program that is not simulated; the inner as [`Kernel::restart`].
pub fn restart(host: HostId) -> Result<Result<(), Errno>, NotSimulated> {
    let up = act("restart a host", |kernel| kernel.restart(host))?;
    do_chores();
    Ok(up)
}

/// Faults strike by a plan from here on: [`Kernel::follow_faults`].
///
/// # Errors
/// The outer for a program that is not simulated; the inner for a plan that makes no sense.
pub fn follow_faults(plan: &Faults) -> Result<Result<(), fault::Refused>, NotSimulated> {
    // As for a host.
    ask("follow a plan of faults", |_| Errno::EINVAL, |kernel| kernel.follow_faults(plan.clone()))
}

/// No fault strikes from here on, and all are undone: [`Kernel::calm_faults`].
///
/// # Errors
/// For a program that is not simulated.
pub fn calm_faults() -> Result<(), NotSimulated> {
    let _: Result<(), Errno> = act("end the faults", |kernel| {
        kernel.calm_faults();
        Ok(())
    })?;
    do_chores();
    Ok(())
}

/// What the kernel did besides is done here, too, before the caller goes on.
fn do_chores() {
    crate::run::obey(Next::Stay);
}

/// Whether a host has power, and whether its programs stand still.
///
/// # Errors
/// For a program that is not simulated.
pub fn state(host: HostId) -> Result<(Power, bool), NotSimulated> {
    look(|kernel| {
        let host = kernel.net.hosts.get(host);
        (host.power, host.paused)
    })
}

/// Virtual nanoseconds since the run began, by no host's clock.
///
/// # Errors
/// For a program that is not simulated.
pub fn now_ns() -> Result<u64, NotSimulated> {
    look(|kernel| kernel.now_ns())
}

/// The host of a name.
///
/// # Errors
/// For a program that is not simulated; the inner names all there are.
pub fn host_by_name(name: &str) -> Result<Result<HostId, String>, NotSimulated> {
    let found = look(|kernel| kernel.net.hosts.by_name(name))?;
    // The copies are the program's, as is whatever it makes of them.
    let names = || run().kernel.net.hosts.iter().map(|(_, host)| host.spec.name.clone());
    Ok(found.ok_or_else(|| names().collect::<Vec<_>>().join(", ")))
}

/// Looks at the kernel, which is no call of the program.
fn look<T>(look: impl FnOnce(&mut Kernel) -> T) -> Result<T, NotSimulated> {
    if active() { Ok(with_kernel(look)) } else { Err(NotSimulated) }
}

/// Asks the kernel for what it may refuse, which the program's calls show as the error number of why.
fn ask<T: Answer, Why>(
    name: &'static str,
    number: impl Fn(&Why) -> Errno,
    mut ask: impl FnMut(&mut Kernel) -> Result<T, Why>,
) -> Result<Result<T, Why>, NotSimulated> {
    if !active() {
        return Err(NotSimulated);
    }
    let mut refused = None;
    let answer = call(name, 0, |kernel, _| {
        let answer = ask(kernel).map_err(|why| {
            let errno = number(&why);
            refused = Some(why);
            errno
        })?;
        kernel.settle();
        Ok(answer)
    });
    Ok(answer.map_err(|errno| {
        refused.unwrap_or_else(|| unreachable!("{name} is answered or refused, but was answered {errno:?}"))
    }))
}
