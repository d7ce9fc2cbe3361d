//! The files of a run: its private folder, its working directories, and what it has been told of files.
//!
//! Does not know calls. Invariant: it is touched only while the phase is `Simulator`, by the one thread that executes the run,
//! and no reference outlives the expression that asked for it.

pub(crate) mod folder;
pub(crate) mod node;
pub(crate) mod path;
pub(crate) mod sys;

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStringExt as _;

use photofinish_sim::call::Stop;
use photofinish_sim::call::time::{Clock, gettime_ns};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::host::HostId;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::process::Pid;

use crate::shm::SHARED;
use node::{Key, Nodes, Time};
use path::Root;
pub(crate) use path::{Follow, Found, PRIVATE, Place};

/// What is known of the files of the run that is on.
pub(crate) struct Disk {
    root: Root,
    /// The hosts whose folders are there.
    made: BTreeSet<HostId>,
    pub(crate) nodes: Nodes,
    /// What calls on unix sockets found behind absolute paths into the private folder, by host: a program that waits for its
    /// server asks hundreds of times. It holds until a name or a right changes in any private folder.
    sockets: BTreeMap<(HostId, Vec<u8>), Result<u64, Errno>>,
    /// By process: our descriptor of its working directory. Without one it is [`PRIVATE`].
    folders: BTreeMap<Pid, c_int>,
    /// Our descriptors of `random(4)`.
    random: BTreeSet<c_int>,
    /// What is behind our descriptors of files in the private folder: a file stays what it is.
    open: BTreeMap<c_int, Opened>,
}

/// A file of the private folder that is open.
#[derive(Clone, Debug)]
struct Opened {
    key: Key,
    /// `S_IFMT` of its mode.
    kind: libc::mode_t,
}

impl Opened {
    fn of(data: &libc::stat) -> Self {
        Self { key: Key::of(data), kind: data.st_mode & libc::S_IFMT }
    }
}

struct Cell(UnsafeCell<Option<Box<Disk>>>);

// SAFETY: the cell is touched only by the one thread that executes the run, or by the server's only thread between runs.
unsafe impl Sync for Cell {}

static DISK: Cell = Cell(UnsafeCell::new(None));

/// Gives the next run its private folder, which is made when the program first looks into it.
pub(crate) fn begin(root: std::path::PathBuf) {
    let disk = Disk {
        root: Root::new(root.into_os_string().into_vec()),
        made: BTreeSet::new(),
        nodes: Nodes::default(),
        sockets: BTreeMap::new(),
        folders: BTreeMap::new(),
        random: BTreeSet::new(),
        open: BTreeMap::new(),
    };
    // SAFETY: no run is on, so nobody else looks at the cell.
    unsafe { *DISK.0.get() = Some(Box::new(disk)) };
}

/// The files of the run that is on. As for `run`: each use is one expression.
pub(crate) fn disk() -> &'static mut Disk {
    // SAFETY: one thread executes the run, and by this function's rule no other reference is alive.
    let disk = unsafe { &mut *DISK.0.get() };
    match disk {
        Some(disk) => disk,
        None => crate::crash::die("photofinish: bug: a run without a folder", b""),
    }
}

/// A path of the program, and the descriptor of the folder it begins in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) folder: c_int,
    pub(crate) path: *const c_char,
}

impl At {
    /// A path that begins in the working directory.
    pub(crate) fn cwd(path: *const c_char) -> Self {
        Self { folder: libc::AT_FDCWD, path }
    }

    /// The path as the program gave it.
    ///
    /// # Errors
    /// `EFAULT` for none at all.
    pub(crate) fn bytes(&self) -> Result<&[u8], Errno> {
        if self.path.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: the call's contract: a NUL-terminated path.
        Ok(unsafe { CStr::from_ptr(self.path) }.to_bytes())
    }
}

/// Where a path of the running process leads.
///
/// # Errors
/// Those of `path_resolution(7)`; unmodelled for the descriptors of modelled files under `/proc`.
pub(crate) fn find(kernel: &Kernel, at: At, follow: Follow) -> Result<Found, Stop> {
    let path = at.bytes()?;
    if path.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    if path.len() >= libc::PATH_MAX as usize {
        return Err(Errno::ENAMETOOLONG.into());
    }
    let whole = match path[0] {
        b'/' => path.to_vec(),
        _ => path::join(&folder_path(kernel, at.folder)?, path),
    };
    if path::is_private(&whole) {
        disk().make(kernel.host_id())?;
        return Ok(disk().root.walk(&whole, follow)?);
    }
    if let Some(fd) = own_descriptor(&whole) {
        return through_descriptor(kernel, fd, whole);
    }
    let place = if is_program(&whole) { Place::Program } else { Place::Outside };
    Ok(Found { real: sys::c_path(whole.clone())?, shown: whole, place, data: None })
}

