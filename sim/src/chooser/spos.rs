//! Partial order sampling: Yuan, Yang, Gu, CAV 2018, over the touches of a few words.
//!
//! Each touch that a thread stands before has a random priority, and of those that can happen the highest does. All others of the same
//! word then draw theirs anew: they conflict with the one that happened, and what it made likely of their order is forgotten. Between
//! touches nobody is preempted. The clock's next timer or packet is an event that conflicts with none. Does not know what blocks, nor
//! whether a touch writes. Invariant: no touch happens while a thread can run that stands before none, unless that one gave up its
//! turn.

use super::aside::Aside;
use super::touches::Touches;
use super::words::Words;
use crate::choice::{Candidate, Chooser, Divergence, Kind, Moment, Notice, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// The priority of whoever gave up its turn.
const LOWEST: u64 = 0;

/// POS over the touches of a few words.
#[derive(Debug)]
pub struct Spos {
    touches: Touches,
    /// By thread: the priority of its touch; none if it stands before none.
    priorities: Vec<Option<u64>>,
    /// That of the next timer or packet.
    clock: u64,
    schedule: Draws,
    aside: Aside,
}

impl Spos {
    /// POS over the touches of these words.
    #[must_use]
    pub fn new(seed: Seed, words: Words) -> Self {
        let mut schedule = Draws::new(seed, Stream::Schedule);
        let clock = draw(&mut schedule);
        let touches = Touches::new(words);
        Self { touches, priorities: Vec::new(), clock, schedule, aside: Aside::new(seed) }
    }

    /// The highest of all, for a thread that stands before no touch.
    fn priority(&self, candidate: Candidate) -> u64 {
        match candidate {
            Candidate::Thread(thread) => self.priorities[thread.index()].unwrap_or(u64::MAX),
            Candidate::Clock => self.clock,
        }
    }

    /// A word is touched: all others that stand before it draw anew, even if all of them only read it.
    fn happened(&mut self, word: u64) {
        for (thread, priority) in (0..).map(ThreadId).zip(&mut self.priorities) {
            if self.touches.of(thread) == Some(word) {
                *priority = Some(draw(&mut self.schedule));
            }
        }
    }
}

/// Any priority but the lowest, and below that of a thread that stands before no touch.
fn draw(schedule: &mut Draws) -> u64 {
    schedule.word() >> 1 | 1
}

impl Chooser for Spos {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        self.priorities[at.thread.index()] = None;
        if let Some(word) = self.touches.made(at) {
            self.happened(word);
        }
        0
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        match question.kind {
            Kind::Preempt if self.touches.stops(&question.at).is_none() => return Ok(0),
            Kind::Preempt => {
                let priority = &mut self.priorities[question.at.thread.index()];
                priority.get_or_insert_with(|| draw(&mut self.schedule));
            }
            Kind::Next => {}
            _ => return Ok(self.aside.choose(question)),
        }
        let mut best = 0;
        for (pick, candidate) in question.candidates.iter().enumerate() {
            if self.priority(*candidate) > self.priority(question.candidates[best]) {
                best = pick;
            }
        }
        if question.candidates[best] == Candidate::Clock {
            self.clock = draw(&mut self.schedule);
        }
        Ok(best as u64)
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Spawned { thread, .. } => {
                assert_eq!(thread.index(), self.priorities.len(), "threads are announced in order");
                self.priorities.push(None);
            }
            Notice::Yielded(thread) => self.priorities[thread.index()] = Some(LOWEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::play::{Part, WORD, at, goes_on, order};
    use super::*;

    const RUNS: u64 = 10_000;

    fn pos(seed: u64) -> Spos {
        Spos::new(Seed(seed), Words::new([WORD, WORD + 8]))
    }

    /// How often threads touch their words in each order.
    fn orders(parts: &[Part]) -> BTreeMap<Vec<u32>, u64> {
        let mut counts = BTreeMap::new();
        for seed in 0..RUNS {
            *counts.entry(order(&mut pos(seed), parts)).or_default() += 1;
        }
        counts
    }

    /// Whether one in so many runs has it, or nearly.
    fn is_one_in(n: u64, count: u64) -> bool {
        (count * n).abs_diff(RUNS) < RUNS / 10
    }

    #[test]
    fn a_conflicting_touch_draws_its_priority_anew() {
        // The second thread has one touch, the first three: each time it wins with one half, whatever it lost before.
        let counts = orders(&[Part::new(3, 4), Part::new(1, 0)]);
        for (n, order) in [(2, [2, 1, 1, 1]), (4, [1, 2, 1, 1]), (8, [1, 1, 2, 1])] {
            assert!(is_one_in(n, counts[order.as_slice()]), "{order:?}: {counts:?}");
        }
    }

    #[test]
    fn a_touch_that_conflicts_with_none_keeps_its_priority() {
        // Of four priorities the second thread's is the lowest as often as any other: then it is last.
        let apart = Part { word: WORD + 8, ..Part::new(1, 0) };
        let counts = orders(&[Part::new(3, 4), apart]);
        assert!(is_one_in(4, counts[[1, 1, 1, 2].as_slice()]), "{counts:?}");
    }

    #[test]
    fn whoever_stands_before_no_touch_goes_first_unless_it_gave_up_its_turn() {
        let [one, other] = [1, 2].map(ThreadId);
        for seed in 0..100 {
            let mut pos = pos(seed);
            (0..3).for_each(|id| pos.notice(Notice::Spawned { thread: ThreadId(id), parent: None }));
            assert!(goes_on(&mut pos, one, 0), "between touches nobody is preempted");
            assert!(!goes_on(&mut pos, one, WORD), "the other may be before its own soon");
            let _ = pos.quiet_points(&at(10, other, 0));
            pos.notice(Notice::Yielded(other));
            let candidates = [other, one].map(Candidate::Thread);
            let at = at(11, other, 0);
            let question =
                Question { kind: Kind::Next, bound: 2, at, nth: 0, candidates: &candidates, odds: None };
            assert_eq!(pos.choose(&question), Ok(1));
        }
    }
}
