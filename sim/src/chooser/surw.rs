//! Selectively uniform random walk: Zhao, Wolff, Mathur, Roychoudhury, ASPLOS 2025, over the touches of a few words.
//!
//! A thread that is about to touch one waits unless it is the one that is meant to be next, and that one is drawn in proportion to
//! the touches that each has still to make: each order of the touches is then about as likely as any other, however much each thread
//! does besides. Between touches nobody is preempted. The touches are estimates from an earlier run.
//! Does not know what blocks, nor why these words. Invariant: when only threads can run that stand before a touch, one of them goes on.

use super::aside::Aside;
use super::left::Left;
use super::lengths::Lengths;
use super::words::Words;
use crate::choice::{Candidate, Chooser, Divergence, Kind, Moment, Notice, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// A walk over the touches of a few words.
#[derive(Debug)]
pub struct Surw {
    words: Words,
    left: Left,
    /// Threads that stand before a touch.
    before: Vec<ThreadId>,
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
            words,
            left: Left::new(touches, clock),
            before: Vec::new(),
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
            let is_free = |c| matches!(c, Candidate::Thread(thread) if !self.before.contains(&thread));
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
        let stood = self.before.len();
        self.before.retain(|thread| *thread != at.thread);
        if self.before.len() < stood || self.words.contains(at.word) {
            self.left.count(at.thread);
            self.meant = self.meant.filter(|meant| *meant != at.thread);
        }
        0
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        match question.kind {
            Kind::Preempt if !self.words.contains(question.at.word) => return Ok(0),
            Kind::Preempt if !self.before.contains(&question.at.thread) => {
                self.before.push(question.at.thread)
            }
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

    use super::*;

    const WORD: u64 = 0x40;

    fn at(step: u64, thread: ThreadId, word: u64) -> Moment {
        Moment { step, now_ns: 10 * step, thread, thread_points: step, pc: 0, word }
    }

    fn walk(seed: u64, touches: &str) -> Surw {
        let mut walk = Surw::new(Seed(seed), Words::new([WORD]), 0, &touches.parse().unwrap());
        (0..4).for_each(|id| walk.notice(Notice::Spawned { thread: ThreadId(id), parent: None }));
        walk
    }

    /// The order in which threads touch the word that do so this often, each with so many other points before each touch.
    fn order(seed: u64, threads: &[(u64, u64)]) -> Vec<u32> {
        let touches: Vec<String> = threads.iter().map(|(touches, _)| format!("{touches}@0")).collect();
        let mut walk = walk(seed, &format!("0,{}", touches.join(",")));
        // By thread: its points still to come, a touch or not; the first thread waits for the others.
        let mut left: BTreeMap<ThreadId, Vec<bool>> = (1..)
            .zip(threads)
            .map(|(id, (touches, others))| {
                let one = core::iter::once(true).chain((0..*others).map(|_| false));
                (ThreadId(id), (0..*touches).flat_map(|_| one.clone()).collect())
            })
            .collect();
        let (mut running, mut order, mut step) = (None, Vec::new(), 0);
        while !left.is_empty() {
            step += 1;
            let mut candidates: Vec<Candidate> = left.keys().copied().map(Candidate::Thread).collect();
            let first = running.unwrap_or(ThreadId::MAIN);
            candidates.sort_by_key(|candidate| *candidate != Candidate::Thread(first));
            let is_touch = running.is_some_and(|thread| left[&thread].last() == Some(&true));
            let here = at(step, first, if is_touch { WORD } else { 0 });
            let kind = if running.is_some() { Kind::Preempt } else { Kind::Next };
            let bound = candidates.len() as u64;
            let question = Question { kind, bound, at: here, nth: 0, candidates: &candidates, odds: None };
            let pick = if bound > 1 { walk.choose(&question).unwrap() } else { 0 };
            let Candidate::Thread(chosen) = candidates[usize::try_from(pick).unwrap()] else {
                unreachable!()
            };
            // One that takes over goes on with the point it was stopped before, or has not begun.
            let resumed = walk.before.contains(&chosen);
            let stays = running == Some(chosen);
            let _ = walk.quiet_points(&if stays { here } else { at(step, chosen, 0) });
            if stays || resumed {
                let points = left.get_mut(&chosen).unwrap();
                if points.pop().unwrap() {
                    order.push(chosen.0);
                }
            }
            running = Some(chosen);
            if left[&chosen].is_empty() {
                left.remove(&chosen);
                running = None;
            }
        }
        order
    }

    #[test]
    fn each_order_of_the_touches_is_as_likely_as_any_other_whatever_else_threads_do() {
        const RUNS: u64 = 20_000;
        let mut counts: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
        for seed in 0..RUNS {
            *counts.entry(order(seed, &[(3, 0), (2, 25)])).or_default() += 1;
        }
        // 5! / (3! 2!)
        assert_eq!(counts.len(), 10);
        let even = RUNS / 10;
        assert!(counts.values().all(|count| count.abs_diff(even) < even / 8), "{counts:?}");
    }

    #[test]
    fn nobody_is_preempted_between_touches() {
        let candidates = [1, 2].map(|id| Candidate::Thread(ThreadId(id)));
        for seed in 0..100 {
            let mut walk = walk(seed, "0,5@0,5@0");
            let here = at(9, ThreadId(1), WORD + 8);
            let question = Question {
                kind: Kind::Preempt,
                bound: 2,
                at: here,
                nth: 0,
                candidates: &candidates,
                odds: None,
            };
            assert_eq!(walk.choose(&question), Ok(0));
        }
    }

    #[test]
    fn whoever_is_waited_for_runs_although_another_is_meant() {
        let mut walk = walk(1, "0,5@0,5@0,5@0");
        let question = |kind, thread, word, candidates| {
            let bound = 2;
            Question { kind, bound, at: at(9, thread, word), nth: 0, candidates, odds: None }
        };
        let [first, second, third] = [1, 2, 3].map(ThreadId);
        // The second is meant and blocks, the first stands before its touch: the third may free the second.
        (walk.meant, walk.before) = (Some(second), vec![first]);
        let candidates = [first, third].map(Candidate::Thread);
        assert_eq!(walk.choose(&question(Kind::Next, second, 0, &candidates)), Ok(1));
        // When the third stands before a touch as well, one of them has to go on, and is meant from then on.
        walk.before.push(third);
        let pick = walk.choose(&question(Kind::Next, third, 0, &candidates)).unwrap();
        assert_eq!(walk.meant.map(Candidate::Thread), Some(candidates[usize::try_from(pick).unwrap()]));
    }
}
