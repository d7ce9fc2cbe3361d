//! How a command ends, as a number that scripts may rely on.
//!
//! Knows no command. The numbers stand in `--help` and in README.
//! Invariant: a number keeps its meaning; a new ending gets a new number.

use std::fmt::Display;
use std::process::ExitCode;

/// The ending of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was asked for was done, and nothing failed.
    Passed = 0,
    /// A run failed, or a check found something.
    Failed = 1,
    /// The command or its input makes no sense.
    Usage = 2,
    /// Something unmodelled or escaped: neither passed nor failed.
    Inconclusive = 3,
    /// A replay left its trace, or equal seeds gave unequal runs.
    Diverged = 4,
    /// Our own mistake.
    Bug = 70,
    /// SIGINT or SIGTERM.
    Interrupted = 130,
}

/// The table of exit codes, as `--help` shows it.
pub const EXIT_CODES: &str = "\
Exit codes:
   0  passed
   1  a failure was found
   2  usage or bad input
   3  inconclusive: something unmodelled or escaped
   4  a replay diverged, or a run was not deterministic
  70  a bug of Photofinish itself: please report it
 130  interrupted";

/// The table of exit codes of a report, which does not judge.
pub const REPORT_EXIT_CODES: &str = "\
Exit codes:
   0  it is drawn, whatever the run was
   2  usage or bad input: no record or token, or a file that cannot be written
   4  the run is another when it is made again
  70  a bug of Photofinish itself: please report it
 130  interrupted";

/// The table of exit codes of a sweep, whose failures may be what is expected.
pub const SWEEP_EXIT_CODES: &str = "\
Exit codes:
   0  every variant did what is expected of it
   1  a variant did not: something unexpected, or something missing
   2  usage or bad input
   3  a run was inconclusive: something unmodelled or escaped
   4  a run was not deterministic
  70  a bug of Photofinish itself: please report it
 130  interrupted";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that knows how the process must end because of it.
///
/// Its `Display` says what was attempted, on what, and the next command to type.
pub trait ExitCause: Display {
    /// The ending this error leads to.
    fn exit(&self) -> Exit;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_every_code() {
        let all = [
            Exit::Passed,
            Exit::Failed,
            Exit::Usage,
            Exit::Inconclusive,
            Exit::Diverged,
            Exit::Bug,
            Exit::Interrupted,
        ];
        let listed: Vec<u8> = EXIT_CODES
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().next().and_then(|code| code.parse().ok()).expect("a code"))
            .collect();
        assert_eq!(listed, all.map(|exit| exit as u8));
    }
}
