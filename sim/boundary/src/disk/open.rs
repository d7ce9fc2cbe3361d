//! Open files: those of the private folder by numbers of our own, all others by our descriptors.
//!
//! Does not know the program's numbers. Invariant: as long as a file is open, it is there.

use core::ffi::c_int;

use photofinish_sim::call::Stop;
use photofinish_sim::errno::Errno;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::tree::{Ask, Kind, Linkable, Spot};

use super::node::{Key, Node};
use super::sys::{self, sys};
use super::{birth, change, disk, make, now, tree};

/// A file of the private folder that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) node: FileNumber,
    /// By which of its names.
    name: usize,
    /// With `O_PATH`, which changes nothing.
    pub(super) is_place: bool,
    pub(super) flags: c_int,
    /// Where reading goes on, as long as there is no real descriptor.
    pub(super) at: i64,
    /// Our descriptor, once a call asked for one.
    real: Option<c_int>,
}

/// The numbers of open files of the private folder begin here, where no descriptor of the real kernel is: one that was mistaken for
/// another is told `EBADF`.
const NUMBERS_FROM: c_int = 1 << 30;

/// Flags that are over when a file is open.
const OF_OPENING: c_int =
    libc::O_CREAT | libc::O_EXCL | libc::O_TRUNC | (libc::O_TMPFILE & !libc::O_DIRECTORY);

/// A descriptor of the real kernel for a file by its number here; one of the private folder is opened for real.
///
/// # Errors
/// Those of `open(2)`.
pub(crate) fn real(number: c_int) -> Result<c_int, Errno> {
    let Some(opened) = disk().open.get(&number).copied() else { return Ok(number) };
    if let Some(real) = opened.real {
        return Ok(real);
    }
    let kind = tree().node(opened.node).kind();
    let store = &mut disk().store;
    let real = match kind {
        Kind::File if !opened.is_place => store.open(opened.node, opened.flags & !libc::O_DIRECTORY)?,
        Kind::Folder => store.open_empty(opened.flags)?,
        _ => store.open_empty(opened.flags | libc::O_PATH)?,
    };
    let real = sys::raise(real)?;
    if opened.at != 0 {
        sys(libc::SYS_lseek, &[i64::from(real), opened.at, i64::from(libc::SEEK_SET)])?;
    }
    if let Some(opened) = disk().open.get_mut(&number) {
        opened.real = Some(real);
    }
    Ok(real)
}

/// The file of the private folder behind a descriptor of ours.
pub(crate) fn node_of(real: c_int) -> Option<FileNumber> {
    disk().open.get(&real).map(|opened| opened.node)
}

/// The same, for a call that changes it.
///
/// # Errors
/// `EBADF` for one that was opened with `O_PATH`.
pub(crate) fn node_to_change(real: c_int) -> Result<Option<FileNumber>, Errno> {
    match disk().open.get(&real) {
        Some(Opened { is_place: true, .. }) => Err(Errno::EBADF),
        opened => Ok(opened.map(|opened| opened.node)),
    }
}

/// Opens what is at a place, or makes it.
///
/// # Errors
/// Those of `open(2)`.
pub(crate) fn open(kernel: &Kernel, spot: &Spot, ask: Ask, flags: c_int) -> Result<c_int, Stop> {
    let birth = birth(kernel);
    let tree::Opened { node, name, made } = disk().tree.open(spot, ask, birth)?;
    if made {
        disk().nodes.take_number();
        disk().store.create(node);
    } else if ask.truncate && tree().node(node).kind() == Kind::File {
        disk().store.truncate(node, 0)?;
        disk().tree.touch(node, now(kernel));
    }
    Ok(keep(node, name, flags))
}

/// Makes a file without a name: `O_TMPFILE`.
///
/// # Errors
/// Those of `open(2)`.
pub(crate) fn open_nameless(kernel: &Kernel, spot: &Spot, mode: u32, flags: c_int) -> Result<c_int, Stop> {
    let folder = tree().may_make_nameless(spot)?;
    let linkable = if flags & libc::O_EXCL == 0 { Linkable::Yes } else { Linkable::No };
    let (node, ()) = make(kernel, |tree, birth| {
        tree.make_nameless(folder, mode, linkable, birth);
        Ok(())
    })?;
    disk().store.create(node);
    let number = keep(node, 0, flags);
    // It was held until it was open.
    disk().tree.let_go(node);
    Ok(number)
}

/// Somebody has a file open from here on.
fn keep(node: FileNumber, name: usize, flags: c_int) -> c_int {
    let is_place = flags & libc::O_PATH != 0;
    let number = NUMBERS_FROM + disk().opened_count;
    disk().opened_count += 1;
    disk().tree.hold(node);
    let flags = flags & !OF_OPENING;
    disk().open.insert(number, Opened { node, name, is_place, flags, at: 0, real: None });
    number
}

/// Nobody has a file open any more.
pub(crate) fn closed(number: c_int) {
    disk().random.remove(&number);
    let Some(opened) = disk().open.remove(&number) else {
        sys::close(number);
        return;
    };
    if let Some(real) = opened.real {
        sys::close(real);
    }
    disk().tree.let_go(opened.node);
    disk().forget_contents();
}

