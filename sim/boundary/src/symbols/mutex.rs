//! `pthread_mutex_lock(3)`, `pthread_mutex_timedlock(3)`, `pthread_spin_lock(3)`: locks that one thread has at a time.
//!
//! Invariant: no thread waits in the C library; whoever would waits in the kernel, and tries again.

use core::ffi::c_int;

use libc::{clockid_t, pthread_mutex_t, pthread_mutexattr_t, pthread_spinlock_t, timespec};
use photofinish_sim::call::lock::{Signals, note_taken};
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;

use super::lock::{PAST, Until, give, number, place, take};
use crate::own::{owned, real};
use crate::run::{call_point, unmodelled};

/// Tries to take a mutex as `pthread_mutex_lock(3)` would: none if that waits.
fn attempt(mutex: *mut pthread_mutex_t) -> Option<c_int> {
    match real!(pthread_mutex_trylock(mutex: *mut pthread_mutex_t) -> c_int) {
        libc::EBUSY => {
            // Who may not wait for itself is told by a call that waits, and by none that tries.
            let past = &raw const PAST;
            let answer =
                real!(pthread_mutex_timedlock(mutex: *mut pthread_mutex_t, past: *const timespec) -> c_int);
            (answer != libc::ETIMEDOUT).then_some(answer)
        }
        answer => Some(answer),
    }
}

fn is_taken(answer: c_int) -> bool {
    // The robust mutex of a thread that died is its finder's.
    matches!(answer, 0 | libc::EOWNERDEAD)
}

fn lock(name: &'static str, mutex: *mut pthread_mutex_t, until: impl Fn() -> Result<Until, Errno>) -> c_int {
    let attempt = |kernel: &mut Kernel| {
        let answer = attempt(mutex);
        if answer.is_some_and(is_taken) {
            note_taken(kernel, place(mutex));
        }
        Ok(answer)
    };
    number(take(name, mutex, Signals::Pass, attempt, until))
}

/// Takes a mutex, however long that takes.
pub(super) fn lock_for_good(mutex: *mut pthread_mutex_t) -> c_int {
    lock("pthread_mutex_lock", mutex, || Ok(Until::Ever))
}

/// Gives a mutex back by the C library's own call.
pub(super) fn real_unlock(mutex: *mut pthread_mutex_t) -> c_int {
    real!(pthread_mutex_unlock(mutex: *mut pthread_mutex_t) -> c_int)
}

owned! {
    /// `pthread_mutexattr_setprotocol(3)`: the kernel keeps the mutexes that lend priorities, by threads' real numbers.
    fn pthread_mutexattr_setprotocol(attr: *mut pthread_mutexattr_t, protocol: c_int) -> c_int {
        if matches!(protocol, libc::PTHREAD_PRIO_INHERIT | libc::PTHREAD_PRIO_PROTECT) {
            unmodelled(format!("protocol {protocol} of pthread_mutexattr_setprotocol(3)"));
            return libc::ENOTSUP;
        }
        real!(pthread_mutexattr_setprotocol(attr: *mut pthread_mutexattr_t, protocol: c_int) -> c_int)
    }

    /// `pthread_mutex_lock(3)`.
    fn pthread_mutex_lock(mutex: *mut pthread_mutex_t) -> c_int {
        lock_for_good(mutex)
    }

    /// `pthread_mutex_trylock(3)`.
    fn pthread_mutex_trylock(mutex: *mut pthread_mutex_t) -> c_int {
        call_point();
        real!(pthread_mutex_trylock(mutex: *mut pthread_mutex_t) -> c_int)
    }

    /// `pthread_mutex_timedlock(3)`.
    fn pthread_mutex_timedlock(mutex: *mut pthread_mutex_t, at: *const timespec) -> c_int {
        // SAFETY: the caller gives a time.
        lock("pthread_mutex_timedlock", mutex, || unsafe { Until::at(libc::CLOCK_REALTIME, at) })
    }

    /// `pthread_mutex_clocklock(3)`.
    fn pthread_mutex_clocklock(mutex: *mut pthread_mutex_t, clock: clockid_t, at: *const timespec) -> c_int {
        if !matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_MONOTONIC) {
            return libc::EINVAL;
        }
        // SAFETY: the caller gives a time.
        lock("pthread_mutex_clocklock", mutex, || unsafe { Until::at(clock, at) })
    }

    /// `pthread_mutex_unlock(3)`.
    fn pthread_mutex_unlock(mutex: *mut pthread_mutex_t) -> c_int {
        give("pthread_mutex_unlock", mutex, 1, || real_unlock(mutex))
    }

    /// `pthread_spin_lock(3)`: who would spin waits.
    fn pthread_spin_lock(lock: *mut pthread_spinlock_t) -> c_int {
        let attempt = |kernel: &mut Kernel| {
            let answer = real!(pthread_spin_trylock(lock: *mut pthread_spinlock_t) -> c_int);
            if answer == 0 {
                note_taken(kernel, place(lock));
            }
            Ok((answer != libc::EBUSY).then_some(answer))
        };
        number(take("pthread_spin_lock", lock, Signals::Pass, attempt, || Ok(Until::Ever)))
    }

    /// `pthread_spin_trylock(3)`.
    fn pthread_spin_trylock(lock: *mut pthread_spinlock_t) -> c_int {
        call_point();
        real!(pthread_spin_trylock(lock: *mut pthread_spinlock_t) -> c_int)
    }

    /// `pthread_spin_unlock(3)`.
    fn pthread_spin_unlock(lock: *mut pthread_spinlock_t) -> c_int {
        give("pthread_spin_unlock", lock, 1, || {
            real!(pthread_spin_unlock(lock: *mut pthread_spinlock_t) -> c_int)
        })
    }
}
