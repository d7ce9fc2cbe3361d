//! A sweep on disk: what was run, what was found, and how that stands beside what is expected and what is remembered.
//!
//! Holds, and does not interpret. Needs neither the corpus nor the programs that were run.
//!
//! Compatibility: that of [`crate::record`]. A reader takes a sweep of its own schema number and of lower ones; within one number
//! fields are only added, and those that it does not know are passed over.
//!
//! Reading order: [`SweepRecord`] (what is kept), [`curves`] (how fast each strategy found it), [`baseline`] (what is let pass),
//! [`sums`] (what is said first), [`mod@markdown`] and [`mod@html`] (how it is drawn).
//!
//! Invariant: whatever was written is read back equal.

pub mod baseline;
pub mod curves;
pub mod html;
pub mod markdown;
mod outcomes;
pub mod sums;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::complaint::Complaint;
pub use crate::record::Verdict;

/// The schema number of [`SweepRecord`].
pub const SCHEMA: u32 = 2;

/// What a file says that it is, so that nobody takes it for a run.
pub const WHAT: &str = "photofinish sweep report";

/// Everything that the report of a sweep draws.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepRecord {
    /// [`SCHEMA`].
    pub schema: u32,
    /// [`WHAT`].
    pub what: String,
    /// What was typed.
    pub command: String,
    /// Names the executable by its content; of several it is a hash of all of them.
    pub build: String,
    /// If there are several: each by its own content.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub builds: BTreeMap<String, String>,
    /// Where it was swept.
    pub machine: Machine,
    /// The strategy, as `--strategy` takes it.
    pub strategy: String,
    /// The first seed.
    pub from: u64,
    /// How many of each variant; nothing if the sweep had a time instead.
    pub seeds: Option<u64>,
    /// How long it took, in milliseconds, making failures small included.
    pub took_ms: u64,
    /// Whether it is whole.
    pub end: End,
    /// Sums over the variants: [`SweepRecord::sum_up`].
    pub totals: Totals,
    /// By program, in the order in which they were swept.
    pub variants: Vec<Variant>,
    /// By strategy family, all variants together: [`SweepRecord::sum_up`].
    pub curves: Vec<Curve>,
    /// Marks of the programs that no run came by, in words.
    pub missed: Vec<String>,
    /// The failures that are let pass for the time being, if there is such a list.
    pub baseline: Vec<baseline::Entry>,
}

/// Where a sweep ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// Processors that it could use.
    pub cores: u64,
    /// Runs at the same time.
    pub jobs: u64,
    /// Operating system and processor: `linux x86_64`.
    pub system: String,
}

/// How a sweep came to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Every run that was asked for was made.
    #[default]
    Whole,
    /// It was interrupted.
    Interrupted,
    /// It stopped at the first run that did not pass, as it was told to.
    AtFirst,
    /// It was run in shards, and some of them are missing.
    Part,
}

/// Sums over all variants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Programs that were swept.
    pub variants: u64,
    /// Of these: which did not do what is expected of them.
    pub broken: u64,
    /// Runs made.
    pub runs: u64,
    /// Runs that passed.
    pub passed: u64,
    /// Scheduling points passed.
    pub points: u64,
    /// Different failures that showed, each signature counted once for each program.
    pub failures: u64,
    /// Of these: which nobody had seen.
    pub fresh: u64,
    /// Of these: which had been fixed.
    pub back: u64,
    /// Of these: which the corpus knew.
    pub known: u64,
    /// Of these: which say something of the run and not of the program, and are not remembered.
    pub unjudged: u64,
    /// Failures that the corpus knew, and whose example does not show them any more.
    pub fixed: u64,
    /// Of the failures that showed: which nobody expects, and the baseline excuses.
    pub excused: u64,
}

