//! What a variant's runs have shown so far, put together in the order of seeds.
//!
//! Does not make runs or print. Invariant: what is gathered depends on the seeds that were run, not on who ran them or when.

use std::collections::BTreeMap;
use std::time::Instant;

use photofinish::sweep::Tally;
use photofinish::tracefile::TraceFile;
use photofinish::verdict::Verdict;

/// A run that shows a signature.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// What it means.
    pub(super) verdict: Verdict,
    /// The run.
    pub(super) file: TraceFile,
    /// Whether its trace is whole.
    pub(super) trace: Extent,
}

/// How much was kept of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// The lesser of two is the better example: whole, few decisions, an early seed.
    fn rank(&self) -> (bool, u64, u64) {
        (self.trace == Extent::Beginning, self.decisions(), self.file.seed.0)
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

    fn merge(&mut self, later: Self) {
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
    /// When its first part was begun, and its last one done.
    pub(super) during: Option<(Instant, Instant)>,
    /// By their first seed: parts after one that is missing.
    waiting: BTreeMap<u64, Part>,
    next: u64,
}

impl Gathered {
    /// Adds a part that begins with a seed, counted from the sweep's first. `began` is when.
    pub(super) fn put(&mut self, begin: u64, part: Part, began: Instant) {
        let first = self.during.map_or(began, |(first, _)| first.min(began));
        self.during = Some((first, Instant::now()));
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
