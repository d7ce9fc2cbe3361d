//! `open(2)` and its kin, `memfd_create(2)`, `mkstemp(3)`: real files pass through, and are marked so; those that tell of this
//! machine do not.
//!
//! Does not read files. Invariant: a file whose content is the machine's or the kernel's, rather than the user's, is never
//! opened without a note, and one that all runs share is never opened for writing.

use core::ffi::{CStr, c_char, c_int, c_uint};

use photofinish_sim::call::Stop;
use photofinish_sim::call::file::{Work, take_time};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::{Blocking, Object, OnExec};
use photofinish_sim::kernel::Kernel;

use super::{descriptor, fail, random};
use crate::disk::node::Key;
use crate::disk::{self, At, Follow, Found, Place, sys, sys::sys};
use crate::own::owned;
use crate::phase;
use crate::run::{call, unmodelled};
use crate::sight;

/// Devices that keep nothing.
const DEVICES: [&[u8]; 3] = [b"/dev/null", b"/dev/zero", b"/dev/full"];
/// `random(4)`: their bytes are the run's.
const RANDOM: [&[u8]; 2] = [b"/dev/random", b"/dev/urandom"];

/// Whether anybody may write to this path, because nothing that is written there stays.
pub(super) fn is_device(path: &[u8]) -> bool {
    DEVICES.contains(&path)
}

/// What a program is told is not there.
fn is_absent(path: &[u8]) -> bool {
    // Limits of control groups, which std reads to answer `available_parallelism`: that is a setting here.
    path == b"/proc/self/cgroup" || path.starts_with(b"/sys/fs/cgroup/")
}

/// Notes the opening of a file that tells of this machine.
fn note_machine(path: &[u8]) {
    // std reads its own map and image to print a backtrace. The files behind descriptors are the program's own.
    let own =
        [&b"/proc/self/maps"[..], b"/proc/self/exe"].contains(&path) || path.starts_with(b"/proc/self/fd/");
    if !own && [&b"/proc/"[..], b"/sys/"].iter().any(|place| path.starts_with(place)) {
        phase::as_simulator(|| unmodelled(format!("open(2) of {}", String::from_utf8_lossy(path))));
    }
}

/// How a file is opened.
#[derive(Clone, Copy)]
struct How {
    flags: c_int,
    mode: c_uint,
}

impl How {
    fn creates(self) -> bool {
        self.flags & libc::O_CREAT != 0 || self.flags & libc::O_TMPFILE == libc::O_TMPFILE
    }

    fn changes(self) -> bool {
        self.creates() || self.flags & libc::O_ACCMODE != libc::O_RDONLY || self.flags & libc::O_TRUNC != 0
    }

    fn follow(self) -> Follow {
        let exclusive = libc::O_CREAT | libc::O_EXCL;
        let no = self.flags & libc::O_NOFOLLOW != 0 || self.flags & exclusive == exclusive;
        if no { Follow::No } else { Follow::Yes }
    }

    fn on_exec(self) -> OnExec {
        if self.flags & libc::O_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close }
    }
}

fn open_at(name: &'static str, at: At, how: How) -> c_int {
    match at.bytes() {
        Err(errno) => return fail(errno),
        Ok(path) if is_absent(path) => return fail(Errno::ENOENT),
        Ok(path) => note_machine(path),
    }
    let work = if how.creates() { Work::Folder } else { Work::Nothing };
    let answer = call(name, at.folder, |kernel, caller| {
        take_time(kernel, caller, work)?;
        let found = disk::find(kernel, at, how.follow())?;
        guard(&found, how)?;
        // The number comes first: without one, nothing is made.
        kernel.processes.get(caller.process).fds.lowest_free(0)?;
        let real = sys::raise(sys::open(&found.real, how.flags, how.mode)?)?;
        note_effects(kernel, &found, real, how);
        Ok(kernel.install(caller.process, Object::Real(real), Blocking::Yes, how.on_exec())?)
    });
    descriptor::close_real();
    answer.unwrap_or_else(fail)
}

