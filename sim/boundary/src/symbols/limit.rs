//! `getrlimit(2)`, `setrlimit(2)`, `prlimit(2)`.
//!
//! Does not enforce anything. Invariant: the limits of whoever asked for the run do not show.

use core::ffi::{c_int, c_uint};

use libc::{RLIM_INFINITY, pid_t, rlimit, rlimit64};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::DESCRIPTORS_MAX;

use super::fail;
use crate::own::owned;
use crate::run::unmodelled;

/// `RLIM_NLIMITS`.
const LIMITS_COUNT: c_uint = 16;
/// Every stack has this size.
const STACK: u64 = 8 << 20;

/// The limits of every process.
fn limit(resource: c_uint) -> rlimit {
    let both = |value| rlimit { rlim_cur: value, rlim_max: value };
    match resource {
        libc::RLIMIT_NOFILE => both(u64::from(DESCRIPTORS_MAX.unsigned_abs())),
        libc::RLIMIT_STACK => rlimit { rlim_cur: STACK, rlim_max: RLIM_INFINITY },
        libc::RLIMIT_CORE => rlimit { rlim_cur: 0, rlim_max: RLIM_INFINITY },
        _ => both(RLIM_INFINITY),
    }
}

fn get(resource: c_uint, place: *mut rlimit) -> c_int {
    if resource >= LIMITS_COUNT {
        return fail(Errno::EINVAL);
    }
    // SAFETY: getrlimit(2): a place for the answer.
    unsafe { place.write(limit(resource)) };
    0
}

/// Limits that stay as they are can be set.
fn set(resource: c_uint, new: *const rlimit) -> c_int {
    // SAFETY: setrlimit(2): a limit.
    let new = unsafe { *new };
    let old = limit(resource);
    if resource >= LIMITS_COUNT || new.rlim_cur > new.rlim_max {
        return fail(Errno::EINVAL);
    }
    if (new.rlim_cur, new.rlim_max) == (old.rlim_cur, old.rlim_max) {
        return 0;
    }
    if new.rlim_max > old.rlim_max {
        return fail(Errno::EPERM);
    }
    crate::phase::as_simulator(|| unmodelled(format!("setrlimit(2) of resource {resource}")));
    fail(Errno::EPERM)
}

fn both(pid: pid_t, resource: c_uint, new: *const rlimit, old: *mut rlimit) -> c_int {
    if pid != 0 && pid != crate::run::with_kernel(|kernel| kernel.process()).0 {
        crate::phase::as_simulator(|| unmodelled(String::from("prlimit(2) of another process")));
        return fail(Errno::EPERM);
    }
    if !old.is_null() && get(resource, old) != 0 {
        return -1;
    }
    if new.is_null() { 0 } else { set(resource, new) }
}

owned! {
    /// `getrlimit(2)`.
    fn getrlimit(resource: c_uint, place: *mut rlimit) -> c_int {
        get(resource, place)
    }

    /// `getrlimit(2)` with large files.
    fn getrlimit64(resource: c_uint, place: *mut rlimit64) -> c_int {
        get(resource, place.cast())
    }

    /// `setrlimit(2)`: nothing can be changed.
    fn setrlimit(resource: c_uint, new: *const rlimit) -> c_int {
        set(resource, new)
    }

    /// `setrlimit(2)` with large files.
    fn setrlimit64(resource: c_uint, new: *const rlimit64) -> c_int {
        set(resource, new.cast())
    }

    /// `prlimit(2)`.
    fn prlimit(pid: pid_t, resource: c_uint, new: *const rlimit, old: *mut rlimit) -> c_int {
        both(pid, resource, new, old)
    }

    /// `prlimit(2)` with large files.
    fn prlimit64(pid: pid_t, resource: c_uint, new: *const rlimit64, old: *mut rlimit64) -> c_int {
        both(pid, resource, new.cast(), old.cast())
    }
}