/// Whether a path is that of a program of the scenario.
fn is_program(path: &[u8]) -> bool {
    path.starts_with(crate::process::FOLDER) && crate::process::program(path).is_some()
}

/// The descriptor of the program that a path of `/proc` names.
fn own_descriptor(path: &[u8]) -> Option<i32> {
    let number = [&b"/proc/self/fd/"[..], b"/dev/fd/"].iter().find_map(|place| path.strip_prefix(*place))?;
    core::str::from_utf8(number).ok()?.parse().ok()
}

fn through_descriptor(kernel: &Kernel, fd: i32, shown: Vec<u8>) -> Result<Found, Stop> {
    let real = match kernel.object(fd) {
        None => return Err(Errno::ENOENT.into()),
        Some(Object::Real(real)) => real,
        Some(_) => {
            let what = format!("{}", String::from_utf8_lossy(&shown));
            return Err(Stop::Unmodelled(what, Errno::ENOENT));
        }
    };
    let place = if path::is_private(&shown_path_of(real)?) { Place::Private } else { Place::Outside };
    // There is a file, and whoever opens it makes none.
    let data = sys::fstat(real).ok();
    Ok(Found { real: sys::c_path(format!("/proc/self/fd/{real}").into_bytes())?, shown, place, data })
}

/// The path, as the program knows it, of a real file that is open.
pub(crate) fn shown_path_of(real: c_int) -> Result<Vec<u8>, Errno> {
    Ok(disk().root.shown(&sys::path_of(real)?))
}

/// A real path as the program knows it.
pub(crate) fn shown_path(real: &[u8]) -> Vec<u8> {
    disk().root.shown(real)
}

/// The path of a folder that relative paths begin in.
fn folder_path(kernel: &Kernel, folder: c_int) -> Result<Vec<u8>, Errno> {
    if folder == libc::AT_FDCWD {
        return cwd(kernel.process());
    }
    match kernel.object(folder) {
        None => Err(Errno::EBADF),
        Some(Object::Real(real)) if sys::fstat(real)?.st_mode & libc::S_IFMT == libc::S_IFDIR => {
            shown_path_of(real)
        }
        Some(_) => Err(Errno::ENOTDIR),
    }
}

/// The working directory of a process.
pub(crate) fn cwd(process: Pid) -> Result<Vec<u8>, Errno> {
    match disk().folders.get(&process) {
        Some(&real) => shown_path_of(real),
        None => Ok(PRIVATE.to_vec()),
    }
}

/// A process has another working directory from here on; the descriptor becomes ours.
pub(crate) fn set_cwd(process: Pid, real: c_int) {
    if let Some(before) = disk().folders.insert(process, real) {
        sys::close(before);
    }
}

/// `fork(2)`: a child begins where its parent is.
///
/// # Errors
/// `EMFILE` of the real kernel.
pub(crate) fn inherit(parent: Pid, child: Pid) -> Result<(), Errno> {
    if let Some(&real) = disk().folders.get(&parent) {
        set_cwd(child, sys::duplicate(real)?);
    }
    Ok(())
}

/// A process is over.
pub(crate) fn forget(process: Pid) {
    if let Some(real) = disk().folders.remove(&process) {
        sys::close(real);
    }
}

/// A file of the private folder was opened.
pub(crate) fn opened(real: c_int, data: &libc::stat) {
    disk().open.insert(real, Opened::of(data));
}

/// Whether a descriptor of ours is that of a file in the private folder.
pub(crate) fn is_private(real: c_int) -> bool {
    disk().open.contains_key(&real)
}

fn behind(real: c_int) -> Result<Opened, Errno> {
    let known = disk().open.get(&real).cloned();
    known.map_or_else(|| Ok(Opened::of(&sys::fstat(real)?)), Ok)
}

/// What kind of file is behind a descriptor of ours: `S_IFMT` of its mode.
pub(crate) fn kind_of(real: c_int) -> Result<libc::mode_t, Errno> {
    Ok(behind(real)?.kind)
}

