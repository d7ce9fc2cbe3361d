//! What a variant's runs have shown so far, put together in the order of seeds.
//!
//! Does not make runs or print. Invariant: what is gathered depends on the seeds that were run, not on who ran them or when.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use photofinish::sweep::{Over, Tally};
use photofinish::tracefile::TraceFile;
use photofinish::verdict::Verdict;
use photofinish_corpus::Rank;
use serde::{Deserialize, Serialize};

/// A run that shows a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shown {
    /// What it means.
    pub(super) verdict: Verdict,
    /// The run.
    pub(super) file: TraceFile,
    /// Whether its trace is whole.
    pub(super) trace: Extent,
}

/// How much was kept of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// A beginning: it cannot be replayed.
    Beginning,
}

impl Shown {
    /// Decisions that were not boring.
    pub(super) fn decisions(&self) -> u64 {
        self.file.trace.picks.len() as u64
    }

    /// How good an example it is.
    pub(super) fn rank(&self) -> Rank {
        Rank { bare: self.trace == Extent::Beginning, decisions: self.decisions(), seed: self.file.seed.0 }
    }
}

/// What consecutive seeds of a variant have shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// Counted.
    pub(super) tally: Tally,
    /// By signature: the best example.
    pub(super) shown: BTreeMap<String, Shown>,
}

impl Part {
    /// Keeps a run if it is the best example so far.
    pub(super) fn show(&mut self, signature: &str, shown: Shown) {
        match self.shown.get_mut(signature) {
            Some(before) if before.rank() <= shown.rank() => {}
            Some(before) => *before = shown,
            None => {
                self.shown.insert(signature.to_owned(), shown);
            }
        }
    }

    /// Adds what seeds have shown that come after ours.
    pub(super) fn merge(&mut self, later: Self) {
        self.tally.merge(later.tally);
        for (signature, shown) in later.shown {
            self.show(&signature, shown);
        }
    }
}

/// What a variant's runs have shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    /// Of all seeds up to the first that is missing.
    pub(super) part: Part,
    /// From when its first part was begun to when its last one was done.
    pub(super) took: Duration,
    /// What jobs spent on it together.
    pub(super) spent: Duration,
    /// By their first seed: parts after one that is missing.
    waiting: BTreeMap<u64, Part>,
    next: u64,
    /// When its first part was begun.
    began: Option<Instant>,
    /// If they are not all the seeds from the sweep's first on: which.
    pub(super) over: Option<Over>,
}

impl Gathered {
    /// Adds a part that begins with a seed, counted from the sweep's first. `began` is when.
    pub(super) fn put(&mut self, begin: u64, part: Part, began: Instant) {
        let first = self.began.map_or(began, |first| first.min(began));
        let ended = Instant::now();
        self.began = Some(first);
        self.took = ended.duration_since(first);
        self.spent += ended.duration_since(began);
        self.waiting.insert(begin, part);
        while let Some(part) = self.waiting.remove(&self.next) {
            self.next += part.tally.runs;
            if part.tally.runs == 0 {
                break;
            }
            self.part.merge(part);
        }
    }

    /// Adds what came after seeds that will not be run, but nothing from `end` on.
    pub(super) fn finish(&mut self, end: Option<u64>) {
        for (begin, part) in std::mem::take(&mut self.waiting) {
            if end.is_none_or(|end| begin < end) {
                self.part.merge(part);
            }
        }
    }

    /// Whether every one of so many seeds has been run.
    pub(super) fn is_whole(&self, seeds: u64) -> bool {
        self.next == seeds
    }
}

#[cfg(test)]
mod tests {
    use photofinish::client::Request;
    use photofinish::sim::seed::Seed;
    use photofinish::sim::trace::Trace;

    use super::*;

    fn shown(decisions: usize, seed: u64, extent: Extent) -> Shown {
        let pick = serde_json::from_value(serde_json::json!({
            "thread": 0, "kind": "Preempt", "nth": 0, "step": 1, "thread_points": 1, "pc": 0, "bound": 2, "pick": 1,
        }));
        let pick = pick.expect("a pick");
        let Request { program, strategy, cores, os, heap, oracles, preempt, limits, .. } =
            Request::new("s/v", Seed(seed));
        let trace = Trace { picks: vec![pick; decisions], ..Trace::default() };
        let file = TraceFile {
            schema: 0,
            what: String::new(),
            program,
            build: String::new(),
            seed: Seed(seed),
            strategy,
            cores,
            os,
            heap,
            oracles,
            preempt,
            limits,
            events_hash: 0,
            trace,
        };
        Shown { verdict: Verdict::Fail, file, trace: extent }
    }

    /// Seeds from `begin` on, of which the first shows a signature in so many decisions.
    fn part(begin: u64, runs: u64, decisions: usize) -> Part {
        let mut part = Part::default();
        part.tally.runs = runs;
        part.tally.passed = begin;
        part.show("lost", shown(decisions, begin, Extent::Whole));
        part
    }

    fn example(gathered: &Gathered) -> (u64, u64) {
        let shown = &gathered.part.shown["lost"];
        (shown.file.seed.0, shown.decisions())
    }

    #[test]
    fn whole_short_and_early_runs_are_better_examples() {
        let mut part = Part::default();
        for (decisions, seed, extent, kept) in [
            (1, 9, Extent::Beginning, 9),
            (7, 8, Extent::Whole, 8),
            (7, 10, Extent::Whole, 8),
            (7, 5, Extent::Whole, 5),
            (3, 20, Extent::Whole, 20),
            (2, 1, Extent::Beginning, 20),
        ] {
            part.show("lost", shown(decisions, seed, extent));
            assert_eq!(part.shown["lost"].file.seed.0, kept);
        }
    }

    #[test]
    fn parts_are_put_together_in_the_order_of_seeds() {
        let now = Instant::now();
        let mut gathered = Gathered::default();
        gathered.put(16, part(16, 16, 4), now);
        gathered.put(40, part(40, 3, 1), now);
        assert_eq!((gathered.part.tally.runs, gathered.is_whole(0)), (0, true));
        gathered.put(0, part(0, 16, 5), now);
        assert_eq!((gathered.part.tally.runs, example(&gathered)), (32, (16, 4)));
        assert!(gathered.is_whole(32) && !gathered.is_whole(48));
        let mut stopped = gathered.clone();
        stopped.finish(Some(35));
        assert_eq!(
            (stopped.part.tally.runs, example(&stopped)),
            (32, (16, 4)),
            "what came after the end is left out"
        );
        gathered.finish(None);
        assert_eq!((gathered.part.tally.runs, example(&gathered)), (35, (40, 1)));
    }
}
