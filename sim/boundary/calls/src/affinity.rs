//! `sched_setaffinity(2)`, `sched_getaffinity(2)`, `pthread_setaffinity_np(3)`, `pthread_getaffinity_np(3)`, `sched_getcpu(3)`.
//!
//! Does not know the machine. Invariant: a set has as many bytes as its call is told.

use core::ptr::null;

use crate::Failed;
use crate::failed::{direct, done, number};

/// `sched_setaffinity(2)` of a thread, 0 being the caller.
pub fn sched_setaffinity(tid: i32, set: &[u8]) -> Result<(), Failed> {
    // SAFETY: as many bytes as the size says.
    done(unsafe { libc::sched_setaffinity(tid, set.len(), set.as_ptr().cast()) })
}

/// `sched_setaffinity(2)` with a set that is nowhere.
pub fn sched_setaffinity_to_nowhere(size: usize) -> Result<(), Failed> {
    // SAFETY: the kernel answers EFAULT to a null pointer.
    done(unsafe { libc::sched_setaffinity(0, size, null()) })
}

/// `sched_getaffinity(2)` of a thread, 0 being the caller, with room for so many bytes.
pub fn sched_getaffinity(tid: i32, room: usize) -> Result<Vec<u8>, Failed> {
    let mut set = vec![0_u8; room];
    // SAFETY: as many writable bytes as the size says.
    done(unsafe { libc::sched_getaffinity(tid, room, set.as_mut_ptr().cast()) }).map(|()| set)
}

/// `pthread_setaffinity_np(3)` of the caller.
pub fn pthread_setaffinity_np(set: &[u8]) -> Result<(), Failed> {
    // SAFETY: no pointers.
    let own = unsafe { libc::pthread_self() };
    // SAFETY: a thread that runs, and as many bytes as the size says.
    direct(unsafe { libc::pthread_setaffinity_np(own, set.len(), set.as_ptr().cast()) })
}

/// `pthread_getaffinity_np(3)` of the caller with room for so many bytes.
pub fn pthread_getaffinity_np(room: usize) -> Result<Vec<u8>, Failed> {
    let mut set = vec![0_u8; room];
    // SAFETY: no pointers.
    let own = unsafe { libc::pthread_self() };
    // SAFETY: a thread that runs, and as many writable bytes as the size says.
    direct(unsafe { libc::pthread_getaffinity_np(own, room, set.as_mut_ptr().cast()) }).map(|()| set)
}

/// `sched_getcpu(3)`.
pub fn sched_getcpu() -> Result<i32, Failed> {
    // SAFETY: no pointers.
    number(unsafe { libc::sched_getcpu() })
}
