//! `openat2(2)`, for which the C library has no function: a path that may not lead everywhere.
//!
//! Does not know paths. Invariant: what Linux would refuse for its words alone is refused before anything is looked at.

use core::ffi::{c_char, c_int};

use photofinish_sim::errno::Errno;
use photofinish_sim::tree::{Bounds, Within};

use super::descriptor::bytes;
use super::fail;
use super::file::{How, OF_PLACES, open_at};
use crate::disk::At;
use crate::disk::open::LARGE_FILE;

/// `struct open_how`: flags, mode, and where the path may not lead.
const HOW_BYTES: usize = 24;
/// No structure is larger.
const PAGE_BYTES: usize = 4096;

/// `VALID_OPEN_FLAGS`.
const FLAGS: c_int = libc::O_ACCMODE
    | libc::O_CREAT
    | libc::O_EXCL
    | libc::O_NOCTTY
    | libc::O_TRUNC
    | libc::O_APPEND
    | libc::O_NONBLOCK
    | libc::O_SYNC
    | libc::O_DSYNC
    | libc::O_ASYNC
    | libc::O_DIRECT
    | LARGE_FILE
    | libc::O_DIRECTORY
    | libc::O_NOFOLLOW
    | libc::O_NOATIME
    | libc::O_CLOEXEC
    | libc::O_PATH
    | libc::O_TMPFILE;

/// `VALID_RESOLVE_FLAGS`.
const RESOLVE: u64 = libc::RESOLVE_NO_XDEV
    | libc::RESOLVE_NO_MAGICLINKS
    | libc::RESOLVE_NO_SYMLINKS
    | libc::RESOLVE_BENEATH
    | libc::RESOLVE_IN_ROOT
    | libc::RESOLVE_CACHED;

pub(super) fn open(folder: c_int, path: *const c_char, how: *const u8, size: usize) -> c_int {
    match read(how, size) {
        Ok(how) => open_at("openat2", At { folder, path }, how),
        Err(errno) => fail(errno),
    }
}

/// Reads the structure: what it is longer than ours must be nothing.
fn read(how: *const u8, size: usize) -> Result<How, Errno> {
    match size {
        ..HOW_BYTES => return Err(Errno::EINVAL),
        HOW_BYTES..=PAGE_BYTES => {}
        _ => return Err(Errno::E2BIG),
    }
    if how.is_null() {
        return Err(Errno::EFAULT);
    }
    let (words, unknown) = bytes(how.cast(), size).split_at(HOW_BYTES);
    if unknown.iter().any(|byte| *byte != 0) {
        return Err(Errno::E2BIG);
    }
    let (words, _) = words.as_chunks::<8>();
    let [flags, mode, resolve] = [0, 1, 2].map(|at| u64::from_ne_bytes(words[at]));
    check(flags, mode, resolve)
}

/// `build_open_flags`, in its order, of a caller who is held to it.
fn check(flags: u64, mode: u64, resolve: u64) -> Result<How, Errno> {
    let flags = c_int::try_from(flags).ok().filter(|flags| flags & !FLAGS == 0).ok_or(Errno::EINVAL)?;
    let has = |flag: u64| resolve & flag != 0;
    if resolve & !RESOLVE != 0 || has(libc::RESOLVE_BENEATH) && has(libc::RESOLVE_IN_ROOT) {
        return Err(Errno::EINVAL);
    }
    let nameless = libc::O_TMPFILE & !libc::O_DIRECTORY;
    let modes = if flags & (libc::O_CREAT | nameless) == 0 { 0 } else { 0o7777 };
    if mode & !modes != 0 {
        return Err(Errno::EINVAL);
    }
    let how = How { flags, mode: u32::try_from(mode).expect("twelve bits"), bounds: bounds(resolve) };
    how.check()?;
    if flags & libc::O_PATH != 0 && flags & !OF_PLACES != 0 {
        return Err(Errno::EINVAL);
    }
    if has(libc::RESOLVE_CACHED) && flags & (libc::O_TRUNC | libc::O_CREAT | nameless) != 0 {
        return Err(Errno::EAGAIN);
    }
    Ok(how)
}

fn bounds(resolve: u64) -> Bounds {
    let has = |flag: u64| resolve & flag != 0;
    let within = match () {
        () if has(libc::RESOLVE_BENEATH) => Within::Beneath,
        () if has(libc::RESOLVE_IN_ROOT) => Within::Root,
        () => Within::All,
    };
    Bounds {
        within,
        no_links: has(libc::RESOLVE_NO_SYMLINKS),
        no_magic: has(libc::RESOLVE_NO_MAGICLINKS),
        one_mount: has(libc::RESOLVE_NO_XDEV),
    }
}
