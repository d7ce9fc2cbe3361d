//! What is in files: `lseek(2)`, `pread(2)`, `pwrite(2)`, `ftruncate(2)`, `fsync(2)`, `flock(2)`, `sendfile(2)` and their kin.
//!
//! Does not know what a descriptor is. Invariant: a number may be wrong; memory never is.

use std::ffi::CStr;
use std::io::{IoSlice, IoSliceMut};

use libc::{c_int, c_void, off_t};

use crate::Failed;
use crate::failed::{count, direct, done, number, word};

unsafe extern "C" {
    fn mkostemp64(template: *mut libc::c_char, flags: c_int) -> c_int;
    fn mkstemp64(template: *mut libc::c_char) -> c_int;
}

/// Which of two symbols with one meaning is called.
#[derive(Clone, Copy, Debug)]
pub enum Size {
    /// The plain one.
    Plain,
    /// The one for large files, with a 64 in its name.
    Large,
}

/// Both.
pub const SIZES: [Size; 2] = [Size::Plain, Size::Large];

/// Calls that take numbers only, by both names.
macro_rules! of_numbers {
    ($($name:ident, $large:ident ($($arg:ident: $ty:ty),*) -> $answer:ty, $read:ident;)*) => {$(
        #[doc = concat!("`", stringify!($name), "`.")]
        pub fn $name(which: Size, $($arg: $ty),*) -> Result<$answer, Failed> {
            $read(match which {
                // SAFETY: no pointers.
                Size::Plain => unsafe { libc::$name($($arg),*) },
                // SAFETY: no pointers.
                Size::Large => unsafe { libc::$large($($arg),*) },
            })
        }
    )*};
}

of_numbers! {
    lseek, lseek64(fd: i32, offset: off_t, whence: i32) -> i64, word;
    ftruncate, ftruncate64(fd: i32, length: off_t) -> (), done;
    fallocate, fallocate64(fd: i32, mode: i32, offset: off_t, length: off_t) -> (), done;
    posix_fallocate, posix_fallocate64(fd: i32, offset: off_t, length: off_t) -> (), direct;
    posix_fadvise, posix_fadvise64(fd: i32, offset: off_t, length: off_t, advice: i32) -> (), direct;
}

/// Calls that take numbers only.
macro_rules! plain {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $answer:ty, $read:ident;)*) => {$(
        #[doc = concat!("`", stringify!($name), "`.")]
        pub fn $name($($arg: $ty),*) -> Result<$answer, Failed> {
            // SAFETY: no pointers.
            $read(unsafe { libc::$name($($arg),*) })
        }
    )*};
}

plain! {
    fsync(fd: i32) -> (), done;
    fdatasync(fd: i32) -> (), done;
    syncfs(fd: i32) -> (), done;
    sync_file_range(fd: i32, offset: off_t, length: off_t, flags: u32) -> (), done;
    flock(fd: i32, operation: i32) -> (), done;
    fchmod(fd: i32, mode: u32) -> (), done;
    fchown(fd: i32, user: u32, group: u32) -> (), done;
    fchdir(fd: i32) -> (), done;
    dup2(old: i32, new: i32) -> i32, number;
    dup3(old: i32, new: i32, flags: i32) -> i32, number;
    close_range(first: u32, last: u32, flags: i32) -> (), done;
    tee(from: i32, to: i32, length: usize, flags: u32) -> usize, count;
}

/// `closefrom(3)`.
pub fn closefrom(first: i32) {
    unsafe extern "C" {
        fn closefrom(first: c_int);
    }
    // SAFETY: no pointers; whose descriptors they are, the caller knows.
    unsafe { closefrom(first) };
}

/// `isatty(3)`.
pub fn isatty(fd: i32) -> Result<bool, Failed> {
    // SAFETY: no pointers.
    match unsafe { libc::isatty(fd) } {
        0 => done(-1).map(|()| false),
        _ => Ok(true),
    }
}

