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
    ("sched_setscheduler", sched_setscheduler),
    ("shm_open", shm_open),
    ("shmget", shmget),
    ("mq_open", mq_open),
    ("msgget", msgget),
    ("semget", semget),
    ("sem_open", sem_open),
    ("setreuid", setreuid),
];

fn timer_create() -> i64 {
    const NO_CLOCK: libc::clockid_t = 1 << 20;
    let mut timer = null_mut();
    // SAFETY: a place for the timer, and null for the signal that is the default; there is no such clock.
    unsafe { libc::timer_create(NO_CLOCK, null_mut(), &raw mut timer) }.into()
}

fn clock_settime() -> i64 {
    let no_time = libc::timespec { tv_sec: 0, tv_nsec: -1 };
    // SAFETY: it is read during the call, and is no time.
    unsafe { libc::clock_settime(libc::CLOCK_REALTIME, &raw const no_time) }.into()
}

fn settimeofday() -> i64 {
    let no_time = libc::timeval { tv_sec: 0, tv_usec: -1 };
    // SAFETY: it is read during the call, and is no time.
    unsafe { libc::settimeofday(&raw const no_time, null()) }.into()
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
    // SAFETY: no pointers, and no such command (`reboot(2)` has them all).
    unsafe { libc::reboot(0x7066_7066) }.into()
}

fn mount() -> i64 {
    // SAFETY: the kernel answers EFAULT to a null target.
    unsafe { libc::mount(null(), null(), null(), 0, null()) }.into()
}

fn setgroups() -> i64 {
    // SAFETY: more groups than anybody may have, and they are not read.
    unsafe { libc::setgroups(1 << 20, null()) }.into()
}

fn sched_setscheduler() -> i64 {
    // SAFETY: the kernel answers EINVAL to a null pointer.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, null()) }.into()
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
