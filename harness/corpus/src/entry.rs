//! What the corpus keeps of a failure, and what a sweep says of one.
//!
//! Does not know how it is stored. Invariant: an [`Example`] is enough to make its run again, in its own build by the trace, in
//! another one by seed and strategy.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One run that shows a failure, and everything needed to make it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The executable it was found with, by its content.
    pub build: String,
    /// The seed.
    pub seed: u64,
    /// The strategy, resolved.
    pub strategy: String,
    /// Processors the program was told it has.
    pub cores: u32,
    /// The operating system it was made to run on, if not its own.
    pub os: Option<String>,
    /// The heap it was made to use, if not its program's own choice.
    #[serde(default)]
    pub heap: Option<String>,
    /// What was asked of it besides, if not what its program asks for.
    #[serde(default)]
    pub oracles: Option<String>,
    /// The bounds of the run, as JSON.
    pub limits: String,
    /// Decisions that were not boring.
    pub decisions: u64,
    /// The trace file, as JSON; none if the run left more than was kept of it.
    pub trace: Option<String>,
}

/// Of two examples the lesser is the better one: it can be replayed, has few decisions, and an early seed, so that it does not
/// matter who is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Whether it has no trace.
    pub bare: bool,
    /// Decisions that were not boring.
    pub decisions: u64,
    /// The seed.
    pub seed: u64,
}

impl Example {
    /// How good an example it is.
    #[must_use]
    pub fn rank(&self) -> Rank {
        Rank { bare: self.trace.is_none(), decisions: self.decisions, seed: self.seed }
    }
}

/// A failing run, as whoever saw it tells the corpus.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "a function has no text")]
pub struct Sighting<'a> {
    /// The program: `scenario/variant`.
    pub program: &'a str,
    /// What failed, where and how.
    pub signature: &'a str,
    /// How good an example the run is.
    pub rank: Rank,
    /// The run, written out only if it is better than what is known: most are not, and a trace can be long.
    pub example: &'a dyn Fn() -> Example,
    /// When: milliseconds since 1970.
    pub now_ms: i64,
}

impl Sighting<'_> {
    /// The run, written out.
    pub(crate) fn example(&self) -> Example {
        let example = (self.example)();
        assert_eq!(example.rank(), self.rank, "the example is the run that was ranked");
        example
    }
}

/// Whether a failure is known to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its example failed when it was run last.
    Open,
    /// Its example did not show it when it was run last, and no other run has since.
    Fixed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Fixed => "fixed",
        })
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "fixed" => Ok(Self::Fixed),
            _ => Err(format!("a failure is open or fixed, not {text:?}")),
        }
    }
}

/// A failure that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, which no other entry of this corpus ever gets.
    pub id: i64,
    /// The program: `scenario/variant`.
    pub program: String,
    /// What failed, where and how.
    pub signature: String,
    /// Whether it shows.
    pub state: State,
    /// When it was seen first: milliseconds since 1970.
    pub first_seen_ms: i64,
    /// When it was seen last.
    pub last_seen_ms: i64,
    /// In how many runs of sweeps it was seen; running the example again does not count.
    pub times_seen: u64,
    /// The shrunk form, once there is one.
    pub shrunk: Option<String>,
    /// Of the runs that showed it, the one with the fewest decisions.
    #[serde(flatten)]
    pub example: Example,
}
