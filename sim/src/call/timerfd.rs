//! `timerfd_create(2)`, `timerfd_settime(2)`, `timerfd_gettime(2)`.
//!
//! Does not know struct layouts. Invariant: an absolute time is converted by the clock the timer was made with.

use super::{Caller, Stop, attempt};
use crate::errno::Errno;
use crate::fd::{Blocking, Object, OnExec};
use crate::file::timerfd::{Clock, First, Remaining, TimerFdId};
use crate::kernel::Kernel;
use crate::limits::MONOTONIC_START_NS;

const TFD_NONBLOCK: i32 = 0o4000;
const TFD_CLOEXEC: i32 = 0o2_000_000;
const TFD_TIMER_ABSTIME: i32 = 1;
const TFD_TIMER_CANCEL_ON_SET: i32 = 2;

/// `timerfd_create(2)`.
///
/// # Errors
/// `EINVAL` for unknown flags and clocks, `EMFILE`; clocks that wake a machine are unmodelled.
pub fn create(kernel: &mut Kernel, caller: &Caller, clock: i32, flags: i32) -> Result<i32, Stop> {
    if flags & !(TFD_NONBLOCK | TFD_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let clock = Clock::from_number(clock)?;
    let blocking = if flags & TFD_NONBLOCK == 0 { Blocking::Yes } else { Blocking::No };
    let on_exec = if flags & TFD_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close };
    let host = kernel.clock();
    let id = kernel.timerfds().create(clock, host);
    Ok(kernel.install(caller.process, Object::TimerFd(id), blocking, on_exec)?)
}

/// To what `timerfd_settime(2)` sets a timer: `struct itimerspec` in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `TFD_TIMER_*`.
    pub flags: i32,
    /// When it expires first; 0 for never.
    pub value_ns: u64,
    /// Between expirations, 0 for one alone.
    pub interval_ns: u64,
}

/// `timerfd_settime(2)`: to what the timer was set before.
///
/// # Errors
/// `EINVAL` for unknown flags and for a file that is no timer, `EBADF`.
pub fn settime(kernel: &mut Kernel, caller: &Caller, fd: i32, setting: Setting) -> Result<Remaining, Stop> {
    if setting.flags & !(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let id = timer(kernel, caller, fd)?;
    let before = kernel.with_timer(id, |timers, now_ns| {
        let start_ns = match timers.clock(id) {
            Clock::Realtime => timers.host_clock(id).realtime_start_ns(),
            Clock::Monotonic | Clock::Boottime => MONOTONIC_START_NS,
        };
        let first = match (setting.value_ns, setting.flags & TFD_TIMER_ABSTIME) {
            (0, _) => First::Never,
            (ns, 0) => First::After(ns),
            (ns, _) => First::At(since(start_ns, ns)),
        };
        timers.set(id, first, setting.interval_ns, now_ns)
    });
    kernel.settle();
    Ok(before)
}

/// A point on a clock as nanoseconds that its host takes to have passed since the run began, when the clock stood at `start_ns`.
fn since(start_ns: u64, at_ns: u64) -> i64 {
    let since = i128::from(at_ns) - i128::from(start_ns);
    i64::try_from(since).unwrap_or(i64::MAX)
}

/// `timerfd_gettime(2)`.
///
/// # Errors
/// `EINVAL` for a file that is no timer, `EBADF`.
pub fn gettime(kernel: &mut Kernel, caller: &Caller, fd: i32) -> Result<Remaining, Stop> {
    let id = timer(kernel, caller, fd)?;
    let remaining = kernel.with_timer(id, |timers, now_ns| timers.get(id, now_ns));
    kernel.settle();
    Ok(remaining)
}

fn timer(kernel: &Kernel, caller: &Caller, fd: i32) -> Result<TimerFdId, Stop> {
    match attempt::object(kernel, caller, fd)? {
        Object::TimerFd(id) => Ok(id),
        _ => Err(Errno::EINVAL.into()),
    }
}
