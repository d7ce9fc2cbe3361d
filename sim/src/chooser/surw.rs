//! Selectively uniform random walk: Zhao, Wolff, Mathur, Roychoudhury, ASPLOS 2025, over the touches of a few words.
//!
//! A thread that is about to touch one waits unless it is the one that is meant to be next, and that one is drawn in proportion to
//! the touches that each has still to make: each order of the touches is then about as likely as any other, however much each thread
//! does besides. Between touches nobody is preempted. The touches are estimates from an earlier run.
//! Does not know what blocks, nor why these words. Invariant: when only threads can run that stand before a touch, one of them goes on.

use super::aside::Aside;
use super::left::Left;
use super::lengths::Lengths;
use super::touches::Touches;
use super::words::Words;
use crate::choice::{Candidate, Chooser, Divergence, Kind, Moment, Notice, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// A walk over the touches of a few words.
#[derive(Debug)]
pub struct Surw {
    touches: Touches,
    left: Left,
    /// Whose touch is to be the next, once that is drawn.
    meant: Option<ThreadId>,
    running: ThreadId,
    schedule: Draws,
    aside: Aside,
}

impl Surw {
    /// A walk over the touches of these words, of which each thread makes so many; time passed `clock` times in the run that they were
    /// counted in.
    #[must_use]
    pub fn new(seed: Seed, words: Words, clock: u64, touches: &Lengths) -> Self {
        Self {
            touches: Touches::new(words),
            left: Left::new(touches, clock),
            meant: None,
            running: ThreadId::MAIN,
            schedule: Draws::new(seed, Stream::Schedule),
            aside: Aside::new(seed),
        }
    }

    /// Who goes on where not everybody may.
    fn pick(&mut self, candidates: &[Candidate]) -> usize {
        let place = |wanted: ThreadId| candidates.iter().position(|c| *c == Candidate::Thread(wanted));
        if let Some(meant) = self.meant.and_then(place) {
            return meant;
        }
        if self.meant.is_some() {
            // It waits for something that another may do before its own touch.
            let is_free = |c| matches!(c, Candidate::Thread(thread) if !self.touches.is_before(thread));
            if let Some(free) = self.left.draw(&mut self.schedule, candidates, is_free) {
                return free;
            }
        }
        let drawn = self.left.draw(&mut self.schedule, candidates, |_| true);
        let drawn = drawn.expect("a question has answers, and each a weight");
        self.meant = match candidates[drawn] {
            Candidate::Thread(thread) => Some(thread),
            Candidate::Clock => None,
        };
        drawn
    }
}

impl Chooser for Surw {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        self.running = at.thread;
        if self.touches.made(at).is_some() {
            self.left.count(at.thread);
            self.meant = self.meant.filter(|meant| *meant != at.thread);
        }
        0
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        match question.kind {
            Kind::Preempt if self.touches.stops(&question.at).is_none() => return Ok(0),
            Kind::Preempt | Kind::Next => {}
            _ => return Ok(self.aside.choose(question)),
        }
        Ok(self.pick(question.candidates) as u64)
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

    use super::super::play::{Part, WORD, at, goes_on, order};
    use super::*;

    fn walk(seed: u64, touches: &str) -> Surw {
        Surw::new(Seed(seed), Words::new([WORD]), 0, &touches.parse().unwrap())
    }

    #[test]
    fn each_order_of_the_touches_is_as_likely_as_any_other_whatever_else_threads_do() {
        const RUNS: u64 = 20_000;
        let mut counts: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
        for seed in 0..RUNS {
            let order = order(&mut walk(seed, "0,3@0,2@0"), &[Part::new(3, 0), Part::new(2, 25)]);
            *counts.entry(order).or_default() += 1;
        }
        // 5! / (3! 2!)
        assert_eq!(counts.len(), 10);
        let even = RUNS / 10;
        assert!(counts.values().all(|count| count.abs_diff(even) < even / 8), "{counts:?}");
    }

    #[test]
    fn nobody_is_preempted_between_touches() {
        for seed in 0..100 {
            assert!(goes_on(&mut walk(seed, "0,5@0,5@0"), ThreadId(1), WORD + 8));
        }
    }

    #[test]
    fn whoever_is_waited_for_runs_although_another_is_meant() {
        let mut walk = walk(1, "0,5@0,5@0,5@0");
        (0..4).for_each(|id| walk.notice(Notice::Spawned { thread: ThreadId(id), parent: None }));
        let question = |kind, thread, word, candidates| {
            let bound = 2;
            Question { kind, bound, at: at(9, thread, word), nth: 0, candidates, odds: None }
        };
        let [first, second, third] = [1, 2, 3].map(ThreadId);
        // The second is meant and blocks, the first stands before its touch: the third may free the second.
        walk.meant = Some(second);
        walk.touches.stops(&at(8, first, WORD));
        let candidates = [first, third].map(Candidate::Thread);
        assert_eq!(walk.choose(&question(Kind::Next, second, 0, &candidates)), Ok(1));
        // When the third stands before a touch as well, one of them has to go on, and is meant from then on.
        walk.touches.stops(&at(9, third, WORD));
        let pick = walk.choose(&question(Kind::Next, third, 0, &candidates)).unwrap();
        assert_eq!(walk.meant.map(Candidate::Thread), Some(candidates[usize::try_from(pick).unwrap()]));
    }
}
