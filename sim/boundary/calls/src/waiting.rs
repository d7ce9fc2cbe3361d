//! `pthread_mutex_timedlock(3)`, `pthread_cond_wait(3)`, `sem_wait(3)`, `pthread_barrier_wait(3)`, `pthread_once(3)`: what threads of C code wait for.
//!
//! Does not know who else has it. Invariant: what is waited for is never moved or destroyed, but by a call that is for that.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::{from_ref, null};

use libc::{
    clockid_t, pthread_barrier_t, pthread_cond_t, pthread_mutex_t, pthread_once_t, pthread_rwlock_t,
    pthread_spinlock_t, sem_t, timespec,
};

use crate::Failed;
use crate::failed::{direct, done};
use crate::time::Time;

unsafe extern "C" {
    fn pthread_mutex_clocklock(mutex: *mut pthread_mutex_t, clock: clockid_t, at: *const timespec) -> i32;
    fn pthread_cond_clockwait(
        cond: *mut pthread_cond_t,
        mutex: *mut pthread_mutex_t,
        clock: clockid_t,
        at: *const timespec,
    ) -> i32;
    fn pthread_rwlock_timedrdlock(lock: *mut pthread_rwlock_t, at: *const timespec) -> i32;
    fn pthread_rwlock_timedwrlock(lock: *mut pthread_rwlock_t, at: *const timespec) -> i32;
    fn pthread_rwlock_clockrdlock(lock: *mut pthread_rwlock_t, clock: clockid_t, at: *const timespec) -> i32;
    fn pthread_rwlock_clockwrlock(lock: *mut pthread_rwlock_t, clock: clockid_t, at: *const timespec) -> i32;
    fn sem_clockwait(semaphore: *mut sem_t, clock: clockid_t, at: *const timespec) -> i32;
    fn pthread_once(control: *mut pthread_once_t, routine: extern "C" fn()) -> i32;
}

#[derive(Debug)]
struct Place<T>(UnsafeCell<T>);

// SAFETY: what the C library makes to wait for can be used from any thread.
unsafe impl<T> Sync for Place<T> {}

fn place<T>(value: T) -> &'static Place<T> {
    Box::leak(Box::new(Place(UnsafeCell::new(value))))
}

/// How long a call waits.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// For ever.
    Ever,
    /// Until a time on the clock that the call takes by itself.
    Time(Time),
    /// Until a time on a clock.
    Clock(i32, Time),
}

