//! Who the program is and what it runs on: `getpid(2)`, `gettid(2)`, `uname(2)`, `sched_getaffinity(2)`, `sysconf(3)`.
//!
//! Does not hold settings. Invariant: nothing here differs between two runs with the same settings.

use core::ffi::{c_char, c_int, c_long};

use photofinish_sim::errno::Errno;

use crate::own::{owned, real};
use crate::run::with_kernel;

/// The process id the program sees.
pub(crate) const PID: i32 = 1_000;

/// The kernel's id of the running thread: the process id for the main thread, as on Linux.
pub(crate) fn tid() -> i32 {
    with_kernel(|kernel| {
        let process = kernel.process();
        let main = kernel.threads().iter().find(|(_, thread)| thread.process == process).map(|(id, _)| id);
        let current = kernel.current();
        if main == Some(current) { process.0 } else { PID + current.0.cast_signed() }
    })
}

/// The number of the running process.
pub(crate) fn pid() -> i32 {
    with_kernel(|kernel| kernel.process().0)
}

/// Fills a field of `struct utsname`, all of it, so that nothing else shows.
fn put(field: &mut [c_char], text: &str) {
    let bytes = text.bytes().chain(core::iter::repeat(0));
    for (place, byte) in field.iter_mut().zip(bytes) {
        *place = c_char::from_ne_bytes([byte]);
    }
    if let Some(last) = field.last_mut() {
        *last = 0;
    }
}

owned! {
    /// `getpid(2)`.
    fn getpid() -> libc::pid_t {
        pid()
    }

    /// `gettid(2)`.
    fn gettid() -> libc::pid_t {
        tid()
    }

    /// `getppid(2)`: the number 1 for the first process, and for one whose parent is over.
    fn getppid() -> libc::pid_t {
        with_kernel(|kernel| kernel.processes.get(kernel.process()).parent.map_or(1, |parent| parent.0))
    }

    /// `uname(2)`: the name is the host's, the kernel's version one that has all we model.
    fn uname(names: *mut libc::utsname) -> c_int {
        // SAFETY: the caller gives a place for the answer, which nobody else uses until the call returns.
        let Some(names) = (unsafe { names.as_mut() }) else { return super::fail(Errno::EFAULT) };
        let host = with_kernel(|kernel| kernel.host().spec.name.clone());
        put(&mut names.sysname, "Linux");
        put(&mut names.nodename, &host);
        put(&mut names.release, "6.6.0");
        put(&mut names.version, "#1 SMP");
        put(&mut names.machine, std::env::consts::ARCH);
        put(&mut names.domainname, "(none)");
        0
    }

    /// `sched_getaffinity(2)`: the first so many processors.
    fn sched_getaffinity(pid: libc::pid_t, size: usize, set: *mut libc::cpu_set_t) -> c_int {
        let _ = pid;
        // The kernel takes no set smaller than its own, in whole words.
        if size < size_of::<u64>() || !size.is_multiple_of(size_of::<u64>()) {
            return super::fail(Errno::EINVAL);
        }
        let cores = with_kernel(|kernel| kernel.host().spec.cores) as usize;
        // SAFETY: the caller gives a set of `size` bytes.
        let bytes = unsafe { core::slice::from_raw_parts_mut(set.cast::<u8>(), size) };
        bytes.fill(0);
        for core in 0..cores.min(size * 8) {
            bytes[core / 8] |= 1 << (core % 8);
        }
        0
    }

    /// `sched_getcpu(3)`: processor 0.
    fn sched_getcpu() -> c_int {
        0
    }

    /// `sysconf(3)`: the number of processors is a setting, everything else is real.
    fn sysconf(name: c_int) -> c_long {
        match name {
            libc::_SC_NPROCESSORS_ONLN | libc::_SC_NPROCESSORS_CONF => {
                c_long::from(with_kernel(|kernel| kernel.host().spec.cores))
            }
            _ => real!(sysconf(name: c_int) -> c_long),
        }
    }
}
