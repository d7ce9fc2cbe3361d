//! What a simulator has to run, what it is asked for, and what it answers.
//!
//! Does not know how either crosses to another process. Invariant: an answer holds nothing that differs between equal runs, unless the
//! simulation does.

use std::time::Duration;

use photofinish_frames::Check;

/// Something to run.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Its name, as whoever asks spells it.
    pub name: &'static str,
    /// Makes the run that is asked for. A panic is a failure, named after where it happened.
    pub run: fn(&Asked) -> Outcome,
}

/// A run that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Everything random must follow from it.
    pub seed: u64,
    /// The configuration, in the simulator's own words; empty for its usual one.
    pub config: String,
    /// Whether the simulator is to look by itself whether the run repeats, if it can.
    pub check: Check,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub(crate) shown: Shown,
    pub(crate) trace: u64,
    pub(crate) took: Duration,
}

/// What a run has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Passed,
    Failed { signature: String, detail: String },
    Differed { detail: String },
}

impl Outcome {
    /// It did what it should.
    #[must_use]
    pub fn passed() -> Self {
        Self { shown: Shown::Passed, trace: 0, took: Duration::ZERO }
    }

    /// It did not: a signature that is the same whenever the same goes wrong, and what a person wants to know besides.
    #[must_use]
    pub fn failed(signature: impl Into<String>, detail: impl Into<String>) -> Self {
        let shown = Shown::Failed { signature: signature.into(), detail: detail.into() };
        Self { shown, ..Self::passed() }
    }

    /// The simulator itself has seen that equal runs differ.
    #[must_use]
    pub fn differed(detail: impl Into<String>) -> Self {
        Self { shown: Shown::Differed { detail: detail.into() }, ..Self::passed() }
    }

    /// A number that follows from all that the run did, such as a hash over its messages: equal runs must have equal ones, and runs of
    /// other seeds mostly others.
    #[must_use]
    pub fn traced(self, trace: u64) -> Self {
        Self { trace, ..self }
    }

    /// How much simulated time passed.
    #[must_use]
    pub fn took(self, took: Duration) -> Self {
        Self { took, ..self }
    }
}
