//! What each thread has still to do, by an estimate of how much each does in all, and draws by that.
//!
//! Does not know of what: points, or touches of words. The clock takes part like a thread whose turns are spread evenly over the run.
//! Invariant: what a thread will do counts for the one that is to create it, until it exists, and every candidate has a weight of at
//! least 1, so that an estimate that is wrong makes nothing impossible.

use super::lengths::{Lengths, Row};
use crate::choice::Candidate;
use crate::seed::Draws;
use crate::thread::ThreadId;

/// What is known of a thread.
#[derive(Clone, Copy, Debug, Default)]
struct Walker {
    /// Its row in the estimate, if it has one.
    row: Option<usize>,
    /// What it had done when it was last seen.
    done: u64,
}

/// What is left to do.
#[derive(Debug)]
pub(super) struct Left {
    /// The clock's turns in the whole run.
    clock: u64,
    rows: Vec<Row>,
    /// By row: what it does, and all threads that it creates, and they.
    totals: Vec<u64>,
    /// By row: whether a thread has taken its place.
    created: Vec<bool>,
    threads: Vec<Walker>,
}

impl Left {
    /// Nobody has done anything of this yet, and time passes so often in the whole run.
    pub(super) fn new(lengths: &Lengths, clock: u64) -> Self {
        let rows: Vec<Row> = lengths.rows().collect();
        let mut totals: Vec<u64> = rows.iter().map(|row| row.points).collect();
        for (index, row) in rows.iter().enumerate().skip(1).rev() {
            totals[row.parent] += totals[index];
        }
        let created = vec![false; rows.len()];
        Self { clock, rows, totals, created, threads: Vec::new() }
    }

    /// A thread exists now, which the running one created.
    pub(super) fn spawned(&mut self, thread: ThreadId, running: ThreadId) {
        assert_eq!(thread.index(), self.threads.len(), "threads are announced in order");
        let row = match self.threads.get(running.index()) {
            // The first thread of all.
            None => (!self.rows.is_empty()).then_some(0),
            Some(parent) => parent.row.and_then(|parent| {
                (parent + 1..self.rows.len())
                    .find(|child| self.rows[*child].parent == parent && !self.created[*child])
            }),
        };
        if let Some(row) = row {
            self.created[row] = true;
        }
        self.threads.push(Walker { row, done: 0 });
    }

    /// A thread has done so much.
    pub(super) fn see(&mut self, thread: ThreadId, done: u64) {
        self.threads[thread.index()].done = done;
    }

    /// A thread has done one more.
    pub(super) fn count(&mut self, thread: ThreadId) {
        self.threads[thread.index()].done += 1;
    }

    /// What a thread has still to do, and what those that it has still to create will have to do.
    fn of(&self, thread: ThreadId) -> u64 {
        let Walker { row, done } = self.threads[thread.index()];
        let Some(row) = row else { return 0 };
        let to_create: u64 = (row + 1..self.rows.len())
            .filter(|child| self.rows[*child].parent == row && !self.created[*child])
            .map(|child| self.totals[child])
            .sum();
        self.rows[row].points.saturating_sub(done) + to_create
    }

    /// The clock's turns that are left, if they are spread over the run as the rest is.
    fn of_clock(&self) -> u64 {
        let total = self.totals.first().copied().unwrap_or(0);
        let left: u64 = (0..).map(ThreadId).take(self.threads.len()).map(|thread| self.of(thread)).sum();
        let turns = u128::from(self.clock) * u128::from(left) / u128::from(total.max(1));
        u64::try_from(turns).unwrap_or(u64::MAX)
    }

    /// How likely a candidate is to be drawn.
    pub(super) fn weight(&self, candidate: Candidate) -> u64 {
        match candidate {
            Candidate::Thread(thread) => self.of(thread).max(1),
            Candidate::Clock => self.of_clock().max(1),
        }
    }

    /// Draws one of the candidates that are wanted, if there are any: its place among all.
    pub(super) fn draw(
        &self,
        draws: &mut Draws,
        candidates: &[Candidate],
        is_wanted: impl Fn(Candidate) -> bool,
    ) -> Option<usize> {
        let weigh = |candidate: &Candidate| if is_wanted(*candidate) { self.weight(*candidate) } else { 0 };
        let weights: Vec<u64> = candidates.iter().map(weigh).collect();
        let total: u64 = weights.iter().sum();
        if total == 0 {
            return None;
        }
        let mut drawn = draws.below(total);
        weights.iter().position(|weight| {
            let is_it = drawn < *weight;
            drawn = drawn.saturating_sub(*weight);
            is_it
        })
    }
}
