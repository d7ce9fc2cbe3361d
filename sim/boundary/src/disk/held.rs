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
    let usual = !opened.is_place && opened.flags & (libc::O_DIRECT | libc::O_ASYNC) == 0;
    (usual && disk().store.bytes(opened.node).is_some()).then_some(Held { number, opened })
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

    fn access(&self) -> c_int {
        self.opened.flags & libc::O_ACCMODE
    }

    fn bytes(&self) -> &'static mut Vec<u8> {
        disk().store.bytes(self.opened.node).expect("it was looked at")
    }

    fn go(&self, at: usize) {
        disk().go(self.number, i64::try_from(at).expect("memory is smaller"));
    }

    fn place(&self, place: Place) -> Result<usize, Errno> {
        let at = match place {
            Place::Own => self.opened.at,
            Place::At(at) => at,
        };
        usize::try_from(at).map_err(|_| Errno::EINVAL)
    }

    /// Reads up to so many bytes.
    ///
    /// # Errors
    /// `EBADF` if it is not open for reading, `EINVAL` before the beginning.
    pub(crate) fn read(&self, place: Place, count: usize) -> Result<&'static [u8], Errno> {
        if !matches!(self.access(), libc::O_RDONLY | libc::O_RDWR) {
            return Err(Errno::EBADF);
        }
        let at = self.place(place)?;
        let end = at.saturating_add(count).min(self.bytes().len());
        if place == Place::Own && end > at {
            self.go(end);
        }
        Ok(self.bytes().get(at..end).unwrap_or_default())
    }

    /// Writes bytes. None if the file would grow too large, or by more than what is written.
    ///
    /// # Errors
    /// `EBADF` if it is not open for writing, `EINVAL` before the beginning.
    pub(crate) fn write(&self, place: Place, data: &[u8]) -> Option<Result<usize, Errno>> {
        if !matches!(self.access(), libc::O_WRONLY | libc::O_RDWR) {
            return Some(Err(Errno::EBADF));
        }
        let at = match self.place(place) {
            Ok(_) if self.appends() => self.bytes().len(),
            Ok(at) => at,
            Err(errno) => return Some(Err(errno)),
        };
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

    /// Changes how long it is. None if that is too large.
    ///
    /// # Errors
    /// `EINVAL` if it is not open for writing.
    pub(crate) fn truncate(&self, length: i64) -> Option<Result<(), Errno>> {
        if length < 0 || !matches!(self.access(), libc::O_WRONLY | libc::O_RDWR) {
            return Some(Err(Errno::EINVAL));
        }
        let length = usize::try_from(length).ok().filter(|length| *length <= store::room())?;
        self.bytes().resize(length, 0);
        Some(Ok(()))
    }
}

/// `lseek(2)`.
///
/// # Errors
/// `EINVAL` before the beginning, and those of the real kernel.
pub(crate) fn seek(number: c_int, offset: i64, whence: c_int) -> Result<i64, Errno> {
    seek_held(number, offset, whence)
        .unwrap_or_else(|| sys(libc::SYS_lseek, &[i64::from(open::real(number)?), offset, i64::from(whence)]))
}

/// Of a file in memory, or of a folder, whose position counts its names. None for holes, and for all other files.
fn seek_held(number: c_int, offset: i64, whence: c_int) -> Option<Result<i64, Errno>> {
    let opened = *disk().open.get(&number).filter(|opened| !opened.is_place)?;
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
    let Some(to) = from.checked_add(offset) else { return Some(Err(Errno::EOVERFLOW)) };
    if to < 0 {
        return Some(Err(Errno::EINVAL));
    }
    disk().go(number, to);
    Some(Ok(to))
}
