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
    /// As `F_GETFL` shows them.
    pub(super) flags: c_int,
    /// Where reading goes on, as long as there is no real descriptor.
    pub(super) at: i64,
    /// Our descriptor, while calls ask for one.
    real: Option<Real>,
}

#[derive(Clone, Copy, Debug)]
struct Real {
    descriptor: c_int,
    /// Grows with each use.
    used: u64,
}

impl Opened {
    /// Whether it is a place alone (`O_PATH`), through which nothing can be done to the file.
    pub(super) fn is_place(&self) -> bool {
        self.flags & libc::O_PATH != 0
    }

    /// Whether it is open for writing.
    pub(super) fn writes(&self) -> bool {
        !self.is_place() && matches!(self.flags & libc::O_ACCMODE, libc::O_WRONLY | libc::O_RDWR)
    }

    /// What it is of, if its position is a place in a content.
    fn has_content(&self) -> bool {
        !self.is_place() && tree().node(self.node).kind() == Kind::File
    }
}

/// The numbers of open files of the private folder begin here, where no descriptor of the real kernel is: one that was mistaken for
/// another is told `EBADF`.
const NUMBERS_FROM: c_int = 1 << 30;

/// Real descriptors of files of the private folder at one time: the process has no room for as many as the program's all have.
const REAL_MAX: usize = 256;

/// Flags that are over when a file is open: `do_dentry_open`.
const OF_OPENING: c_int = libc::O_CREAT | libc::O_EXCL | libc::O_NOCTTY | libc::O_TRUNC | libc::O_CLOEXEC;
/// Those that `F_SETFL` sets: `SETFL_MASK`.
const OF_SETTING: c_int = libc::O_APPEND | libc::O_NONBLOCK | libc::O_DIRECT | libc::O_NOATIME;
/// `O_LARGEFILE`, which a kernel of 64 bits adds, and the C library does not name.
#[cfg(target_arch = "x86_64")]
pub(crate) const LARGE_FILE: c_int = 0o100_000;
#[cfg(target_arch = "aarch64")]
pub(crate) const LARGE_FILE: c_int = 0o400_000;

/// A descriptor of the real kernel for a file by its number here, good until the next two are asked for; one of the private folder is
/// opened for real.
///
/// # Errors
/// Those of `open(2)`.
pub(crate) fn real(number: c_int) -> Result<c_int, Errno> {
    let Some(opened) = disk().open.get(&number).copied() else { return Ok(number) };
    disk().uses_count += 1;
    let descriptor = match opened.real {
        Some(real) => real.descriptor,
        None => open_really(&opened)?,
    };
    let used = disk().uses_count;
    if let Some(opened) = disk().open.get_mut(&number) {
        opened.real = Some(Real { descriptor, used });
    }
    Ok(descriptor)
}

fn open_really(opened: &Opened) -> Result<c_int, Errno> {
    close_the_least_used()?;
    if !opened.has_content() {
        return sys::raise(disk().store.open_empty(opened.flags & libc::O_PATH | libc::O_DIRECTORY)?);
    }
    // In what else it was asked for the real kernel has no part: `O_DIRECT` is memory here, as on a tmpfs.
    let flags = opened.flags & (libc::O_ACCMODE | libc::O_APPEND);
    let real = sys::raise(disk().store.open(opened.node, flags)?)?;
    match sys(libc::SYS_lseek, &[i64::from(real), opened.at, i64::from(libc::SEEK_SET)]) {
        Ok(_) => Ok(real),
        Err(errno) => {
            sys::close(real);
            Err(errno)
        }
    }
}

