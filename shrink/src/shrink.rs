//! The rounds: which pass is run when, and until nothing helps.
//!
//! Does not know what a pass does. Invariant: a round in which something got simpler is followed by another, unless the budget is used up; and
//! since getting simpler comes to an end, so does this.

use crate::cost::Cost;
use crate::edit::undone;
use crate::judge::{Budget, Judge, Kept};
use crate::passes::{self, Pass};
use crate::search::{Effort, Over, Search};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The simplest run that was found to fail in the same way.
    pub best: Kept,
    /// What it took.
    pub stats: Stats,
    /// Whether every decision of it is needed.
    pub minimal: Minimal,
}

/// Whether every decision of the simplest run is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minimal {
    /// Each single one was undone, and the failure was lost.
    Proved,
    /// That is not known.
    NotProved(Why),
}

/// Why it is not known whether every decision is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There were not enough runs.
    Budget,
    /// The judge stopped.
    Stopped,
    /// Undoing one gave a run that fails and is no simpler, which no deterministic judge says.
    Unsteady,
}

/// What it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Runs whose answer was used.
    pub runs: u64,
    /// Runs that were asked for beside others and then not needed.
    pub spare_runs: u64,
    /// How often all passes were gone through.
    pub rounds: u64,
    /// By pass, in the order in which they are run.
    pub passes: Vec<PassStats>,
    /// Of the run that was to be made simpler.
    pub before: Cost,
    /// Of the simplest run found.
    pub after: Cost,
}

/// What one pass did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassStats {
    /// Its name.
    pub name: &'static str,
    /// Runs whose answer it used.
    pub tried: u64,
    /// Those that were simpler.
    pub kept: u64,
}

/// A pass and what it did.
struct Row {
    pass: Pass,
    stats: PassStats,
    /// How often in a row it found nothing.
    idle: u64,
}

/// A pass that found nothing so often in a row waits until the others find nothing, either.
const IDLE_MAX: u64 = 2;

/// Makes a failing run simpler, as far as the budget and the judge allow.
pub fn shrink(failing: Kept, judge: &mut dyn Judge, budget: Budget) -> Shrunk {
    let mut search = Search::new(failing, judge, budget);
    let before = search.cost().clone();
    let proof = Pass { name: "proof", run: undo_each };
    let mut rows: Vec<Row> =
        passes::ALL.iter().chain([&proof]).chain(passes::LAST).copied().map(Row::new).collect();
    let mut rounds = 0;
    let minimal = match all_rounds(&mut search, &mut rows, &mut rounds) {
        Ok(minimal) => minimal,
        Err(Over::Budget) => Minimal::NotProved(Why::Budget),
        Err(Over::Stopped) => Minimal::NotProved(Why::Stopped),
    };
    let counts = search.counts();
    let (best, after) = search.into_best();
    let passes = rows.into_iter().map(|row| row.stats).collect();
    let (runs, spare_runs) = (counts.runs, counts.asked - counts.runs);
    Shrunk { best, stats: Stats { runs, spare_runs, rounds, passes, before, after }, minimal }
}

impl Row {
    fn new(pass: Pass) -> Self {
        Self { pass, stats: PassStats { name: pass.name, tried: 0, kept: 0 }, idle: 0 }
    }

    /// Runs the pass; whether it found something.
    fn run(&mut self, search: &mut Search<'_>, effort: Effort) -> Result<bool, Over> {
        let before = search.counts();
        search.begin(effort);
        let result = (self.pass.run)(search);
        let after = search.counts();
        self.stats.tried += after.runs - before.runs;
        self.stats.kept += after.kept - before.kept;
        let helped = after.kept > before.kept;
        self.idle = if helped { 0 } else { self.idle + 1 };
        result.map(|()| helped)
    }
}

/// Goes through the passes until none of them helps, and tells whether the result is minimal.
fn all_rounds(search: &mut Search<'_>, rows: &mut [Row], rounds: &mut u64) -> Result<Minimal, Over> {
    let mut effort = Effort::Quick;
    loop {
        *rounds += 1;
        let (passes, rest) = rows.split_at_mut(passes::ALL.len());
        let [proof, last @ ..] = rest else { unreachable!("it is there") };
        let mut helped = false;
        for row in passes.iter_mut().filter(|row| effort == Effort::Full || row.idle < IDLE_MAX) {
            helped |= row.run(search, effort)?;
        }
        effort = match effort {
            _ if helped => Effort::Quick,
            Effort::Quick => Effort::Full,
            Effort::Full if proof.run(search, Effort::Full)? => Effort::Quick,
            Effort::Full => {
                let minimal = verdict(search);
                // It is over in the midst of what found nothing: what was proved of the simplest run stands.
                match helps(search, last) {
                    Ok(true) => Effort::Quick,
                    Ok(false) | Err(_) => return Ok(minimal),
                }
            }
        };
    }
}

/// Goes through passes up to the first that helps.
fn helps(search: &mut Search<'_>, rows: &mut [Row]) -> Result<bool, Over> {
    for row in rows {
        if row.run(search, Effort::Full)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The pass that ends it: each decision alone is undone.
fn undo_each(search: &mut Search<'_>) -> Result<(), Over> {
    let plan = search.plan().clone();
    search.first((0..plan.decisions.len()).rev().map(|index| undone(&plan, index))).map(|_| ())
}

/// After each decision was undone and no run was simpler.
fn verdict(search: &Search<'_>) -> Minimal {
    let plan = search.plan();
    match (0..plan.decisions.len()).any(|index| search.fails(&undone(plan, index))) {
        true => Minimal::NotProved(Why::Unsteady),
        false => Minimal::Proved,
    }
}
