//! The ends of a process, and the beginnings of others: `exit(3)`, `abort(3)`, `fork(2)`, `execve(2)`, `waitpid(2)`.
//!
//! Does not judge. Invariant: the program cannot end or leave the process of its run without the run's ending being recorded, and
//! no real process is ever made.

use core::ffi::{CStr, c_char, c_int};
use std::ffi::CString;

use photofinish_sim::call::process::{self as calls, Ask, Ended};
use photofinish_sim::ending::Ending;
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Next;
use photofinish_sim::process::{Life, Pid, Status};

use super::{descriptor, fail};
use crate::own::owned;
use crate::process;
use crate::run::{call, call_point, finish, obey, unmodelled, with_kernel};
use crate::{arch, phase};

/// How the main function ended, if this is its end.
fn main_ended() -> Option<Ending> {
    crate::run::run().main_ended.clone()
}

/// The running process is over: the run's ending, if it is the first.
fn end(status: Status, ending: impl FnOnce() -> Ending) -> ! {
    if process::is_forked() {
        leave_forked(status);
    }
    if with_kernel(|kernel| kernel.process()) == Pid::FIRST {
        finish(ending());
    }
    process::leave(status)
}

/// A forked child leaves without a program: what a failed `execve(2)` leads to.
pub(super) fn leave_forked(status: Status) -> ! {
    if process::never_tried() {
        unmodelled(String::from("fork(2) without execve(2)"));
    }
    phase::as_simulator(|| process::give_up_quietly(status));
    process::return_to_parent()
}