/// Makes room for one more real descriptor: the file of the one that was used longest ago keeps its position.
fn close_the_least_used() -> Result<(), Errno> {
    let used = disk().open.iter().filter_map(|(number, opened)| Some((opened.real?, *number)));
    let used: Vec<(Real, c_int)> = used.collect();
    if used.len() < REAL_MAX {
        return Ok(());
    }
    let Some((real, number)) = used.into_iter().min_by_key(|(real, _)| real.used) else { return Ok(()) };
    if let Some(opened) = disk().open.get_mut(&number) {
        if opened.has_content() {
            let at = [i64::from(real.descriptor), 0, i64::from(libc::SEEK_CUR)];
            opened.at = sys(libc::SYS_lseek, &at)?;
        }
        opened.real = None;
    }
    sys::close(real.descriptor);
    Ok(())
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
        Some(opened) if opened.is_place() => Err(Errno::EBADF),
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
    if flags & libc::O_DIRECT != 0 && tree().node(node).kind() != Kind::File {
        return Err(Errno::EINVAL.into());
    }
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
    let number = NUMBERS_FROM + disk().opened_count;
    disk().opened_count += 1;
    disk().tree.hold(node);
    let added = if flags & libc::O_PATH == 0 { LARGE_FILE } else { 0 };
    let flags = flags & !OF_OPENING | added;
    disk().open.insert(number, Opened { node, name, flags, at: 0, real: None });
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
        sys::close(real.descriptor);
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

/// The same, for a call that takes no places.
///
/// # Errors
/// `EBADF` for one that was opened with `O_PATH`.
pub(crate) fn kind_in_use(real: c_int) -> Result<libc::mode_t, Errno> {
    flags_in_use(real)?;
    kind_of(real)
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
/// Those of `fcntl(2)`.
pub(crate) fn flags_of(real: c_int) -> Result<c_int, Errno> {
    if let Some(opened) = disk().open.get(&real) {
        return Ok(opened.flags);
    }
    let flags = sys(libc::SYS_fcntl, &[i64::from(real), i64::from(libc::F_GETFL)])?;
    c_int::try_from(flags).map_err(|_| Errno::EBADF)
}

/// The same, for a call that takes no places.
///
/// # Errors
/// `EBADF` for one that was opened with `O_PATH`.
pub(crate) fn flags_in_use(real: c_int) -> Result<c_int, Errno> {
    let flags = flags_of(real)?;
    if flags & libc::O_PATH == 0 { Ok(flags) } else { Err(Errno::EBADF) }
}

/// Changes how it is open: `F_SETFL`.
///
/// # Errors
/// Those of `fcntl(2)`.
pub(crate) fn set_flags(number: c_int, flags: c_int) -> Result<(), Errno> {
    let set = |real: c_int, flags: c_int| {
        sys(libc::SYS_fcntl, &[i64::from(real), i64::from(libc::F_SETFL), i64::from(flags)]).map(|_| ())
    };
    let Some(opened) = disk().open.get_mut(&number) else { return set(number, flags) };
    if opened.is_place() {
        return Err(Errno::EBADF);
    }
    if flags & libc::O_DIRECT != 0 && !opened.has_content() {
        return Err(Errno::EINVAL);
    }
    opened.flags = opened.flags & !OF_SETTING | flags & OF_SETTING;
    match opened.real {
        Some(real) => set(real.descriptor, flags & libc::O_APPEND),
        None => Ok(()),
    }
}

/// `F_GET_SEALS`: a file of the private folder has those of one on a tmpfs.
///
/// # Errors
/// `EBADF`, `EINVAL`.
pub(crate) fn seals(number: c_int) -> Result<i64, Errno> {
    if node_of(number).is_none() {
        return sys(libc::SYS_fcntl, &[i64::from(number), i64::from(libc::F_GET_SEALS)]);
    }
    match kind_in_use(number)? {
        libc::S_IFREG => Ok(i64::from(libc::F_SEAL_SEAL)),
        _ => Err(Errno::EINVAL),
    }
}

/// `F_ADD_SEALS`: a file of the private folder is sealed against seals.
///
/// # Errors
/// `EBADF`, `EINVAL`, `EPERM`.
pub(crate) fn add_seals(number: c_int, seals: c_int) -> Result<i64, Errno> {
    let Some(opened) = disk().open.get(&number).copied() else {
        let arguments = [i64::from(number), i64::from(libc::F_ADD_SEALS), i64::from(seals)];
        return sys(libc::SYS_fcntl, &arguments);
    };
    flags_in_use(number)?;
    // What is open for writing is a regular file.
    if opened.writes() && seals & !SEALS != 0 { Err(Errno::EINVAL) } else { Err(Errno::EPERM) }
}

/// `F_ALL_SEALS` of Linux 6.6.
const SEALS: c_int = 0x3f;

/// Changes how long an open file is: `ftruncate(2)`.
///
/// # Errors
/// `EBADF`, `EINVAL`, `EFBIG`.
pub(crate) fn set_length(number: c_int, length: i64) -> Result<(), Errno> {
    let Some(opened) = disk().open.get(&number).copied() else {
        return sys(libc::SYS_ftruncate, &[i64::from(number), length]).map(|_| ());
    };
    match opened.is_place() {
        true => Err(Errno::EBADF),
        false if opened.has_content() && opened.writes() => disk().store.truncate(opened.node, length),
        false => Err(Errno::EINVAL),
    }
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
