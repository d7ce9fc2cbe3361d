//! README's commands and their outputs, which are produced, never typed.
//!
//! Knows two marks: `<!-- run: COMMAND exit: N -->` before a console block that holds the command and what it prints, and
//! `<!-- file: PATH from: WORDS -->` before a block that holds a file from the first line that begins so. Does not know what
//! the commands do. Invariant: [`render`] of its own result changes nothing.

use std::path::Path;
use std::process::Command;

use photofinish::token::PREFIX;

use crate::cli::CORPUS_VARIABLE;

/// Why README could not be produced.
#[derive(Debug, thiserror::Error)]
pub enum ReadmeError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A command ended otherwise than its mark says: the text around it would be untrue.
    #[error(
        "README.md: `{command}` exited with {found}, and its mark says {expected}\nnext: another seed, or another text"
    )]
    Exit {
        /// The command.
        command: String,
        /// What the mark says.
        expected: String,
        /// How it ended.
        found: i32,
    },
    /// A mark is not followed by a block, or names nothing.
    #[error("README.md: the mark `{0}` is not followed by a ``` block, or names what is not there")]
    Mark(String),
}

/// What a command said, and how it ended.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its standard output.
    pub output: String,
    /// Its exit code.
    pub exit: i32,
}

/// Produces README anew: every marked block is filled with what its mark names. `run` gives what a command said.
///
/// # Errors
/// A mark without a block, or a file that is not there.
pub fn render(
    root: &Path,
    readme: &str,
    run: &dyn Fn(&str) -> std::io::Result<Said>,
) -> Result<String, ReadmeError> {
    let mut made = String::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        made.push_str(line);
        made.push('\n');
        let Some(mark) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        let wrong = || ReadmeError::Mark(mark.to_owned());
        let fence = lines.next().filter(|fence| fence.starts_with("```")).ok_or_else(wrong)?;
        made.push_str(fence);
        made.push('\n');
        made.push_str(&block(root, mark, run)?);
        lines.by_ref().find(|line| *line == "```").ok_or_else(wrong)?;
        made.push_str("```\n");
    }
    Ok(made)
}

fn block(
    root: &Path,
    mark: &str,
    run: &dyn Fn(&str) -> std::io::Result<Said>,
) -> Result<String, ReadmeError> {
    let wrong = || ReadmeError::Mark(mark.to_owned());
    if let Some((command, exit)) = mark.strip_prefix("run: ").and_then(|rest| rest.rsplit_once(" exit: ")) {
        let said = run(command).map_err(|source| ReadmeError::File { path: command.to_owned(), source })?;
        if exit.parse() != Ok(said.exit) {
            return Err(ReadmeError::Exit {
                command: command.to_owned(),
                expected: exit.to_owned(),
                found: said.exit,
            });
        }
        return Ok(format!("$ {command}\n{}\n", steady(said.output.trim_end())));
    }
    let (path, from) =
        mark.strip_prefix("file: ").and_then(|rest| rest.split_once(" from: ")).ok_or_else(wrong)?;
    let text = std::fs::read_to_string(root.join(path))
        .map_err(|source| ReadmeError::File { path: path.to_owned(), source })?;
    let from = text.lines().position(|line| line.starts_with(from)).ok_or_else(wrong)?;
    Ok(text.lines().skip(from).fold(String::new(), |block, line| block + line + "\n"))
}

/// Replaces what differs between machines or builds by dots: real milliseconds, the hash of the events, and tokens.
fn steady(output: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    // A command that is longer than a line goes on behind a backslash.
    for line in output.replace("\\\n", "").lines() {
        if let Some((before, rest)) = line.rsplit_once(", ")
            && let Some(digits) =
                rest.strip_suffix(" ms").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        {
            lines.push(format!("{before}, {} ms", "·".repeat(digits.len().max(4))));
        } else if let Some((before, hash)) = line.rsplit_once("events ")
            && hash.len() == 16
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            lines.push(format!("{before}events {}", "·".repeat(hash.len())));
        } else if let Some((before, token)) = line.split_once(PREFIX)
            && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        {
            lines.push(format!("{before}{PREFIX}····"));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

/// Runs a README command in the workspace, with this xtask in the place of `cargo xtask`; ` | tail -1` keeps its last line.
///
/// # Errors
/// The command could not be started, or is not one of ours.
pub fn run_ours(root: &Path, xtask: &Path, command: &str) -> std::io::Result<Said> {
    let (command, last_line_only) = match command.strip_suffix(" | tail -1") {
        Some(command) => (command, true),
        None => (command, false),
    };
    let words: Vec<&str> = command.split(' ').collect();
    let (program, words) = match words[..] {
        ["cargo", "xtask", ref words @ ..] => (xtask.as_os_str().to_owned(), words),
        ["cargo", ref words @ ..] => (std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), words),
        _ => return Err(std::io::ErrorKind::InvalidInput.into()),
    };
    // What sweeps on this machine found before must not show.
    let corpus = std::env::temp_dir().join(format!("photofinish-readme-{}", std::process::id()));
    let output =
        Command::new(program).args(words).current_dir(root).env(CORPUS_VARIABLE, &corpus).output()?;
    if corpus.is_dir() {
        std::fs::remove_dir_all(&corpus)?;
    }
    let said = String::from_utf8(output.stdout).map_err(std::io::Error::other)?;
    let said = if last_line_only { said.lines().last().unwrap_or_default().to_owned() } else { said };
    Ok(Said { output: said, exit: output.status.code().unwrap_or(-1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(readme: &str, made: &str) {
        let run = |command: &str| {
            let output = format!(
                "{command} said\n  events 0123456789abcdef\na: 1 of 2 passed, 17 ms\n  replay: pf1-aB_1\\\n-2\n"
            );
            Ok(Said { output, exit: 1 })
        };
        assert_eq!(render(Path::new("."), readme, &run).expect("well formed"), made);
        assert_eq!(render(Path::new("."), made, &run).expect("well formed"), made);
    }

    #[test]
    fn marked_blocks_are_filled() {
        check("text\n", "text\n");
        check(
            "<!-- run: it exit: 1 -->\n```console\nold\n```\nafter\n",
            "<!-- run: it exit: 1 -->\n```console\n$ it\nit said\n  events ················\na: 1 of 2 passed, ···· ms\n  replay: pf1-····\n```\nafter\n",
        );
    }

    #[test]
    fn a_mark_without_a_block_is_an_error() {
        let run = |_: &str| Ok(Said { output: String::new(), exit: 0 });
        for readme in [
            "<!-- run: it exit: 0 -->\n",
            "<!-- run: it exit: 0 -->\ntext\n",
            "<!-- run: it exit: 0 -->\n```\n",
            "<!-- run: it exit: 1 -->\n```\n```\n",
            "<!-- run: it -->\n```\n```\n",
            "<!-- it -->\n```\n```\n",
        ] {
            assert!(render(Path::new("."), readme, &run).is_err(), "{readme:?}");
        }
    }
}
