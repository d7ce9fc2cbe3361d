//! Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010.
//!
//! Threads get random priorities, the highest always runs, and at `depth - 1` drawn points of the run the running thread
//! falls below all others. Here the clock has a priority too: while it is the highest, timers and packets come as soon as
//! they are set, and threads that could run look descheduled. What is counted are the points of the run, or, selectively, the touches of
//! a few words, and then nobody is preempted anywhere else: fewer places, of which more matter. Does not know why a thread is not a
//! candidate. Invariant: it lowers at most `depth - 1` threads of its own accord; a thread that yields or spins is lowered besides, as
//! in the paper.

use super::aside::Aside;
use super::touches::Touches;
use super::words::Words;
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
    /// What has the places at which it can be lowered.
    places: Places,
    /// The places at which the running thread is lowered, the next one last.
    changes: Vec<u64>,
    /// The priority of the next lowered thread: each is below all before it.
    lowered: u64,
    schedule: Draws,
    aside: Aside,
}

/// What has places at which a thread can be lowered.
#[derive(Debug)]
enum Places {
    /// The run: its points.
    Run,
    /// A few words: so many touches of them were made.
    Words { touches: Touches, made: u64 },
}

impl Pct {
    /// PCT of the given depth (number of ordering constraints a bug needs) for a run of about `points` scheduling points.
    ///
    /// # Panics
    /// If `depth` or `points` is 0.
    #[must_use]
    pub fn new(seed: Seed, depth: u32, points: u64) -> Self {
        Self::over(Places::Run, seed, depth, points)
    }

    /// The same for about so many touches of these words.
    ///
    /// # Panics
    /// If `depth` or `touches` is 0.
    #[must_use]
    pub fn selective(seed: Seed, depth: u32, words: Words, touches: u64) -> Self {
        Self::over(Places::Words { touches: Touches::new(words), made: 0 }, seed, depth, touches)
    }