fn guard(found: &Found, how: How) -> Result<(), Stop> {
    let shown = || String::from_utf8_lossy(&found.shown);
    match found.place {
        Place::Private => Ok(()),
        Place::Program if how.changes() => Err(Errno::ETXTBSY.into()),
        Place::Program => Err(Stop::Unmodelled(format!("open(2) of the program {}", shown()), Errno::EIO)),
        Place::Outside if !how.changes() || is_device(&found.shown) => Ok(()),
        Place::Outside => {
            // What cannot be opened in any case fails as ever.
            let without = how.flags & !(libc::O_CREAT | libc::O_TRUNC | libc::O_EXCL);
            if how.flags & libc::O_CREAT == 0 && how.flags & libc::O_TRUNC == 0 {
                sys::close(sys::open(&found.real, without, 0)?);
            }
            Err(Stop::Unmodelled(
                format!("open(2) for writing outside the private folder: {}", shown()),
                Errno::EROFS,
            ))
        }
    }
}

fn note_effects(kernel: &Kernel, found: &Found, real: c_int, how: How) {
    if RANDOM.contains(&&found.shown[..]) {
        disk::note_random(real);
    }
    if found.place == Place::Outside {
        sight::opened(kernel.current(), &found.shown, real);
    }
    if found.place != Place::Private {
        return;
    }
    let nameless = how.flags & libc::O_TMPFILE == libc::O_TMPFILE;
    let Ok(data) = sys::fstat(real) else { return };
    disk::opened(real, &data);
    if nameless {
        disk::disk().nodes.create(Key::of(&data), disk::now(kernel));
    } else if how.creates() && found.data.is_none() {
        disk::created_as(kernel, found, Key::of(&data));
    } else if how.flags & libc::O_TRUNC != 0 {
        disk::disk().nodes.touch(&Key::of(&data), disk::now(kernel));
    }
}

/// Letters of `mkstemp(3)`.
const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const TEMPLATE: &[u8; 6] = b"XXXXXX";
/// `ATTEMPTS_MIN` of glibc's `tempname.c`, which is never reached.
const ATTEMPTS_MAX: u32 = 62 * 62 * 62;

/// Puts random letters in a template until `made` does not find the name taken.
fn try_names(template: *mut c_char, suffix: c_int, mut made: impl FnMut() -> c_int) -> Result<c_int, Errno> {
    // SAFETY: mkstemp(3): a NUL-terminated template that may be written to.
    let length = unsafe { CStr::from_ptr(template) }.count_bytes();
    let suffix = usize::try_from(suffix).map_err(|_| Errno::EINVAL)?;
    let start = length.checked_sub(suffix + TEMPLATE.len()).ok_or(Errno::EINVAL)?;
    // SAFETY: `start` lies inside the template.
    let place = unsafe { template.add(start) };
    // SAFETY: as many bytes as the template has there, and nobody else uses it during the call.
    let letters = unsafe { core::slice::from_raw_parts_mut(place.cast::<u8>(), TEMPLATE.len()) };
    if letters != TEMPLATE {
        return Err(Errno::EINVAL);
    }
    for _ in 0..ATTEMPTS_MAX {
        let mut bytes = [0_u8; 6];
        random::fill(bytes.as_mut_ptr(), bytes.len());
        for (letter, byte) in letters.iter_mut().zip(bytes) {
            *letter = LETTERS[usize::from(byte) % LETTERS.len()];
        }
        let answer = made();
        // SAFETY: __errno_location(3) has no preconditions.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: it is the running thread's own errno.
        if answer >= 0 || unsafe { *errno } != libc::EEXIST {
            return Ok(answer);
        }
    }
    Err(Errno::EEXIST)
}