/// `ttyname_r(3)`.
pub fn ttyname_r(fd: i32) -> Result<(), Failed> {
    let mut room = [0; 64];
    // SAFETY: as many writable bytes as the length says.
    direct(unsafe { libc::ttyname_r(fd, room.as_mut_ptr(), room.len()) })
}

/// `pread(2)`.
pub fn pread(which: Size, fd: i32, into: &mut [u8], offset: off_t) -> Result<usize, Failed> {
    let (data, length) = (into.as_mut_ptr().cast::<c_void>(), into.len());
    count(match which {
        // SAFETY: as many writable bytes as the length says.
        Size::Plain => unsafe { libc::pread(fd, data, length, offset) },
        // SAFETY: as above.
        Size::Large => unsafe { libc::pread64(fd, data, length, offset) },
    })
}

/// `pwrite(2)`.
pub fn pwrite(which: Size, fd: i32, bytes: &[u8], offset: off_t) -> Result<usize, Failed> {
    let (data, length) = (bytes.as_ptr().cast::<c_void>(), bytes.len());
    count(match which {
        // SAFETY: as many readable bytes as the length says.
        Size::Plain => unsafe { libc::pwrite(fd, data, length, offset) },
        // SAFETY: as above.
        Size::Large => unsafe { libc::pwrite64(fd, data, length, offset) },
    })
}

