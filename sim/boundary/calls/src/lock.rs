//! `pthread_rwlock_rdlock(3)`, `pthread_mutex_lock(3)` of a recursive mutex: the C library's own locks, which know threads by
//! number.
//!
//! They block for real, so callers must not contend. Invariant: a lock is never moved or destroyed.

use core::cell::UnsafeCell;

use crate::Failed;
use crate::failed::direct;

/// A read-write lock of the C library.
#[derive(Debug)]
pub struct RwLock(&'static Place<libc::pthread_rwlock_t>);

/// A recursive mutex of the C library.
#[derive(Clone, Copy, Debug)]
pub struct RecursiveMutex(&'static Place<libc::pthread_mutex_t>);

#[derive(Debug)]
struct Place<T>(UnsafeCell<T>);

// SAFETY: the C library's locks are made to be used from any thread.
unsafe impl<T> Sync for Place<T> {}

impl RwLock {
    /// A free lock.
    #[must_use]
    pub fn new() -> Self {
        Self(Box::leak(Box::new(Place(UnsafeCell::new(libc::PTHREAD_RWLOCK_INITIALIZER)))))
    }

    /// `pthread_rwlock_rdlock(3)`.
    pub fn read(&self) -> Result<(), Failed> {
        // SAFETY: an initialised lock that stays where it is.
        direct(unsafe { libc::pthread_rwlock_rdlock(self.0.0.get()) })
    }

    /// `pthread_rwlock_wrlock(3)`.
    pub fn write(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        direct(unsafe { libc::pthread_rwlock_wrlock(self.0.0.get()) })
    }

    /// `pthread_rwlock_unlock(3)`, by whoever holds it.
    pub fn unlock(&self) -> Result<(), Failed> {
        // SAFETY: as above; the C library does not check the holder of a lock that nobody holds, and changes only the lock.
        direct(unsafe { libc::pthread_rwlock_unlock(self.0.0.get()) })
    }
}

impl Default for RwLock {
    fn default() -> Self {
        Self::new()
    }
}

impl RecursiveMutex {
    /// A free mutex.
    #[must_use]
    pub fn new() -> Self {
        Self(Box::leak(Box::new(Place(UnsafeCell::new(libc::PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP)))))
    }

    /// `pthread_mutex_lock(3)`.
    pub fn lock(&self) -> Result<(), Failed> {
        // SAFETY: an initialised mutex that stays where it is.
        direct(unsafe { libc::pthread_mutex_lock(self.0.0.get()) })
    }

    /// `pthread_mutex_trylock(3)`.
    pub fn try_lock(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        direct(unsafe { libc::pthread_mutex_trylock(self.0.0.get()) })
    }

    /// `pthread_mutex_unlock(3)`: a recursive mutex checks its holder.
    pub fn unlock(&self) -> Result<(), Failed> {
        // SAFETY: as above.
        direct(unsafe { libc::pthread_mutex_unlock(self.0.0.get()) })
    }
}

impl Default for RecursiveMutex {
    fn default() -> Self {
        Self::new()
    }
}