    fn over(places: Places, seed: Seed, depth: u32, points: u64) -> Self {
        assert!(depth > 0 && points > 0, "PCT needs a depth and a length of at least 1");
        let mut schedule = Draws::new(seed, Stream::Schedule);
        let mut changes: Vec<u64> = (1..depth).map(|_| 1 + schedule.below(points)).collect();
        changes.sort_unstable_by(|a, b| b.cmp(a));
        let clock = FLOOR | schedule.word();
        let aside = Aside::new(seed);
        Self { priorities: Vec::new(), clock, places, changes, lowered: FLOOR - 1, schedule, aside }
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
        match &mut self.places {
            Places::Run => self.changes.last().map_or(u64::MAX, |change| change.saturating_sub(at.step + 1)),
            Places::Words { touches, made } => {
                *made += u64::from(touches.made(at).is_some());
                0
            }
        }
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        if !matches!(question.kind, Kind::Preempt | Kind::Next) {
            return Ok(self.aside.choose(question));
        }
        let place = match &mut self.places {
            Places::Run => question.at.step,
            Places::Words { touches, made } => match question.kind {
                Kind::Preempt if touches.stops(&question.at).is_none() => return Ok(0),
                Kind::Preempt => *made + 1,
                _ => *made,
            },
        };
        while self.changes.pop_if(|change| *change <= place).is_some() {
            if question.kind == Kind::Preempt {
                self.lower(question.at.thread);
            }
        }
        let (mut best, mut highest) = (0, 0);
        for (pick, candidate) in question.candidates.iter().enumerate() {
            let priority = self.priority(*candidate);
            if priority > highest {
                (best, highest) = (pick, priority);
            }
        }
        Ok(best as u64)
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Spawned { thread, .. } => {
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

#[cfg(test)]
mod tests {
    use super::*;

    const THREADS: u32 = 5;

    fn question<'a>(kind: Kind, step: u64, candidates: &'a [Candidate]) -> Question<'a> {
        let thread = match candidates[0] {
            Candidate::Thread(thread) => thread,
            Candidate::Clock => ThreadId::MAIN,
        };
        let at = Moment { step, now_ns: 10 * step, thread, thread_points: 0, pc: 0, word: 0 };
        Question { kind, bound: candidates.len() as u64, at, nth: 0, candidates, odds: None }
    }

    /// Asks at 400 steps about drawn candidates; returns how many threads were lowered in all.
    fn lowered(seed: Seed, depth: u32, yields: u64) -> u64 {
        let mut pct = Pct::new(seed, depth, 300);
        (0..THREADS).for_each(|id| pct.notice(Notice::Spawned { thread: ThreadId(id), parent: None }));
        let mut draws = Draws::new(seed, Stream::Config);
        let mut drawn = || ThreadId(u32::try_from(draws.below(u64::from(THREADS))).unwrap());
        (0..yields).for_each(|_| pct.notice(Notice::Yielded(drawn())));
        for step in 1..=400 {
            let (first, second) = (drawn(), drawn());
            let candidates = [
                Candidate::Thread(first),
                Candidate::Thread(ThreadId((second.0 + 1) % THREADS)),
                Candidate::Clock,
            ];
            let kind = if step % 3 == 0 { Kind::Next } else { Kind::Preempt };
            let pick = pct.choose(&question(kind, step, &candidates)).unwrap();
            let best = candidates.iter().map(|candidate| pct.priority(*candidate)).max().unwrap();
            assert_eq!(pct.priority(candidates[usize::try_from(pick).unwrap()]), best, "the highest runs");
        }
        FLOOR - 1 - pct.lowered
    }

    #[test]
    fn the_highest_runs_and_at_most_depth_minus_1_threads_are_lowered_unasked() {
        for seed in (0..50).map(Seed) {
            assert_eq!(lowered(seed, 1, 0), 0);
            for depth in 2..6 {
                assert!(lowered(seed, depth, 0) < u64::from(depth), "seed {seed} depth {depth}");
                assert!(lowered(seed, depth, 7) < u64::from(depth) + 7, "seed {seed} depth {depth}");
            }
        }
    }

    #[test]
    fn the_running_thread_is_lowered_at_each_drawn_point() {
        for seed in (0..50).map(Seed) {
            let mut pct = Pct::new(seed, 4, 1_000);
            let changes = pct.changes.clone();
            (0..2).for_each(|id| pct.notice(Notice::Spawned { thread: ThreadId(id), parent: None }));
            for step in 1..=1_000 {
                let running = ThreadId(u32::try_from(step % 2).unwrap());
                let candidates = [Candidate::Thread(running), Candidate::Thread(ThreadId(1 - running.0))];
                let pick = pct.choose(&question(Kind::Preempt, step, &candidates)).unwrap();
                assert!(
                    !changes.contains(&step) || pick == 1,
                    "seed {seed}: below all others at step {step}"
                );
            }
        }
    }

    #[test]
    fn a_selective_one_lowers_at_touches_and_stops_nobody_elsewhere() {
        use super::super::play::{Part, WORD, goes_on, order};
        let pct = |seed: u64, depth| Pct::selective(Seed(seed), depth, Words::new([WORD]), 8);
        let parts = [Part::new(4, 9), Part::new(4, 0)];
        let turns = |order: &[u32]| order.chunk_by(|one, next| one == next).count();
        let mut most = 0;
        for seed in 0..200 {
            assert_eq!(turns(&order(&mut pct(seed, 1), &parts)), 2, "one thread runs before the other");
            let turns = turns(&order(&mut pct(seed, 3), &parts));
            assert!((2..=4).contains(&turns), "each of two changes ends a turn at most: {turns}");
            most = most.max(turns);
            let mut pct = pct(seed, 3);
            (0..3).for_each(|id| pct.notice(Notice::Spawned { thread: ThreadId(id), parent: None }));
            assert!(goes_on(&mut pct, ThreadId(1), 0) && goes_on(&mut pct, ThreadId(2), WORD + 8));
        }
        assert_eq!(most, 4, "both changes come to pass in some run");
    }
}
