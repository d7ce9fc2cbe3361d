//! Reading folders: `opendir(3)`, `readdir(3)` and their kin, `getdents64(2)`.
//!
//! Does not know what is in them. Invariant: a [`Folder`] is closed once.

use std::ffi::CStr;

use libc::{DIR, dirent64};

use crate::Failed;
use crate::failed::{count, direct, done};

/// A `DIR`.
#[derive(Debug)]
pub struct Folder(*mut DIR);

/// A name, and whether it is that of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// `d_type`.
    pub kind: u8,
}

/// Which `readdir(3)` is meant.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// `readdir`.
    Plain,
    /// `readdir64`.
    Large,
    /// `readdir_r`.
    Copy,
    /// `readdir64_r`.
    LargeCopy,
}

/// `opendir(3)`.
pub fn opendir(path: &CStr) -> Result<Folder, Failed> {
    // SAFETY: a NUL-terminated path.
    opened(unsafe { libc::opendir(path.as_ptr()) })
}

/// `fdopendir(3)`: the descriptor is the folder's from here on.
pub fn fdopendir(fd: i32) -> Result<Folder, Failed> {
    // SAFETY: no pointers; whose descriptor it is, the caller knows.
    opened(unsafe { libc::fdopendir(fd) })
}

fn opened(folder: *mut DIR) -> Result<Folder, Failed> {
    if folder.is_null() { Err(done(-1).expect_err("it failed")) } else { Ok(Folder(folder)) }
}

impl Folder {
    /// `readdir(3)` and its kin.
    pub fn next(&mut self, which: Read) -> Option<Entry> {
        // SAFETY: a struct of integers.
        let mut place: dirent64 = unsafe { core::mem::zeroed() };
        let mut answer = core::ptr::null_mut::<dirent64>();
        let shown = match which {
            // SAFETY: an open folder; on 64-bit Linux the two structs are one.
            Read::Plain => unsafe { libc::readdir(self.0) }.cast::<dirent64>(),
            // SAFETY: an open folder.
            Read::Large => unsafe { libc::readdir64(self.0) },
            Read::Copy => {
                let (place, answer_place) = ((&raw mut place).cast(), (&raw mut answer).cast());
                // SAFETY: an open folder and two places for the answer.
                direct(unsafe { libc::readdir_r(self.0, place, answer_place) }).ok()?;
                answer
            }
            Read::LargeCopy => {
                // SAFETY: as above.
                direct(unsafe { libc::readdir64_r(self.0, &raw mut place, &raw mut answer) }).ok()?;
                answer
            }
        };
        if shown.is_null() {
            return None;
        }
        // SAFETY: an entry, alive until the folder is read on.
        let entry = unsafe { &*shown };
        // SAFETY: readdir(3): the name is NUL-terminated.
        let name = unsafe { CStr::from_ptr(entry.d_name.as_ptr()) };
        Some(Entry { name: name.to_string_lossy().into_owned(), kind: entry.d_type })
    }

    /// `rewinddir(3)`.
    pub fn rewind(&mut self) {
        // SAFETY: an open folder.
        unsafe { libc::rewinddir(self.0) };
    }

    /// `telldir(3)`.
    pub fn tell(&mut self) -> i64 {
        // SAFETY: an open folder.
        unsafe { libc::telldir(self.0) }
    }

    /// `seekdir(3)`, to where `telldir(3)` said.
    pub fn seek(&mut self, place: i64) {
        // SAFETY: an open folder.
        unsafe { libc::seekdir(self.0, place) };
    }

    /// `dirfd(3)`.
    #[must_use]
    pub fn fd(&self) -> i32 {
        // SAFETY: an open folder.
        unsafe { libc::dirfd(self.0) }
    }

    /// `closedir(3)`.
    pub fn close(self) -> Result<(), Failed> {
        // SAFETY: an open folder, which nobody uses any more.
        done(unsafe { libc::closedir(self.0) })
    }
}

/// `getdents64(2)` into so much room: the names it gave.
pub fn getdents64(fd: i32, room: usize) -> Result<Vec<String>, Failed> {
    unsafe extern "C" {
        fn getdents64(fd: i32, room: *mut libc::c_void, size: usize) -> isize;
    }
    let mut bytes = vec![0_u8; room];
    // SAFETY: as many writable bytes as the size says.
    let read = count(unsafe { getdents64(fd, bytes.as_mut_ptr().cast(), room) })?;
    let mut names = Vec::new();
    let mut rest = &bytes[..read];
    while let Some(length) = rest.get(16..18) {
        let length = usize::from(u16::from_ne_bytes([length[0], length[1]]));
        let name = CStr::from_bytes_until_nul(&rest[19..length]).expect("a name");
        names.push(name.to_string_lossy().into_owned());
        rest = &rest[length..];
    }
    Ok(names)
}
