//! What is said of two runs that should be one.
//!
//! Does not find anything out. Invariant: everything here is plain data that was seen; what was not seen is left out or said to be so.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::verdict::{Judgement, Verdict};

/// What kind of thing made two equal runs differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A real clock.
    Clock,
    /// Real randomness.
    Randomness,
    /// Where things lie in memory.
    AddressOrder,
    /// A thread that is not ours, or a system call that we do not control.
    Uncontrolled,
    /// What is in a file that is not of the run, or what `stat(2)` says of it.
    FileContent,
    /// Something that an earlier run left in the process, which putting its image back does not undo.
    LeftBehind,
    /// Nothing that can be watched differed before the events did.
    Unknown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clock => "clock",
            Self::Randomness => "randomness",
            Self::AddressOrder => "address order",
            Self::Uncontrolled => "uncontrolled thread or syscall",
            Self::FileContent => "file content",
            Self::LeftBehind => "left behind by an earlier run",
            Self::Unknown => "unknown",
        })
    }
}

/// One of the two runs, at the first event that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The event; none if the run had no more.
    pub event: Option<String>,
    /// Scheduling points before it.
    pub step: u64,
    /// When, in virtual nanoseconds.
    pub at_ns: u64,
    /// On which thread.
    pub thread: u32,
    /// Where the program was, innermost first; empty if the event could not be caught again.
    pub stack: Vec<String>,
}

/// Two runs of the same decisions that differ, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The kind of cause.
    pub cause: Cause,
    /// What was seen to differ before the events did, or else what was looked at in vain.
    pub evidence: Vec<String>,
    /// The number of the first event that differs; none if the runs that were made again all agreed.
    pub event: Option<u64>,
    /// The two runs there; empty without such an event.
    pub sides: Vec<Side>,
    /// Pairs of runs that were made to find out.
    pub pairs: u32,
    /// Of these, how many differed.
    pub differed: u32,
    /// What the two runs have in common.
    #[serde(default, skip_serializing_if = "By::is_decisions")]
    pub by: By,
}

/// What two runs have in common that should be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Their decisions; events are what differs.
    #[default]
    Decisions,
    /// Their seed: of a target that has nothing else. Its output is what differs, line by line.
    Seed,
    /// Their seed; the target itself compared them.
    Target,
}

impl By {
    fn is_decisions(&self) -> bool {
        *self == Self::Decisions
    }
}

impl Difference {
    /// What it means for the run.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        Judgement {
            verdict: Verdict::Diverged,
            signature: Some(format!("nondeterminism: {}", self.cause)),
            detail: self.to_string(),
        }
    }
}

impl Difference {
    /// The two runs of a target of which nothing but its output is known.
    fn told_by_seed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, side) in ["one run", "the other"].iter().zip(&self.sides) {
            match &side.event {
                Some(event) => write!(f, "\n  {name} {event}")?,
                None => write!(f, "\n  {name} wrote no more")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            By::Decisions => write!(f, "the same decisions gave other events; cause: {}", self.cause)?,
            By::Seed | By::Target => write!(f, "the same seed gave another run")?,
        }
        for line in &self.evidence {
            write!(f, "\n  {line}")?;
        }
        if self.by != By::Decisions {
            return self.told_by_seed(f);
        }
        match self.event {
            Some(event) => write!(f, "\nthe first difference is event {event}")?,
            None => write!(f, "\nwhich event differed is not known: runs made again agreed")?,
        }
        for (name, side) in ["one run", "the other"].iter().zip(&self.sides) {
            let Side { step, at_ns, thread, .. } = side;
            let at = format!("{}.{:09} s", at_ns / 1_000_000_000, at_ns % 1_000_000_000);
            match &side.event {
                Some(event) => write!(f, "\n  {name}, thread {thread}, step {step}, {at}: {event}")?,
                None => write!(f, "\n  {name} had no more events")?,
            }
            for place in &side.stack {
                write!(f, "\n    at {place}")?;
            }
        }
        write!(f, "\nof {} pairs of runs made to find out, {} differed", self.pairs, self.differed)
    }
}
