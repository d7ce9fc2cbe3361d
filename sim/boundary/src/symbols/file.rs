//! `open(2)` and its kin: real files pass through, and are marked so; those that tell of this machine do not.
//!
//! Does not read files. Invariant: a file whose content is the machine's or the kernel's, rather than the user's, is never
//! opened without a note.

use core::ffi::{CStr, c_char, c_int, c_uint};
use std::borrow::Cow;

use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;
use photofinish_sim::fd::OnExec;

use super::{descriptor, fail};
use crate::own::{owned, real};
use crate::phase;
use crate::run::{self, unmodelled};

/// What becomes of an open.
enum Fate {
    /// It is made for real.
    Real,
    /// The file is not there.
    Absent,
}

fn decide(path: *const c_char) -> Fate {
    // SAFETY: open(2)'s caller gives a NUL-terminated path.
    let path = unsafe { CStr::from_ptr(path) }.to_string_lossy();
    // std reads the limits of its control group to answer `available_parallelism`, which is a setting here.
    if path == "/proc/self/cgroup" {
        return Fate::Absent;
    }
    phase::as_simulator(|| {
        // std reads its own map and image to print a backtrace.
        let own = ["/proc/self/maps", "/proc/self/exe"].contains(&&*path);
        if !own
            && ["/proc/", "/sys/", "/dev/random", "/dev/urandom"].iter().any(|place| path.starts_with(place))
        {
            unmodelled(format!("open(2) of {path}"));
        }
        let name = Cow::Borrowed("open of a real file");
        run::run().kernel.emit(&Event::Called { name, arg: 0, result: 0 });
    });
    Fate::Real
}

/// Gives a real file that was opened a number of the running process.
fn took(real: c_int, flags: c_int) -> c_int {
    if real < 0 {
        return real;
    }
    descriptor::adopt(real, if flags & libc::O_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close })
}

owned! {
    /// `open(2)`. Its third argument is read only where the flags say that there is one.
    fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        match decide(path) {
            Fate::Absent => fail(Errno::ENOENT),
            Fate::Real => took(real!(open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int), flags),
        }
    }

    /// `open(2)` with large files.
    fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        match decide(path) {
            Fate::Absent => fail(Errno::ENOENT),
            Fate::Real => took(real!(open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int), flags),
        }
    }

    /// `openat(2)`.
    fn openat(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        match decide(path) {
            Fate::Absent => fail(Errno::ENOENT),
            Fate::Real => took(real!(openat(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int), flags),
        }
    }

    /// `openat(2)` with large files.
    fn openat64(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        match decide(path) {
            Fate::Absent => fail(Errno::ENOENT),
            Fate::Real => took(real!(openat64(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int), flags),
        }
    }
}