/// The number by which the kernel knows the file behind a descriptor of ours.
pub(crate) fn number_of(real: c_int) -> Result<FileNumber, Errno> {
    let key = behind(real)?.key;
    Ok(disk().nodes.get(&key).number)
}

/// The program's time, for what it does to files.
pub(crate) fn now(kernel: &Kernel) -> Time {
    Time::from_ns(gettime_ns(kernel, Clock::Realtime))
}

/// The content of an open file was changed.
pub(crate) fn modified(kernel: &Kernel, real: c_int) {
    if let Ok(Opened { key, .. }) = behind(real) {
        disk().nodes.touch(&key, now(kernel));
    }
}

/// The number of the socket behind a path, or why there is none, if that was looked up and nothing has changed since.
pub(crate) fn known_socket(host: HostId, path: &[u8]) -> Option<Result<u64, Errno>> {
    disk().sockets.get(&(host, path.to_vec())).copied()
}

/// Remembers what was found behind a path that is absolute and leads into the private folder.
pub(crate) fn know_socket(host: HostId, path: &[u8], found: Result<u64, Errno>) {
    disk().sockets.insert((host, path.to_vec()), found);
}

/// A name in the private folder may lead to another file from here on, or the right to follow it may be another.
pub(crate) fn forget_sockets() {
    disk().sockets.clear();
}

/// A name in the folder of this path was made, changed or removed.
pub(crate) fn folder_modified(kernel: &Kernel, found: &Found) {
    forget_sockets();
    if let Some(key) = folder_of(found) {
        disk().nodes.touch(&key, now(kernel));
    }
}

/// The folder that a name is in.
fn folder_of(found: &Found) -> Option<Key> {
    let parent = |path: &[u8]| {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        path[..end.max(1)].to_vec()
    };
    let known = disk().root.folder_at(&parent(&found.shown)).cloned();
    if known.is_some() {
        return known;
    }
    let path = sys::c_path(parent(found.real.to_bytes())).ok()?;
    Some(Key::of(&sys::lstat(&path).ok()?))
}

/// What is at this path was made just before.
///
/// # Errors
/// Those of `lstat(2)`.
pub(crate) fn created(kernel: &Kernel, found: &Found) -> Result<FileNumber, Errno> {
    Ok(created_as(kernel, found, Key::of(&sys::lstat(&found.real)?)))
}

/// What is at this path was made just before, and is this.
pub(crate) fn created_as(kernel: &Kernel, found: &Found, key: Key) -> FileNumber {
    let number = disk().nodes.create(key, now(kernel));
    folder_modified(kernel, found);
    number
}

/// What is at this path was changed in anything but its content.
pub(crate) fn changed(kernel: &Kernel, data: Option<libc::stat>) {
    forget_sockets();
    if let Some(data) = data {
        disk().nodes.get(&Key::of(&data)).changed = now(kernel);
    }
}

/// What was at a path, if anything was, is there no more.
pub(crate) fn gone(data: Option<libc::stat>) {
    if data.is_some_and(|data| data.st_mode & libc::S_IFMT == libc::S_IFDIR) {
        disk().root.forget_folders();
    }
}

/// Whether a descriptor of ours is one of `random(4)`.
pub(crate) fn is_random(real: c_int) -> bool {
    disk().random.contains(&real)
}

/// A descriptor of ours is one of `random(4)` from here on.
pub(crate) fn note_random(real: c_int) {
    disk().random.insert(real);
}

/// Whether the run that is on had nothing to do with files.
pub(crate) fn is_untouched() -> bool {
    let Disk { made, nodes, folders, random, .. } = disk();
    made.is_empty() && nodes.is_empty() && folders.is_empty() && random.is_empty()
}

/// A descriptor of ours was closed.
pub(crate) fn closed(real: c_int) {
    disk().random.remove(&real);
    disk().open.remove(&real);
}

impl Disk {
    /// Paths are those of a host from here on; its private folder is made once. Whatever is there already is somebody else's.
    fn make(&mut self, host: HostId) -> Result<(), Errno> {
        self.root.host = host;
        if !self.made.contains(&host) {
            if self.made.is_empty() {
                SHARED.note_folder();
                sys::mkdir(&sys::c_path(self.root.base.clone())?, 0o700)?;
            }
            let root = sys::c_path(self.root.folder())?;
            sys::mkdir(&root, 0o700)?;
            self.made.insert(host);
            self.nodes.create(
                Key::of(&sys::lstat(&root)?),
                Time::from_ns(photofinish_sim::limits::REALTIME_START_NS),
            );
        }
        Ok(())
    }
}
