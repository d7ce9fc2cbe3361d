//! Delay-bounded scheduling: Emmi, Qadeer, Rakamarić, POPL 2011.
//!
//! The scheduler is deterministic but for the delays: a thread runs until it stops, then the next one by number that can. At each
//! of a few drawn points the running thread is delayed: it loses its turn until all others have come to rest and time has passed,
//! a drawn number of times. In the paper, which has no time, a longer delay is several at one point; a round trip takes so many
//! turns of the clock that a few delays would never meet in one. Does not know which points matter. Invariant: it takes the turn
//! from at most as many threads as it has delays; without any it never preempts and never lets time pass while a thread can run.

use super::aside::Aside;
use crate::choice::{Candidate, Chooser, Divergence, Kind, Moment, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// A delay is fewer turns of the clock than twice this power of two.
const TURNS_BITS_MAX: u32 = 6;

/// A round robin with a few delays.
#[derive(Debug)]
pub struct Delay {
    /// At which step the running thread is delayed, and for how many turns of the clock, the next one last.
    delays: Vec<(u64, u64)>,
    /// Those delayed, the one delayed first first.
    delayed: Vec<Delayed>,
    aside: Aside,
}

/// A thread that waits for its turn to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delayed {
    thread: ThreadId,
    /// So often time passes before it goes on.
    turns: u64,
}

impl Delay {
    /// `delays` delays at drawn points of a run of about `points` scheduling points.
    ///
    /// # Panics
    /// If `points` is 0.
    #[must_use]
    pub fn new(seed: Seed, delays: u32, points: u64) -> Self {
        let mut schedule = Draws::new(seed, Stream::Schedule);
        let mut delays: Vec<(u64, u64)> = (0..delays)
            .map(|_| (1 + schedule.below(points), schedule.magnitude(0, TURNS_BITS_MAX)))
            .collect();
        delays.sort_unstable_by(|a, b| b.cmp(a));
        Self { delays, delayed: Vec::new(), aside: Aside::new(seed) }
    }

    fn is_delayed(&self, thread: ThreadId) -> bool {
        self.delayed.iter().any(|delayed| delayed.thread == thread)
    }

    /// The first of the round that starts after the thread that ran: who is not delayed, else whose delay is over, else
    /// time, else who was delayed first.
    fn pick(&mut self, question: &Question<'_>) -> u64 {
        let threads = || {
            (0..).zip(question.candidates).filter_map(|(pick, candidate)| match candidate {
                Candidate::Thread(thread) => Some((pick, *thread)),
                Candidate::Clock => None,
            })
        };
        let last = question.at.thread;
        let round = threads()
            .filter(|(_, thread)| !self.is_delayed(*thread))
            .min_by_key(|(_, thread)| (thread.0 <= last.0, thread.0));
        if let Some((pick, _)) = round {
            return pick;
        }
        let first = |turns_max| {
            self.delayed.iter().filter(|delayed| delayed.turns <= turns_max).find_map(|delayed| {
                threads().find(|(_, thread)| *thread == delayed.thread).map(|(pick, _)| pick)
            })
        };
        if let Some(pick) = first(0) {
            return pick;
        }
        if let Some(clock) = question.candidates.iter().position(|c| *c == Candidate::Clock) {
            self.delayed.iter_mut().for_each(|delayed| delayed.turns = delayed.turns.saturating_sub(1));
            return clock as u64;
        }
        first(u64::MAX).unwrap_or(0)
    }
}

impl Chooser for Delay {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        // It has its turn again, perhaps because there was nobody else and so no question.
        self.delayed.retain(|delayed| delayed.thread != at.thread);
        self.delays.last().map_or(u64::MAX, |(step, _)| step.saturating_sub(at.step + 1))
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        if !matches!(question.kind, Kind::Preempt | Kind::Next) {
            return Ok(self.aside.choose(question));
        }
        let running = question.at.thread;
        while let Some((_, turns)) = self.delays.pop_if(|(step, _)| *step <= question.at.step) {
            if question.kind == Kind::Preempt && !self.is_delayed(running) {
                self.delayed.push(Delayed { thread: running, turns });
            }
        }
        if question.kind == Kind::Preempt && !self.is_delayed(running) {
            return Ok(0);
        }
        Ok(self.pick(question))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: Candidate = Candidate::Clock;

