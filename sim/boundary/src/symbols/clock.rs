//! `clock_gettime(2)`, `clock_nanosleep(2)` and the other ways to read or pass time.
//!
//! Does not hold a clock. Invariant: no real clock is read while the program runs.

use core::ffi::{c_int, c_long, c_uint};

use libc::{clockid_t, time_t, timespec, timeval};
use photofinish_sim::call::{Stop, time};
use photofinish_sim::errno::Errno;

use super::fail;
use crate::own::owned;
use crate::run::{call, unmodelled, with_kernel};

const NS: u64 = 1_000_000_000;

/// Nanoseconds as a timespec.
pub(super) fn to_timespec(ns: u64) -> timespec {
    timespec { tv_sec: time_t::try_from(ns / NS).expect("584 years"), tv_nsec: (ns % NS).cast_signed() }
}

/// A timespec as nanoseconds.
pub(crate) fn from_timespec(at: &timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(at.tv_sec).map_err(|_| Errno::EINVAL)?;
    let ns = u64::try_from(at.tv_nsec).ok().filter(|ns| *ns < NS).ok_or(Errno::EINVAL)?;
    Ok(seconds.saturating_mul(NS).saturating_add(ns))
}

fn read_clock(clock: clockid_t) -> Result<u64, Errno> {
    call("clock_gettime", clock, |kernel, _| {
        time::Clock::from_id(clock).map(|clock| time::gettime_ns(kernel, clock))
    })
}

/// Sleeps until a point on a clock, or for a while; what `clock_nanosleep(2)` does. After a signal it says what remains of a
/// while, if it is asked.
fn sleep_on(
    clock: clockid_t,
    absolute: Absolute,
    request: *const timespec,
    remaining: *mut timespec,
) -> Result<(), Errno> {
    let mut deadline_ns: Option<u64> = None;
    let answer = call("clock_nanosleep", clock, |kernel, caller| {
        let clock = time::Clock::to_sleep_on(clock)?;
        if request.is_null() {
            return Err(Stop::Fail(Errno::EFAULT));
        }
        // SAFETY: the caller gives a valid request.
        let request = from_timespec(unsafe { &*request })?;
        let at_ns = *deadline_ns.get_or_insert_with(|| match absolute {
            Absolute::Yes => time::virtual_ns(kernel, clock, request),
            Absolute::No => kernel.after_ns(request),
        });
        time::sleep_until(kernel, caller, at_ns)
    });
    if let (Err(Errno::EINTR), Absolute::No, Some(at_ns)) = (answer, absolute, deadline_ns) {
        let rest_ns =
            with_kernel(|kernel| kernel.clock().elapsed_ns(at_ns).saturating_sub(kernel.elapsed_ns()));
        // SAFETY: the caller gives a place for the answer, or none.
        if let Some(remaining) = unsafe { remaining.as_mut() } {
            *remaining = to_timespec(rest_ns);
        }
    }
    answer
}

#[derive(Clone, Copy)]
enum Absolute {
    Yes,
    No,
}

/// What a call that returns an error number, and leaves `errno` alone, returns.
fn number(result: Result<(), Errno>) -> c_int {
    result.err().map_or(0, |errno| c_int::from(errno.0))
}

fn or_fail(result: Result<(), Errno>) -> c_int {
    result.map_or_else(fail, |()| 0)
}

