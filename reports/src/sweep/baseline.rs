//! The baseline: failures that are known and not fixed, and that somebody has decided to live with for the time being.
//!
//! Holds, and does not decide whom it excuses. Invariant: an entry says why and since when, and stays in the list until somebody takes it out.

use std::fmt::{Result, Write};

use serde::{Deserialize, Serialize};

use super::SweepRecord;
use super::sums::counted;
use crate::markdown::code;

/// Why a failure that nobody expects is let pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Excuse {
    /// In words.
    pub why: String,
    /// The day from which on: `2026-11-22`.
    pub since: String,
}

/// An entry of the baseline, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// The program that it is about, or a scenario, which is all of its programs.
    pub program: String,
    /// The signature; a `*` at its end stands for anything.
    pub signature: String,
    /// Why, and since when.
    #[serde(flatten)]
    pub excuse: Excuse,
    /// What came of it.
    pub came: Came,
    /// Runs of the programs that it is about.
    pub runs: u64,
}

/// What came of an entry of the baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// It still shows.
    Shows,
    /// The run that the corpus had of it does not fail so any more, and no other run did.
    Fixed,
    /// No run showed it, and the corpus has none to make again.
    Unseen,
    /// None of its programs was run.
    #[default]
    Unswept,
}

impl Entry {
    /// What is to be said of it, if it is not simply there.
    #[must_use]
    pub fn news(&self) -> Option<String> {
        match self.came {
            Came::Fixed => Some(String::from("fixed: take it out of the baseline")),
            Came::Unseen => {
                let runs = counted(self.runs, "run");
                Some(format!("not seen in {runs}: if it is fixed, take it out of the baseline"))
            }
            Came::Shows | Came::Unswept => None,
        }
    }
}

/// Writes which failures were excused, and which excuses are not needed.
///
/// # Errors
/// Those of `out`.
pub(super) fn markdown(record: &SweepRecord, out: &mut impl Write) -> Result {
    let told: Vec<&Entry> = record.baseline.iter().filter(|entry| entry.came != Came::Unswept).collect();
    if told.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Baseline\n")?;
    for entry in told {
        let Entry { program, signature, excuse: Excuse { why, since }, .. } = entry;
        writeln!(out, "- {}: {}, since {}: {}", code(program), code(signature), code(since), code(why))?;
        if let Some(news) = entry.news() {
            writeln!(out, "  <br>**{news}**")?;
        }
    }
    Ok(())
}
