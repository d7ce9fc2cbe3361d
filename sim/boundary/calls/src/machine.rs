//! Calls that are about the machine and not about the program: its clock, its names, its queues between programs, its users.
//!
//! Does not know who refuses them. Invariant: where no simulation answers, each has arguments that Linux refuses or that change nothing; but
//! the last one, which it takes from root.

use core::ptr::{null, null_mut};

/// What a call answers, -1 or null for a refusal.
pub type Made = fn() -> i64;

/// All of them, by name.
pub const CALLS: &[(&str, Made)] = &[
    ("timer_create", timer_create),
    ("clock_settime", clock_settime),
    ("settimeofday", settimeofday),
    ("sysinfo", sysinfo),
    ("getloadavg", getloadavg),
    ("sethostname", sethostname),
    ("reboot", reboot),
    ("mount", mount),
    ("setgroups", setgroups),
    ("sched_setaffinity", sched_setaffinity),
    ("shm_open", shm_open),
    ("shmget", shmget),
    ("mq_open", mq_open),
    ("msgget", msgget),
    ("semget", semget),
    ("sem_open", sem_open),
    ("setreuid", setreuid),
];

fn timer_create() -> i64 {
    // SAFETY: there is no such clock, and null asks for the default and has the call refused with EFAULT.
    unsafe { libc::timer_create(-1000, null_mut(), null_mut()) }.into()
}

fn clock_settime() -> i64 {
    // SAFETY: the kernel answers EFAULT to a null pointer.
    unsafe { libc::clock_settime(libc::CLOCK_REALTIME, null()) }.into()
}

fn settimeofday() -> i64 {
    // SAFETY: null stands for what stays as it is.
    unsafe { libc::settimeofday(null(), null()) }.into()
}

fn sysinfo() -> i64 {
    // SAFETY: the kernel answers EFAULT to a null pointer.
    unsafe { libc::sysinfo(null_mut()) }.into()
}

fn getloadavg() -> i64 {
    // SAFETY: none are asked for, so none are written.
    unsafe { libc::getloadavg(null_mut(), 0) }.into()
}

fn sethostname() -> i64 {
    // SAFETY: the name is longer than any, and is not read.
    unsafe { libc::sethostname(null(), 1 << 20) }.into()
}

fn reboot() -> i64 {
    // SAFETY: no such command.
    unsafe { libc::reboot(0) }.into()
}

fn mount() -> i64 {
    // SAFETY: the kernel answers EFAULT to a null target.
    unsafe { libc::mount(null(), null(), null(), 0, null()) }.into()
}

fn setgroups() -> i64 {
    // SAFETY: more groups than anybody may have, and they are not read.
    unsafe { libc::setgroups(1 << 20, null()) }.into()
}

fn sched_setaffinity() -> i64 {
    // SAFETY: a set of no bytes is not read.
    unsafe { libc::sched_setaffinity(0, 0, null()) }.into()
}

fn shm_open() -> i64 {
    // SAFETY: a string; there is nothing of that name, and nothing is made.
    unsafe { libc::shm_open(c"/photofinish-nowhere".as_ptr(), libc::O_RDONLY, 0) }.into()
}

fn shmget() -> i64 {
    // SAFETY: no pointers; a segment of no bytes is refused.
    unsafe { libc::shmget(libc::IPC_PRIVATE, 0, 0) }.into()
}

fn mq_open() -> i64 {
    // SAFETY: a string; there is nothing of that name, and nothing is made.
    unsafe { libc::mq_open(c"/photofinish-nowhere".as_ptr(), libc::O_RDONLY) }.into()
}

fn msgget() -> i64 {
    // SAFETY: no pointers; there is no such queue, and none is made.
    unsafe { libc::msgget(0x7066_7066, 0) }.into()
}

fn semget() -> i64 {
    // SAFETY: no pointers; a set of so many is refused.
    unsafe { libc::semget(libc::IPC_PRIVATE, -1, 0) }.into()
}

fn sem_open() -> i64 {
    // SAFETY: a string; there is nothing of that name, and nothing is made.
    let semaphore = unsafe { libc::sem_open(c"/photofinish-nowhere".as_ptr(), 0) };
    if semaphore.is_null() { -1 } else { 0 }
}

/// One who has no name, and whom nobody becomes who is not root.
fn setreuid() -> i64 {
    const NOBODY_AT_ALL: libc::uid_t = 0x7066_7066;
    // SAFETY: no pointers.
    unsafe { libc::setreuid(NOBODY_AT_ALL, NOBODY_AT_ALL) }.into()
}
