//! `open(2)` and its kin, `memfd_create(2)`, `mkstemp(3)`: files that all runs share are opened for real; those that tell of this
//! machine are marked so.
//!
//! Does not read files. Invariant: a file whose content is the machine's or the kernel's, rather than the user's, is never
//! opened without a note, and one that all runs share is never opened for writing.

use core::ffi::{CStr, c_char, c_int, c_uint};

use photofinish_sim::call::Stop;
use photofinish_sim::call::file::{Work, take_time};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::{Blocking, Object, OnExec};
use photofinish_sim::kernel::Kernel;
use photofinish_sim::tree::{Ask, Bounds, Right};

use super::real::has_folder;
use super::{descriptor, fail, random};
use crate::disk::node::Key;
use crate::disk::{self, At, Follow, Found, open, sys, sys::sys};
use crate::own::owned;
use crate::phase;
use crate::run::{call, unmodelled};
use crate::sight;

/// Devices that keep nothing.
const DEVICES: [&[u8]; 3] = [b"/dev/null", b"/dev/zero", b"/dev/full"];
/// The same by their numbers (`mem(4)`), and `random(4)`, whose bytes are the run's.
const DEVICE_MAJOR: u32 = 1;
const DEVICE_MINORS: [u32; 3] = [3, 5, 7];
const RANDOM_MINORS: [u32; 2] = [8, 9];

/// Standard streams by their paths, which are links to their descriptors.
const STREAMS: [&[u8]; 3] = [b"/dev/stdin", b"/dev/stdout", b"/dev/stderr"];

/// Whether anybody may write to this path, because nothing that is written there stays.
pub(super) fn is_device(path: &[u8]) -> bool {
    DEVICES.contains(&path)
}

/// What a program is told is not there.
fn is_absent(path: &[u8]) -> bool {
    // Limits of control groups, which std reads to answer `available_parallelism`: that is a setting here.
    path == b"/proc/self/cgroup" || path.starts_with(b"/sys/fs/cgroup/")
}

/// Whether a file tells of this machine.
fn is_of_the_machine(path: &[u8]) -> bool {
    // std reads its own map and image to print a backtrace. The files behind descriptors are the program's own.
    let own =
        [&b"/proc/self/maps"[..], b"/proc/self/exe"].contains(&path) || disk::own_descriptor(path).is_some();
    !own && [&b"/proc/"[..], b"/sys/"].iter().any(|place| path.starts_with(place))
}

fn note_machine(path: &[u8]) {
    phase::as_simulator(|| unmodelled(format!("open(2) of {}", String::from_utf8_lossy(path))));
}

/// The flags that a place may be asked for with: `O_PATH_FLAGS`.
pub(super) const OF_PLACES: c_int = libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;

/// How a file is opened.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) flags: c_int,
    pub(super) mode: c_uint,
    /// Where its path may not lead.
    pub(super) bounds: Bounds,
}

impl How {
    fn new(flags: c_int, mode: c_uint) -> Self {
        Self { flags, mode, bounds: Bounds::default() }
    }

    /// Without what a place has no use for (`O_PATH`).
    fn known(self) -> Self {
        if self.flags & libc::O_PATH == 0 { self } else { Self { flags: self.flags & OF_PLACES, ..self } }
    }

    fn creates(self) -> bool {
        self.flags & libc::O_CREAT != 0 || self.is_nameless()
    }

    fn changes(self) -> bool {
        self.creates() || self.flags & libc::O_ACCMODE != libc::O_RDONLY || self.flags & libc::O_TRUNC != 0
    }

    fn follow(self) -> Follow {
        let exclusive = libc::O_CREAT | libc::O_EXCL;
        let no = self.flags & libc::O_NOFOLLOW != 0 || self.flags & exclusive == exclusive;
        let creates = self.flags & libc::O_CREAT != 0;
        match (no, creates) {
            (true, true) => Follow::New,
            (true, false) => Follow::No,
            (false, true) => Follow::Create,
            (false, false) => Follow::Yes,
        }
    }

    fn is_nameless(self) -> bool {
        self.flags & libc::O_TMPFILE == libc::O_TMPFILE
    }

    /// What Linux finds wrong with the flags alone: `build_open_flags`.
    pub(super) fn check(self) -> Result<(), Errno> {
        let temporary = self.flags & (libc::O_TMPFILE & !libc::O_DIRECTORY) != 0;
        let reads_alone = self.flags & libc::O_ACCMODE == libc::O_RDONLY;
        let creates_folder = self.flags & libc::O_CREAT != 0 && self.flags & libc::O_DIRECTORY != 0;
        let is_wrong = temporary && (!self.is_nameless() || reads_alone) || creates_folder;
        if is_wrong { Err(Errno::EINVAL) } else { Ok(()) }
    }

    fn ask(self) -> Ask {
        let has = |flag| self.flags & flag != 0;
        Ask {
            right: match self.flags & libc::O_ACCMODE {
                libc::O_RDONLY => Right::READ,
                libc::O_WRONLY => Right::WRITE,
                _ => Right::READ.and(Right::WRITE),
            },
            create: has(libc::O_CREAT).then_some(self.mode),
            exclusive: has(libc::O_EXCL),
            truncate: has(libc::O_TRUNC),
            folder: has(libc::O_DIRECTORY),
            place: has(libc::O_PATH),
        }
    }

    fn on_exec(self) -> OnExec {
        if self.flags & libc::O_CLOEXEC == 0 { OnExec::Keep } else { OnExec::Close }
    }
}

