//! Who the program is and what it runs on: `getpid(2)`, `gettid(2)`, `uname(2)`, `sysconf(3)`.
//!
//! Does not hold settings. Invariant: nothing here differs between two runs with the same settings.

use core::ffi::{c_char, c_int, c_long};

use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::thread::ThreadId;

use crate::own::{owned, real};
use crate::run::with_kernel;

/// The process id the program sees.
pub(crate) const PID: i32 = 1_000;

/// The kernel's id of a thread: the process id for the main thread, as on Linux.
pub(super) fn number(kernel: &Kernel, thread: ThreadId) -> i32 {
    let process = kernel.threads().get(thread).process;
    let main = kernel.threads().iter().find(|(_, other)| other.process == process).map(|(id, _)| id);
    if main == Some(thread) { process.0 } else { PID + thread.0.cast_signed() }
}

/// The kernel's id of the running thread.
pub(crate) fn tid() -> i32 {
    with_kernel(|kernel| number(kernel, kernel.current()))
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

    /// `sysconf(3)`: the number of processors is a setting, everything else is real.
    fn sysconf(name: c_int) -> c_long {
        match name {
            libc::_SC_NPROCESSORS_ONLN | libc::_SC_NPROCESSORS_CONF => {
                c_long::from(with_kernel(|kernel| kernel.host().spec.cores))
            }
            _ => real!(sysconf(name: c_int) -> c_long),
        }
    }

    /// `get_nprocs(3)`.
    fn get_nprocs() -> c_int {
        with_kernel(|kernel| kernel.host().spec.cores).cast_signed()
    }

    /// `get_nprocs_conf(3)`.
    fn get_nprocs_conf() -> c_int {
        with_kernel(|kernel| kernel.host().spec.cores).cast_signed()
    }
}
