//! The real folders behind the private ones, as the server keeps them for what is not in memory: one of its own, and in it one for each run.
//!
//! Does not know what is in them. Invariant: a folder is made by us or not used, and is gone when its run or its server is over;
//! those of a server that was killed are removed by the next one.

use core::ffi::{CStr, c_int};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::sys::{NOWHERE, address, renumber, statfs, sys};

/// Where a `TMPDIR` that the server was started with stands while the program is shown another.
pub(crate) const REAL_TMPDIR: &str = "PHOTOFINISH_TMPDIR";
const PREFIX: &str = "photofinish-";

/// A server's folder.
#[derive(Debug)]
pub(crate) struct Folders {
    own: PathBuf,
    runs_count: u64,
}

impl Folders {
    /// Makes the server's folder. Its descriptor, kept under the number `fd`, holds a lock as long as the server lives.
    pub(crate) fn make(fd: c_int) -> Result<Self, String> {
        // What a file's mode becomes must not depend on who asked.
        // SAFETY: umask(2) always succeeds.
        unsafe { libc::umask(0o022) };
        let base = std::env::var_os(REAL_TMPDIR).map(PathBuf::from).or_else(in_memory);
        let base = base.unwrap_or_else(|| PathBuf::from("/tmp"));
        // SAFETY: this process has one thread that looks at the environment.
        unsafe { std::env::remove_var(REAL_TMPDIR) };
        sweep(&base);
        // What is the same for all runs is looked at before the first.
        super::process::who();
        super::store::room();
        for attempt in 0..100 {
            let own = base.join(format!("{PREFIX}{}-{attempt}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&own) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => {
                    return Err(format!("no folder for the files of runs in {}: {error}", base.display()));
                }
                Ok(()) => {}
            }
            if let Ok(true) = hold(&own, fd) {
                return Ok(Self { own, runs_count: 0 });
            }
        }
        Err(format!("no folder for the files of runs in {}: others take them all", base.display()))
    }

    /// The folder of the next run, which nobody has made yet.
    pub(crate) fn next(&mut self) -> PathBuf {
        self.runs_count += 1;
        self.own.join(format!("{:08}", self.runs_count))
    }

    /// Removes the folder of a run that is over.
    pub(crate) fn clean(folder: &Path) {
        if fs::remove_dir(folder).is_err() {
            remove(folder);
        }
    }

    /// Removes the server's folder.
    pub(crate) fn remove(&self) {
        remove(&self.own);
    }
}

/// Where POSIX keeps shared memory (`shm_overview(7)`), if it is memory and there is enough: what a run writes is gone right after it,
/// and a disk would be busy with nothing else.
fn in_memory() -> Option<PathBuf> {
    const ROOM: u64 = 1 << 30;
    const FOLDER: &CStr = c"/dev/shm";
    let data = statfs(FOLDER).ok()?;
    let room = data.f_bavail.saturating_mul(u64::try_from(data.f_bsize).unwrap_or(0));
    let is_memory = data.f_type == libc::TMPFS_MAGIC && room >= ROOM;
    let is_writable = sys(libc::SYS_faccessat, &[NOWHERE, address(FOLDER), i64::from(libc::W_OK)]).is_ok();
    (is_memory && is_writable).then(|| PathBuf::from(OsStr::from_bytes(FOLDER.to_bytes())))
}

/// Locks a folder, and says whether it is still the one of that name.
fn hold(folder: &Path, fd: c_int) -> io::Result<bool> {
    let file = open(folder)?;
    let before = file.metadata()?.ino();
    lock(&file)?;
    let still = fs::symlink_metadata(folder).is_ok_and(|data| data.ino() == before);
    renumber(file.into_raw_fd(), fd).map_err(|errno| io::Error::from_raw_os_error(i32::from(errno.0)))?;
    Ok(still)
}

fn open(folder: &Path) -> io::Result<fs::File> {
    fs::File::options().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(folder)
}

fn lock(file: &fs::File) -> io::Result<()> {
    sys(libc::SYS_flock, &[i64::from(file.as_raw_fd()), i64::from(libc::LOCK_EX | libc::LOCK_NB)])
        .map(|_| ())
        .map_err(|errno| io::Error::from_raw_os_error(i32::from(errno.0)))
}

/// Whether a name is one that a server gives its folder: two numbers after the prefix.
fn is_a_servers(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX.as_bytes()) else { return false };
    let parts = rest.split(|byte| *byte == b'-');
    let number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    parts.clone().count() == 2 && parts.into_iter().all(number)
}

/// Removes the folders of servers that were killed: ours, and locked by nobody.
fn sweep(base: &Path) {
    // SAFETY: geteuid(2) always succeeds.
    let uid = unsafe { libc::geteuid() };
    let Ok(entries) = fs::read_dir(base) else { return };
    for entry in entries.flatten().filter(|entry| is_a_servers(entry.file_name().as_encoded_bytes())) {
        let Ok(file) = open(&entry.path()) else { continue };
        let owned = file.metadata().is_ok_and(|data| data.uid() == uid && data.mode() & 0o777 == 0o700);
        if owned && lock(&file).is_ok() {
            remove(&entry.path());
        }
    }
}

/// Removes a folder with all that is in it.
fn remove(folder: &Path) {
    // Nothing is left to try.
    let _ = fs::remove_dir_all(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_servers_give_are_swept() {
        for name in ["photofinish-1-0", "photofinish-31415-99"] {
            assert!(is_a_servers(name.as_bytes()), "{name}");
        }
        for name in [
            "photofinish-notes",
            "photofinish-1",
            "photofinish-1-",
            "photofinish-1-2-3",
            "photofinish-a-1",
            "x",
        ] {
            assert!(!is_a_servers(name.as_bytes()), "{name}");
        }
    }
}
