//! On which processors threads run: `sched_setaffinity(2)`, `pthread_setaffinity_np(3)`, `sched_getcpu(3)` and their kin.
//!
//! Does not know what follows from it. Invariant: a set is read and written as far as its caller says that it reaches, and no further.

use core::ffi::c_int;
use std::collections::BTreeSet;

use libc::cpu_set_t;
use photofinish_sim::call::{Stop, affinity};
use photofinish_sim::errno::Errno;
use photofinish_sim::thread::ThreadId;

use super::{fail, identity};
use crate::carrier;
use crate::own::owned;
use crate::run::{call, with_kernel};

/// Bytes of a kernel's set of processors, where it was built for as many as the C library's set has.
pub(crate) const SET_BYTES: usize = size_of::<cpu_set_t>();

/// The processors of a set: bit `n` is processor `n`. As in the kernel, what is beyond its own set is not read.
///
/// # Safety
/// The set is null or has so many bytes that can be read.
unsafe fn read(set: *const cpu_set_t, size: usize) -> Result<BTreeSet<u32>, Errno> {
    if size == 0 {
        return Ok(BTreeSet::new());
    }
    if set.is_null() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: the caller gives a set of so many bytes.
    let bytes = unsafe { core::slice::from_raw_parts(set.cast::<u8>(), size.min(SET_BYTES)) };
    let is_in = |core: &u32| bytes.get(*core as usize / 8).is_some_and(|byte| byte >> (core % 8) & 1 == 1);
    Ok((0..8 * SET_BYTES as u32).filter(is_in).collect())
}

/// Writes the processors of a thread to a set, and says how many bytes the kernel writes.
///
/// # Safety
/// The set is null or has so many bytes that can be written.
unsafe fn write(set: *mut cpu_set_t, size: usize, thread: Result<ThreadId, Errno>) -> Result<usize, Errno> {
    let word = size_of::<u64>();
    let cores = with_kernel(|kernel| kernel.host().spec.cores) as usize;
    // The kernel takes no set smaller than its own, in whole words.
    if size < word || 8 * size < cores || !size.is_multiple_of(word) {
        return Err(Errno::EINVAL);
    }
    let thread = thread?;
    if set.is_null() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: the caller gives a set of so many bytes.
    let bytes = unsafe { core::slice::from_raw_parts_mut(set.cast::<u8>(), size) };
    bytes.fill(0);
    for core in with_kernel(|kernel| affinity::allowed(kernel, thread)) {
        bytes[core as usize / 8] |= 1 << (core % 8);
    }
    Ok(size.min(SET_BYTES))
}

/// The thread with this id; 0 is the caller.
fn find(tid: i32) -> Result<ThreadId, Errno> {
    with_kernel(|kernel| affinity::find(kernel, tid, identity::number))
}

/// As the kernel answers `sched_getaffinity(2)`: how many bytes it wrote.
///
/// # Safety
/// As the system call.
pub(super) unsafe fn get(pid: libc::pid_t, size: usize, set: *mut cpu_set_t) -> Result<usize, Errno> {
    // SAFETY: our caller's contract is the callee's.
    unsafe { write(set, size, find(pid)) }
}

/// The processor on which the caller runs.
pub(super) fn current() -> u32 {
    with_kernel(|kernel| affinity::current(kernel, kernel.current()))
}

owned! {
    /// `sched_setaffinity(2)`.
    fn sched_setaffinity(pid: libc::pid_t, size: usize, set: *const cpu_set_t) -> c_int {
        // SAFETY: the caller gives a set of `size` bytes.
        let wanted = unsafe { read(set, size) };
        let bound = call("sched_setaffinity", pid, |kernel, _| {
            let wanted = wanted.as_ref().map_err(|errno| Stop::Fail(*errno))?;
            let thread = affinity::find(kernel, pid, identity::number)?;
            affinity::bind(kernel, thread, wanted)
        });
        bound.map_or_else(fail, |()| 0)
    }

    /// `sched_getaffinity(2)`: the first so many processors, or those that the thread was bound to.
    fn sched_getaffinity(pid: libc::pid_t, size: usize, set: *mut cpu_set_t) -> c_int {
        // SAFETY: the caller gives a set of `size` bytes.
        unsafe { get(pid, size, set) }.map_or_else(fail, |_| 0)
    }

    /// `pthread_setaffinity_np(3)`.
    fn pthread_setaffinity_np(thread: libc::pthread_t, size: usize, set: *const cpu_set_t) -> c_int {
        let Some(id) = carrier::thread_of(thread) else { return libc::ESRCH };
        // SAFETY: the caller gives a set of `size` bytes.
        let wanted = unsafe { read(set, size) };
        let bound = call("pthread_setaffinity_np", id.0.cast_signed(), |kernel, _| {
            affinity::bind(kernel, id, wanted.as_ref().map_err(|errno| Stop::Fail(*errno))?)
        });
        bound.map_or_else(|errno| c_int::from(errno.0), |()| 0)
    }

    /// `pthread_getaffinity_np(3)`.
    fn pthread_getaffinity_np(thread: libc::pthread_t, size: usize, set: *mut cpu_set_t) -> c_int {
        let id = carrier::thread_of(thread).ok_or(Errno::ESRCH);
        // SAFETY: the caller gives a set of `size` bytes.
        unsafe { write(set, size, id) }.map_or_else(|errno| c_int::from(errno.0), |_| 0)
    }

    /// `sched_getcpu(3)`: the first processor that the thread may run on.
    fn sched_getcpu() -> c_int {
        current().cast_signed()
    }
}
