//! What the tests have in common that sweep by the command line: a folder of their own, and what a command said.
//!
//! Invariant: no test meets the corpus of whoever runs it, or that of another test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

/// A folder, made by whoever writes into it and gone afterwards.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("target directories are text").to_owned()
    }

    /// The xtask under test, whose corpus is in this folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(args).env("PHOTOFINISH_CORPUS", self.path("corpus"));
        command
    }

    pub(crate) fn xtask(&self, args: &[&str]) -> Said {
        self.command(args).output().expect("xtask starts").into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // One that was never made is gone already.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a command said, and how it ended.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The JSON objects of a text that holds one per line and nothing else.
pub(crate) fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("each line is one object")).collect()
}
