//! Reading and writing open files whose content is in memory.
//!
//! Answers only what it is sure of: whatever is unusual goes to the real kernel, for which the file becomes a real one. Does not know
//! descriptors of the program. Invariant: what is answered here is what Linux would answer of a regular file without holes.

use core::ffi::c_int;

use photofinish_sim::errno::Errno;
use photofinish_sim::tree::Kind;

use super::open::{self, Opened};
use super::sys::sys;
use super::{disk, store, tree};

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the open file's own position, which moves.
    Own,
    /// There.
    At(i64),
}

/// An open file whose content is in memory.
pub(crate) struct Held {
    number: c_int,
    opened: Opened,
}

/// The open file with this number, if its content is in memory.
pub(crate) fn held(number: c_int) -> Option<Held> {
    let opened = *disk().open.get(&number)?;
    (!opened.is_place() && disk().store.bytes(opened.node).is_some()).then_some(Held { number, opened })
}

impl Held {
    /// Whether two are of one file.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.opened.node == other.opened.node
    }

    /// Whether what is written goes to the end.
    pub(crate) fn appends(&self) -> bool {
        self.opened.flags & libc::O_APPEND != 0
    }

    /// Whether it is open for reading.
    pub(crate) fn reads(&self) -> bool {
        matches!(self.opened.flags & libc::O_ACCMODE, libc::O_RDONLY | libc::O_RDWR)
    }

    /// Whether it is open for writing.
    pub(crate) fn writes(&self) -> bool {
        self.opened.writes()
    }

    /// How many bytes there are from a place on.
    pub(crate) fn left_from(&self, at: i64) -> usize {
        self.bytes().len().saturating_sub(usize::try_from(at).unwrap_or(0))
    }

    fn bytes(&self) -> &'static mut Vec<u8> {
        disk().store.bytes(self.opened.node).expect("it was looked at")
    }

    fn go(&self, at: usize) {
        disk().go(self.number, i64::try_from(at).expect("memory is smaller"));
    }

    /// Where so many bytes begin: `rw_verify_area`.
    fn place(&self, place: Place, count: usize) -> Result<usize, Errno> {
        let at = match place {
            Place::Own => self.opened.at,
            Place::At(at) => at,
        };
        let is_sane = at >= 0 && i64::try_from(count).is_ok_and(|count| at.checked_add(count).is_some());
        usize::try_from(at).ok().filter(|_| is_sane).ok_or(Errno::EINVAL)
    }

    /// Reads up to so many bytes.
    ///
    /// # Errors
    /// `EBADF` if it is not open for reading, `EINVAL` before the beginning.
    pub(crate) fn read(&self, place: Place, count: usize) -> Result<&'static [u8], Errno> {
        if !self.reads() {
            return Err(Errno::EBADF);
        }
        let at = self.place(place, count)?;
        let end = at.saturating_add(count).min(self.bytes().len());
        if place == Place::Own && end > at {
            self.go(end);
        }
        Ok(self.bytes().get(at..end).unwrap_or_default())
    }

    /// Writes bytes. None if the file would grow too large, or by more than what is written.
    ///
    /// # Errors
    /// `EBADF` if it is not open for writing, `EINVAL` before the beginning, `EFBIG` where no file ends.
    pub(crate) fn write(&self, place: Place, data: &[u8]) -> Option<Result<usize, Errno>> {
        if !self.opened.writes() {
            return Some(Err(Errno::EBADF));
        }
        let at = match self.place(place, data.len()) {
            Ok(_) if self.appends() => self.bytes().len(),
            Ok(at) => at,
            Err(errno) => return Some(Err(errno)),
        };
        if !data.is_empty()
            && let Err(errno) = may_end_behind(i64::try_from(at).unwrap_or(i64::MAX))
        {
            return Some(Err(errno));
        }
        let bytes = self.bytes();
        let end = at.checked_add(data.len()).filter(|end| at <= bytes.len() && *end <= store::room())?;
        if end > bytes.len() {
            bytes.resize(end, 0);
        }
        bytes[at..end].copy_from_slice(data);
        if place == Place::Own && !data.is_empty() {
            self.go(end);
        }
        Some(Ok(data.len()))
    }
}

/// Whether a file of the private folder may hold bytes from here on.
///
/// # Errors
/// `EFBIG`.
fn may_end_behind(at: i64) -> Result<(), Errno> {
    if at < store::LENGTH_MAX { Ok(()) } else { Err(Errno::EFBIG) }
}

/// Whether bytes may be written for real at a place in an open file.
///
/// # Errors
/// `EFBIG`.
pub(crate) fn may_write(number: c_int, place: Option<Place>) -> Result<(), Errno> {
    let opened =
        disk().open.get(&number).filter(|opened| opened.writes() && opened.flags & libc::O_APPEND == 0);
    match (place, opened) {
        (Some(Place::At(at)), Some(_)) => may_end_behind(at),
        _ => Ok(()),
    }
}