/// A mutex.
#[derive(Clone, Copy, Debug)]
pub struct Mutex(&'static Place<pthread_mutex_t>);

impl Mutex {
    /// One of a kind: `PTHREAD_MUTEX_NORMAL` and its kin.
    #[must_use]
    pub fn new(kind: i32) -> Self {
        let mutex = place(libc::PTHREAD_MUTEX_INITIALIZER);
        let mut attr = MaybeUninit::uninit();
        // SAFETY: attributes to fill in.
        unsafe { libc::pthread_mutexattr_init(attr.as_mut_ptr()) };
        // SAFETY: attributes that were filled in.
        unsafe { libc::pthread_mutexattr_settype(attr.as_mut_ptr(), kind) };
        // SAFETY: room for a mutex that stays where it is, and attributes that were filled in.
        unsafe { libc::pthread_mutex_init(mutex.0.get(), attr.as_ptr()) };
        Self(mutex)
    }

    /// `pthread_mutexattr_setprotocol(3)` of fresh attributes.
    pub fn protocol(protocol: i32) -> Result<(), Failed> {
        let mut attr = MaybeUninit::uninit();
        // SAFETY: attributes to fill in.
        unsafe { libc::pthread_mutexattr_init(attr.as_mut_ptr()) };
        // SAFETY: attributes that were filled in.
        direct(unsafe { libc::pthread_mutexattr_setprotocol(attr.as_mut_ptr(), protocol) })
    }

    /// `pthread_mutex_lock(3)`, `pthread_mutex_timedlock(3)`, `pthread_mutex_clocklock(3)`.
    pub fn lock(&self, until: Until) -> Result<(), Failed> {
        let mutex = self.0.0.get();
        direct(match until {
            // SAFETY: a mutex that stays where it is.
            Until::Ever => unsafe { libc::pthread_mutex_lock(mutex) },
            // SAFETY: as above, and a time.
            Until::Time(at) => unsafe { libc::pthread_mutex_timedlock(mutex, from_ref(&at.timespec())) },
            // SAFETY: as above.
            Until::Clock(clock, at) => unsafe {
                pthread_mutex_clocklock(mutex, clock, from_ref(&at.timespec()))
            },
        })
    }

    /// `pthread_mutex_trylock(3)`.
    pub fn try_lock(&self) -> Result<(), Failed> {
        // SAFETY: a mutex that stays where it is.
        direct(unsafe { libc::pthread_mutex_trylock(self.0.0.get()) })
    }

    /// `pthread_mutex_unlock(3)`.
    pub fn unlock(&self) -> Result<(), Failed> {
        // SAFETY: a mutex that stays where it is; one of a kind that does not look is unlocked by who has it.
        direct(unsafe { libc::pthread_mutex_unlock(self.0.0.get()) })
    }
}

/// A condition.
#[derive(Clone, Copy, Debug)]
pub struct Condition(&'static Place<pthread_cond_t>);

impl Condition {
    /// One whose timed waits go by this clock.
    #[must_use]
    pub fn new(clock: i32) -> Self {
        let condition = place(libc::PTHREAD_COND_INITIALIZER);
        let mut attr = MaybeUninit::uninit();
        // SAFETY: attributes to fill in.
        unsafe { libc::pthread_condattr_init(attr.as_mut_ptr()) };
        // SAFETY: attributes that were filled in.
        unsafe { libc::pthread_condattr_setclock(attr.as_mut_ptr(), clock) };
        // SAFETY: room for a condition that stays where it is, and attributes that were filled in.
        unsafe { libc::pthread_cond_init(condition.0.get(), attr.as_ptr()) };
        Self(condition)
    }

    /// `pthread_cond_wait(3)`, `pthread_cond_timedwait(3)`, `pthread_cond_clockwait(3)`.
    pub fn wait(&self, mutex: &Mutex, until: Until) -> Result<(), Failed> {
        let (condition, mutex) = (self.0.0.get(), mutex.0.0.get());
        direct(match until {
            // SAFETY: a condition and a mutex that stay where they are.
            Until::Ever => unsafe { libc::pthread_cond_wait(condition, mutex) },
            // SAFETY: as above, and a time.
            Until::Time(at) => unsafe {
                libc::pthread_cond_timedwait(condition, mutex, from_ref(&at.timespec()))
            },
            // SAFETY: as above.
            Until::Clock(clock, at) => unsafe {
                pthread_cond_clockwait(condition, mutex, clock, from_ref(&at.timespec()))
            },
        })
    }

    /// `pthread_cond_signal(3)`.
    pub fn signal(&self) -> Result<(), Failed> {
        // SAFETY: a condition that stays where it is.
        direct(unsafe { libc::pthread_cond_signal(self.0.0.get()) })
    }

    /// `pthread_cond_broadcast(3)`.
    pub fn broadcast(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        direct(unsafe { libc::pthread_cond_broadcast(self.0.0.get()) })
    }
}

/// A read-write lock.
#[derive(Clone, Copy, Debug)]
pub struct ReadWrite(&'static Place<pthread_rwlock_t>);

impl ReadWrite {
    /// A free one.
    #[must_use]
    pub fn new() -> Self {
        Self(place(libc::PTHREAD_RWLOCK_INITIALIZER))
    }

    /// `pthread_rwlock_rdlock(3)`, `pthread_rwlock_timedrdlock(3)`, `pthread_rwlock_clockrdlock(3)`.
    pub fn read(&self, until: Until) -> Result<(), Failed> {
        let lock = self.0.0.get();
        direct(match until {
            // SAFETY: a lock that stays where it is.
            Until::Ever => unsafe { libc::pthread_rwlock_rdlock(lock) },
            // SAFETY: as above, and a time.
            Until::Time(at) => unsafe { pthread_rwlock_timedrdlock(lock, from_ref(&at.timespec())) },
            // SAFETY: as above.
            Until::Clock(clock, at) => unsafe {
                pthread_rwlock_clockrdlock(lock, clock, from_ref(&at.timespec()))
            },
        })
    }

    /// `pthread_rwlock_wrlock(3)`, `pthread_rwlock_timedwrlock(3)`, `pthread_rwlock_clockwrlock(3)`.
    pub fn write(&self, until: Until) -> Result<(), Failed> {
        let lock = self.0.0.get();
        direct(match until {
            // SAFETY: a lock that stays where it is.
            Until::Ever => unsafe { libc::pthread_rwlock_wrlock(lock) },
            // SAFETY: as above, and a time.
            Until::Time(at) => unsafe { pthread_rwlock_timedwrlock(lock, from_ref(&at.timespec())) },
            // SAFETY: as above.
            Until::Clock(clock, at) => unsafe {
                pthread_rwlock_clockwrlock(lock, clock, from_ref(&at.timespec()))
            },
        })
    }

    /// `pthread_rwlock_tryrdlock(3)`.
    pub fn try_read(&self) -> Result<(), Failed> {
        // SAFETY: a lock that stays where it is.
        direct(unsafe { libc::pthread_rwlock_tryrdlock(self.0.0.get()) })
    }

    /// `pthread_rwlock_trywrlock(3)`.
    pub fn try_write(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        direct(unsafe { libc::pthread_rwlock_trywrlock(self.0.0.get()) })
    }

    /// `pthread_rwlock_unlock(3)`.
    pub fn unlock(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        direct(unsafe { libc::pthread_rwlock_unlock(self.0.0.get()) })
    }
}

impl Default for ReadWrite {
    fn default() -> Self {
        Self::new()
    }
}

/// A spin lock.
#[derive(Clone, Copy, Debug)]
pub struct Spin(&'static Place<pthread_spinlock_t>);

impl Spin {
    /// A free one.
    #[must_use]
    pub fn new() -> Self {
        let lock = place(0);
        // SAFETY: room for a lock that stays where it is.
        unsafe { libc::pthread_spin_init(lock.0.get(), libc::PTHREAD_PROCESS_PRIVATE) };
        Self(lock)
    }

    /// `pthread_spin_lock(3)`.
    pub fn lock(&self) -> Result<(), Failed> {
        // SAFETY: a lock that stays where it is.
        direct(unsafe { libc::pthread_spin_lock(self.0.0.get()) })
    }

    /// `pthread_spin_trylock(3)`.
    pub fn try_lock(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        direct(unsafe { libc::pthread_spin_trylock(self.0.0.get()) })
    }

    /// `pthread_spin_unlock(3)`.
    pub fn unlock(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        direct(unsafe { libc::pthread_spin_unlock(self.0.0.get()) })
    }
}

impl Default for Spin {
    fn default() -> Self {
        Self::new()
    }
}

/// A semaphore.
#[derive(Clone, Copy, Debug)]
pub struct Semaphore(&'static Place<sem_t>);

impl Semaphore {
    /// One with so many.
    pub fn new(value: u32) -> Result<Self, Failed> {
        // SAFETY: a semaphore is made of integers.
        let semaphore = place(unsafe { MaybeUninit::<sem_t>::zeroed().assume_init() });
        // SAFETY: room for a semaphore that stays where it is.
        done(unsafe { libc::sem_init(semaphore.0.get(), 0, value) }).map(|()| Self(semaphore))
    }

    /// `sem_wait(3)`, `sem_timedwait(3)`, `sem_clockwait(3)`.
    pub fn wait(&self, until: Until) -> Result<(), Failed> {
        let semaphore = self.0.0.get();
        done(match until {
            // SAFETY: a semaphore that stays where it is.
            Until::Ever => unsafe { libc::sem_wait(semaphore) },
            // SAFETY: as above, and a time.
            Until::Time(at) => unsafe { libc::sem_timedwait(semaphore, from_ref(&at.timespec())) },
            // SAFETY: as above.
            Until::Clock(clock, at) => unsafe { sem_clockwait(semaphore, clock, from_ref(&at.timespec())) },
        })
    }

    /// `sem_trywait(3)`.
    pub fn try_wait(&self) -> Result<(), Failed> {
        // SAFETY: a semaphore that stays where it is.
        done(unsafe { libc::sem_trywait(self.0.0.get()) })
    }

    /// `sem_post(3)`.
    pub fn post(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        done(unsafe { libc::sem_post(self.0.0.get()) })
    }

    /// `sem_getvalue(3)`.
    #[must_use]
    pub fn value(&self) -> i32 {
        let mut value = 0;
        // SAFETY: as above, and a place for the answer.
        unsafe { libc::sem_getvalue(self.0.0.get(), &raw mut value) };
        value
    }
}

/// A barrier.
#[derive(Clone, Copy, Debug)]
pub struct Barrier(&'static Place<pthread_barrier_t>);

impl Barrier {
    /// One for so many.
    pub fn new(count: u32) -> Result<Self, Failed> {
        // SAFETY: a barrier is made of integers.
        let barrier = place(unsafe { MaybeUninit::<pthread_barrier_t>::zeroed().assume_init() });
        // SAFETY: room for a barrier that stays where it is.
        direct(unsafe { libc::pthread_barrier_init(barrier.0.get(), null(), count) }).map(|()| Self(barrier))
    }

    /// `pthread_barrier_wait(3)`: whether this thread is the one that is told so.
    #[must_use]
    pub fn wait(&self) -> bool {
        // SAFETY: a barrier that stays where it is.
        unsafe { libc::pthread_barrier_wait(self.0.0.get()) == libc::PTHREAD_BARRIER_SERIAL_THREAD }
    }

    /// `pthread_barrier_destroy(3)`, when nobody waits.
    pub fn destroy(self) -> Result<(), Failed> {
        // SAFETY: as above; whoever calls has no further use for it.
        direct(unsafe { libc::pthread_barrier_destroy(self.0.0.get()) })
    }
}

/// What is done once.
#[derive(Clone, Copy, Debug)]
pub struct Once(&'static Place<pthread_once_t>);

impl Once {
    /// Not done yet.
    #[must_use]
    pub fn new() -> Self {
        Self(place(libc::PTHREAD_ONCE_INIT))
    }

    /// `pthread_once(3)`.
    pub fn call(&self, routine: extern "C" fn()) -> Result<(), Failed> {
        // SAFETY: a control word that stays where it is.
        direct(unsafe { pthread_once(self.0.0.get(), routine) })
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}
