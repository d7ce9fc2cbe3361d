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
    /// By row: the totals of those that it has still to create.
    to_create: Vec<u64>,
    /// By row: whether a thread has taken its place.
    created: Vec<bool>,
    threads: Vec<Walker>,
    /// What all threads that exist have left: kept, for the clock asks at each draw, and one thread at a time does anything.
    sum: u64,
    /// Where the weights of a draw lie, kept for the room.
    weights: Vec<u64>,
}

impl Left {
    /// Nobody has done anything of this yet, and time passes so often in the whole run.
    pub(super) fn new(lengths: &Lengths, clock: u64) -> Self {
        let rows: Vec<Row> = lengths.rows().collect();
        let mut totals: Vec<u64> = rows.iter().map(|row| row.points).collect();
        for (index, row) in rows.iter().enumerate().skip(1).rev() {
            totals[row.parent] += totals[index];
        }
        let mut to_create = vec![0; rows.len()];
        for (index, row) in rows.iter().enumerate().skip(1) {
            to_create[row.parent] += totals[index];
        }
        let created = vec![false; rows.len()];
        let (threads, weights) = (Vec::new(), Vec::new());
        Self { clock, rows, totals, to_create, created, threads, sum: 0, weights }
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
            if row > 0 {
                // No longer what its parent has to create, but what itself has to do.
                let total = self.totals[row];
                self.to_create[self.rows[row].parent] -= total;
                self.sum -= total;
            }
        }
        self.threads.push(Walker { row, done: 0 });
        self.sum += self.of(thread);
    }

    /// A thread has done so much.
    pub(super) fn see(&mut self, thread: ThreadId, done: u64) {
        let before = self.of(thread);
        self.threads[thread.index()].done = done;
        self.sum = self.sum - before + self.of(thread);
    }

    /// A thread has done one more.
    pub(super) fn count(&mut self, thread: ThreadId) {
        self.see(thread, self.threads[thread.index()].done + 1);
    }

    /// What a thread has still to do, and what those that it has still to create will have to do.
    fn of(&self, thread: ThreadId) -> u64 {
        let Walker { row, done } = self.threads[thread.index()];
        let Some(row) = row else { return 0 };
        self.rows[row].points.saturating_sub(done) + self.to_create[row]
    }

    /// The clock's turns that are left, if they are spread over the run as the rest is.
    fn of_clock(&self) -> u64 {
        let total = self.totals.first().copied().unwrap_or(0);
        let turns = u128::from(self.clock) * u128::from(self.sum) / u128::from(total.max(1));
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
        &mut self,
        draws: &mut Draws,
        candidates: &[Candidate],
        is_wanted: impl Fn(Candidate) -> bool,
    ) -> Option<usize> {
        let mut weights = core::mem::take(&mut self.weights);
        weights.clear();
        weights.extend(candidates.iter().map(|it| if is_wanted(*it) { self.weight(*it) } else { 0 }));
        let drawn = place(draws, &weights);
        self.weights = weights;
        drawn
    }
}

/// Draws a place by these weights, if there are any.
fn place(draws: &mut Draws, weights: &[u64]) -> Option<usize> {
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
