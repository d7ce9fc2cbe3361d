//! How far a handoff came, on disk, for a supervisor that starts after this one died.
//!
//! It does not know what a phase means. Invariant: a reader sees a whole entry or the one before it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::Result;
use super::protocol::HandoffId;

/// The step that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum Phase {
    /// Both peers are there.
    Negotiating,
    /// The incumbent takes no more work.
    Draining,
    /// The incumbent let go of the data.
    Sealing,
    /// The successor was told to begin.
    AwaitingReady,
    /// The successor serves.
    Committed,
    /// The incumbent was told to serve again.
    ResumingAfterAbort,
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Entry {
    /// The handoff.
    pub(super) handoff_id: HandoffId,
    /// How far it came.
    pub(in super::super) phase: Phase,
    /// The process that wrote it, under the name that the published crate gives it.
    pub(super) incumbent_pid: u32,
    /// Who is to serve.
    pub(super) successor_pid: Option<u32>,
    /// When it began.
    pub(super) started_at_unix_ms: u64,
}

/// The file.
#[derive(Clone, Debug)]
pub(in super::super) struct Journal(pub(in super::super) PathBuf);

impl Journal {
    /// Replaces what is written: the file and its folder reach the disk before this returns.
    pub(super) fn write(&self, entry: &Entry) -> Result<()> {
        let unfinished = self.0.with_extension("bin.tmp");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&unfinished)?;
        file.write_all(&postcard::to_allocvec(entry)?)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&unfinished, &self.0)?;
        let folder = self.0.parent().unwrap_or(Path::new("."));
        Ok(File::open(folder)?.sync_all()?)
    }

    /// What is written, if anything is.
    pub(in super::super) fn read(&self) -> Result<Option<Entry>> {
        match fs::read(&self.0) {
            Ok(bytes) => Ok(Some(postcard::from_bytes(&bytes)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes it.
    pub(super) fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
