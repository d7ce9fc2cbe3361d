//! Names of files: `stat(2)`, `rename(2)`, `mkdir(2)`, `link(2)`, `readlink(2)`, `getcwd(3)`, `readdir(3)` and their kin.
//!
//! Does not know what is in files. Invariant: a path is NUL-terminated, and memory for an answer is large enough.

use std::ffi::{CStr, CString};

use libc::{c_char, c_int};

use crate::Failed;
use crate::failed::{count, done, number};
use crate::file::Size;

/// An argument as the C library takes it.
trait Raw {
    type C;
    fn raw(&self) -> Self::C;
}

macro_rules! as_they_are {
    ($($ty:ty)*) => {$(
        impl Raw for $ty {
            type C = $ty;
            fn raw(&self) -> $ty {
                *self
            }
        }
    )*};
}

as_they_are! { i32 u32 i64 }

impl Raw for &CStr {
    type C = *const c_char;
    fn raw(&self) -> *const c_char {
        self.as_ptr()
    }
}

/// Calls that take numbers and paths, and answer 0.
macro_rules! of_paths {
    ($($name:ident($($arg:ident: $ty:ty),*);)*) => {$(
        #[doc = concat!("`", stringify!($name), "`.")]
        pub fn $name($($arg: $ty),*) -> Result<(), Failed> {
            // SAFETY: numbers and NUL-terminated paths.
            done(unsafe { libc::$name($($arg.raw()),*) })
        }
    )*};
}

of_paths! {
    mkdir(path: &CStr, mode: u32);
    mkdirat(folder: i32, path: &CStr, mode: u32);
    symlink(target: &CStr, path: &CStr);
    symlinkat(target: &CStr, folder: i32, path: &CStr);
    unlink(path: &CStr);
    rmdir(path: &CStr);
    unlinkat(folder: i32, path: &CStr, flags: i32);
    remove(path: &CStr);
    rename(from: &CStr, to: &CStr);
    renameat(from: i32, old: &CStr, to: i32, new: &CStr);
    renameat2(from: i32, old: &CStr, to: i32, new: &CStr, flags: u32);
    link(old: &CStr, new: &CStr);
    linkat(from: i32, old: &CStr, to: i32, new: &CStr, flags: i32);
    chmod(path: &CStr, mode: u32);
    fchmodat(folder: i32, path: &CStr, mode: u32, flags: i32);
    chown(path: &CStr, user: u32, group: u32);
    lchown(path: &CStr, user: u32, group: u32);
    fchownat(folder: i32, path: &CStr, user: u32, group: u32, flags: i32);
    truncate(path: &CStr, length: i64);
    truncate64(path: &CStr, length: i64);
    access(path: &CStr, mode: i32);
    faccessat(folder: i32, path: &CStr, mode: i32, flags: i32);
    eaccess(path: &CStr, mode: i32);
    euidaccess(path: &CStr, mode: i32);
    chdir(path: &CStr);
}

/// `creat(2)`.
pub fn creat(which: Size, path: &CStr, mode: u32) -> Result<i32, Failed> {
    number(match which {
        // SAFETY: a NUL-terminated path.
        Size::Plain => unsafe { libc::creat(path.as_ptr(), mode) },
        // SAFETY: as above.
        Size::Large => unsafe { libc::creat64(path.as_ptr(), mode) },
    })
}

/// `openat(2)` with a mode.
pub fn openat(folder: i32, path: &CStr, flags: i32, mode: u32) -> Result<i32, Failed> {
    // SAFETY: a NUL-terminated path.
    number(unsafe { libc::openat(folder, path.as_ptr(), flags, mode) })
}

/// `openat2(2)`, by its number: flags, mode and resolution, and what stands behind them.
pub fn openat2(folder: i32, path: &CStr, how: &[u64]) -> Result<i32, Failed> {
    let (how, size) = (how.as_ptr(), core::mem::size_of_val(how));
    // SAFETY: a NUL-terminated path, and as many bytes as the size says.
    number(unsafe { libc::syscall(libc::SYS_openat2, folder, path.as_ptr(), how, size) } as c_int)
}

/// `umask(2)`.
#[must_use]
pub fn umask(mask: u32) -> u32 {
    // SAFETY: no pointers.
    unsafe { libc::umask(mask) }
}

