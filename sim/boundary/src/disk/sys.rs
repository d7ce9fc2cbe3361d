//! System calls on real files, with our own descriptors and real paths.
//!
//! Does not know the program's numbers or paths. Invariant: nothing here touches `errno` or the program's memory but what an
//! address in the arguments points to.

use core::ffi::{CStr, c_int};
use std::ffi::CString;

use photofinish_sim::errno::Errno;

use crate::symbols::raw;

/// Makes a system call and tells its error from its answer.
pub(crate) fn sys(number: i64, arguments: &[i64]) -> Result<i64, Errno> {
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    let answer = raw::syscall(number, all);
    if (-4095..0).contains(&answer) {
        return Err(Errno(u16::try_from(-answer).expect("error numbers are below 4096")));
    }
    Ok(answer)
}

/// `AT_FDCWD` as an argument: every path here is absolute.
pub(crate) const NOWHERE: i64 = libc::AT_FDCWD as i64;

/// The address of a path as an argument.
pub(crate) fn address(path: &CStr) -> i64 {
    path.as_ptr() as i64
}

pub(super) fn descriptor(answer: i64) -> c_int {
    c_int::try_from(answer).expect("descriptors are ints")
}

/// `openat(2)`.
pub(crate) fn open(path: &CStr, flags: c_int, mode: u32) -> Result<c_int, Errno> {
    let flags = i64::from(flags | libc::O_CLOEXEC);
    sys(libc::SYS_openat, &[NOWHERE, address(path), flags, i64::from(mode)]).map(descriptor)
}

/// Our descriptors of real files lie above any number that the C library may use for itself, and below those of the server.
const REAL_FROM: i64 = 256;

/// Moves a descriptor to where ours lie.
pub(crate) fn raise(real: c_int) -> Result<c_int, Errno> {
    raise_to(real, REAL_FROM)
}

/// Moves a descriptor to the first free number from this one on.
pub(crate) fn raise_to(real: c_int, from: i64) -> Result<c_int, Errno> {
    let moved = duplicate_to(real, from);
    close(real);
    moved
}

/// Gives an open file this number, and no other.
pub(crate) fn renumber(real: c_int, to: c_int) -> Result<(), Errno> {
    let moved = sys(libc::SYS_dup3, &[i64::from(real), i64::from(to), i64::from(libc::O_CLOEXEC)]);
    close(real);
    moved.map(|_| ())
}

/// Another descriptor of the same file, where ours lie.
pub(crate) fn duplicate(real: c_int) -> Result<c_int, Errno> {
    duplicate_to(real, REAL_FROM)
}

fn duplicate_to(real: c_int, from: i64) -> Result<c_int, Errno> {
    sys(libc::SYS_fcntl, &[i64::from(real), i64::from(libc::F_DUPFD_CLOEXEC), from]).map(descriptor)
}

/// `statfs(2)`.
pub(crate) fn statfs(path: &CStr) -> Result<libc::statfs, Errno> {
    // SAFETY: a struct of integers.
    let mut data: libc::statfs = unsafe { core::mem::zeroed() };
    sys(libc::SYS_statfs, &[address(path), (&raw mut data) as i64])?;
    Ok(data)
}

/// `close(2)`.
pub(crate) fn close(real: c_int) {
    // Nothing is to be done about a failure.
    let _ = sys(libc::SYS_close, &[i64::from(real)]);
}

fn empty() -> libc::stat {
    // SAFETY: a struct of integers.
    unsafe { core::mem::zeroed() }
}

/// `fstat(2)`.
pub(crate) fn fstat(real: c_int) -> Result<libc::stat, Errno> {
    let mut data = empty();
    sys(libc::SYS_fstat, &[i64::from(real), (&raw mut data) as i64])?;
    Ok(data)
}

/// `lstat(2)`.
pub(crate) fn lstat(path: &CStr) -> Result<libc::stat, Errno> {
    stat_at(path, libc::AT_SYMLINK_NOFOLLOW)
}

/// `fstatat(2)`.
pub(crate) fn stat_at(path: &CStr, flags: c_int) -> Result<libc::stat, Errno> {
    let mut data = empty();
    sys(libc::SYS_newfstatat, &[NOWHERE, address(path), (&raw mut data) as i64, i64::from(flags)])?;
    Ok(data)
}

/// `readlink(2)`.
pub(crate) fn readlink(path: &CStr) -> Result<Vec<u8>, Errno> {
    let mut room = vec![0; 2 * libc::PATH_MAX as usize];
    let length = i64::try_from(room.len()).expect("a few thousand");
    let count = sys(libc::SYS_readlinkat, &[NOWHERE, address(path), room.as_mut_ptr() as i64, length])?;
    room.truncate(usize::try_from(count).expect("a count"));
    Ok(room)
}

/// The path of an open file, as the kernel names it; but which process this really is does not show.
pub(crate) fn path_of(real: c_int) -> Result<Vec<u8>, Errno> {
    let path = readlink(&c_path(format!("/proc/self/fd/{real}").into_bytes())?)?;
    let Some(of_process) = path.strip_prefix(b"/proc/") else { return Ok(path) };
    let own = sys(libc::SYS_getpid, &[])?.to_string();
    Ok(match of_process.strip_prefix(own.as_bytes()) {
        Some(rest) if rest.first().is_none_or(|byte| *byte == b'/') => of_this_process(rest),
        _ => path,
    })
}

/// A path of `/proc/self`, and of `/proc/thread-self` if it is of a thread: programs have one of ours.
fn of_this_process(rest: &[u8]) -> Vec<u8> {
    match rest.strip_prefix(b"/task/") {
        Some(thread) => {
            let digits = thread.iter().take_while(|byte| byte.is_ascii_digit()).count();
            [b"/proc/thread-self", &thread[digits..]].concat()
        }
        None => [b"/proc/self", rest].concat(),
    }
}

/// `lstat(2)` in a folder of ours.
pub(super) fn stat_in(folder: c_int, name: &CStr) -> Result<libc::stat, Errno> {
    let mut data = empty();
    let flags = i64::from(libc::AT_SYMLINK_NOFOLLOW);
    sys(libc::SYS_newfstatat, &[i64::from(folder), address(name), (&raw mut data) as i64, flags])?;
    Ok(data)
}

/// `mkdir(2)`.
pub(crate) fn mkdir(path: &CStr, mode: u32) -> Result<(), Errno> {
    sys(libc::SYS_mkdirat, &[NOWHERE, address(path), i64::from(mode)]).map(|_| ())
}

/// A path for the kernel.
pub(crate) fn c_path(path: Vec<u8>) -> Result<CString, Errno> {
    CString::new(path).map_err(|_| Errno::EINVAL)
}