pub(super) fn open_at(name: &'static str, at: At, how: How) -> c_int {
    match at.bytes() {
        Err(errno) => return fail(errno),
        // By their own names, as every runtime asks for them when it starts, they are no call and no scheduling point.
        Ok(path) if is_absent(path) => return fail(Errno::ENOENT),
        Ok(_) => {}
    }
    let how = how.known();
    let mut machine = None;
    let work = if how.creates() { Work::Folder } else { Work::Nothing };
    let answer = call(name, at.folder, |kernel, caller| {
        take_time(kernel, caller, work)?;
        how.check()?;
        at.name()?;
        // The number comes first: without one, nothing is looked for.
        kernel.processes.get(caller.process).fds.lowest_free(0)?;
        let mut found = disk::find_within(kernel, at, how.follow(), how.bounds)?;
        if let Found::Outside { shown, .. } = &found
            && how.follow().leads_on()
            && let Some(stream) = (0..).zip(STREAMS).find(|(_, path)| path == shown)
        {
            found = disk::through_descriptor(kernel, stream.0, shown.clone(), how.follow())?;
        }
        let real = match found {
            Found::Inside(spot) if how.is_nameless() => {
                open::open_nameless(kernel, &spot, how.mode, how.flags)?
            }
            Found::Inside(spot) => open::open(kernel, &spot, how.ask(), how.flags)?,
            Found::Outside { shown, .. } if is_absent(&shown) => return Err(Errno::ENOENT.into()),
            Found::Outside { real, shown } => {
                machine = is_of_the_machine(&shown).then(|| shown.clone());
                let opened = open_outside(kernel, &real, &shown, how)?;
                // By a link it may have another name.
                let path = sys::path_of(opened)?;
                if machine.is_none() && is_of_the_machine(&path) {
                    machine = Some(path);
                }
                opened
            }
            Found::Program(_) if how.changes() => return Err(Errno::ETXTBSY.into()),
            Found::Program(path) => {
                let shown = String::from_utf8_lossy(&path);
                return Err(Stop::Unmodelled(format!("open(2) of the program {shown}"), Errno::EIO));
            }
        };
        Ok(kernel.install(caller.process, Object::Real(real), Blocking::Yes, how.on_exec())?)
    });
    descriptor::close_real();
    if let Some(path) = machine {
        note_machine(&path);
        phase::as_simulator(|| drop(path));
    }
    answer.unwrap_or_else(fail)
}

/// Opens a file that all runs share, if nothing is changed by that.
fn open_outside(kernel: &Kernel, real: &CStr, shown: &[u8], how: How) -> Result<c_int, Stop> {
    // Whatever it is, it is not made.
    let making = libc::O_CREAT | libc::O_EXCL | libc::O_TRUNC;
    if how.changes() && !is_device(shown) {
        // What cannot be opened in any case fails as ever.
        if how.flags & (libc::O_CREAT | libc::O_TRUNC) == 0 {
            sys::close(sys::open(real, how.flags & !libc::O_EXCL, 0)?);
        }
        has_folder(real.to_bytes())?;
        return Err(disk::refused("open(2) for writing", shown));
    }
    let opened = sys::raise(sys::open(real, how.flags & !making, how.mode)?)?;
    let minor = device(opened)?;
    let answer = match minor {
        _ if how.flags & (libc::O_CREAT | libc::O_EXCL) == libc::O_CREAT | libc::O_EXCL => {
            Err(Errno::EEXIST.into())
        }
        Some(minor) if how.changes() && DEVICE_MINORS.contains(&minor) => Ok(()),
        _ if how.changes() => Err(disk::refused("open(2) for writing", shown)),
        _ => Ok(()),
    };
    if let Err(stop) = answer {
        sys::close(opened);
        return Err(stop);
    }
    if how.flags & libc::O_PATH == 0 && minor.is_some_and(|minor| RANDOM_MINORS.contains(&minor)) {
        disk::note_random(opened);
    }
    sight::opened(kernel.current(), shown, opened);
    Ok(opened)
}

/// Which of the devices of `mem(4)` and `random(4)` is open.
fn device(opened: c_int) -> Result<Option<u32>, Errno> {
    let data = sys::fstat(opened)?;
    let is_one = data.st_mode & libc::S_IFMT == libc::S_IFCHR && libc::major(data.st_rdev) == DEVICE_MAJOR;
    Ok(is_one.then(|| libc::minor(data.st_rdev)))
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
    try_names(template, suffix, || open_at("mkstemp", At::cwd(template), How::new(flags, 0o600)))
        .unwrap_or_else(fail)
}

owned! {
    /// `open(2)`. Its third argument is read only where the flags say that there is one.
    fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        open_at("open of a real file", At::cwd(path), How::new(flags, mode))
    }

    /// `open(2)` with large files.
    fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        open_at("open of a real file", At::cwd(path), How::new(flags, mode))
    }

    /// `openat(2)`.
    fn openat(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        open_at("open of a real file", At { folder, path }, How::new(flags, mode))
    }

    /// `openat(2)` with large files.
    fn openat64(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        open_at("open of a real file", At { folder, path }, How::new(flags, mode))
    }

    /// `creat(2)`.
    fn creat(path: *const c_char, mode: c_uint) -> c_int {
        open_at("open of a real file", At::cwd(path), How::new(libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode))
    }

    /// `creat(2)` with large files.
    fn creat64(path: *const c_char, mode: c_uint) -> c_int {
        open_at("open of a real file", At::cwd(path), How::new(libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode))
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
