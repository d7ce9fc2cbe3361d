//! What is in the files of the private folder: bytes in memory, or a real file by number in a real folder of the run.
//!
//! A file begins in memory, where reading and writing it costs no system call. It becomes a real one, and stays it, when it is
//! mapped, grows large or is used by a call that is made for real. Does not know names, and asks nobody for rights. Invariant: nothing of a
//! file's name, mode or folder is in the real file system, so that no answer depends on which one it is.

use core::ffi::c_int;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use photofinish_sim::errno::Errno;
use photofinish_sim::file::lock::FileNumber;

use super::sys::{self, address, sys};
use crate::shm::SHARED;

/// How long a file in memory may be: what is longer would cost more to put back than it saves.
const ROOM_BYTES: usize = 1 << 18;

/// How long a file may be (`s_maxbytes`): as on an ext4 of 4 KiB blocks, whichever file system really holds it, and each that may holds
/// as much.
pub(super) const LENGTH_MAX: i64 = (u32::MAX as i64) << 12;

/// The contents of a run's files.
#[derive(Debug)]
pub(super) struct Store {
    path: Vec<u8>,
    /// Our descriptor of the folder, once there is one.
    folder: Option<c_int>,
    memory: BTreeMap<FileNumber, Vec<u8>>,
}

fn name(number: FileNumber) -> CString {
    CString::new(number.0.to_string()).expect("digits have no end")
}

/// How long a file in memory may be here. Looked at once, by the server: `RLIMIT_FSIZE` is the real kernel's to hold.
pub(super) fn room() -> usize {
    static ROOM: OnceLock<usize> = OnceLock::new();
    *ROOM.get_or_init(|| {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: getrlimit(2): a place for the answer.
        unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
        usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX).min(ROOM_BYTES)
    })
}

impl Store {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path: path.into_os_string().into_vec(), folder: None, memory: BTreeMap::new() }
    }

    /// An empty file, in memory.
    pub(super) fn create(&mut self, number: FileNumber) {
        self.memory.insert(number, Vec::new());
    }

    /// A file's bytes, if they are in memory.
    pub(super) fn bytes(&mut self, number: FileNumber) -> Option<&mut Vec<u8>> {
        self.memory.get_mut(&number)
    }

    fn folder(&mut self) -> Result<i64, Errno> {
        if let Some(folder) = self.folder {
            return Ok(i64::from(folder));
        }
        let path = sys::c_path(self.path.clone())?;
        SHARED.note_folder();
        sys::mkdir(&path, 0o700)?;
        let folder = sys::raise(sys::open(&path, libc::O_PATH | libc::O_DIRECTORY, 0)?)?;
        self.folder = Some(folder);
        Ok(i64::from(folder))
    }

    /// Opens a file for real; one in memory becomes a real one.
    pub(super) fn open(&mut self, number: FileNumber, flags: c_int) -> Result<c_int, Errno> {
        let folder = self.folder()?;
        if let Some(bytes) = self.memory.get(&number) {
            // What is there already is of an attempt that failed.
            let real = open_in(folder, number, libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC)?;
            let written = write_all(real, bytes);
            sys::close(real);
            written?;
            self.memory.remove(&number);
        }
        open_in(folder, number, flags)
    }

    /// A descriptor for what has no content: one of a folder.
    pub(super) fn open_empty(&mut self, flags: c_int) -> Result<c_int, Errno> {
        let flags = flags | libc::O_CLOEXEC;
        let arguments = [self.folder()?, address(c"."), i64::from(flags), 0];
        sys(libc::SYS_openat, &arguments).map(sys::descriptor)
    }

    /// How long a file is, in bytes.
    pub(super) fn size(&self, number: FileNumber) -> i64 {
        if let Some(bytes) = self.memory.get(&number) {
            return i64::try_from(bytes.len()).expect("memory is smaller");
        }
        let Some(folder) = self.folder else { return 0 };
        sys::stat_in(folder, &name(number)).map_or(0, |data| data.st_size)
    }

    /// Changes how long a file is.
    ///
    /// # Errors
    /// `EFBIG`, and those of the real kernel.
    pub(super) fn truncate(&mut self, number: FileNumber, length: i64) -> Result<(), Errno> {
        if length > LENGTH_MAX {
            return Err(Errno::EFBIG);
        }
        if let Some(bytes) = self.memory.get_mut(&number)
            && let Some(length) = usize::try_from(length).ok().filter(|length| *length <= room())
        {
            bytes.resize(length, 0);
            return Ok(());
        }
        let real = self.open(number, libc::O_WRONLY)?;
        let answer = sys(libc::SYS_ftruncate, &[i64::from(real), length]);
        sys::close(real);
        answer.map(|_| ())
    }

    /// Nobody can reach a file any more.
    pub(super) fn forget(&mut self, number: FileNumber) {
        if self.memory.remove(&number).is_none()
            && let Some(folder) = self.folder
        {
            // Nothing is to be done about a failure.
            let _ = sys(libc::SYS_unlinkat, &[i64::from(folder), address(&name(number)), 0]);
        }
    }
}

fn open_in(folder: i64, number: FileNumber, flags: c_int) -> Result<c_int, Errno> {
    let name = name(number);
    let arguments = [folder, address(&name), i64::from(flags | libc::O_CLOEXEC), 0o600];
    sys(libc::SYS_openat, &arguments).map(sys::descriptor)
}

fn write_all(real: c_int, mut rest: &[u8]) -> Result<(), Errno> {
    while !rest.is_empty() {
        let length = i64::try_from(rest.len()).expect("memory is smaller");
        let written = sys(libc::SYS_write, &[i64::from(real), rest.as_ptr() as i64, length])?;
        rest = &rest[usize::try_from(written).expect("a count")..];
    }
    Ok(())
}
