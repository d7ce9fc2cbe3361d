//! What all waits for the C library's locks have in common: when they end, and how they are called.
//!
//! Does not know what kind of lock it is. Invariant: a lock is tried by the C library's own call, so that what it holds is what the C
//! library put there, and which thread it is that has it.

use core::ffi::c_int;

use libc::{clockid_t, timespec};
use photofinish_sim::call::Stop;
use photofinish_sim::call::lock::{self, Signals, Tried};
use photofinish_sim::call::time::{Clock, virtual_ns};
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;

use super::clock;
use crate::run::call;

/// What lies in the past on every clock: whoever waits until then tries.
pub(super) static PAST: timespec = timespec { tv_sec: 0, tv_nsec: 0 };

/// When a wait ends by itself.
#[derive(Clone, Copy)]
pub(super) enum Until {
    /// Never.
    Ever,
    /// At a time on a clock, in nanoseconds since its zero.
    Time(Clock, u64),
}

impl Until {
    /// The time on a clock that a caller waits until; what is before its zero has passed.
    ///
    /// # Errors
    /// `EINVAL` for a clock that nobody waits on, or a fraction that is none.
    ///
    /// # Safety
    /// A time that can be read.
    pub(super) unsafe fn at(id: clockid_t, at: *const timespec) -> Result<Self, Errno> {
        let clock = match id {
            libc::CLOCK_REALTIME => Clock::Realtime,
            libc::CLOCK_MONOTONIC => Clock::Monotonic,
            _ => return Err(Errno::EINVAL),
        };
        // SAFETY: the caller gives a time.
        let at = unsafe { *at };
        let ns = clock::from_timespec(&timespec { tv_sec: at.tv_sec.max(0), ..at })?;
        Ok(Self::Time(clock, if at.tv_sec < 0 { 0 } else { ns }))
    }

    /// The same as virtual time.
    pub(super) fn deadline_ns(self, kernel: &Kernel) -> Option<u64> {
        match self {
            Self::Ever => None,
            Self::Time(clock, ns) => Some(virtual_ns(kernel, clock, ns)),
        }
    }
}

/// Takes the lock at a place: tries, and waits as often as the answer is that others have it, which is `None`. Until when is
/// asked for only then.
pub(super) fn take<T>(
    name: &'static str,
    lock: *mut T,
    signals: Signals,
    mut attempt: impl FnMut(&mut Kernel) -> Result<Option<c_int>, Errno>,
    until: impl Fn() -> Result<Until, Errno>,
) -> Result<c_int, Errno> {
    let mut deadline_ns = None;
    call(name, 0, |kernel, caller| {
        lock::take(kernel, caller, place(lock), signals, |kernel| {
            if let Some(answer) = attempt(kernel)? {
                return Ok(Tried::Answered(answer));
            }
            let deadline_ns = match deadline_ns {
                Some(known) => known,
                None => *deadline_ns.insert(until()?.deadline_ns(kernel)),
            };
            Ok(Tried::Held { deadline_ns })
        })
    })
}

/// Gives back the lock at a place, by the C library's own call; up to so many of those who wait try again.
pub(super) fn give<T>(name: &'static str, lock: *mut T, most: u32, mut real: impl FnMut() -> c_int) -> c_int {
    let answer = call(name, 0, |kernel, _| {
        let answer = real();
        if answer == 0 {
            lock::give(kernel, place(lock), most);
        }
        Ok::<_, Stop>(answer)
    });
    number(answer)
}

/// What a call that returns an error number, and leaves `errno` alone, returns.
pub(super) fn number(answer: Result<c_int, Errno>) -> c_int {
    answer.unwrap_or_else(|errno| c_int::from(errno.0))
}

/// A lock's name among those that threads wait for.
pub(super) fn place<T>(lock: *mut T) -> u64 {
    lock.expose_provenance() as u64
}
