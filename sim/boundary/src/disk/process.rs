//! What each process has of files: where it stands, and its `umask(2)`.
//!
//! Does not know descriptors of the program but to look them up. Invariant: a folder in which a process stands is there, with a name or
//! without.

use core::ffi::c_int;
use std::sync::OnceLock;

use photofinish_sim::call::Stop;
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::process::Pid;
use photofinish_sim::tree::{Kind, Who};

use super::{disk, open, sys, tree};
use crate::child::user;

/// The mask that each program starts with.
const MASK: u32 = 0o022;

/// Where a process stands, if it ever went anywhere, and its mask.
#[derive(Debug)]
pub(super) struct Standing {
    folder: Option<Folder>,
    mask: u32,
}

impl Default for Standing {
    fn default() -> Self {
        Self { folder: None, mask: MASK }
    }
}

/// A working directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folder {
    /// In the private folder; it is held.
    Inside(FileNumber),
    /// Elsewhere, by a descriptor of ours.
    Outside(c_int),
}

/// Where a relative path begins.
pub(super) enum Start {
    Inside(FileNumber),
    Outside(Vec<u8>),
}

/// Who runs the programs: whose process this really is. Looked at once, by the server.
pub(super) fn who() -> Who {
    static WHO: OnceLock<Who> = OnceLock::new();
    WHO.get_or_init(|| {
        let own = user();
        // SAFETY: getgroups(2): no room, which asks for the count.
        let count = unsafe { libc::getgroups(0, core::ptr::null_mut()) };
        let mut groups = vec![0; usize::try_from(count).unwrap_or(0)];
        // SAFETY: getgroups(2): room for as many as there are.
        unsafe { libc::getgroups(count, groups.as_mut_ptr()) };
        groups.insert(0, own.gid);
        Who { user: own.uid, groups }
    })
    .clone()
}

/// Where a relative path of the running thread begins.
///
/// # Errors
/// `EBADF`, `ENOTDIR`.
pub(super) fn start(kernel: &Kernel, folder: c_int) -> Result<Start, Stop> {
    let real = if folder == libc::AT_FDCWD {
        match disk().processes.get(&kernel.process()).and_then(|standing| standing.folder) {
            None => return Ok(Start::Inside(disk().root(kernel.host_id()))),
            Some(Folder::Inside(folder)) => return Ok(Start::Inside(folder)),
            Some(Folder::Outside(real)) => real,
        }
    } else {
        match kernel.object(folder) {
            None => return Err(Errno::EBADF.into()),
            Some(Object::Real(real)) => real,
            Some(_) => return Err(Errno::ENOTDIR.into()),
        }
    };
    match open::node_of(real) {
        Some(node) if tree().node(node).kind() == Kind::Folder => Ok(Start::Inside(node)),
        None if open::kind_of(real)? == libc::S_IFDIR => Ok(Start::Outside(sys::path_of(real)?)),
        _ => Err(Errno::ENOTDIR.into()),
    }
}

/// The working directory of a process, as the program would name it.
///
/// # Errors
/// `ENOENT` if it was removed.
pub(crate) fn cwd(kernel: &Kernel) -> Result<Vec<u8>, Errno> {
    match disk().processes.get(&kernel.process()).and_then(|standing| standing.folder) {
        None => Ok(super::MOUNT.to_vec()),
        Some(Folder::Inside(folder)) => tree().folder_path(folder),
        Some(Folder::Outside(real)) => {
            let path = sys::path_of(real)?;
            if path.ends_with(b" (deleted)") { Err(Errno::ENOENT) } else { Ok(path) }
        }
    }
}

/// A process goes to a folder; a descriptor becomes ours.
pub(crate) fn go(process: Pid, to: Folder) {
    if let Folder::Inside(node) = to {
        disk().tree.hold(node);
    }
    let before = disk().processes.entry(process).or_default().folder.replace(to);
    leave(before);
}

fn leave(folder: Option<Folder>) {
    match folder {
        None => {}
        Some(Folder::Inside(node)) => disk().tree.let_go(node),
        Some(Folder::Outside(real)) => sys::close(real),
    }
}

/// The mask of a process.
pub(super) fn mask(process: Pid) -> u32 {
    disk().processes.get(&process).map_or(MASK, |standing| standing.mask)
}

/// Gives a process another mask, and tells the one it had (`umask(2)`).
pub(crate) fn set_mask(process: Pid, mask: u32) -> u32 {
    let standing = disk().processes.entry(process).or_default();
    core::mem::replace(&mut standing.mask, mask & 0o777)
}

/// A process begins where the one that made it stands, and with its mask.
///
/// # Errors
/// `EMFILE`.
pub(crate) fn inherit(parent: Pid, child: Pid) -> Result<(), Errno> {
    let Some(&Standing { folder, mask }) = disk().processes.get(&parent) else { return Ok(()) };
    match folder {
        None => {}
        Some(Folder::Outside(real)) => go(child, Folder::Outside(sys::duplicate(real)?)),
        Some(folder) => go(child, folder),
    }
    set_mask(child, mask);
    Ok(())
}

/// A process is over.
pub(crate) fn forget(process: Pid) {
    leave(disk().processes.remove(&process).and_then(|standing| standing.folder));
}
