//! The ends of a process, and the beginnings of others: `exit(3)`, `abort(3)`, `fork(2)`, `execve(2)`.
//!
//! Does not judge. Invariant: the program cannot end or leave the process of its run without the run's ending being recorded.

use core::ffi::{c_char, c_int, c_void};

use photofinish_sim::ending::Ending;
use photofinish_sim::errno::Errno;

use super::fail;
use crate::own::owned;
use crate::run::{finish, unmodelled};

/// How the main function ended, if this is its end.
fn main_ended() -> Option<Ending> {
    crate::run::run().main_ended.clone()
}

owned! {
    /// `abort(3)`.
    fn abort() -> () {
        crate::crash::note_stack();
        finish(Ending::Signalled(libc::SIGABRT))
    }

    /// `exit(3)`: the calling thread's thread-local destructors run, handlers of `atexit(3)` do not; std's own clean-up has run
    /// before.
    fn exit(status: c_int) -> () {
        super::thread::run_destructors();
        finish(main_ended().unwrap_or(Ending::Exited(status)))
    }

    /// `_Exit(3)`.
    fn _Exit(status: c_int) -> () {
        finish(Ending::Exited(status))
    }

    /// `quick_exit(3)`: its handlers do not run.
    fn quick_exit(status: c_int) -> () {
        finish(Ending::Exited(status))
    }

    /// `_exit(2)`.
    fn _exit(status: c_int) -> () {
        finish(Ending::Exited(status))
    }

    /// `fork(2)`: not modelled.
    fn fork() -> libc::pid_t {
        unmodelled(String::from("fork(2)"));
        fail(Errno::ENOSYS)
    }

    /// `posix_spawnp(3)`: not modelled; `std::process::Command` arrives here.
    fn posix_spawnp(
        pid: *mut libc::pid_t,
        file: *const c_char,
        actions: *const c_void,
        attr: *const c_void,
        argv: *const *mut c_char,
        envp: *const *mut c_char,
    ) -> c_int {
        let _ = (pid, file, actions, attr, argv, envp);
        unmodelled(String::from("posix_spawnp(3): processes are not modelled"));
        libc::ENOSYS
    }

    /// `execvp(3)`: not modelled.
    fn execvp(file: *const c_char, argv: *const *const c_char) -> c_int {
        let _ = (file, argv);
        unmodelled(String::from("execvp(3)"));
        fail(Errno::ENOSYS)
    }
}
