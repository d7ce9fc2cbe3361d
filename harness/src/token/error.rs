//! What can be wrong with a token, and what to type next.
//!
//! Knows no codec. Invariant: a text that is no token, one of another version, a damaged one and one that does not fit this program are
//! told apart.

use std::path::PathBuf;

use photofinish_sim::ending::Ending;

use super::text::{BODY_MAX, TEXT_MAX};
use crate::client::ClientError;

/// Why a text is no token that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It does not begin like one.
    #[error("that is neither a seed nor a token\nnext: give a number, or a token, which begins with `pf1-`")]
    NotAToken,
    /// It is one of another Photofinish.
    #[error(
        "that is a token of version {version}, and this Photofinish reads version 1\nnext: use the Photofinish that made it, or the \
         seed that was reported with it"
    )]
    OtherVersion {
        /// Its version.
        version: String,
    },
    /// Characters are missing, added or changed.
    #[error("that token is damaged: {why}\nnext: copy it again, from `pf1-` to its last character")]
    Damaged {
        /// What shows it.
        why: &'static str,
    },
    /// It is longer than any that is made.
    #[error(
        "that token is too long: at most {TEXT_MAX} characters are read, and {BODY_MAX} bytes of what they hold\nnext: copy it again, \
         or use the seed that was reported with it"
    )]
    TooLong,
    /// It arrived as it was made, and says what no run can have done.
    #[error(
        "that token is whole, but not one that Photofinish makes: {why}\nnext: use the seed that was reported with it"
    )]
    Malformed {
        /// What is wrong.
        why: &'static str,
    },
}

/// Why a token cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its {decisions} decisions are more than a token holds\nnext: shrink it, or use its seed")]
pub struct EncodeError {
    /// How many decisions it has.
    pub decisions: usize,
}

/// Why there is no token of a run.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The run could not be made again.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The executable cannot be read.
    #[error("reading {path} failed: {source}\nnext: the same command again, which builds it if it is gone")]
    Executable {
        /// The executable.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It was made again, and was another.
    #[error(
        "the run did not come out the same when it was made again with its stacks: {ending:?}\nnext: `cargo xtask sim` with its seed \
         says why equal runs differ"
    )]
    Other {
        /// How it ended.
        ending: Ending,
    },
    /// A decision is too far into the run.
    #[error(
        "its decisions reach to step {step} of the run, and names are given to the first {most}\nnext: shrink it, or use its seed"
    )]
    TooFar {
        /// The step of the last decision.
        step: u64,
        /// How far names go.
        most: u64,
    },
}

/// Why a token leads to no run.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// There is no such program here, or the server is gone.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The executable cannot be read.
    #[error("reading {path} failed: {source}\nnext: the same command again, which builds it if it is gone")]
    Executable {
        /// The executable.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is of this executable's scenarios, but of none that there is.
    #[error(
        "that token is of {program}, which this build does not hold\nnext: `cargo xtask list` for what it holds"
    )]
    Program {
        /// What it is of.
        program: String,
    },
    /// It was made with another build, and only that one will do.
    #[error(
        "that token was made with build {made:08x}, and this is build {present:08x}\nnext: leave out `--exact`, and its decisions are \
         looked for by name"
    )]
    OtherBuild {
        /// The build it was made with.
        made: u32,
        /// This build.
        present: u32,
    },
    /// It was made with this very build, and the run is another.
    #[error(
        "the run of that token has other events in the build that made it: {found:08x} instead of {expected:08x}\nnext: `cargo xtask \
         sim` with the seed that was reported with it says why equal runs differ"
    )]
    Other {
        /// Of the events that were expected.
        expected: u32,
        /// Of those that came.
        found: u32,
    },
}
