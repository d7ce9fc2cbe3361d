//! Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010.
//!
//! Threads get random priorities, the highest always runs, and at `depth - 1` drawn points of the run the running thread
//! falls below all others. Here the clock has a priority too: while it is the highest, timers and packets come as soon as
//! they are set, and threads that could run look descheduled. Does not know why a thread is not a candidate. Invariant: it
//! lowers at most `depth - 1` threads of its own accord; a thread that yields or spins is lowered besides, as in the paper.

use super::aside::Aside;
use crate::choice::{Attention, Candidate, Chooser, Divergence, Kind, Moment, Notice, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// Priorities below this are those of lowered threads.
const FLOOR: u64 = 1 << 32;

/// PCT over threads and the clock.
#[derive(Debug)]
pub struct Pct {
    /// By thread; the higher runs.
    priorities: Vec<u64>,
    clock: u64,
    /// The steps at which the running thread is lowered, the next one last.
    changes: Vec<u64>,
    /// The priority of the next lowered thread: each is below all before it.
    lowered: u64,
    schedule: Draws,
    aside: Aside,
}

impl Pct {
    /// PCT of the given depth (number of ordering constraints a bug needs) for a run of about `points` scheduling points.
    ///
    /// # Panics
    /// If `depth` or `points` is 0.
    #[must_use]
    pub fn new(seed: Seed, depth: u32, points: u64) -> Self {
        assert!(depth > 0 && points > 0, "PCT needs a depth and a length of at least 1");
        let mut schedule = Draws::new(seed, Stream::Schedule);
        let mut changes: Vec<u64> = (1..depth).map(|_| 1 + schedule.below(points)).collect();
        changes.sort_unstable_by(|a, b| b.cmp(a));
        let clock = FLOOR | schedule.word();
        Self { priorities: Vec::new(), clock, changes, lowered: FLOOR - 1, schedule, aside: Aside::new(seed) }
    }

    fn lower(&mut self, thread: ThreadId) {
        self.priorities[thread.index()] = self.lowered;
        self.lowered -= 1;
    }

    fn priority(&self, candidate: Candidate) -> u64 {
        match candidate {
            Candidate::Thread(thread) => self.priorities[thread.index()],
            Candidate::Clock => self.clock,
        }
    }
}

impl Chooser for Pct {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        self.changes.last().map_or(u64::MAX, |change| change.saturating_sub(at.step + 1))
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        if !matches!(question.kind, Kind::Preempt | Kind::Next) {
            return Ok(self.aside.choose(question));
        }
        while self.changes.pop_if(|change| *change <= question.at.step).is_some() {
            if question.kind == Kind::Preempt {
                self.lower(question.at.thread);
            }
        }
        let mut best = 0;
        for (pick, candidate) in question.candidates.iter().enumerate() {
            if self.priority(*candidate) > self.priority(question.candidates[best]) {
                best = pick;
            }
        }
        Ok(best as u64)
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Spawned(thread) => {
                assert_eq!(thread.index(), self.priorities.len(), "threads are announced in order");
                self.priorities.push(FLOOR | self.schedule.word());
            }
            Notice::Yielded(thread) => self.lower(thread),
        }
    }

    fn attention(&self) -> Attention {
        Attention::AtEveryChange
    }
}
