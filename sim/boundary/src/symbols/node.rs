//! Paths of unix sockets: the file behind a name.
//!
//! A bound path is a socket in the private folder, made as `unix_bind_bsd` makes it and found as `unix_find_bsd` finds it. Does
//! not know sockets. Invariant: what of a file reaches the simulation is its number in the run, which no other file gets.

use std::ffi::CString;

use photofinish_sim::call::Stop;
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::tree::{Kind, Right, Spot};
use photofinish_sim::unix::Name;

use super::real;
use crate::disk::sys::{NOWHERE, address, sys};
use crate::disk::{self, At, Follow, Found};

/// What is done with a path, for who is refused.
const WHAT: &str = "a unix socket";

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
        Purpose::Make => make(kernel, path),
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
        && let Ok(spot) = place(kernel, path)
    {
        // It was made a moment ago, and nothing else ran.
        let _: Result<(), Errno> = disk::change(kernel, |tree, now| tree.unlink(&spot, now));
    }
}

fn c_path(path: &[u8]) -> Result<CString, Errno> {
    CString::new(path).map_err(|_| Errno::EINVAL)
}

fn place(kernel: &Kernel, path: &[u8]) -> Result<Spot, Stop> {
    real::inside(kernel, WHAT, At::cwd(c_path(path)?.as_ptr()), Follow::Never)
}

/// The umask of the process applies.
fn make(kernel: &Kernel, path: &[u8]) -> Result<u64, Stop> {
    let spot = place(kernel, path)?;
    let made = disk::make(kernel, |tree, birth| tree.make_socket(&spot, birth));
    let (number, ()) =
        made.map_err(|errno| if errno == Errno::EEXIST { Errno::EADDRINUSE } else { errno })?;
    Ok(u64::from(number.0))
}

/// `unix_find_bsd`: the path, the right to write, the kind of file.
fn find(kernel: &Kernel, path: &[u8]) -> Result<u64, Stop> {
    match disk::find(kernel, At::cwd(c_path(path)?.as_ptr()), Follow::Yes)? {
        Found::Inside(spot) => {
            let node = disk::tree().there(&spot)?;
            disk::tree().may(node, Right::WRITE)?;
            match disk::tree().node(node).kind() {
                Kind::Socket => Ok(u64::from(node.0)),
                _ => Err(Errno::ECONNREFUSED.into()),
            }
        }
        Found::Outside { real, shown } => {
            let data = disk::sys::stat_at(&real, 0)?;
            sys(libc::SYS_faccessat, &[NOWHERE, address(&real), i64::from(libc::W_OK)])?;
            if data.st_mode & libc::S_IFMT != libc::S_IFSOCK {
                return Err(Errno::ECONNREFUSED.into());
            }
            let what = format!("{WHAT} outside the private folder: {}", String::from_utf8_lossy(&shown));
            Err(Stop::Unmodelled(what, Errno::ECONNREFUSED))
        }
        Found::Program(_) => Err(Errno::EACCES.into()),
    }
}