fn temporary_file(template: *mut c_char, suffix: c_int, flags: c_int) -> c_int {
    let flags = flags & !libc::O_ACCMODE | libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
    try_names(template, suffix, || open_at("mkstemp", At::cwd(template), How { flags, mode: 0o600 }))
        .unwrap_or_else(fail)
}

owned! {
    /// `open(2)`. Its third argument is read only where the flags say that there is one.
    fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        open_at("open of a real file", At::cwd(path), How { flags, mode })
    }

    /// `open(2)` with large files.
    fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        open_at("open of a real file", At::cwd(path), How { flags, mode })
    }

    /// `openat(2)`.
    fn openat(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        open_at("open of a real file", At { folder, path }, How { flags, mode })
    }

    /// `openat(2)` with large files.
    fn openat64(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        open_at("open of a real file", At { folder, path }, How { flags, mode })
    }

    /// `creat(2)`.
    fn creat(path: *const c_char, mode: c_uint) -> c_int {
        open_at("open of a real file", At::cwd(path), How { flags: libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode })
    }

    /// `creat(2)` with large files.
    fn creat64(path: *const c_char, mode: c_uint) -> c_int {
        open_at("open of a real file", At::cwd(path), How { flags: libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode })
    }

    /// `memfd_create(2)`.
    fn memfd_create(name: *const c_char, flags: c_uint) -> c_int {
        let answer = call("memfd_create", 0, |kernel, caller| {
            kernel.processes.get(caller.process).fds.lowest_free(0)?;
            let made = sys(libc::SYS_memfd_create, &[name as i64, i64::from(flags | libc::MFD_CLOEXEC)])?;
            let real = sys::raise(c_int::try_from(made).expect("descriptors are ints"))?;
            disk::disk().nodes.create(Key::of(&sys::fstat(real)?), disk::now(kernel));
            let on_exec = if flags & libc::MFD_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close };
            Ok(kernel.install(caller.process, Object::Real(real), Blocking::Yes, on_exec)?)
        });
        descriptor::close_real();
        answer.unwrap_or_else(fail)
    }

    /// `mkstemp(3)`: the letters are the run's.
    fn mkstemp(template: *mut c_char) -> c_int {
        temporary_file(template, 0, 0)
    }

    /// `mkstemp(3)` with large files.
    fn mkstemp64(template: *mut c_char) -> c_int {
        temporary_file(template, 0, 0)
    }

    /// `mkostemp(3)`.
    fn mkostemp(template: *mut c_char, flags: c_int) -> c_int {
        temporary_file(template, 0, flags)
    }

    /// `mkostemp(3)` with large files.
    fn mkostemp64(template: *mut c_char, flags: c_int) -> c_int {
        temporary_file(template, 0, flags)
    }

    /// `mkstemps(3)`.
    fn mkstemps(template: *mut c_char, suffix: c_int) -> c_int {
        temporary_file(template, suffix, 0)
    }

    /// `mkostemps(3)`.
    fn mkostemps(template: *mut c_char, suffix: c_int, flags: c_int) -> c_int {
        temporary_file(template, suffix, flags)
    }

    /// `mkstemps(3)` with large files.
    fn mkstemps64(template: *mut c_char, suffix: c_int) -> c_int {
        temporary_file(template, suffix, 0)
    }

    /// `mkostemps(3)` with large files.
    fn mkostemps64(template: *mut c_char, suffix: c_int, flags: c_int) -> c_int {
        temporary_file(template, suffix, flags)
    }

    /// `mkdtemp(3)`.
    fn mkdtemp(template: *mut c_char) -> *mut c_char {
        // SAFETY: our caller's contract is the callee's.
        match try_names(template, 0, || unsafe { super::path::mkdir(template, 0o700) }) {
            Ok(0) => template,
            Ok(_) => core::ptr::null_mut(),
            Err(errno) => {
                fail(errno);
                core::ptr::null_mut()
            }
        }
    }
}