owned! {
    /// `clock_gettime(2)`.
    fn clock_gettime(clock: clockid_t, at: *mut timespec) -> c_int {
        match read_clock(clock) {
            Ok(ns) => {
                // SAFETY: the caller gave a place for the answer.
                unsafe { *at = to_timespec(ns) };
                0
            }
            Err(errno) => fail(errno),
        }
    }

    /// `timespec_get(3)`: of `TIME_UTC`, which is 1, and of no other base.
    fn timespec_get(at: *mut timespec, base: c_int) -> c_int {
        match (base, read_clock(libc::CLOCK_REALTIME)) {
            (1, Ok(ns)) => {
                // SAFETY: the caller gave a place for the answer.
                unsafe { *at = to_timespec(ns) };
                base
            }
            _ => 0,
        }
    }

    /// `clock_getres(2)`: one nanosecond.
    fn clock_getres(clock: clockid_t, resolution: *mut timespec) -> c_int {
        if let Err(Stop::Fail(errno)) = time::Clock::from_id(clock) {
            return fail(errno);
        }
        if !resolution.is_null() {
            // SAFETY: the caller gave a place for the answer.
            unsafe { *resolution = to_timespec(1) };
        }
        0
    }

    /// `gettimeofday(2)`.
    fn gettimeofday(at: *mut timeval, zone: *mut libc::timezone) -> c_int {
        let _ = zone;
        match read_clock(libc::CLOCK_REALTIME) {
            Ok(ns) => {
                let whole = to_timespec(ns);
                // SAFETY: the caller gave a place for the answer.
                unsafe { *at = timeval { tv_sec: whole.tv_sec, tv_usec: whole.tv_nsec / 1_000 } };
                0
            }
            Err(errno) => fail(errno),
        }
    }

    /// `time(2)`.
    fn time(at: *mut time_t) -> time_t {
        let seconds = read_clock(libc::CLOCK_REALTIME).map_or(0, |ns| to_timespec(ns).tv_sec);
        if !at.is_null() {
            // SAFETY: the caller gave a place for the answer.
            unsafe { *at = seconds };
        }
        seconds
    }

    /// `nanosleep(2)`.
    fn nanosleep(request: *const timespec, remaining: *mut timespec) -> c_int {
        or_fail(sleep_on(libc::CLOCK_MONOTONIC, Absolute::No, request, remaining))
    }

    /// `clock_nanosleep(2)`: returns the error number.
    fn clock_nanosleep(
        clock: clockid_t,
        flags: c_int,
        request: *const timespec,
        remaining: *mut timespec,
    ) -> c_int {
        number(sleep_on(clock, absolute(flags), request, remaining))
    }

    /// `sleep(3)`: after a signal, the whole seconds that remain.
    fn sleep(seconds: c_uint) -> c_uint {
        let request = to_timespec(u64::from(seconds) * NS);
        let mut remaining = to_timespec(0);
        let slept = sleep_on(libc::CLOCK_MONOTONIC, Absolute::No, &raw const request, &raw mut remaining);
        slept.err().and_then(|_| c_uint::try_from(remaining.tv_sec).ok()).unwrap_or(0)
    }

    /// `usleep(3)`.
    fn usleep(microseconds: c_uint) -> c_int {
        let request = to_timespec(u64::from(microseconds) * 1_000);
        or_fail(sleep_on(libc::CLOCK_MONOTONIC, Absolute::No, &raw const request, core::ptr::null_mut()))
    }

    /// `clock(3)`: processor time is virtual time.
    fn clock() -> c_long {
        (with_kernel(|kernel| kernel.elapsed_ns()) / 1_000).cast_signed()
    }

    /// `setitimer(2)`: not modelled.
    fn setitimer(which: c_int, new: *const libc::itimerval, old: *mut libc::itimerval) -> c_int {
        let _ = (new, old);
        unmodelled(format!("setitimer(2) of timer {which}"));
        fail(Errno::ENOSYS)
    }

    /// `alarm(2)`: not modelled.
    fn alarm(seconds: c_uint) -> c_uint {
        unmodelled(format!("alarm(2) in {seconds} s"));
        0
    }
}

fn absolute(flags: c_int) -> Absolute {
    if flags & libc::TIMER_ABSTIME != 0 { Absolute::Yes } else { Absolute::No }
}

/// What the processor's counter says: the monotonic clock, at one tick per nanosecond.
pub(crate) fn read_counter() -> u64 {
    let read = call("rdtsc", 0, |kernel, _| Ok(time::gettime_ns(kernel, time::Clock::Monotonic)));
    read.unwrap_or_default()
}
