//! The marks of programs under test: listened to in the executable, counted in a sweep.
//!
//! Does not judge (that is [`crate::verdict`]). Invariant: the counts of a set of runs do not depend on their order.

use std::collections::BTreeSet;
use std::fmt;

use photofinish_boundary::marks::of;
use photofinish_marks::Hooks;
use photofinish_sim::choice::Odds;
use photofinish_sim::event::Event;
use photofinish_sim::mark::{Asks, Mark, Outcome};
use serde::{Deserialize, Serialize};

use crate::client::Run;

/// Listens to the marks of this executable from here on.
pub(crate) fn listen() {
    let hooks = Hooks {
        buggify: |site, odds| {
            let odds = Odds { strikes: odds.strikes, of: odds.of };
            photofinish_boundary::marks::buggify(&of(site), odds)
        },
        choose: photofinish_boundary::marks::choose,
        passed: |site, value, detail| {
            // What the program says of itself is its own code, and runs as such.
            let detail = detail.map(|detail| detail.to_string()).unwrap_or_default();
            photofinish_boundary::marks::passed(&of(site), value.into(), &detail);
        },
    };
    assert!(photofinish_marks::install(hooks).is_ok(), "an executable begins to serve once");
}

/// A mark, and in how many runs it was what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// The mark.
    #[serde(flatten)]
    pub mark: Mark,
    /// Runs in which the program came by.
    pub runs: u64,
    /// Runs in which it was true at least once.
    pub were_true: u64,
    /// Runs in which it was false at least once.
    pub were_false: u64,
    /// Runs that returned and in which its last time was false; of `eventually!` alone.
    pub unfulfilled: u64,
}

impl Passed {
    fn of(mark: &Mark) -> Self {
        Self { mark: mark.clone(), runs: 0, were_true: 0, were_false: 0, unfulfilled: 0 }
    }

    /// What is wrong with it after a sweep, in a word or two.
    #[must_use]
    pub fn wrong(&self) -> Option<&'static str> {
        match self.mark.asks {
            Asks::Always if self.were_false > 0 => Some("FALSE"),
            Asks::Sometimes if self.were_true == 0 => Some("NEVER TRUE"),
            Asks::Eventually if self.unfulfilled > 0 => Some("FALSE IN THE END"),
            Asks::Reachable if self.runs == 0 => Some("NEVER REACHED"),
            Asks::Unreachable if self.runs > 0 => Some("REACHED"),
            _ => None,
        }
    }
}

impl Passed {
    /// What it was in a single run.
    #[must_use]
    pub fn once(&self) -> &'static str {
        match (self.mark.asks, self.were_true > 0, self.were_false > 0) {
            (Asks::Buggify, true, _) => "struck",
            (Asks::Buggify, false, _) => "did not strike",
            (Asks::Reachable | Asks::Unreachable, ..) => "reached",
            (Asks::Eventually, ..) if self.unfulfilled > 0 => "false in the end",
            (_, true, true) => "true and false",
            (_, true, false) => "true",
            (_, false, _) => "false",
        }
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mark, runs, were_true, were_false, unfulfilled } = self;
        match mark.asks {
            Asks::Buggify => write!(f, "struck in {were_true} of {runs} runs that came by")?,
            Asks::Reachable | Asks::Unreachable => write!(f, "reached in {runs} runs")?,
            Asks::Eventually => write!(f, "false in the end in {unfulfilled} of {runs} runs that came by")?,
            Asks::Always => write!(f, "false in {were_false} of {runs} runs that came by")?,
            Asks::Sometimes => write!(f, "true in {were_true} of {runs} runs that came by")?,
        }
        match self.wrong() {
            Some(wrong) => write!(f, ", {wrong}: {mark}"),
            None => write!(f, ": {mark}"),
        }
    }
}

/// Marks with their counts, by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(Vec<Passed>);

impl Marks {
    /// What one run passed.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let mut marks = Self::default();
        for (_, event) in &run.events {
            match event {
                Event::Marked { mark, outcome, .. } => {
                    let passed = marks.entry(mark);
                    passed.runs = 1;
                    match outcome {
                        Outcome::True => passed.were_true = 1,
                        Outcome::False => passed.were_false = 1,
                    }
                }
                Event::Unfulfilled { mark, .. } => marks.entry(mark).unfulfilled = 1,
                _ => {}
            }
        }
        marks
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: Self) {
        for more in other.0 {
            let passed = self.entry(&more.mark);
            passed.runs += more.runs;
            passed.were_true += more.were_true;
            passed.were_false += more.were_false;
            passed.unfulfilled += more.unfulfilled;
        }
    }

    /// Of the marks that there are, those that no run came by and one should, as far as runs came by their file at all.
    #[must_use]
    pub fn missed<'a>(&self, known: &'a [Mark]) -> Vec<&'a Mark> {
        let files: BTreeSet<&str> = self.0.iter().map(|passed| &*passed.mark.file).collect();
        let is_missed = |mark: &&Mark| {
            mark.asks != Asks::Unreachable
                && files.contains(&*mark.file)
                && self.0.binary_search_by(|passed| passed.mark.cmp(mark)).is_err()
        };
        known.iter().filter(is_missed).collect()
    }

    /// By place in the source.
    pub fn iter(&self) -> impl Iterator<Item = &Passed> {
        self.0.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn entry(&mut self, mark: &Mark) -> &mut Passed {
        let at = self.0.binary_search_by(|passed| passed.mark.cmp(mark)).unwrap_or_else(|at| {
            self.0.insert(at, Passed::of(mark));
            at
        });
        &mut self.0[at]
    }
}
