//! `sem_wait(3)`, `sem_timedwait(3)`, `sem_trywait(3)`, `sem_post(3)`.
//!
//! Semaphores without names; those with one are refused. Invariant: no thread waits in the C library; whoever would waits in the kernel,
//! and tries again.

use core::ffi::c_int;

use libc::{clockid_t, sem_t, timespec};
use photofinish_sim::call::lock::Signals;
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;

use super::lock::{Until, give, take};
use super::{errno_place, fail};
use crate::own::{owned, real};
use crate::run::call_point;

/// The error number that the C library's own call just left.
fn left() -> Errno {
    // SAFETY: it is the running thread's own errno.
    Errno(u16::try_from(unsafe { *errno_place() }).unwrap_or(Errno::EINVAL.0))
}

/// Tries to take one from a semaphore: none if there is none.
fn attempt(semaphore: *mut sem_t) -> Result<Option<c_int>, Errno> {
    match real!(sem_trywait(semaphore: *mut sem_t) -> c_int) {
        0 => Ok(Some(0)),
        _ if left() == Errno::EAGAIN => Ok(None),
        _ => Err(left()),
    }
}

fn wait(name: &'static str, semaphore: *mut sem_t, until: Result<Until, Errno>) -> c_int {
    let taken = until.and_then(|until| {
        take(name, semaphore, Signals::Interrupt, |_: &mut Kernel| attempt(semaphore), || Ok(until))
    });
    taken.unwrap_or_else(fail)
}

owned! {
    /// `sem_wait(3)`.
    fn sem_wait(semaphore: *mut sem_t) -> c_int {
        wait("sem_wait", semaphore, Ok(Until::Ever))
    }

    /// `sem_trywait(3)`.
    fn sem_trywait(semaphore: *mut sem_t) -> c_int {
        call_point();
        real!(sem_trywait(semaphore: *mut sem_t) -> c_int)
    }

    /// `sem_timedwait(3)`.
    fn sem_timedwait(semaphore: *mut sem_t, at: *const timespec) -> c_int {
        // SAFETY: the caller gives a time.
        wait("sem_timedwait", semaphore, unsafe { Until::at(libc::CLOCK_REALTIME, at) })
    }

    /// `sem_clockwait(3)`.
    fn sem_clockwait(semaphore: *mut sem_t, clock: clockid_t, at: *const timespec) -> c_int {
        // SAFETY: the caller gives a time.
        wait("sem_clockwait", semaphore, unsafe { Until::at(clock, at) })
    }

    /// `sem_post(3)`, also from a handler.
    fn sem_post(semaphore: *mut sem_t) -> c_int {
        give("sem_post", semaphore, 1, || real!(sem_post(semaphore: *mut sem_t) -> c_int))
    }
}
