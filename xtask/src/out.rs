//! Standard output, which may be a pipe that nobody reads any more.
//!
//! Does not know what is said. Invariant: a reader that leaves changes neither what a command does nor how it ends; any other
//! failure to write is said once, and keeps the command from ending as passed.

use std::fmt::Arguments;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};
use photofinish_reports::term::{Charset, Colour, Look};
use supports_unicode::Stream;

use crate::exit::Exit;

static FAILED: AtomicBool = AtomicBool::new(false);

/// Writes to standard output and flushes it.
pub fn write(words: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    note(out.write_fmt(words).and_then(|()| out.flush()));
}

/// As [`write()`], for what need not be text.
pub fn write_bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    note(out.write_all(bytes).and_then(|()| out.flush()));
}

fn note(written: std::io::Result<()>) {
    let Err(error) = written else { return };
    if error.kind() != ErrorKind::BrokenPipe && !FAILED.swap(true, Ordering::Relaxed) {
        eprintln!(
            "error: writing to standard output failed: {error}\nnext: the same command with its output elsewhere"
        );
    }
}

/// What standard output can show: colours as `NO_COLOR`, `CLICOLOR_FORCE` and the terminal say; ASCII alone on a terminal whose locale
/// knows no more. What is no terminal is read as UTF-8.
#[must_use]
pub fn look() -> Look {
    let out = std::io::stdout();
    let colour = match AutoStream::choice(&out) {
        ColorChoice::Never => Colour::None,
        _ => Colour::Ansi,
    };
    let is_plain = out.is_terminal() && !supports_unicode::on(Stream::Stdout);
    Look { colour, charset: if is_plain { Charset::Ascii } else { Charset::Unicode } }
}

/// How a command ends whose output may not have been written: lost output is bad, but not worse than what it would have said.
#[must_use]
pub fn settle(exit: Exit) -> Exit {
    if exit == Exit::Passed && FAILED.load(Ordering::Relaxed) { Exit::Usage } else { exit }
}

/// As `println!`, through [`write()`].
#[macro_export]
macro_rules! say {
    ($($word:tt)*) => { $crate::out::write(format_args!("{}\n", format_args!($($word)*))) };
}