owned! {
    /// `abort(3)`.
    fn abort() -> () {
        crate::crash::note_stack();
        end(Status::Signalled(libc::SIGABRT), || Ending::Signalled(libc::SIGABRT))
    }

    /// `exit(3)`: the calling thread's thread-local destructors run, handlers of `atexit(3)` do not; std's own clean-up has run
    /// before.
    fn exit(status: c_int) -> () {
        super::thread::run_destructors();
        end(Status::Exited(status), || main_ended().unwrap_or(Ending::Exited(status)))
    }

    /// `_Exit(3)`.
    fn _Exit(status: c_int) -> () {
        end(Status::Exited(status), || Ending::Exited(status))
    }

    /// `quick_exit(3)`: its handlers do not run.
    fn quick_exit(status: c_int) -> () {
        end(Status::Exited(status), || Ending::Exited(status))
    }

    /// `_exit(2)`.
    fn _exit(status: c_int) -> () {
        end(Status::Exited(status), || Ending::Exited(status))
    }

    /// `fork(2)`: the calling thread runs as the child until it executes a program or leaves; then its stack is put back, and it
    /// returns once more, to the parent.
    fn fork() -> libc::pid_t {
        call_point();
        if let Some(why) = process::trouble() {
            unmodelled(format!("fork(2): {why}"));
            return fail(Errno::ENOSYS);
        }
        if process::is_forked() {
            unmodelled(String::from("fork(2) of a forked child"));
            return fail(Errno::ENOSYS);
        }
        let snapshot = match process::fork() {
            Ok(snapshot) => snapshot,
            Err(errno) => return fail(errno),
        };
        // SAFETY: the snapshot stays in its table until `returned` takes it out.
        if unsafe { arch::keep_stack(snapshot) } == 0 {
            return 0;
        }
        let child = process::returned();
        super::signal::deliver();
        child.0
    }

    /// `vfork(2)`, as `fork(2)`.
    fn vfork() -> libc::pid_t {
        // SAFETY: our caller's contract is the callee's.
        unsafe { fork() }
    }

    /// `execvp(3)`: a registered program.
    fn execvp(file: *const c_char, argv: *const *const c_char) -> c_int {
        execute(file, argv, own_environment())
    }

    /// `execv(3)`: a registered program.
    fn execv(file: *const c_char, argv: *const *const c_char) -> c_int {
        execute(file, argv, own_environment())
    }

    /// `execve(2)`: a registered program.
    fn execve(file: *const c_char, argv: *const *const c_char, envp: *const *const c_char) -> c_int {
        execute(file, argv, envp)
    }

    /// `posix_spawnp(3)`: a registered program; `std::process::Command` arrives here.
    fn posix_spawnp(
        pid: *mut libc::pid_t,
        file: *const c_char,
        actions: *const libc::posix_spawn_file_actions_t,
        attr: *const libc::posix_spawnattr_t,
        argv: *const *const c_char,
        envp: *const *const c_char,
    ) -> c_int {
        call_point();
        match super::spawn::spawn(file, actions, attr, (strings(argv), strings(envp))) {
            Ok(child) => {
                // SAFETY: the caller gives a place for the number, or none.
                if let Some(pid) = unsafe { pid.as_mut() } {
                    *pid = child.0;
                }
                super::signal::deliver();
                0
            }
            Err(errno) => {
                // Also of a child that failed its parent is told.
                super::signal::deliver();
                c_int::from(errno.0)
            }
        }
    }

    /// `posix_spawn(3)`: a registered program.
    fn posix_spawn(
        pid: *mut libc::pid_t,
        file: *const c_char,
        actions: *const libc::posix_spawn_file_actions_t,
        attr: *const libc::posix_spawnattr_t,
        argv: *const *const c_char,
        envp: *const *const c_char,
    ) -> c_int {
        // SAFETY: our caller's contract is the callee's.
        unsafe { posix_spawnp(pid, file, actions, attr, argv, envp) }
    }

    /// `waitpid(2)`.
    fn waitpid(which: libc::pid_t, status: *mut c_int, options: c_int) -> libc::pid_t {
        match wait_for(Ask { which, options }) {
            Ok(Some(ended)) => {
                // SAFETY: the caller gives a place for the status, or none.
                if let Some(status) = unsafe { status.as_mut() } {
                    *status = ended.status.wait_status();
                }
                ended.pid.0
            }
            Ok(None) => 0,
            Err(errno) => fail(errno),
        }
    }

    /// `wait(2)`.
    fn wait(status: *mut c_int) -> libc::pid_t {
        // SAFETY: our caller's contract is the callee's.
        unsafe { waitpid(-1, status, 0) }
    }

    /// `wait4(2)`: no usage of resources is told.
    fn wait4(which: libc::pid_t, status: *mut c_int, options: c_int, usage: *mut libc::rusage) -> libc::pid_t {
        if !usage.is_null() {
            unmodelled(String::from("wait4(2) that asks for the usage of resources"));
        }
        // SAFETY: our caller's contract is the callee's.
        unsafe { waitpid(which, status, options) }
    }

    /// `waitid(2)`, also of a process by its descriptor.
    fn waitid(kind: libc::idtype_t, id: libc::id_t, info: *mut libc::siginfo_t, options: c_int) -> c_int {
        let number = id.cast_signed();
        let which = match kind {
            libc::P_ALL => Ok(-1),
            libc::P_PID if number > 0 => Ok(number),
            libc::P_PGID if number == 0 => Ok(0),
            libc::P_PGID if number > 1 => Ok(-number),
            libc::P_PGID if number == 1 => Err(Errno::ECHILD),
            libc::P_PIDFD if number >= 0 => call("waitid", number, |kernel, caller| {
                calls::of_pidfd(kernel, caller, number).map(|pid| pid.0)
            }),
            _ => Err(Errno::EINVAL),
        };
        let ended = which.and_then(|which| {
            call("waitid", which, |kernel, caller| calls::waitid(kernel, caller, Ask { which, options }))
        });
        match ended {
            Ok(ended) => {
                write_info(info, ended);
                0
            }
            Err(errno) => fail(errno),
        }
    }

    /// `setpgid(2)`.
    fn setpgid(pid: libc::pid_t, group: libc::pid_t) -> c_int {
        descriptor::done(call("setpgid", pid, |kernel, caller| calls::setpgid(kernel, caller, pid, group)))
    }

    /// `getpgid(2)` of the caller or of another process.
    fn getpgid(pid: libc::pid_t) -> libc::pid_t {
        let group = with_kernel(|kernel| {
            let target = if pid == 0 { kernel.process() } else { Pid(pid) };
            let known = kernel.processes.find(target).filter(|process| process.life != Life::Gone);
            known.map(|process| process.group)
        });
        group.unwrap_or_else(|| fail(Errno::ESRCH))
    }

    /// `getpgrp(2)`.
    fn getpgrp() -> libc::pid_t {
        with_kernel(|kernel| kernel.processes.get(kernel.process()).group)
    }

    /// `setpgrp(2)` of System V, which is glibc's.
    fn setpgrp() -> c_int {
        // SAFETY: no pointers.
        unsafe { setpgid(0, 0) }
    }

    /// `setsid(2)`: there are no terminals.
    fn setsid() -> libc::pid_t {
        call("setsid", 0, |kernel, caller| calls::setsid(kernel, caller)).unwrap_or_else(fail)
    }

    /// `getsid(2)` of the caller or of another process.
    fn getsid(pid: libc::pid_t) -> libc::pid_t {
        let session = with_kernel(|kernel| {
            let target = if pid == 0 { kernel.process() } else { Pid(pid) };
            let known = kernel.processes.find(target).filter(|process| process.life != Life::Gone);
            known.map(|process| process.session)
        });
        session.unwrap_or_else(|| fail(Errno::ESRCH))
    }
}

