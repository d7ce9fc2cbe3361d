//! A folder that belongs to one run.
//!
//! It does not know what is put into it. Invariant: no two runs have the same one, and none outlives its run.

use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;

/// A folder that is removed with everything in it.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// An empty one: no counter that runs would share, because the file system counts.
    pub(super) fn create() -> io::Result<Self> {
        let pid = process::id();
        for number in 0_u32.. {
            let path = env::temp_dir().join(format!("shutdown-einval-{pid}-{number}"));
            match fs::create_dir(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(path)),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays in a folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
