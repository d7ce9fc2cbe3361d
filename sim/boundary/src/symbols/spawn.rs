//! `posix_spawn(3)`: what happens between a fork and an execution, as data that the C library's functions wrote.
//!
//! Does not run programs. Invariant: an action or an attribute that we do not know leaves the run inconclusive.

use core::ffi::{c_char, c_int, c_short};
use std::ffi::CString;

use photofinish_sim::call::{Caller, Stop, fd};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::{DESCRIPTORS_MAX, OnExec};
use photofinish_sim::kernel::Kernel;
use photofinish_sim::process::signal::Disposition;
use photofinish_sim::process::{Life, Pid, Status};

use super::{descriptor, process};
use crate::process as images;
use crate::run::{unmodelled, with_kernel};

/// glibc's `posix_spawn_file_actions_t` (`posix/spawn.h`), the same since 2.2.
#[repr(C)]
struct Actions {
    allocated: c_int,
    used: c_int,
    list: *const Action,
}

/// glibc's `struct __spawn_action` (`posix/spawn_int.h`): a tag, and a union that holds pointers and so begins at 8 bytes.
#[repr(C)]
#[derive(Clone, Copy)]
struct Action {
    tag: c_int,
    padding: c_int,
    first: c_int,
    second: c_int,
    path: *const c_char,
    flags: c_int,
    mode: libc::mode_t,
}

const CLOSE: c_int = 0;
const DUP2: c_int = 1;
const OPEN: c_int = 2;
const CHDIR: c_int = 3;
const FCHDIR: c_int = 4;
const CLOSE_FROM: c_int = 5;

/// Starts a registered program as a child of the running process.
pub(super) fn spawn(
    file: *const c_char,
    actions: *const libc::posix_spawn_file_actions_t,
    attr: *const libc::posix_spawnattr_t,
    (arguments, environment): (Vec<CString>, Vec<CString>),
) -> Result<Pid, Errno> {
    let program = process::find(file)?;
    let child = images::fork_quietly()?;
    let prepared = attributes(attr).and_then(|()| act(actions));
    if let Err(errno) = prepared {
        images::give_up_quietly(Status::Exited(127));
        // glibc waits for the child that failed.
        with_kernel(|kernel| kernel.processes.get_mut(child).life = Life::Gone);
        descriptor::close_real();
        return Err(errno);
    }
    if let Err(next) = images::execute(program, arguments, environment) {
        process::end_of_run(next);
    }
    Ok(child)
}

fn act(actions: *const libc::posix_spawn_file_actions_t) -> Result<(), Errno> {
    // SAFETY: posix_spawn(3): initialised actions, or none.
    let Some(actions) = (unsafe { actions.cast::<Actions>().as_ref() }) else { return Ok(()) };
    let used = usize::try_from(actions.used).unwrap_or(0);
    if used == 0 {
        return Ok(());
    }
    // SAFETY: glibc keeps `used` actions at `list`.
    let list = unsafe { core::slice::from_raw_parts(actions.list, used) };
    list.iter().try_for_each(act_on)
}

fn act_on(action: &Action) -> Result<(), Errno> {
    match action.tag {
        OPEN => return open(action),
        CHDIR => return called(chdir(action)),
        // SAFETY: no pointers.
        FCHDIR => return called(unsafe { libc::fchdir(action.first) }),
        _ => {}
    }
    let answer = with_kernel(|kernel| {
        let mut caller = Caller::new(kernel.current(), kernel.process());
        match action.tag {
            // `__spawni_child`: only a number that no descriptor can have is an error.
            CLOSE => match fd::close(kernel, &mut caller, action.first) {
                Err(Stop::Fail(_)) if (0..DESCRIPTORS_MAX).contains(&action.first) => Ok(()),
                answer => answer,
            },
            CLOSE_FROM => fd::close_range(kernel, &caller, action.first.max(0).unsigned_abs()..=u32::MAX, 0),
            DUP2 if action.first == action.second => {
                let fds = &mut kernel.processes.get_mut(caller.process).fds;
                Ok(fds.set_on_exec(action.first, OnExec::Keep)?)
            }
            DUP2 => fd::dup2(kernel, &caller, action.first, action.second, OnExec::Keep).map(drop),
            tag => Err(Stop::Unmodelled(format!("posix_spawn(3) with file action {tag}"), Errno::ENOSYS)),
        }
    });
    settle(answer)
}

