//! `pthread_rwlock_rdlock(3)`, `pthread_rwlock_wrlock(3)`: locks that readers share.
//!
//! Invariant: no thread waits in the C library; whoever would waits in the kernel, and tries again.

use core::ffi::c_int;

use libc::{clockid_t, pthread_rwlock_t, timespec};
use photofinish_sim::call::lock::Signals;
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;

use super::lock::{PAST, Until, give, number, take};
use crate::own::{owned, real};
use crate::run::call_point;

/// Tries to take a lock for reading, as a call that waits would: none if that waits.
fn try_read(lock: *mut pthread_rwlock_t) -> Option<c_int> {
    let past = &raw const PAST;
    let answer =
        real!(pthread_rwlock_timedrdlock(lock: *mut pthread_rwlock_t, past: *const timespec) -> c_int);
    (answer != libc::ETIMEDOUT).then_some(answer)
}

/// Tries to take a lock for writing, as a call that waits would: none if that waits.
fn try_write(lock: *mut pthread_rwlock_t) -> Option<c_int> {
    let past = &raw const PAST;
    let answer =
        real!(pthread_rwlock_timedwrlock(lock: *mut pthread_rwlock_t, past: *const timespec) -> c_int);
    (answer != libc::ETIMEDOUT).then_some(answer)
}

fn wait(
    name: &'static str,
    lock: *mut pthread_rwlock_t,
    attempt: fn(*mut pthread_rwlock_t) -> Option<c_int>,
    until: Result<Until, Errno>,
) -> c_int {
    let until = match until {
        Ok(until) => until,
        Err(errno) => return errno.0.into(),
    };
    number(take(name, lock, Signals::Pass, |_: &mut Kernel| Ok(attempt(lock)), || Ok(until)))
}

owned! {
    /// `pthread_rwlock_rdlock(3)`.
    fn pthread_rwlock_rdlock(lock: *mut pthread_rwlock_t) -> c_int {
        wait("pthread_rwlock_rdlock", lock, try_read, Ok(Until::Ever))
    }

    /// `pthread_rwlock_wrlock(3)`.
    fn pthread_rwlock_wrlock(lock: *mut pthread_rwlock_t) -> c_int {
        wait("pthread_rwlock_wrlock", lock, try_write, Ok(Until::Ever))
    }

    /// `pthread_rwlock_tryrdlock(3)`.
    fn pthread_rwlock_tryrdlock(lock: *mut pthread_rwlock_t) -> c_int {
        call_point();
        real!(pthread_rwlock_tryrdlock(lock: *mut pthread_rwlock_t) -> c_int)
    }

    /// `pthread_rwlock_trywrlock(3)`.
    fn pthread_rwlock_trywrlock(lock: *mut pthread_rwlock_t) -> c_int {
        call_point();
        real!(pthread_rwlock_trywrlock(lock: *mut pthread_rwlock_t) -> c_int)
    }

    /// `pthread_rwlock_timedrdlock(3)`.
    fn pthread_rwlock_timedrdlock(lock: *mut pthread_rwlock_t, at: *const timespec) -> c_int {
        // SAFETY: the caller gives a time.
        let until = unsafe { Until::at(libc::CLOCK_REALTIME, at) };
        wait("pthread_rwlock_timedrdlock", lock, try_read, until)
    }

    /// `pthread_rwlock_timedwrlock(3)`.
    fn pthread_rwlock_timedwrlock(lock: *mut pthread_rwlock_t, at: *const timespec) -> c_int {
        // SAFETY: the caller gives a time.
        let until = unsafe { Until::at(libc::CLOCK_REALTIME, at) };
        wait("pthread_rwlock_timedwrlock", lock, try_write, until)
    }

    /// `pthread_rwlock_clockrdlock(3)`.
    fn pthread_rwlock_clockrdlock(lock: *mut pthread_rwlock_t, clock: clockid_t, at: *const timespec) -> c_int {
        // SAFETY: the caller gives a time.
        let until = unsafe { Until::at(clock, at) };
        wait("pthread_rwlock_clockrdlock", lock, try_read, until)
    }

    /// `pthread_rwlock_clockwrlock(3)`.
    fn pthread_rwlock_clockwrlock(lock: *mut pthread_rwlock_t, clock: clockid_t, at: *const timespec) -> c_int {
        // SAFETY: the caller gives a time.
        let until = unsafe { Until::at(clock, at) };
        wait("pthread_rwlock_clockwrlock", lock, try_write, until)
    }

    /// `pthread_rwlock_unlock(3)`: whoever waits tries again, readers and writers.
    fn pthread_rwlock_unlock(lock: *mut pthread_rwlock_t) -> c_int {
        give("pthread_rwlock_unlock", lock, u32::MAX, || {
            real!(pthread_rwlock_unlock(lock: *mut pthread_rwlock_t) -> c_int)
        })
    }
}
