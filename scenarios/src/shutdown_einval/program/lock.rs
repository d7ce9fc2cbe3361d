//! Who owns the data: whoever holds the flock(2) on a file beside it.
//!
//! It does not know what the data is. Invariant: whoever holds the lock has written its process' number.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::process;
use std::thread;
use std::time::Instant;

use super::error::{Error, Result};
use super::policy::{RESUME_LOCK, RESUME_LOCK_INTERVAL};

/// The file that is locked.
pub(in super::super) const LOCK_FILE: &str = ".handoff.lock";
/// The file that names the holder.
pub(in super::super) const PID_FILE: &str = ".handoff.pidfile";

/// The right to write the data, for as long as it lives.
#[derive(Debug)]
pub(super) struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the lock if nobody has it.
    pub(super) fn acquire(data: &Path) -> Result<Self> {
        fs::create_dir_all(data)?;
        let path = data.join(LOCK_FILE);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::LockHeld),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let unfinished = data.join(format!("{PID_FILE}.tmp"));
        fs::write(&unfinished, process::id().to_string())?;
        fs::rename(unfinished, data.join(PID_FILE))?;
        Ok(Self { _file: file })
    }

    /// Takes the lock, and waits a little for a holder that is about to end.
    pub(super) fn acquire_soon(data: &Path) -> Result<Self> {
        let deadline = Instant::now() + RESUME_LOCK;
        loop {
            match Self::acquire(data) {
                Err(Error::LockHeld) if Instant::now() < deadline => thread::sleep(RESUME_LOCK_INTERVAL),
                done => return done,
            }
        }
    }
}
