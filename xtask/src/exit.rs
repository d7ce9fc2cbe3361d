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
    /// A run that is reported to fail fails, and otherwise.
    OtherFailure = 5,
    /// A run that is reported to fail passes, and nobody can tell why: what was decided in it is not all there.
    OutOfReach = 6,
    /// Shards of a sweep are missing, and what is there is as expected.
    Incomplete = 7,
    /// Our own mistake.
    Bug = 70,
    /// A place of shards did not answer: sysexits(3) has this number for what may do when it is tried again.
    Unavailable = 75,
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
   5  a reported run fails otherwise (repro)
   6  a reported run passes, but it is not known to be the one that failed (repro)
   7  shards of a sweep are missing
  70  a bug of Photofinish itself: please report it
  75  a place of shards did not answer: the same command again may do
 130  interrupted";

/// The table of exit codes of an answer to a bug report: of several runs, the first of 70, 4, 1, 5, 3, 2, 6, 0.
pub const REPRO_EXIT_CODES: &str = "\
Exit codes (of several runs, the first of 70, 4, 1, 5, 3, 2, 6, 0):
   0  fixed: it passes, with each decision of the report in its place
   1  reproduced: it fails as reported
   2  usage or bad input: nothing names a run, or a token is damaged or of something that is not here
   3  inconclusive: something unmodelled or escaped
   4  diverged: it does not repeat, or is another run in the build that made its token
   5  it fails, and otherwise than reported
   6  it passes, and nothing is known by that: decisions are gone, or it was a seed, which leads elsewhere in another build
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
   0  every variant did what is expected of it; with --shard, all its runs were made
   1  a variant did not: something unexpected, or something missing
   2  usage or bad input
   3  a run was inconclusive: something unmodelled or escaped
   4  a run was not deterministic
  70  a bug of Photofinish itself: please report it
  75  a place of shards did not answer: the same command again may do
 130  interrupted";

/// The table of exit codes of one shard of a sweep, whose findings are held against what is expected when all are merged, and of the
/// merge.
pub const MERGE_EXIT_CODES: &str = "\
Exit codes:
   0  every variant did what is expected of it
   1  a variant did not: something unexpected, or something missing
   2  usage or bad input: shards of another build, or of different sweeps
   3  a run was inconclusive: something unmodelled or escaped
   4  a run was not deterministic, or a shard that was run twice was not
   7  shards are missing, and what is there is as expected
  70  a bug of Photofinish itself: please report it
  75  a place of shards did not answer: the same command again may do
 130  interrupted";

/// The table of exit codes of a comparison, which does not judge what was found.
pub const COMPARE_EXIT_CODES: &str = "\
Exit codes:
   0  everything was compared, whoever won
   2  usage or bad input: no such subject, no such figures, or a simulator that cannot be built
  70  a bug of Photofinish itself: please report it
 130  interrupted: what is printed is complete line by line";

/// The table of exit codes of a look for published bugs.
pub const WILD_EXIT_CODES: &str = "\
Exit codes:
   0  half the ranges of each row found its bug, and where it is mended nothing failed but what that version is known for
   1  a bug was not found, or something else failed where it is mended
   2  usage or bad input: no such row, no such figures, or a row that cannot be built
   4  a finding did not show again when it was to be made small
  70  a bug of Photofinish itself: please report it
 130  interrupted: what is printed is complete row by row";

/// The table of exit codes of a night, which holds failures against expectations and the baseline.
pub const NIGHTLY_EXIT_CODES: &str = "\
Exit codes:
   0  whatever failed is expected, or excused by the baseline
   1  a failure is neither, or one that must be found was not
   2  usage or bad input, or a file that cannot be written
   3  a run was inconclusive: something unmodelled or escaped
   4  a run was not deterministic
   7  shards are missing, and what is there fails nothing
  70  a bug of Photofinish itself: please report it
  75  a place of shards did not answer: the same command again may do
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
            Exit::OtherFailure,
            Exit::OutOfReach,
            Exit::Incomplete,
            Exit::Bug,
            Exit::Unavailable,
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
