//! What we find of one row, as a line of JSON.
//!
//! Does not know how it was found out. Invariant: a line that was written is read as the same figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::commands::compare::figures::Measured;

/// What we find of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Figures {
    /// The scenario's name.
    pub(super) row: String,
    /// The version with the bug.
    pub(super) buggy: Measured,
    /// Which families of strategies made the first findings, and how many of them.
    pub(super) by: BTreeMap<String, u64>,
    /// Failures on the way that are not the row's, by signature.
    pub(super) others: BTreeMap<String, u64>,
    /// The first finding, made small.
    pub(super) small: Option<Smallest>,
    /// The version without.
    pub(super) mended: Mended,
}

/// A finding made small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Smallest {
    /// How it fails.
    pub(super) signature: String,
    /// Decisions that are left.
    pub(super) decisions: u64,
    /// Of them, threads that are stopped while they could go on.
    pub(super) preemptions: u64,
    /// Of them, threads that are held up.
    pub(super) stalls: u64,
    /// What to type to see it.
    pub(super) token: Option<String>,
    /// The operations whose order decides, the one that came first and the one that should have.
    pub(super) window: Option<(String, String)>,
}

/// What the version without the bug shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mended {
    /// Runs that were made.
    pub(super) runs: u64,
    /// What failed among them: the signature and the first seed.
    pub(super) failures: BTreeMap<String, u64>,
    /// The same of what the mend is known to have left, and in how many runs it showed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) known: BTreeMap<String, Known>,
}

/// A failure that the version without the bug is known for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// The first seed that shows it.
    pub(super) first: u64,
    /// How many do.
    pub(super) runs: u64,
}

impl Figures {
    /// Whether half the ranges found it.
    #[must_use]
    pub(super) fn is_found(&self) -> bool {
        self.buggy.runs_median().is_some()
    }

    /// Whether nothing failed in the version without the bug but what it is known for.
    #[must_use]
    pub(super) fn is_mended(&self) -> bool {
        self.mended.failures.is_empty()
    }

    /// Whether nothing failed in the version without the bug.
    #[must_use]
    pub(super) fn is_clean(&self) -> bool {
        self.is_mended() && self.mended.known.is_empty()
    }
}