/// One program, and what its runs showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variant {
    /// The scenario.
    pub scenario: String,
    /// Which of its programs.
    pub variant: String,
    /// What distinguishes it, in a sentence.
    pub about: String,
    /// What must and may show.
    pub expectation: Expectation,
    /// Whether it did.
    pub kept: Kept,
    /// What was not as expected.
    pub complaints: Vec<Complaint>,
    /// What is worth knowing and no complaint, in words.
    pub notes: Vec<String>,
    /// Of what must be found: what was not, in as many runs as it may take.
    pub missing: Vec<String>,
    /// Runs made.
    pub runs: u64,
    /// Runs that passed.
    pub passed: u64,
    /// Scheduling points passed.
    pub points: u64,
    /// Time that jobs spent on it, in milliseconds: two jobs for a second are two seconds.
    pub spent_ms: u64,
    /// Runs by strategy family.
    pub strategies: BTreeMap<String, u64>,
    /// What did not pass, and what the corpus knows of it.
    pub signatures: Vec<Signature>,
}

impl Variant {
    /// Its name on the command line.
    #[must_use]
    pub fn program(&self) -> String {
        format!("{}/{}", self.scenario, self.variant)
    }
}

/// What the runs of a variant must and may show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expectation {
    /// Signatures that must be found, exactly or by their beginning before a `*`, and within how many runs.
    pub must: Vec<(String, u64)>,
    /// Those that may be found besides.
    pub may: Vec<String>,
    /// Whether every run must fail.
    pub always: bool,
}

/// Whether a variant did what is expected of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// It did, as far as it was swept.
    #[default]
    Yes,
    /// It did not.
    No,
    /// It ran on another system than its expectation is about, or not at all.
    Unjudged,
}

/// A way in which a variant's runs failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signature {
    /// Its words.
    pub signature: String,
    /// What such runs mean.
    pub verdict: Verdict,
    /// Whether it is expected.
    pub expected: Expected,
    /// Why it is let pass, if it is not expected and is let pass.
    pub excuse: Option<baseline::Excuse>,
    /// Whether it was known.
    pub news: News,
    /// Its number in the corpus, if it is there.
    pub corpus: Option<i64>,
    /// In how many of the sweep's runs. None at all if only the corpus has an example.
    pub runs: u64,
    /// The least seed that shows it.
    pub first_seed: Option<u64>,
    /// That seed's number among the variant's, from 1: after so many runs it was found.
    pub first_after: Option<u64>,
    /// By strategy family.
    pub strategies: BTreeMap<String, Share>,
    /// Decisions of the shortest run that was found.
    pub decisions: Option<u64>,
    /// The failure made small.
    pub small: Option<Small>,
    /// What else is known of it, line by line: where equal runs differ, or what the corpus's example did instead.
    pub detail: Vec<String>,
    /// What to type to see it again.
    pub replay: Option<String>,
    /// The file that tells of it alone, by its path from the report's own folder.
    pub report: Option<String>,
}

/// Whether a signature is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// It must be found.
    Must,
    /// It may be found.
    May,
    /// It may not.
    #[default]
    No,
}

/// What the corpus, as it was before the sweep, says of a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    /// Nothing: nobody has seen it.
    New,
    /// It had been fixed, and shows again.
    Back,
    /// The runs mean nothing for the program; such things are not kept.
    #[default]
    Unjudged,
    /// It is known, and still shows.
    Known,
    /// It showed before, and its example does not show it any more.
    Fixed,
}

/// What a strategy family had of a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Share {
    /// In how many of its runs.
    pub runs: u64,
    /// The number of the first of them among its runs of this variant.
    pub first_after: u64,
}

/// A failure made small.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Small {
    /// The token.
    pub token: String,
    /// Decisions that it names; nothing if it cannot be read.
    pub decisions: Option<u64>,
    /// The two operations whose order decides, in a line.
    pub pair: Option<String>,
}

/// How many different failures were found within so many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Curve {
    /// The strategy family.
    pub strategy: String,
    /// Runs of it, of the variant that had most.
    pub runs: u64,
    /// After so many runs of each variant, so many had been found: both grow.
    pub points: Vec<(u64, u64)>,
}
