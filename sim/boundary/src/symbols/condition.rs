//! `pthread_cond_wait(3)`, `pthread_cond_signal(3)`, `pthread_barrier_wait(3)`: waiting for what other threads do.
//!
//! Invariant: between giving the mutex back and waiting there is no scheduling point, as pthread_cond_wait(3) promises.

use core::ffi::{c_int, c_uint};
use core::mem::MaybeUninit;

use libc::{
    clockid_t, pthread_barrier_t, pthread_barrierattr_t, pthread_cond_t, pthread_condattr_t, pthread_mutex_t,
    timespec,
};
use photofinish_sim::call::lock;
use photofinish_sim::errno::Errno;
use photofinish_sim::wait::Woken;

use super::lock::{Until, give, number, place};
use super::mutex::{lock_for_good, real_unlock};
use crate::own::{owned, real};
use crate::run::{call, unmodelled};

fn wait(
    name: &'static str,
    cond: *mut pthread_cond_t,
    mutex: *mut pthread_mutex_t,
    until: Result<Until, Errno>,
) -> c_int {
    let until = match until {
        Ok(until) => until,
        Err(errno) => return errno.0.into(),
    };
    let (mut unlocked, mut deadline_ns) = (None, None);
    let answer = call(name, 0, |kernel, caller| {
        if caller.woken.is_none() {
            let answer = real_unlock(mutex);
            unlocked = Some(answer);
            if answer != 0 {
                return Ok(answer);
            }
            lock::give(kernel, place(mutex), 1);
            deadline_ns = until.deadline_ns(kernel);
        }
        lock::wait(kernel, caller, place(cond), deadline_ns).map(|()| 0)
    });
    if unlocked != Some(0) {
        return number(answer);
    }
    match lock_for_good(mutex) {
        0 => number(answer),
        failed => failed,
    }
}

/// A condition as `pthread_cond_init(3)` leaves it for waits on this clock.
fn fresh(clock: clockid_t) -> [u8; size_of::<pthread_cond_t>()] {
    let mut cond = libc::PTHREAD_COND_INITIALIZER;
    let mut attr = MaybeUninit::<pthread_condattr_t>::uninit();
    // SAFETY: attributes to fill in.
    unsafe { libc::pthread_condattr_init(attr.as_mut_ptr()) };
    // SAFETY: attributes that were filled in.
    unsafe { libc::pthread_condattr_setclock(attr.as_mut_ptr(), clock) };
    // SAFETY: a condition to fill in, and attributes that were.
    unsafe { libc::pthread_cond_init(&raw mut cond, attr.as_ptr()) };
    // SAFETY: the initializer gave each of its bytes a value.
    unsafe { core::mem::transmute(cond) }
}

/// The clock of a condition's timed waits: where those of both clocks differ, it is like one of them.
///
/// # Safety
/// A condition that was initialised.
unsafe fn clock_of(cond: *const pthread_cond_t) -> clockid_t {
    let (one, other) = (fresh(libc::CLOCK_REALTIME), fresh(libc::CLOCK_MONOTONIC));
    let mut differ = one.iter().zip(&other).enumerate().filter(|(_, (one, other))| one != other);
    let Some((at, (real, monotonic))) = differ.next() else { return libc::CLOCK_REALTIME };
    // SAFETY: the caller's condition has so many bytes.
    let byte = unsafe { *cond.cast::<u8>().wrapping_add(at) };
    if byte & (real ^ monotonic) == monotonic & (real ^ monotonic) {
        libc::CLOCK_MONOTONIC
    } else {
        libc::CLOCK_REALTIME
    }
}

/// A barrier: ours, in the room of the C library's, which lets nobody look.
#[repr(C)]
struct Barrier {
    /// That it is ours.
    mark: u64,
    /// How many it waits for.
    count: c_uint,
    /// How many have come and wait.
    arrived: c_uint,
}

const MARK: u64 = u64::from_be_bytes(*b"barrier!");