/// What is asked about a file.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// `stat`.
    Path(&'a CStr),
    /// `lstat`.
    Link(&'a CStr),
    /// `fstat`.
    Open(i32),
    /// `fstatat` with flags.
    At(i32, &'a CStr, i32),
}

/// `stat(2)` and its kin.
pub fn stat(which: Size, of: Of<'_>) -> Result<libc::stat, Failed> {
    // SAFETY: a struct of integers.
    let mut data: libc::stat = unsafe { core::mem::zeroed() };
    let place = &raw mut data;
    let large = place.cast::<libc::stat64>();
    done(match (which, of) {
        // SAFETY: a NUL-terminated path and a place for the answer.
        (Size::Plain, Of::Path(path)) => unsafe { libc::stat(path.as_ptr(), place) },
        // SAFETY: as above; on 64-bit Linux the two structs are one.
        (Size::Large, Of::Path(path)) => unsafe { libc::stat64(path.as_ptr(), large) },
        // SAFETY: as above.
        (Size::Plain, Of::Link(path)) => unsafe { libc::lstat(path.as_ptr(), place) },
        // SAFETY: as above.
        (Size::Large, Of::Link(path)) => unsafe { libc::lstat64(path.as_ptr(), large) },
        // SAFETY: a place for the answer.
        (Size::Plain, Of::Open(fd)) => unsafe { libc::fstat(fd, place) },
        // SAFETY: as above.
        (Size::Large, Of::Open(fd)) => unsafe { libc::fstat64(fd, large) },
        // SAFETY: a NUL-terminated path and a place for the answer.
        (Size::Plain, Of::At(folder, path, flags)) => unsafe {
            libc::fstatat(folder, path.as_ptr(), place, flags)
        },
        // SAFETY: as above.
        (Size::Large, Of::At(folder, path, flags)) => unsafe {
            libc::fstatat64(folder, path.as_ptr(), large, flags)
        },
    })
    .map(|()| data)
}

/// `statx(2)`.
pub fn statx(folder: i32, path: &CStr, flags: i32, mask: u32) -> Result<libc::statx, Failed> {
    // SAFETY: a struct of integers.
    let mut data: libc::statx = unsafe { core::mem::zeroed() };
    // SAFETY: a NUL-terminated path and a place for the answer.
    done(unsafe { libc::statx(folder, path.as_ptr(), flags, mask, &raw mut data) }).map(|()| data)
}

/// `statfs(2)` and `statvfs(3)`, of a path and of a descriptor: how each answered.
pub fn file_systems(path: &CStr, fd: i32) -> [Result<(), Failed>; 8] {
    // SAFETY: a struct of integers.
    let mut fs: libc::statfs = unsafe { core::mem::zeroed() };
    // SAFETY: a struct of integers.
    let mut vfs: libc::statvfs = unsafe { core::mem::zeroed() };
    let (fs, vfs, path) = (&raw mut fs, &raw mut vfs, path.as_ptr());
    [
        // SAFETY: a NUL-terminated path and a place for the answer.
        done(unsafe { libc::statfs(path, fs) }),
        // SAFETY: as above; on 64-bit Linux the two structs are one.
        done(unsafe { libc::statfs64(path, fs.cast()) }),
        // SAFETY: a place for the answer.
        done(unsafe { libc::fstatfs(fd, fs) }),
        // SAFETY: as above.
        done(unsafe { libc::fstatfs64(fd, fs.cast()) }),
        // SAFETY: a NUL-terminated path and a place for the answer.
        done(unsafe { libc::statvfs(path, vfs) }),
        // SAFETY: as above.
        done(unsafe { libc::statvfs64(path, vfs.cast()) }),
        // SAFETY: a place for the answer.
        done(unsafe { libc::fstatvfs(fd, vfs) }),
        // SAFETY: as above.
        done(unsafe { libc::fstatvfs64(fd, vfs.cast()) }),
    ]
}

/// `readlink(2)` into so much room; with a folder, `readlinkat(2)`.
pub fn readlink(folder: Option<i32>, path: &CStr, room: usize) -> Result<Vec<u8>, Failed> {
    let mut bytes = vec![0_u8; room];
    let place = bytes.as_mut_ptr().cast::<c_char>();
    let read = count(match folder {
        // SAFETY: a NUL-terminated path, and as many writable bytes as the length says.
        None => unsafe { libc::readlink(path.as_ptr(), place, room) },
        // SAFETY: as above.
        Some(folder) => unsafe { libc::readlinkat(folder, path.as_ptr(), place, room) },
    })?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Two times of `utimensat(2)`, as seconds and nanoseconds.
pub type Times = [(i64, i64); 2];

fn timespecs(times: &Times) -> [libc::timespec; 2] {
    times.map(|(tv_sec, tv_nsec)| libc::timespec { tv_sec, tv_nsec })
}

/// `utimensat(2)`.
pub fn utimensat(folder: i32, path: &CStr, times: &Times, flags: i32) -> Result<(), Failed> {
    // SAFETY: a NUL-terminated path and two times.
    done(unsafe { libc::utimensat(folder, path.as_ptr(), timespecs(times).as_ptr(), flags) })
}

/// `futimens(3)`.
pub fn futimens(fd: i32, times: &Times) -> Result<(), Failed> {
    // SAFETY: two times.
    done(unsafe { libc::futimens(fd, timespecs(times).as_ptr()) })
}

/// Whose times are set by seconds and microseconds.
#[derive(Clone, Copy, Debug)]
pub enum Timed<'a> {
    /// What is at a path: `utimes(2)`.
    Path(&'a CStr),
    /// What is at a path, a link included: `lutimes(3)`.
    Link(&'a CStr),
    /// What is at a path in a folder: `futimesat(2)`.
    In(i32, &'a CStr),
    /// An open file: `futimes(3)`.
    Open(i32),
}

/// `utimes(2)` and its kin; without times, the present.
pub fn utimes(whose: Timed<'_>, times: Option<[(i64, i64); 2]>) -> Result<(), Failed> {
    unsafe extern "C" {
        fn futimesat(folder: c_int, path: *const c_char, times: *const libc::timeval) -> c_int;
    }
    let times = times.map(|times| times.map(|(tv_sec, tv_usec)| libc::timeval { tv_sec, tv_usec }));
    let times = times.as_ref().map_or(core::ptr::null(), |times| times.as_ptr());
    done(match whose {
        // SAFETY: a NUL-terminated path and two times, or none.
        Timed::Path(path) => unsafe { libc::utimes(path.as_ptr(), times) },
        // SAFETY: as above.
        Timed::Link(path) => unsafe { libc::lutimes(path.as_ptr(), times) },
        // SAFETY: as above.
        Timed::In(folder, path) => unsafe { futimesat(folder, path.as_ptr(), times) },
        // SAFETY: two times, or none.
        Timed::Open(fd) => unsafe { libc::futimes(fd, times) },
    })
}

/// `utime(2)`; without times, the present.
pub fn utime(path: &CStr, times: Option<(i64, i64)>) -> Result<(), Failed> {
    let times = times.map(|(actime, modtime)| libc::utimbuf { actime, modtime });
    let times = times.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    // SAFETY: a NUL-terminated path and two times, or none.
    done(unsafe { libc::utime(path.as_ptr(), times) })
}

/// Takes a string of the C library's own, or reads its error.
fn owned(string: *mut c_char) -> Result<CString, Failed> {
    if string.is_null() {
        return done(-1).map(|()| CString::default());
    }
    // SAFETY: a NUL-terminated string.
    let copy = unsafe { CStr::from_ptr(string) }.to_owned();
    // SAFETY: it is memory of malloc(3), and ours to free.
    unsafe { libc::free(string.cast()) };
    Ok(copy)
}

/// `realpath(3)`.
pub fn realpath(path: &CStr) -> Result<CString, Failed> {
    // SAFETY: a NUL-terminated path; the answer is ours to free.
    owned(unsafe { libc::realpath(path.as_ptr(), core::ptr::null_mut()) })
}

/// `canonicalize_file_name(3)`.
pub fn canonicalize_file_name(path: &CStr) -> Result<CString, Failed> {
    unsafe extern "C" {
        fn canonicalize_file_name(path: *const c_char) -> *mut c_char;
    }
    // SAFETY: a NUL-terminated path; the answer is ours to free.
    owned(unsafe { canonicalize_file_name(path.as_ptr()) })
}

/// `get_current_dir_name(3)`.
pub fn get_current_dir_name() -> Result<CString, Failed> {
    unsafe extern "C" {
        fn get_current_dir_name() -> *mut c_char;
    }
    // SAFETY: no arguments; the answer is ours to free.
    owned(unsafe { get_current_dir_name() })
}

/// `getcwd(3)` into so much room.
pub fn getcwd(room: usize) -> Result<CString, Failed> {
    let mut bytes = vec![0_u8; room.max(1)];
    // SAFETY: at least as many writable bytes as the length says.
    if unsafe { libc::getcwd(bytes.as_mut_ptr().cast(), room) }.is_null() {
        return done(-1).map(|()| CString::default());
    }
    Ok(CStr::from_bytes_until_nul(&bytes).expect("a string").to_owned())
}

/// `getrlimit(2)`, `prlimit(2)`: the two limits, by each of the symbols, if they answer.
pub fn limits(resource: u32) -> [Result<(u64, u64), Failed>; 4] {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let place = &raw mut limit;
    let large = place.cast::<libc::rlimit64>();
    let none = core::ptr::null();
    let ask = |call: &dyn Fn() -> c_int| {
        // SAFETY: the place is alive, and nobody else refers to it.
        done(call()).map(|()| unsafe { place.read() }).map(|limit| (limit.rlim_cur, limit.rlim_max))
    };
    [
        // SAFETY: a place for the answer.
        ask(&|| unsafe { libc::getrlimit(resource, place) }),
        // SAFETY: as above; on 64-bit Linux the two structs are one.
        ask(&|| unsafe { libc::getrlimit64(resource, large) }),
        // SAFETY: as above.
        ask(&|| unsafe { libc::prlimit(0, resource, none, place) }),
        // SAFETY: as above.
        ask(&|| unsafe { libc::prlimit64(0, resource, none.cast(), large) }),
    ]
}

/// `setrlimit(2)`, by both symbols.
pub fn set_limit(which: Size, resource: u32, (rlim_cur, rlim_max): (u64, u64)) -> Result<(), Failed> {
    done(match which {
        // SAFETY: a limit.
        Size::Plain => unsafe { libc::setrlimit(resource, &libc::rlimit { rlim_cur, rlim_max }) },
        // SAFETY: a limit.
        Size::Large => unsafe { libc::setrlimit64(resource, &libc::rlimit64 { rlim_cur, rlim_max }) },
    })
}
