//! `getpid(2)`, `gettid(2)`, `sysconf(3)`.
//!
//! Does not know the machine. Invariant: nothing here changes anything.

use crate::Failed;
use crate::failed::done;

/// `getpid(2)`.
#[must_use]
pub fn getpid() -> i32 {
    // SAFETY: no pointers.
    unsafe { libc::getpid() }
}

/// `getppid(2)`.
#[must_use]
pub fn getppid() -> i32 {
    // SAFETY: no pointers.
    unsafe { libc::getppid() }
}

/// `gettid(2)`.
#[must_use]
pub fn gettid() -> i32 {
    // SAFETY: no pointers.
    unsafe { libc::gettid() }
}

/// A system call without arguments, through `syscall(2)`: `SYS_getpid`, `SYS_gettid`, `SYS_sched_yield`.
#[must_use]
pub fn syscall(number: i64) -> i64 {
    const PLAIN: [i64; 3] = [libc::SYS_getpid, libc::SYS_gettid, libc::SYS_sched_yield];
    assert!(PLAIN.contains(&number), "system call {number} takes arguments");
    // SAFETY: these calls take no arguments.
    unsafe { libc::syscall(number) }
}

/// `sysconf(3)`.
#[must_use]
pub fn sysconf(name: i32) -> i64 {
    // SAFETY: no pointers.
    unsafe { libc::sysconf(name) }
}

/// `sched_yield(2)`.
pub fn sched_yield() -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::sched_yield() })
}
