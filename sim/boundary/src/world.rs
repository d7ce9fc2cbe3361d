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
use crate::run::{active, call, finish, run, with_kernel};

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
    let mut refused = None;
    let added = ask("add a host", |kernel| {
        // Made again as our own: what the program allocated may be gone before the run is.
        kernel.add_host(spec.clone()).map(|host| host.0).map_err(|why| {
            refused = Some(why);
            Errno::EINVAL
        })
    })?;
    Ok(match (added, refused) {
        (Ok(host), _) => Ok(HostId(host)),
        (Err(_), Some(why)) => Err(why),
        (Err(errno), None) => unreachable!("a host is added or refused, but was answered {errno:?}"),
    })
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
        NotStarted::RunOver(ending) => finish(ending),
    }))
}

/// The process of a host's n-th program that [`start`] began, or the last one.
///
/// # Errors
/// For a program that is not simulated.
pub fn process_of(host: HostId, nth: usize) -> Result<Option<Pid>, NotSimulated> {
    if !active() {
        return Err(NotSimulated);
    }
    Ok(with_kernel(|kernel| kernel.net.hosts.get(host).programs.get(nth).map(|program| program.process)))
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
    if !active() {
        return Err(NotSimulated);
    }
    Ok(with_kernel(|kernel| world::ended(kernel, pid).ok().flatten()))
}

/// Does something to the world at once, as a call of the running thread.
///
/// # Errors
/// For a program that is not simulated; the inner as the kernel answers.
pub fn act(
    name: &'static str,
    act: impl FnMut(&mut Kernel) -> Result<(), Errno>,
) -> Result<Result<(), Errno>, NotSimulated> {
    ask(name, act)
}

/// A host loses its power: [`Kernel::crash`].
///
/// # Errors
/// For a program that is not simulated; the inner as [`Kernel::crash`].
pub fn crash(host: HostId) -> Result<Result<(), Errno>, NotSimulated> {
    let crashed = ask("crash a host", |kernel| kernel.crash(host))?;
    do_chores();
    Ok(crashed)
}

/// A host comes back, and its programs begin anew: [`Kernel::restart`].
///
/// # Errors
/// For a program that is not simulated; the inner as [`Kernel::restart`].
pub fn restart(host: HostId) -> Result<Result<(), Errno>, NotSimulated> {
    let up = ask("restart a host", |kernel| kernel.restart(host))?;
    do_chores();
    Ok(up)
}

/// Faults strike by a plan from here on: [`Kernel::follow_faults`].
///
/// # Errors
/// The outer for a program that is not simulated; the inner for a plan that makes no sense.
pub fn follow_faults(plan: &Faults) -> Result<Result<(), fault::Refused>, NotSimulated> {
    let mut refused = None;
    // Made again as our own: what the program allocated may be gone before the run is.
    let followed = ask("follow a plan of faults", |kernel| {
        kernel.follow_faults(plan.clone()).map_err(|why| {
            refused = Some(why);
            Errno::EINVAL
        })
    })?;
    Ok(refused.map_or(Ok(()), Err).and(followed.map_err(|_| fault::Refused::OverBefore)))
}

/// No fault strikes from here on, and all are undone: [`Kernel::calm_faults`].
///
/// # Errors
/// For a program that is not simulated.
pub fn calm_faults() -> Result<(), NotSimulated> {
    let _: Result<(), Errno> = ask("end the faults", |kernel| {
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
    if !active() {
        return Err(NotSimulated);
    }
    Ok(with_kernel(|kernel| {
        let host = kernel.net.hosts.get(host);
        (host.power, host.paused)
    }))
}

/// Virtual nanoseconds since the run began, by no host's clock.
///
/// # Errors
/// For a program that is not simulated.
pub fn now_ns() -> Result<u64, NotSimulated> {
    if active() { Ok(with_kernel(|kernel| kernel.now_ns())) } else { Err(NotSimulated) }
}

/// The host of a name.
///
/// # Errors
/// For a program that is not simulated; the inner names all there are.
pub fn host_by_name(name: &str) -> Result<Result<HostId, String>, NotSimulated> {
    if !active() {
        return Err(NotSimulated);
    }
    let found = with_kernel(|kernel| kernel.net.hosts.by_name(name));
    // The copies are the program's, as is whatever it makes of them.
    let names = || run().kernel.net.hosts.iter().map(|(_, host)| host.spec.name.clone());
    Ok(found.ok_or_else(|| names().collect::<Vec<_>>().join(", ")))
}

/// The name of the host that the running thread is on.
///
/// # Errors
/// For a program that is not simulated.
pub fn host_name() -> Result<String, NotSimulated> {
    if !active() {
        return Err(NotSimulated);
    }
    // The copy is the program's, as is whatever it becomes.
    let host = with_kernel(|kernel| kernel.host_id());
    Ok(run().kernel.net.hosts.get(host).spec.name.clone())
}

fn ask<T: crate::run::Answer>(
    name: &'static str,
    mut ask: impl FnMut(&mut Kernel) -> Result<T, Errno>,
) -> Result<Result<T, Errno>, NotSimulated> {
    if !active() {
        return Err(NotSimulated);
    }
    Ok(call(name, 0, |kernel, _| {
        let answer = ask(kernel)?;
        kernel.settle();
        Ok(answer)
    }))
}