const _: () = assert!(size_of::<Barrier>() <= size_of::<pthread_barrier_t>());
const _: () = assert!(align_of::<Barrier>() <= align_of::<pthread_barrier_t>());

owned! {
    /// `pthread_cond_wait(3)`.
    fn pthread_cond_wait(cond: *mut pthread_cond_t, mutex: *mut pthread_mutex_t) -> c_int {
        wait("pthread_cond_wait", cond, mutex, Ok(Until::Ever))
    }

    /// `pthread_cond_timedwait(3)`.
    fn pthread_cond_timedwait(cond: *mut pthread_cond_t, mutex: *mut pthread_mutex_t, at: *const timespec) -> c_int {
        // SAFETY: the caller gives a condition.
        let clock = unsafe { clock_of(cond) };
        // SAFETY: the caller gives a time.
        wait("pthread_cond_timedwait", cond, mutex, unsafe { Until::at(clock, at) })
    }

    /// `pthread_cond_clockwait(3)`.
    fn pthread_cond_clockwait(
        cond: *mut pthread_cond_t,
        mutex: *mut pthread_mutex_t,
        clock: clockid_t,
        at: *const timespec,
    ) -> c_int {
        // SAFETY: the caller gives a time.
        wait("pthread_cond_clockwait", cond, mutex, unsafe { Until::at(clock, at) })
    }

    /// `pthread_cond_signal(3)`: nobody waits in the C library.
    fn pthread_cond_signal(cond: *mut pthread_cond_t) -> c_int {
        give("pthread_cond_signal", cond, 1, || 0)
    }

    /// `pthread_cond_broadcast(3)`.
    fn pthread_cond_broadcast(cond: *mut pthread_cond_t) -> c_int {
        give("pthread_cond_broadcast", cond, u32::MAX, || 0)
    }

    /// `pthread_barrier_init(3)`.
    fn pthread_barrier_init(
        barrier: *mut pthread_barrier_t,
        attr: *const pthread_barrierattr_t,
        count: c_uint,
    ) -> c_int {
        let made = real!(pthread_barrier_init(
            barrier: *mut pthread_barrier_t,
            attr: *const pthread_barrierattr_t,
            count: c_uint,
        ) -> c_int);
        if made == 0 {
            // SAFETY: the caller gives room for a barrier, in which ours has its place.
            unsafe { barrier.cast::<Barrier>().write(Barrier { mark: MARK, count, arrived: 0 }) };
        }
        made
    }

    /// `pthread_barrier_destroy(3)`.
    fn pthread_barrier_destroy(barrier: *mut pthread_barrier_t) -> c_int {
        // SAFETY: the caller gives a barrier that nobody waits at.
        unsafe { barrier.cast::<u64>().write(0) };
        0
    }

    /// `pthread_barrier_wait(3)`.
    fn pthread_barrier_wait(barrier: *mut pthread_barrier_t) -> c_int {
        // SAFETY: the caller gives a barrier.
        if unsafe { barrier.cast::<u64>().read() } != MARK {
            unmodelled("pthread_barrier_wait(3) at a barrier that was not made in the run".to_owned());
            return libc::EINVAL;
        }
        let answer = call("pthread_barrier_wait", 0, |kernel, caller| {
            match caller.woken {
                // All have come. Whoever was told so may have destroyed the barrier since.
                Some(Woken::Cause) => return Ok(0),
                Some(_) => {}
                None => {
                    // SAFETY: the caller gives a barrier of ours, and nobody else looks at it between two scheduling points.
                    let ours = unsafe { &mut *barrier.cast::<Barrier>() };
                    ours.arrived += 1;
                    if ours.arrived == ours.count {
                        ours.arrived = 0;
                        lock::give(kernel, place(barrier), u32::MAX);
                        return Ok(libc::PTHREAD_BARRIER_SERIAL_THREAD);
                    }
                }
            }
            Err(lock::wait_at(kernel, place(barrier), None))
        });
        number(answer)
    }
}