/// `preadv(2)`; with flags, `preadv2(2)`.
pub fn preadv(
    which: Size,
    fd: i32,
    into: &mut [IoSliceMut<'_>],
    offset: off_t,
    flags: Option<i32>,
) -> Result<usize, Failed> {
    let entries = c_int::try_from(into.len()).expect("a few entries");
    let vector = into.as_mut_ptr().cast::<libc::iovec>();
    count(match (which, flags) {
        // SAFETY: std: an IoSliceMut is ABI compatible with iovec.
        (Size::Plain, None) => unsafe { libc::preadv(fd, vector, entries, offset) },
        // SAFETY: as above.
        (Size::Large, None) => unsafe { libc::preadv64(fd, vector, entries, offset) },
        // SAFETY: as above.
        (Size::Plain, Some(flags)) => unsafe { libc::preadv2(fd, vector, entries, offset, flags) },
        // SAFETY: as above.
        (Size::Large, Some(flags)) => unsafe { libc::preadv64v2(fd, vector, entries, offset, flags) },
    })
}

/// `pwritev(2)`; with flags, `pwritev2(2)`.
pub fn pwritev(
    which: Size,
    fd: i32,
    parts: &[IoSlice<'_>],
    offset: off_t,
    flags: Option<i32>,
) -> Result<usize, Failed> {
    let entries = c_int::try_from(parts.len()).expect("a few entries");
    let vector = parts.as_ptr().cast::<libc::iovec>();
    count(match (which, flags) {
        // SAFETY: std: an IoSlice is ABI compatible with iovec.
        (Size::Plain, None) => unsafe { libc::pwritev(fd, vector, entries, offset) },
        // SAFETY: as above.
        (Size::Large, None) => unsafe { libc::pwritev64(fd, vector, entries, offset) },
        // SAFETY: as above.
        (Size::Plain, Some(flags)) => unsafe { libc::pwritev2(fd, vector, entries, offset, flags) },
        // SAFETY: as above.
        (Size::Large, Some(flags)) => unsafe { libc::pwritev64v2(fd, vector, entries, offset, flags) },
    })
}

/// `sendfile(2)` from the file's own position, or from an offset, which is moved.
pub fn sendfile(
    which: Size,
    to: i32,
    from: i32,
    offset: Option<&mut off_t>,
    length: usize,
) -> Result<usize, Failed> {
    let offset = offset.map_or(core::ptr::null_mut(), core::ptr::from_mut);
    count(match which {
        // SAFETY: an offset, or none.
        Size::Plain => unsafe { libc::sendfile(to, from, offset, length) },
        // SAFETY: as above.
        Size::Large => unsafe { libc::sendfile64(to, from, offset, length) },
    })
}

/// `copy_file_range(2)` from the files' own positions.
pub fn copy_file_range(from: i32, to: i32, length: usize) -> Result<usize, Failed> {
    let none = core::ptr::null_mut();
    // SAFETY: no offsets.
    count(unsafe { libc::copy_file_range(from, none, to, none, length, 0) })
}

/// `splice(2)` from the files' own positions.
pub fn splice(from: i32, to: i32, length: usize) -> Result<usize, Failed> {
    let none = core::ptr::null_mut();
    // SAFETY: no offsets.
    count(unsafe { libc::splice(from, none, to, none, length, 0) })
}

/// `memfd_create(2)`.
pub fn memfd_create(name: &CStr, flags: u32) -> Result<i32, Failed> {
    // SAFETY: a NUL-terminated name.
    number(unsafe { libc::memfd_create(name.as_ptr(), flags) })
}

/// Maps the beginning of a file to be read, and copies it out: `mmap(2)`.
pub fn mapped(which: Size, fd: i32, length: usize) -> Result<Vec<u8>, Failed> {
    let none = core::ptr::null_mut();
    let address = match which {
        // SAFETY: a new mapping touches no other.
        Size::Plain => unsafe { libc::mmap(none, length, libc::PROT_READ, libc::MAP_PRIVATE, fd, 0) },
        // SAFETY: as above.
        Size::Large => unsafe { libc::mmap64(none, length, libc::PROT_READ, libc::MAP_PRIVATE, fd, 0) },
    };
    if address == libc::MAP_FAILED {
        return done(-1).map(|()| Vec::new());
    }
    // SAFETY: as many bytes were mapped, and the file is at least as long.
    let bytes = unsafe { core::slice::from_raw_parts(address.cast::<u8>(), length) }.to_vec();
    // SAFETY: the mapping is ours, and nothing refers to it any more.
    done(unsafe { libc::munmap(address, length) }).map(|()| bytes)
}

/// Which `mkstemp(3)` is meant.
#[derive(Clone, Copy, Debug)]
pub enum Temporary {
    /// `mkstemp`.
    Plain,
    /// `mkstemp64`.
    Large,
    /// `mkostemp` with flags.
    Flags(i32),
    /// `mkostemp64` with flags.
    LargeFlags(i32),
    /// `mkstemps` with the length of a suffix.
    Suffix(i32),
    /// `mkostemps` with the length of a suffix and flags.
    SuffixFlags(i32, i32),
    /// `mkdtemp`, which answers 0.
    Folder,
}

/// `mkstemp(3)` and its kin: the number, and the name that was made of the template.
pub fn temporary(which: Temporary, template: &CStr) -> (Result<i32, Failed>, Vec<u8>) {
    let mut name = template.to_bytes_with_nul().to_vec();
    let place = name.as_mut_ptr().cast::<libc::c_char>();
    let answer = match which {
        // SAFETY: a NUL-terminated template that may be written to.
        Temporary::Plain => unsafe { libc::mkstemp(place) },
        // SAFETY: as above.
        Temporary::Large => unsafe { mkstemp64(place) },
        // SAFETY: as above.
        Temporary::Flags(flags) => unsafe { libc::mkostemp(place, flags) },
        // SAFETY: as above.
        Temporary::LargeFlags(flags) => unsafe { mkostemp64(place, flags) },
        // SAFETY: as above.
        Temporary::Suffix(length) => unsafe { libc::mkstemps(place, length) },
        // SAFETY: as above.
        Temporary::SuffixFlags(length, flags) => unsafe { libc::mkostemps(place, length, flags) },
        // SAFETY: as above.
        Temporary::Folder => match unsafe { libc::mkdtemp(place) } {
            made if made.is_null() => -1,
            _ => 0,
        },
    };
    let answer = number(answer);
    name.pop();
    (answer, name)
}