/// `lseek(2)`.
///
/// # Errors
/// `EINVAL` before the beginning and where no file ends, and those of the real kernel.
pub(crate) fn seek(number: c_int, offset: i64, whence: c_int) -> Result<i64, Errno> {
    if let Some(answer) = seek_held(number, offset, whence) {
        return answer;
    }
    let real = i64::from(open::real(number)?);
    let go = |offset, whence| sys(libc::SYS_lseek, &[real, offset, i64::from(whence)]);
    if let Some(opened) = disk().open.get(&number).filter(|opened| !opened.is_place()) {
        match whence {
            libc::SEEK_SET => target(0, offset)?,
            libc::SEEK_CUR => target(go(0, libc::SEEK_CUR)?, offset)?,
            libc::SEEK_END => target(disk().store.size(opened.node), offset)?,
            _ => 0,
        };
    }
    go(offset, whence)
}

/// Where a position comes to lie.
fn target(from: i64, offset: i64) -> Result<i64, Errno> {
    from.checked_add(offset).filter(|to| (0..=store::LENGTH_MAX).contains(to)).ok_or(Errno::EINVAL)
}

/// Of a file in memory, or of a folder, whose position counts its names. None for holes, and for all other files.
fn seek_held(number: c_int, offset: i64, whence: c_int) -> Option<Result<i64, Errno>> {
    let opened = *disk().open.get(&number).filter(|opened| !opened.is_place())?;
    let is_folder = tree().node(opened.node).kind() == Kind::Folder;
    if !is_folder {
        held(number)?;
    }
    let from = match whence {
        libc::SEEK_SET => 0,
        libc::SEEK_CUR => opened.at,
        _ if is_folder => return Some(Err(Errno::EINVAL)),
        libc::SEEK_END => disk().store.size(opened.node),
        _ => return None,
    };
    let to = target(from, offset);
    if let Ok(to) = to {
        disk().go(number, to);
    }
    Some(to)
}

/// How many bytes are left to read: `FIONREAD` of a regular file.
///
/// # Errors
/// `EBADF` for a place, `ENOTTY` for anything that is no regular file.
pub(crate) fn left(number: c_int) -> Result<i64, Errno> {
    match open::kind_in_use(number)? {
        libc::S_IFREG => Ok(open::size_of(number)? - seek(number, 0, libc::SEEK_CUR)?),
        _ => Err(Errno::ENOTTY),
    }
}

/// Makes sure of room, or empties some: `fallocate(2)` of a file of the private folder, as a tmpfs does it. None for all others.
///
/// # Errors
/// `EBADF`, `EINVAL`, `EOPNOTSUPP`, `EFBIG`.
pub(crate) fn allocate(number: c_int, mode: c_int, offset: i64, length: i64) -> Option<Result<(), Errno>> {
    let opened = *disk().open.get(&number)?;
    Some(may_allocate(&opened, mode, offset, length).and_then(|end| {
        let size = disk().store.size(opened.node);
        match mode {
            0 if end > size => disk().store.truncate(opened.node, end),
            PUNCH => empty(number, offset, end.min(size)),
            _ => Ok(()),
        }
    }))
}

const PUNCH: c_int = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;

/// The checks of `vfs_fallocate` in its order, and then that of `shmem_fallocate`: where the room ends.
fn may_allocate(opened: &Opened, mode: c_int, offset: i64, length: i64) -> Result<i64, Errno> {
    if opened.is_place() {
        return Err(Errno::EBADF);
    }
    if offset < 0 || length <= 0 {
        return Err(Errno::EINVAL);
    }
    let keeps = mode & libc::FALLOC_FL_KEEP_SIZE != 0;
    let is_known = match mode & !libc::FALLOC_FL_KEEP_SIZE {
        0 | libc::FALLOC_FL_ZERO_RANGE | libc::FALLOC_FL_UNSHARE_RANGE => true,
        libc::FALLOC_FL_PUNCH_HOLE => keeps,
        libc::FALLOC_FL_COLLAPSE_RANGE | libc::FALLOC_FL_INSERT_RANGE => !keeps,
        _ => false,
    };
    if !is_known {
        return Err(Errno::EOPNOTSUPP);
    }
    if !opened.writes() {
        return Err(Errno::EBADF);
    }
    let end = offset.checked_add(length).filter(|end| *end <= store::LENGTH_MAX).ok_or(Errno::EFBIG)?;
    match mode {
        0 | libc::FALLOC_FL_KEEP_SIZE | PUNCH => Ok(end),
        _ => Err(Errno::EOPNOTSUPP),
    }
}

/// Writes zeroes over what is there.
fn empty(number: c_int, offset: i64, end: i64) -> Result<(), Errno> {
    if offset >= end {
        return Ok(());
    }
    match held(number) {
        Some(held) => {
            let at = |at: i64| usize::try_from(at).expect("memory is smaller");
            held.bytes()[at(offset)..at(end)].fill(0);
            Ok(())
        }
        None => {
            let arguments = [i64::from(open::real(number)?), i64::from(PUNCH), offset, end - offset];
            sys(libc::SYS_fallocate, &arguments).map(|_| ())
        }
    }
}
