//! `clock_gettime(2)`, `clock_nanosleep(2)` and the other ways to read or pass time.
//!
//! Does not know which numbers are clocks. Invariant: a time is passed on as it is, however wrong.

use libc::{timespec, timeval};

use crate::Failed;
use crate::failed::{direct, done, word};

/// `struct timespec`, or `struct timeval` with microseconds in its second field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Whole seconds.
    pub seconds: i64,
    /// The fraction, in the unit of the call.
    pub fraction: i64,
}

impl Time {
    pub(crate) fn timespec(self) -> timespec {
        timespec { tv_sec: self.seconds, tv_nsec: self.fraction }
    }

    pub(crate) fn of(at: timespec) -> Self {
        Self { seconds: at.tv_sec, fraction: at.tv_nsec }
    }
}

/// `clock_gettime(2)`.
pub fn clock_gettime(clock: i32) -> Result<Time, Failed> {
    let mut at = Time { seconds: 0, fraction: 0 }.timespec();
    // SAFETY: a place for the answer.
    done(unsafe { libc::clock_gettime(clock, &raw mut at) }).map(|()| Time::of(at))
}

/// `clock_getres(2)`.
pub fn clock_getres(clock: i32) -> Result<Time, Failed> {
    let mut at = Time { seconds: 0, fraction: 0 }.timespec();
    // SAFETY: a place for the answer.
    done(unsafe { libc::clock_getres(clock, &raw mut at) }).map(|()| Time::of(at))
}

/// `clock_getres(2)` without a place for the answer.
pub fn clock_exists(clock: i32) -> Result<(), Failed> {
    // SAFETY: clock_getres(2) allows a null pointer.
    done(unsafe { libc::clock_getres(clock, core::ptr::null_mut()) })
}

/// `gettimeofday(2)`: the fraction is microseconds.
pub fn gettimeofday() -> Result<Time, Failed> {
    let mut at = timeval { tv_sec: 0, tv_usec: 0 };
    // SAFETY: a place for the answer; the zone may be null.
    done(unsafe { libc::gettimeofday(&raw mut at, core::ptr::null_mut()) })
        .map(|()| Time { seconds: at.tv_sec, fraction: at.tv_usec })
}

/// `time(2)`: what it returns and what it writes.
pub fn time() -> Result<(i64, i64), Failed> {
    let mut written = 0;
    // SAFETY: a place for the answer.
    word(unsafe { libc::time(&raw mut written) }).map(|returned| (returned, written))
}

/// `nanosleep(2)`.
pub fn nanosleep(request: Time) -> Result<(), Failed> {
    let request = request.timespec();
    // SAFETY: a valid request; what remains may be null.
    done(unsafe { libc::nanosleep(&raw const request, core::ptr::null_mut()) })
}

/// `clock_nanosleep(2)`.
pub fn clock_nanosleep(clock: i32, flags: i32, request: Time) -> Result<(), Failed> {
    let request = request.timespec();
    // SAFETY: a valid request; what remains may be null.
    direct(unsafe { libc::clock_nanosleep(clock, flags, &raw const request, core::ptr::null_mut()) })
}

/// `sleep(3)`.
#[must_use]
pub fn sleep(seconds: u32) -> u32 {
    // SAFETY: no pointers.
    unsafe { libc::sleep(seconds) }
}

/// `usleep(3)`.
pub fn usleep(microseconds: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::usleep(microseconds) })
}

/// `clock(3)`.
#[must_use]
pub fn clock() -> i64 {
    unsafe extern "C" {
        fn clock() -> libc::c_long;
    }
    // SAFETY: no pointers.
    unsafe { clock() }
}
