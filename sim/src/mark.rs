//! Marks: places in a program that a simulation takes notice of.
//!
//! Does not know how a program sets one (the crate `photofinish-marks`). Invariant: a mark is known by its place in the source and
//! its message, never by an address, so that it is the same mark in every process of every build of that source.

use core::fmt;
use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::host::HostId;

/// What a mark asks of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asks {
    /// Whether something shall go wrong here.
    Buggify,
    /// It must be true each time.
    Always,
    /// It must be true once in many runs.
    Sometimes,
    /// It must be true the last time.
    Eventually,
    /// The program must come by in some run.
    Reachable,
    /// The program must never come by.
    Unreachable,
}

impl Asks {
    /// As its macro is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Buggify => "buggify",
            Self::Always => "always",
            Self::Sometimes => "sometimes",
            Self::Eventually => "eventually",
            Self::Reachable => "reachable",
            Self::Unreachable => "unreachable",
        }
    }

    /// What of it would make a run fail as soon as it is seen.
    #[must_use]
    pub fn forbids(self) -> Option<Outcome> {
        match self {
            Self::Always => Some(Outcome::False),
            Self::Unreachable => Some(Outcome::True),
            Self::Buggify | Self::Sometimes | Self::Eventually | Self::Reachable => None,
        }
    }
}

/// What came of a mark when the program passed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Its condition was true, or it has none, or it struck.
    True,
    /// Its condition was false, or it did not strike.
    False,
}

impl From<bool> for Outcome {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// A mark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// The source file.
    pub file: Cow<'static, str>,
    /// Its line there.
    pub line: u32,
    /// Its column there.
    pub column: u32,
    /// What it says to a person.
    pub message: Cow<'static, str>,
    /// What it asks.
    pub asks: Asks,
}

impl Mark {
    /// Short and stable, for a run that fails by it: where the mark stands in its file may change.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{} in {}: {}", self.asks.word(), self.file, self.message)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, asks } = self;
        write!(f, "{}! at {file}:{line}:{column}: {message}", asks.word())
    }
}

/// What a run saw of a mark.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Whether it was true, and whether it was false, at least once.
    pub(crate) was_true: bool,
    pub(crate) was_false: bool,
    /// For a fault point: whether it is switched on in this run, once that was asked.
    pub(crate) armed: Option<bool>,
    /// For what must be true in the end: by host, what its programs last said of it, if it was false.
    pub(crate) unfulfilled: BTreeMap<HostId, String>,
}

impl Seen {
    /// Notes an outcome; says whether it is the first of its kind.
    pub(crate) fn is_first(&mut self, outcome: Outcome) -> bool {
        let was = match outcome {
            Outcome::True => &mut self.was_true,
            Outcome::False => &mut self.was_false,
        };
        !core::mem::replace(was, true)
    }
}

/// The marks that a run has passed: at most as many as its program has.
pub(crate) type Marks = BTreeMap<Mark, Seen>;
