//! `clock_gettime(2)`, `clock_getres(2)`, `clock_nanosleep(2)` and their older kin.
//!
//! Does not know struct layouts. Invariant: every clock moves with the one virtual time, each from its own start.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::host::HostClock;
use crate::kernel::Kernel;
use crate::limits::MONOTONIC_START_NS;
use crate::wait::{Wait, WaitOn, Woken};

/// A clock the program can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `CLOCK_REALTIME` and its coarse twin.
    Realtime,
    /// `CLOCK_MONOTONIC`, its raw and coarse twins, and `CLOCK_BOOTTIME`.
    Monotonic,
    /// `CLOCK_PROCESS_CPUTIME_ID` and `CLOCK_THREAD_CPUTIME_ID`: here all virtual time counts as run.
    Cpu,
}

impl Clock {
    /// The clock with Linux's number for it.
    ///
    /// # Errors
    /// `EINVAL` for a number that is no clock; clocks that we do not model say so.
    pub fn from_id(id: i32) -> Result<Self, Stop> {
        match id {
            0 | 5 => Ok(Self::Realtime),
            1 | 4 | 6 | 7 => Ok(Self::Monotonic),
            2 | 3 => Ok(Self::Cpu),
            8 | 9 | 11 => Err(Stop::Unmodelled(format!("clock {id} of clock_gettime(2)"), Errno::EINVAL)),
            _ => Err(Stop::Fail(Errno::EINVAL)),
        }
    }

    /// The clock with Linux's number for it, to sleep on.
    ///
    /// # Errors
    /// As [`Clock::from_id`]; `EOPNOTSUPP` for the raw and the coarse clocks (no `nsleep` in their `k_clock`), `EINVAL` for
    /// the thread's processor time (glibc says so itself).
    pub fn to_sleep_on(id: i32) -> Result<Self, Stop> {
        match id {
            3 => Err(Stop::Fail(Errno::EINVAL)),
            4..=6 => Err(Stop::Fail(Errno::EOPNOTSUPP)),
            _ => Self::from_id(id),
        }
    }

    /// What it shows on a host when the run begins.
    fn start_ns(self, host: HostClock) -> u64 {
        match self {
            Self::Realtime => host.realtime_start_ns(),
            Self::Monotonic => MONOTONIC_START_NS,
            Self::Cpu => 0,
        }
    }
}

/// What a clock of the running thread's host shows, in nanoseconds since its zero.
#[must_use]
pub fn gettime_ns(kernel: &Kernel, clock: Clock) -> u64 {
    let host = kernel.clock();
    clock.start_ns(host).saturating_add(host.elapsed_ns(kernel.now_ns()))
}

/// A time on a clock of the running thread's host as virtual nanoseconds since the run began; what was before is 0.
#[must_use]
pub fn virtual_ns(kernel: &Kernel, clock: Clock, at_ns: u64) -> u64 {
    let host = kernel.clock();
    host.virtual_ns(at_ns.saturating_sub(clock.start_ns(host)))
}

/// Sleeps until a virtual time: `clock_nanosleep(2)`.
///
/// # Errors
/// [`Stop::Block`] until then.
pub fn sleep_until(kernel: &mut Kernel, caller: &mut Caller, deadline_ns: u64) -> Result<(), Stop> {
    if caller.woken == Some(Woken::Signal) {
        return Err(Errno::EINTR.into());
    }
    if caller.timed_out() || kernel.now_ns() >= deadline_ns {
        return Ok(());
    }
    Err(Stop::Block(Wait { on: WaitOn::Sleep, deadline_ns: Some(deadline_ns) }))
}
