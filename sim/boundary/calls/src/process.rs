//! `kill(2)` with signal 0, `sigaltstack(2)`, `waitpid(2)` and its kin, `pidfd_open(2)`, and what runs before an `execve(2)`.
//!
//! Sends no signal that could end anything. Invariant: the process goes on.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::Failed;
use crate::failed::{done, number};

/// `kill(2)` of a process with signal 0, which only asks whether it is there.
pub fn exists(pid: i32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::kill(pid, 0) })
}

/// `sigaltstack(2)`: whether the running thread has an alternate signal stack.
pub fn has_alternate_stack() -> Result<bool, Failed> {
    let mut old = libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: sigaltstack(2) allows the new stack to be null; the old one is a place for the answer.
    done(unsafe { libc::sigaltstack(core::ptr::null(), &raw mut old) })?;
    Ok(old.ss_flags & libc::SS_DISABLE == 0)
}

/// `waitpid(2)`: the child that is over, 0 for none, and its status.
pub fn waitpid(pid: i32, options: i32) -> Result<(i32, i32), Failed> {
    let mut status = 0;
    // SAFETY: a place for the status.
    let child = number(unsafe { libc::waitpid(pid, &raw mut status, options) })?;
    Ok((child, status))
}

/// What `waitid(2)` tells: signal, code, child and status.
pub type Info = (i32, i32, i32, i32);

/// `waitid(2)`.
pub fn waitid(kind: libc::idtype_t, id: u32, options: i32) -> Result<Info, Failed> {
    // SAFETY: a siginfo_t of zeroes is valid.
    let mut info: libc::siginfo_t = unsafe { core::mem::zeroed() };
    // SAFETY: a place for the answer.
    done(unsafe { libc::waitid(kind, id, &raw mut info, options) })?;
    // SAFETY: waitid(2) fills the fields of a child, or leaves the zeroes.
    let pid = unsafe { info.si_pid() };
    // SAFETY: as above.
    let status = unsafe { info.si_status() };
    Ok((info.si_signo, info.si_code, pid, status))
}

/// `pidfd_open(2)`, by `syscall(2)`.
pub fn pidfd_open(pid: i32, flags: u32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    let answer = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) };
    number(i32::try_from(answer).unwrap_or(-1))
}

/// `getpgid(2)`.
pub fn getpgid(pid: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::getpgid(pid) })
}

/// `getpgrp(2)`.
#[must_use]
pub fn getpgrp() -> i32 {
    // SAFETY: no preconditions.
    unsafe { libc::getpgrp() }
}

/// `dup2(2)`.
pub fn dup2(fd: i32, new: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers; a number that is taken over stays open.
    number(unsafe { libc::dup2(fd, new) })
}

/// `getsid(2)`.
pub fn getsid(pid: i32) -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::getsid(pid) })
}

/// `setsid(2)`.
pub fn setsid() -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::setsid() })
}

/// `setpgid(2)`.
pub fn setpgid(pid: i32, group: i32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::setpgid(pid, group) })
}

/// Makes a command run `first` in the forked child before its program, which takes std past `posix_spawn(3)`.
///
/// `first` must do nothing but calls that are async-signal-safe: `signal-safety(7)`.
pub fn before_exec(command: &mut Command, first: fn() -> std::io::Result<()>) -> &mut Command {
    // SAFETY: the function's documented contract; a plain function holds no lock of the parent's.
    unsafe { command.pre_exec(first) }
}
