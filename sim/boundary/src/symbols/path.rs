//! Paths of unix sockets: the file behind a name.
//!
//! A bound path is a socket in the real file system, made as `unix_bind_bsd` makes it and found as `unix_find_bsd` finds it. Does
//! not know sockets. Invariant: what of a file reaches the simulation is the order in which its inode was first seen.

use std::ffi::CString;

use photofinish_sim::errno::Errno;
use photofinish_sim::unix::Name;

use super::raw;
use crate::run::run;

/// What a path is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `bind(2)`: the file is made.
    Make,
    /// `connect(2)`, `sendto(2)`: the file is there.
    Find,
}

/// Where in the real file system a path of the program leads.
pub(super) fn real_path(path: &[u8]) -> CString {
    CString::new(path).unwrap_or_default()
}

/// The name that a path is to the kernel.
pub(super) fn name(path: &[u8], purpose: Purpose) -> Name {
    let real = real_path(path);
    let node = match purpose {
        Purpose::Make => make(&real).and_then(|()| identity(&real)),
        Purpose::Find => find(&real),
    };
    match node {
        Ok(node) => Name::Path { path: path.to_vec(), node },
        Err(errno) => Name::Unresolved(errno),
    }
}

/// Takes back the file that was made for a `bind(2)` that failed.
pub(super) fn unmake(name: &Name) {
    if let Name::Path { path, .. } = name {
        let real = real_path(path);
        raw::syscall(libc::SYS_unlinkat, [at_cwd(), pointer(&real), 0, 0, 0, 0]);
    }
}

fn at_cwd() -> i64 {
    i64::from(libc::AT_FDCWD)
}

fn pointer(path: &CString) -> i64 {
    path.as_ptr() as i64
}

fn done(answer: i64) -> Result<(), Errno> {
    if answer >= 0 { Ok(()) } else { Err(Errno(u16::try_from(-answer).unwrap_or(Errno::EINVAL.0))) }
}

/// The umask of the process applies.
fn make(real: &CString) -> Result<(), Errno> {
    let mode = i64::from(libc::S_IFSOCK | 0o777);
    done(raw::syscall(libc::SYS_mknodat, [at_cwd(), pointer(real), mode, 0, 0, 0]))
        .map_err(|errno| if i32::from(errno.0) == libc::EEXIST { Errno::EADDRINUSE } else { errno })
}

/// `unix_find_bsd`: the path, the right to write, the kind of file.
fn find(real: &CString) -> Result<u64, Errno> {
    let stat = stat(real)?;
    done(raw::syscall(libc::SYS_faccessat, [at_cwd(), pointer(real), i64::from(libc::W_OK), 0, 0, 0]))?;
    if stat.st_mode & libc::S_IFMT == libc::S_IFSOCK { Ok(node(&stat)) } else { Err(Errno::ECONNREFUSED) }
}

fn identity(real: &CString) -> Result<u64, Errno> {
    stat(real).map(|stat| node(&stat))
}

fn stat(real: &CString) -> Result<libc::stat, Errno> {
    // SAFETY: a struct stat of zeroes is valid.
    let mut stat: libc::stat = unsafe { core::mem::zeroed() };
    let place = (&raw mut stat) as i64;
    done(raw::syscall(libc::SYS_newfstatat, [at_cwd(), pointer(real), place, 0, 0, 0]))?;
    Ok(stat)
}

/// The number of an inode in this run: the order in which it was first seen.
fn node(stat: &libc::stat) -> u64 {
    let seen = &mut run().nodes;
    let key = (stat.st_dev, stat.st_ino);
    let at = seen.iter().position(|known| *known == key).unwrap_or_else(|| {
        seen.push(key);
        seen.len() - 1
    });
    at as u64
}
