//! Uniform random walk: Zhao, Wolff, Mathur, Roychoudhury, ASPLOS 2025, without their selection of events.
//!
//! A thread goes next with a probability in proportion to the points it has still to pass, those of threads that it has still to create
//! counted in: then each interleaving of a program without blocking is as likely as any other, where a plain walk favours those that
//! end one thread early. The points are estimates from an earlier run and part of the strategy's name. Does not know what blocks.
//! Invariant: whoever can run can be drawn at each draw.

use super::aside::Aside;
use super::left::Left;
use super::lengths::Lengths;
use crate::choice::{Chooser, Divergence, Kind, Moment, Notice, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// A walk weighted by what is left to do.
#[derive(Debug)]
pub struct Urw {
    /// Mean points between two draws.
    gap: u64,
    left: Left,
    running: ThreadId,
    own_step: u64,
    schedule: Draws,
    aside: Aside,
}

impl Urw {
    /// Draws once in `gap` points on average (at each point, with 1, as in the paper) by these lengths; time passed `clock` times in
    /// the run that they are from.
    ///
    /// # Panics
    /// If `gap` is 0.
    #[must_use]
    pub fn new(seed: Seed, gap: u64, clock: u64, lengths: &Lengths) -> Self {
        assert!(gap > 0, "a walk cannot switch more often than at every point");
        Self {
            gap,
            left: Left::new(lengths, clock),
            running: ThreadId::MAIN,
            own_step: 0,
            schedule: Draws::new(seed, Stream::Schedule),
            aside: Aside::new(seed),
        }
    }
}

impl Chooser for Urw {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        self.left.see(at.thread, at.thread_points);
        self.running = at.thread;
        let quiet = self.schedule.below(2 * self.gap - 1);
        self.own_step = at.step + 1 + quiet;
        quiet
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        match question.kind {
            Kind::Preempt if question.at.step < self.own_step => Ok(0),
            Kind::Preempt | Kind::Next => {
                self.left.see(question.at.thread, question.at.thread_points);
                let drawn = self.left.draw(&mut self.schedule, question.candidates, |_| true);
                Ok(drawn.expect("a question has answers, and each a weight") as u64)
            }
            _ => Ok(self.aside.choose(question)),
        }
    }

    fn notice(&mut self, notice: Notice) {
        if let Notice::Spawned { thread, .. } = notice {
            self.left.spawned(thread, self.running);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::choice::Candidate;

    fn at(step: u64, thread: ThreadId, thread_points: u64) -> Moment {
        Moment { step, now_ns: 10 * step, thread, thread_points, pc: 0, word: 0 }
    }

    /// The order in which threads of these lengths pass their points when nothing blocks; the first creates the second at once, and
    /// the second the third before its second point.
    fn interleaving(seed: Seed, lengths: [u64; 3]) -> Vec<u32> {
        let text = format!("{},{}@0,{}@1", lengths[0], lengths[1], lengths[2]);
        let mut urw = Urw::new(seed, 1, 0, &text.parse().unwrap());
        urw.notice(Notice::Spawned { thread: ThreadId(0), parent: None });
        let mut left = BTreeMap::from([(ThreadId(0), lengths[0])]);
        let (mut running, mut order) = (ThreadId(0), Vec::new());
        let _ = urw.quiet_points(&at(0, running, 0));
        let passed = |left: &BTreeMap<ThreadId, u64>, thread: ThreadId| {
            lengths[thread.index()] - left.get(&thread).copied().unwrap_or(0)
        };
        while !left.is_empty() {
            let candidates: Vec<Candidate> = left.keys().copied().map(Candidate::Thread).collect();
            let step = order.len() as u64;
            let here = at(step, running, passed(&left, running));
            let (kind, bound) = (Kind::Next, candidates.len() as u64);
            let question = Question { kind, bound, at: here, nth: 0, candidates: &candidates, odds: None };
            let pick = usize::try_from(urw.choose(&question).unwrap()).unwrap();
            running = *left.keys().nth(pick).unwrap();
            order.push(running.0);
            let _ = urw.quiet_points(&at(step, running, passed(&left, running)));
            if passed(&left, running) == 0 && running.0 < 2 {
                let child = ThreadId(running.0 + 1);
                urw.notice(Notice::Spawned { thread: child, parent: None });
                left.insert(child, lengths[child.index()]);
            }
            *left.get_mut(&running).unwrap() -= 1;
            left.retain(|_, points| *points > 0);
        }
        order
    }

    #[test]
    fn every_interleaving_is_as_likely_as_any_other() {
        const RUNS: u64 = 30_000;
        let mut counts: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
        for seed in (0..RUNS).map(Seed) {
            *counts.entry(interleaving(seed, [3, 2, 2])).or_default() += 1;
        }
        // The hook length formula: 7! / (7 · 2 · 1 · 4 · 1 · 2 · 1).
        assert_eq!(counts.len(), 45);
        let even = RUNS / 45;
        assert!(counts.values().all(|count| count.abs_diff(even) < even / 5), "{counts:?}");
    }

    #[test]
    fn what_was_not_estimated_is_still_possible() {
        let mut urw = Urw::new(Seed(1), 1, 3, &"5,1000@0".parse().unwrap());
        (0..4).for_each(|id| urw.notice(Notice::Spawned { thread: ThreadId(id), parent: None }));
        let candidates = [0, 1, 2, 3].map(|id| Candidate::Thread(ThreadId(id)));
        let _ = urw.quiet_points(&at(0, ThreadId(0), 900));
        assert_eq!(candidates.map(|candidate| urw.left.weight(candidate)), [1, 1_000, 1, 1]);
        assert_eq!(urw.left.weight(Candidate::Clock), 2);
    }
}