    fn thread(id: u32) -> Candidate {
        Candidate::Thread(ThreadId(id))
    }

    fn pick(delay: &mut Delay, kind: Kind, step: u64, running: u32, candidates: &[Candidate]) -> Candidate {
        let running = ThreadId(running);
        let at = Moment { step, now_ns: 10 * step, thread: running, thread_points: step, pc: 0, word: 0 };
        let question = Question { kind, bound: candidates.len() as u64, at, nth: 0, candidates, odds: None };
        let picked = candidates[usize::try_from(delay.choose(&question).unwrap()).unwrap()];
        if let Candidate::Thread(thread) = picked {
            let _ = delay.quiet_points(&Moment { thread, ..at });
        }
        picked
    }

    #[test]
    fn without_delays_it_is_a_round_robin() {
        let mut delay = Delay::new(Seed(1), 0, 100);
        let next = |delay: &mut Delay, running, candidates: &[Candidate]| {
            pick(delay, Kind::Next, 5, running, candidates)
        };
        assert_eq!(next(&mut delay, 1, &[thread(0), thread(3), thread(2), CLOCK]), thread(2));
        assert_eq!(next(&mut delay, 3, &[thread(2), thread(1), CLOCK]), thread(1));
        assert_eq!(next(&mut delay, 0, &[thread(0), CLOCK]), thread(0));
        assert_eq!(pick(&mut delay, Kind::Preempt, 6, 0, &[thread(0), thread(1), CLOCK]), thread(0));
    }

    #[test]
    fn a_delayed_thread_goes_on_after_all_others_and_so_many_turns_of_the_clock() {
        let mut delay = Delay { delays: vec![(7, 2)], ..Delay::new(Seed(1), 0, 100) };
        assert_eq!(pick(&mut delay, Kind::Preempt, 6, 0, &[thread(0), thread(1), CLOCK]), thread(0));
        assert_eq!(
            pick(&mut delay, Kind::Preempt, 7, 0, &[thread(0), thread(2), thread(1), CLOCK]),
            thread(1)
        );
        assert_eq!(pick(&mut delay, Kind::Next, 9, 1, &[thread(2), thread(0), CLOCK]), thread(2));
        assert_eq!(pick(&mut delay, Kind::Next, 11, 2, &[thread(0), CLOCK]), CLOCK);
        assert_eq!(pick(&mut delay, Kind::Next, 11, 2, &[thread(0), thread(1), CLOCK]), thread(1));
        assert_eq!(pick(&mut delay, Kind::Next, 12, 1, &[thread(0), CLOCK]), CLOCK);
        assert_eq!(pick(&mut delay, Kind::Next, 12, 1, &[thread(0), CLOCK]), thread(0));
        assert_eq!(delay.delayed, []);
        assert_eq!(
            pick(&mut delay, Kind::Next, 13, 1, &[thread(0), CLOCK]),
            thread(0),
            "the delay is used up"
        );
    }

    #[test]
    fn at_most_as_many_turns_are_taken_as_there_are_delays() {
        for (seed, delays) in (0..60).map(Seed).zip((0..5).cycle()) {
            let mut delay = Delay::new(seed, delays, 300);
            let (mut taken, mut running) = (0, 0);
            for step in 1..=400 {
                let others = [(running + 1) % 3, (running + 2) % 3];
                let candidates = [thread(running), thread(others[0]), thread(others[1])];
                let picked = pick(&mut delay, Kind::Preempt, step, running, &candidates);
                taken += u32::from(picked != candidates[0]);
                running = (0..3).find(|id| thread(*id) == picked).unwrap();
            }
            assert!(taken <= delays && (delays == 0 || taken > 0), "seed {seed}: {taken} of {delays}");
        }
    }
}
