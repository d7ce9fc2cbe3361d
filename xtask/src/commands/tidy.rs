//! `cargo xtask tidy`: print what breaks the rules of STYLE.md.
//!
//! Knows no rule; they are in [`crate::tidy`].
//! Invariant: prints one line per finding, and nothing to standard output when there is none.

use std::io::Write as _;

use crate::exit::Exit;
use crate::tidy::{TidyError, findings};
use crate::workspace::Workspace;

/// Checks the workspace around the current directory.
pub fn run() -> Result<Exit, TidyError> {
    let found = findings(&Workspace::load()?)?;
    let mut text: String = found.iter().map(|finding| format!("{finding}\n")).collect();
    if found.is_empty() {
        eprintln!("tidy: nothing found");
        return Ok(Exit::Passed);
    }
    text.push_str(&format!("tidy: {} found\n", found.len()));
    // A reader that has gone away (`| head`) has seen enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(Exit::Failed)
}