/// What a call of the child answered, made as it would make it itself.
fn called(answer: c_int) -> Result<(), Errno> {
    if answer >= 0 {
        return Ok(());
    }
    // SAFETY: it is the running thread's own errno.
    let errno = unsafe { *super::errno_place() };
    Err(Errno(u16::try_from(errno).unwrap_or(Errno::EIO.0)))
}

/// Where the path of a folder to go to lies: the union holds nothing else then.
fn chdir(action: &Action) -> c_int {
    let halves = [action.first, action.second].map(|half| half.cast_unsigned() as usize);
    let address = halves[1] << 32 | halves[0];
    // SAFETY: posix_spawn_file_actions_addchdir_np(3) copied a path that ends in NUL.
    unsafe { libc::chdir(address as *const c_char) }
}

/// `spawn_do_open`: whatever has the number is closed first.
fn open(action: &Action) -> Result<(), Errno> {
    // SAFETY: no pointers. That nothing had the number is no error.
    unsafe { libc::close(action.first) };
    // SAFETY: posix_spawn_file_actions_addopen(3) copied a path that ends in NUL.
    let opened = unsafe { libc::open(action.path, action.flags, action.mode) };
    called(opened)?;
    if opened != action.first {
        // SAFETY: no pointers.
        called(unsafe { libc::dup2(opened, action.first) })?;
        // SAFETY: as above.
        called(unsafe { libc::close(opened) })?;
    }
    Ok(())
}

fn settle(answer: Result<(), Stop>) -> Result<(), Errno> {
    match answer {
        Ok(()) => Ok(()),
        Err(Stop::Fail(errno)) => Err(errno),
        Err(Stop::Unmodelled(what, errno)) => {
            unmodelled(what);
            Err(errno)
        }
        Err(Stop::Block(_)) => Err(Errno::EAGAIN),
    }
}

fn attributes(attr: *const libc::posix_spawnattr_t) -> Result<(), Errno> {
    if attr.is_null() {
        return Ok(());
    }
    let mut flags: c_short = 0;
    // SAFETY: posix_spawn(3): initialised attributes.
    unsafe { libc::posix_spawnattr_getflags(attr, &raw mut flags) };
    let flags = c_int::from(flags);
    let known = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETPGROUP;
    if flags & !known != 0 {
        unmodelled(format!("posix_spawn(3) with attributes {flags:#x}"));
        return Err(Errno::ENOSYS);
    }
    // SAFETY: a sigset_t of zeroes is valid.
    let mut set: libc::sigset_t = unsafe { core::mem::zeroed() };
    if flags & libc::POSIX_SPAWN_SETSIGMASK != 0 {
        // SAFETY: initialised attributes, and a place for a set.
        unsafe { libc::posix_spawnattr_getsigmask(attr, &raw mut set) };
        with_kernel(|kernel| kernel.set_blocked_signals(super::signal::bits(&raw const set)));
    }
    if flags & libc::POSIX_SPAWN_SETSIGDEF != 0 {
        // SAFETY: as above.
        unsafe { libc::posix_spawnattr_getsigdefault(attr, &raw mut set) };
        let set = super::signal::bits(&raw const set);
        with_kernel(|kernel| reset(kernel, set));
    }
    if flags & libc::POSIX_SPAWN_SETPGROUP != 0 {
        let mut group = 0;
        // SAFETY: as above.
        unsafe { libc::posix_spawnattr_getpgroup(attr, &raw mut group) };
        return settle(with_kernel(|kernel| {
            let caller = Caller::new(kernel.current(), kernel.process());
            photofinish_sim::call::process::setpgid(kernel, &caller, 0, group)
        }));
    }
    Ok(())
}

/// Signals whose default comes back in the child.
fn reset(kernel: &mut Kernel, set: u64) {
    let process = kernel.process();
    let signals = &mut kernel.processes.get_mut(process).signals;
    for number in (1..=64).filter(|number| set & (1 << (number - 1)) != 0) {
        // SIGKILL and SIGSTOP have nothing but their default.
        let _: Result<Disposition, Errno> = signals.set(number, Disposition::Default);
    }
}
