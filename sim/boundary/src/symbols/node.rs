//! Paths of unix sockets: the file behind a name.
//!
//! A bound path is a socket in the private folder, made as `unix_bind_bsd` makes it and found as `unix_find_bsd` finds it. Does
//! not know sockets. Invariant: what of a file reaches the simulation is its number in the run, which a file that gets
//! the inode of a removed one does not share.

use std::ffi::CString;

use photofinish_sim::call::Stop;
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::unix::Name;

use super::real::{self, Access};
use crate::disk::node::Key;
use crate::disk::sys::{NOWHERE, address, sys};
use crate::disk::{self, At, Follow, Found, Place};

/// What a path is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `bind(2)`: the file is made.
    Make,
    /// `connect(2)`, `sendto(2)`: the file is there.
    Find,
}

/// The name that a path is to the kernel.
///
/// # Errors
/// Unmodelled for what lies outside the private folder; every other failure is part of the name.
pub(super) fn name(kernel: &Kernel, path: &[u8], purpose: Purpose) -> Result<Name, Stop> {
    let node = match purpose {
        Purpose::Make => {
            place(kernel, path, Follow::Never, Access::Change).and_then(|found| make(kernel, &found))
        }
        Purpose::Find => find(kernel, path),
    };
    match node {
        Ok(node) => Ok(Name::Path { path: path.to_vec(), node }),
        Err(Stop::Fail(errno)) => Ok(Name::Unresolved(errno)),
        Err(stop) => Err(stop),
    }
}

/// Takes back the file that was made for a `bind(2)` that failed.
pub(super) fn unmake(kernel: &Kernel, name: &Name) {
    if let Name::Path { path, .. } = name
        && let Ok(found) = place(kernel, path, Follow::Never, Access::Change)
    {
        // It was made a moment ago, and nothing else ran.
        let _: Result<i64, Errno> = sys(libc::SYS_unlinkat, &[NOWHERE, address(&found.real), 0]);
        disk::forget_sockets();
    }
}

fn place(kernel: &Kernel, path: &[u8], follow: Follow, access: Access) -> Result<Found, Stop> {
    let path = CString::new(path).map_err(|_| Errno::EINVAL)?;
    real::find(kernel, "a unix socket", At::cwd(path.as_ptr()), follow, access)
}

/// The umask of the process applies.
fn make(kernel: &Kernel, found: &Found) -> Result<u64, Stop> {
    let mode = i64::from(libc::S_IFSOCK | 0o777);
    sys(libc::SYS_mknodat, &[NOWHERE, address(&found.real), mode, 0])
        .map_err(|errno| if errno == Errno::EEXIST { Errno::EADDRINUSE } else { errno })?;
    Ok(u64::from(disk::created(kernel, found)?.0))
}

/// What is behind a path, looked up once while nothing changes.
fn find(kernel: &Kernel, path: &[u8]) -> Result<u64, Stop> {
    let host = kernel.host_id();
    if let Some(known) = disk::known_socket(host, path) {
        return Ok(known?);
    }
    let found = place(kernel, path, Follow::Yes, Access::Look)?;
    let node = look_up(&found);
    // Relative paths begin elsewhere in another process, `/proc` names its descriptors, and outside the private folder others change what
    // they like.
    if path.starts_with(b"/") && disk::path::is_private(path) && found.place == Place::Private {
        match &node {
            Ok(node) => disk::know_socket(host, path, Ok(*node)),
            Err(Stop::Fail(errno)) => disk::know_socket(host, path, Err(*errno)),
            Err(_) => {}
        }
    }
    node
}

/// `unix_find_bsd`: the path, the right to write, the kind of file.
fn look_up(found: &Found) -> Result<u64, Stop> {
    let stat = disk::sys::stat_at(&found.real, 0)?;
    sys(libc::SYS_faccessat, &[NOWHERE, address(&found.real), i64::from(libc::W_OK)])?;
    if stat.st_mode & libc::S_IFMT != libc::S_IFSOCK {
        return Err(Errno::ECONNREFUSED.into());
    }
    if found.place != Place::Private {
        let shown = String::from_utf8_lossy(&found.shown);
        let what = format!("a unix socket outside the private folder: {shown}");
        return Err(Stop::Unmodelled(what, Errno::ECONNREFUSED));
    }
    Ok(node(&stat))
}

/// The number of a file in this run.
fn node(stat: &libc::stat) -> u64 {
    u64::from(disk::disk().nodes.get(&Key::of(stat)).number.0)
}