fn wait_for(ask: Ask) -> Result<Option<Ended>, Errno> {
    call("waitpid", ask.which, |kernel, caller| calls::wait(kernel, caller, ask))
}

/// `pidfd_open(2)`, which most C libraries do not have: programs reach it through `syscall(2)`.
pub(super) fn pidfd_open(pid: libc::pid_t, flags: u32) -> c_int {
    call("pidfd_open", pid, |kernel, caller| calls::pidfd_open(kernel, caller, pid, flags))
        .unwrap_or_else(fail)
}

fn write_info(info: *mut libc::siginfo_t, ended: Option<Ended>) {
    /// The words of a `siginfo_t` for a child, in the order of `<bits/types/siginfo_t.h>` on 64-bit Linux.
    #[repr(C)]
    struct Child {
        signal: c_int,
        errno: c_int,
        code: c_int,
        unused: c_int,
        pid: c_int,
        uid: c_int,
        status: c_int,
    }
    if info.is_null() {
        return;
    }
    let words =
        ended.map_or(Child { signal: 0, errno: 0, code: 0, unused: 0, pid: 0, uid: 0, status: 0 }, |ended| {
            let (code, status) = match ended.status {
                Status::Exited(status) => (libc::CLD_EXITED, status & 0xff),
                Status::Signalled(signal) => (libc::CLD_KILLED, signal),
            };
            Child { signal: libc::SIGCHLD, errno: 0, code, unused: 0, pid: ended.pid.0, uid: 0, status }
        });
    // SAFETY: the caller gives a place for a siginfo_t, which is larger, and aligned for ints.
    unsafe { core::ptr::write(info.cast::<Child>(), words) };
}

/// The environment of the running process.
fn own_environment() -> *const *const c_char {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    // SAFETY: one thread executes the run.
    unsafe { environ }
}

/// A list of strings of the program that ends with a null pointer, copied.
fn strings(list: *const *const c_char) -> Vec<CString> {
    phase::as_simulator(|| {
        let mut copied = Vec::new();
        if list.is_null() {
            return copied;
        }
        loop {
            // SAFETY: execve(2): the list ends with a null pointer, which was not reached yet.
            let place = unsafe { list.add(copied.len()) };
            // SAFETY: as above.
            let string = unsafe { *place };
            if string.is_null() {
                return copied;
            }
            // SAFETY: execve(2): each is a NUL-terminated string.
            copied.push(unsafe { CStr::from_ptr(string) }.to_owned());
        }
    })
}

/// The program that a path means, or why there is none.
pub(super) fn find(file: *const c_char) -> Result<process::Registered, Errno> {
    // SAFETY: execve(2): a NUL-terminated path.
    let file = unsafe { CStr::from_ptr(file) };
    if let Some(why) = process::trouble() {
        unmodelled(format!("starting a process: {why}"));
        return Err(Errno::ENOSYS);
    }
    process::program(file.to_bytes()).ok_or_else(|| {
        phase::as_simulator(|| {
            unmodelled(format!(
                "execve(2) of {}: no program of that name is registered",
                file.to_string_lossy()
            ));
        });
        Errno::ENOENT
    })
}

fn execute(file: *const c_char, argv: *const *const c_char, envp: *const *const c_char) -> c_int {
    if !process::is_forked() {
        unmodelled(String::from("execve(2) of a process that was not just forked"));
        return fail(Errno::ENOSYS);
    }
    phase::as_simulator(process::tried_to_execute);
    let program = match find(file) {
        Ok(program) => program,
        Err(errno) => return fail(errno),
    };
    if let Err(next) = process::execute(program, strings(argv), strings(envp)) {
        end_of_run(next);
    }
    process::return_to_parent()
}

/// The kernel ended the run.
pub(super) fn end_of_run(next: Next) -> ! {
    obey(next);
    crate::run::stop()
}
