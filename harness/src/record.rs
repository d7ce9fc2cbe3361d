//! A run as one JSON object, for scripts.
//!
//! Does not judge. Invariant: the fields that `--json` documents keep their names and meanings within one schema number; an
//! old reader may meet new fields.

use photofinish_sim::chooser::Strategy;
use photofinish_sim::oracle::Left;
use photofinish_sim::seed::Seed;
use serde::{Deserialize, Serialize};

use crate::client::Run;
use crate::guard::Difference;
use crate::marks::Marks;
use crate::traced;
use crate::verdict::{Judgement, Verdict};

/// The schema number of [`Record`].
pub const SCHEMA: u32 = 1;

/// What `cargo xtask sim --json` prints for each run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The scenario.
    pub scenario: String,
    /// The variant.
    pub variant: String,
    /// The seed.
    pub seed: u64,
    /// The strategy that the seed drew, or that was asked for; it can be given to `--strategy`.
    pub strategy: String,
    /// What the run means.
    pub verdict: Verdict,
    /// How it failed; null for a pass.
    pub signature: Option<String>,
    /// How it ended.
    pub ending: String,
    /// For a person.
    pub detail: String,
    /// Scheduling points passed.
    pub points: u64,
    /// Changes of the running thread.
    pub switches: u64,
    /// Decisions that were not boring.
    pub decisions: u64,
    /// Virtual nanoseconds that passed.
    pub virtual_ns: u64,
    /// Of these, how many passed while threads that could run were descheduled.
    pub stalled_ns: u64,
    /// Threads created, the main thread included.
    pub threads: u64,
    /// 16 hexadecimal digits over all events: equal for equal runs.
    pub events_hash: String,
    /// The marks that the program passed; left out if there are none.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
    /// What the program left behind when its main function returned, if that was looked at; left out if there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// What the program traced last before it failed, a line each, if its events were kept.
    #[serde(default)]
    pub traced: Vec<String>,
    /// If the same run made again was another: where and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

impl Record {
    /// Puts a run and its judgement together.
    #[must_use]
    pub fn new(program: &str, seed: Seed, strategy: Strategy, run: &Run, judgement: &Judgement) -> Self {
        let (scenario, variant) = program.split_once('/').unwrap_or((program, ""));
        Self {
            schema: SCHEMA,
            scenario: scenario.to_owned(),
            variant: variant.to_owned(),
            seed: seed.0,
            strategy: strategy.to_string(),
            verdict: judgement.verdict,
            signature: judgement.signature.clone(),
            ending: run.ending.word().to_owned(),
            detail: judgement.detail.clone(),
            points: run.figures.points,
            switches: run.figures.switches,
            decisions: run.trace.picks.len() as u64,
            virtual_ns: run.figures.virtual_ns,
            stalled_ns: run.figures.stalled_ns,
            threads: run.figures.threads,
            events_hash: format!("{:016x}", run.figures.events_hash),
            marks: Marks::of(run),
            left: run.left.clone(),
            traced: traced::last(&run.events).lines,
            difference: None,
        }
    }
}
