//! The processes of a run, and the pipes that hold them together.
//!
//! It does not know what they do. Invariant: every process has the reading end of the lifeline and the writing end
//! of the log, so that closing the one ends all of them and the end of the other shows that they have ended.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::super::program::options::Places;
use super::super::program::process::binary;
use super::folder::Folder;

/// Everything that a run has started.
#[derive(Debug)]
pub(super) struct Stage {
    folder: Folder,
    ends: PipeReader,
    lifeline: PipeWriter,
    log: PipeReader,
    logs: PipeWriter,
}

impl Stage {
    /// Nothing is started yet.
    pub(super) fn set() -> io::Result<Self> {
        let (ends, lifeline) = io::pipe()?;
        let (log, logs) = io::pipe()?;
        Ok(Self { folder: Folder::create()?, ends, lifeline, log, logs })
    }

    /// The run's folder.
    pub(super) fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Where things lie in it.
    pub(super) fn places(&self) -> Places<'_> {
        Places(self.dir())
    }

    /// Starts a process of the program.
    pub(super) fn start(&self, arguments: &[String]) -> io::Result<Child> {
        let mut command = Command::new(binary());
        command.args(arguments);
        command.stdin(Stdio::from(self.ends.try_clone()?)).stdout(Stdio::from(self.logs.try_clone()?));
        command.spawn()
    }

    /// Ends every process and gives back what they wrote; `children` are waited for.
    pub(super) fn clear(self, children: Vec<Child>) -> io::Result<String> {
        let Self { folder, ends, lifeline, mut log, logs } = self;
        drop((lifeline, ends, logs));
        let mut text = String::new();
        // Ends when the last process does, be it a child of this one or not.
        log.read_to_string(&mut text)?;
        for mut child in children {
            child.wait()?;
        }
        drop(folder);
        Ok(text)
    }
}