/// The path of a file that is open, as the program would name it.
///
/// # Errors
/// Those of `readlink(2)` of `/proc/self/fd`.
pub(crate) fn shown_path_of(real: c_int) -> Result<Vec<u8>, Errno> {
    match disk().open.get(&real) {
        Some(opened) => Ok(tree().shown(opened.node, opened.name)),
        None => sys::path_of(real),
    }
}

/// Whether a descriptor of ours is of a file outside the private folder, which can be read, and not changed.
pub(crate) fn guard(real: c_int, name: &str) -> Result<(), Stop> {
    if node_of(real).is_some() {
        return Ok(());
    }
    let path = sys::path_of(real)?;
    let is_anonymous = !path.starts_with(b"/") || path.starts_with(b"/memfd:");
    if is_anonymous { Ok(()) } else { Err(super::refused(name, &path)) }
}

/// What kind of file is behind a descriptor of ours: `S_IFMT` of its mode.
///
/// # Errors
/// Those of `fstat(2)`.
pub(crate) fn kind_of(real: c_int) -> Result<libc::mode_t, Errno> {
    match node_of(real) {
        Some(node) => Ok(tree().node(node).kind().mode()),
        None => Ok(sys::fstat(real)?.st_mode & libc::S_IFMT),
    }
}

/// How long the file behind a descriptor of ours is, in bytes.
///
/// # Errors
/// Those of `fstat(2)`.
pub(crate) fn size_of(real: c_int) -> Result<i64, Errno> {
    match node_of(real) {
        Some(node) => Ok(stat(node).0.st_size),
        None => Ok(sys::fstat(real)?.st_size),
    }
}

/// How the file behind a descriptor of ours was opened, as `F_GETFL` says.
///
/// # Errors
/// `EBADF` for one that was opened with `O_PATH`, which cannot be locked.
pub(crate) fn flags_of(real: c_int) -> Result<c_int, Errno> {
    let opened = disk().open.get(&real).map(|opened| opened.flags);
    let flags = match opened {
        Some(flags) => flags,
        None => {
            let flags = sys(libc::SYS_fcntl, &[i64::from(real), i64::from(libc::F_GETFL)])?;
            c_int::try_from(flags).map_err(|_| Errno::EBADF)?
        }
    };
    if flags & libc::O_PATH == 0 { Ok(flags) } else { Err(Errno::EBADF) }
}

/// Which file of the run is behind a descriptor of ours.
///
/// # Errors
/// Those of `fstat(2)`.
pub(crate) fn number_of(real: c_int) -> Result<FileNumber, Errno> {
    match node_of(real) {
        Some(node) => Ok(node),
        None => Ok(disk().nodes.get(&Key::of(&sys::fstat(real)?)).number),
    }
}

/// The content of a file was changed through a descriptor of ours.
pub(crate) fn modified(kernel: &Kernel, real: c_int) {
    if let Some(node) = node_of(real) {
        disk().tree.touch(node, now(kernel));
    } else if let Ok(data) = sys::fstat(real) {
        disk().nodes.touch(&Key::of(&data), now(kernel));
    }
}

/// What `stat(2)` says of a file of the private folder.
pub(crate) fn stat(node: FileNumber) -> (libc::stat, Node) {
    let stat = tree().node(node).stat();
    // SAFETY: a struct of integers.
    let mut data: libc::stat = unsafe { core::mem::zeroed() };
    data.st_mode = stat.mode;
    data.st_nlink = stat.links.into();
    (data.st_uid, data.st_gid) = (stat.user, stat.group);
    data.st_size = match tree().node(node).kind() {
        Kind::File => disk().store.size(node),
        _ => stat.size.cast_signed(),
    };
    let tree::Times { accessed, modified, changed, born } = stat.times;
    (data, Node { number: node, accessed, modified, changed, born })
}

/// Changes how long a file is, by its place: `truncate(2)`.
///
/// # Errors
/// `EISDIR`, `EINVAL`, `EACCES`, and those of the place.
pub(crate) fn truncate(kernel: &Kernel, spot: &Spot, length: i64) -> Result<(), Errno> {
    let node = tree().there(spot)?;
    match tree().node(node).kind() {
        Kind::File => {}
        Kind::Folder => return Err(Errno::EISDIR),
        _ => return Err(Errno::EINVAL),
    }
    tree().may(node, tree::Right::WRITE)?;
    disk().store.truncate(node, length)?;
    change(kernel, |tree, now| {
        tree.touch(node, now);
        Ok(())
    })
}

/// The path of what is at a place, without links: `realpath(3)`.
///
/// # Errors
/// `ENOENT`, `ENOTDIR`.
pub(crate) fn real_path(spot: &Spot) -> Result<Vec<u8>, Errno> {
    let node = tree().there(spot)?;
    match spot.folder {
        Some(folder) => Ok([&tree().folder_path(folder)?, &b"/"[..], &spot.name].concat()),
        None if tree().node(node).kind() == Kind::Folder => tree().folder_path(node),
        None => Ok(tree().shown(node, 0)),
    }
}
