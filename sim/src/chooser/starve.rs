//! One thread is starved for a while: the shape of a caller descheduled in the middle of its work.
//!
//! Does not know which thread matters: it draws one. Invariant: it starves at most one thread, once, and only as long as
//! something else can happen.

use super::aside::Aside;
use crate::choice::{Attention, Candidate, Chooser, Divergence, Kind, Moment, Notice, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// So often others may give up their turn, or spin, before it is taken that all of them wait for the victim.
const YIELDS_MAX: u32 = 64;

/// When the victim is starved.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Once the victim has passed so many of its own points.
    Before(u64),
    /// Until this virtual time.
    Until(u64),
    /// No more.
    Over,
}

/// Starves a drawn thread from a drawn point of its own for a drawn time.
#[derive(Debug)]
pub struct Starve {
    victim: ThreadId,
    phase: Phase,
    length_ns: u64,
    /// Turns that were given up while the victim starved.
    yields: u32,
    schedule: Draws,
    aside: Aside,
}

impl Starve {
    /// Draws the victim, the moment and the length from the seed.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        let mut schedule = Draws::new(seed, Stream::Schedule);
        let victim = schedule.magnitude(0, 4) - 1;
        Self {
            victim: ThreadId(u32::try_from(victim).expect("at most 30")),
            phase: Phase::Before(schedule.magnitude(0, 11) - 1),
            length_ns: schedule.magnitude(17, 29),
            yields: 0,
            schedule,
            aside: Aside::new(seed),
        }
    }

    fn advance(&mut self, at: &Moment) {
        self.phase = match self.phase {
            Phase::Before(points) if at.thread == self.victim && at.thread_points >= points => {
                Phase::Until(at.now_ns.saturating_add(self.length_ns))
            }
            Phase::Until(end_ns) if at.now_ns >= end_ns => Phase::Over,
            phase => phase,
        };
    }
}

impl Chooser for Starve {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        match self.phase {
            Phase::Before(points) if at.thread == self.victim => points.saturating_sub(at.thread_points + 1),
            Phase::Until(_) if at.thread == self.victim => 0,
            _ => u64::MAX,
        }
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        if !matches!(question.kind, Kind::Preempt | Kind::Next) {
            return Ok(self.aside.choose(question));
        }
        self.advance(&question.at);
        let starved = Candidate::Thread(self.victim);
        if !matches!(self.phase, Phase::Until(_)) || !question.candidates.contains(&starved) {
            // Not our business: keep the running thread, else any thread, and let time alone.
            let threads = question.candidates.iter().filter(|c| **c != Candidate::Clock).count() as u64;
            let keep = question.kind == Kind::Preempt || threads < 2;
            return Ok(if keep { 0 } else { self.schedule.below(threads) });
        }
        let others = question.candidates.iter().position(|candidate| *candidate != starved);
        Ok(others.unwrap_or(0) as u64)
    }

    fn notice(&mut self, notice: Notice) {
        if let (Phase::Until(_), Notice::Yielded(thread)) = (self.phase, notice)
            && thread != self.victim
        {
            self.yields += 1;
            if self.yields >= YIELDS_MAX {
                self.phase = Phase::Over;
            }
        }
    }

    fn attention(&self) -> Attention {
        // While it starves, whatever becomes possible must happen before the victim goes on.
        match self.phase {
            Phase::Until(_) => Attention::AtEveryChange,
            Phase::Before(_) | Phase::Over => Attention::AtOwnPoints,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: u32 = 32;

    /// Asks at every step about the running thread, all others and the clock; returns when the victim was passed over.
    fn starved_steps(starve: &mut Starve, steps: u64) -> Vec<u64> {
        let victim = starve.victim;
        let candidates = [Candidate::Thread(victim), Candidate::Thread(ThreadId(LOW)), Candidate::Clock];
        let mut starved = Vec::new();
        for step in 1..=steps {
            let at =
                Moment { step, now_ns: step * 1_000, thread: victim, thread_points: step, pc: 0, word: 0 };
            let kind = Kind::Preempt;
            let question = Question { kind, bound: 3, at, nth: 0, candidates: &candidates, odds: None };
            if starve.choose(&question).unwrap() != 0 {
                starved.push(step);
            }
        }
        starved
    }

    #[test]
    fn one_thread_is_starved_once_for_as_long_as_was_drawn() {
        for seed in (0..40).map(Seed) {
            let mut starve = Starve { length_ns: 300_000, ..Starve::new(seed) };
            let Phase::Before(points) = starve.phase else { panic!("it begins before") };
            let starved = starved_steps(&mut starve, 10_000);
            let first = points.max(1);
            assert_eq!(starved, (first..first + 300).collect::<Vec<_>>(), "seed {seed}");
            assert!(matches!(starve.phase, Phase::Over));
        }
    }

    #[test]
    fn it_is_over_when_the_others_only_spin() {
        let mut starve = Starve { phase: Phase::Until(u64::MAX), ..Starve::new(Seed(1)) };
        for _ in 1..YIELDS_MAX {
            starve.notice(Notice::Yielded(ThreadId(LOW)));
            starve.notice(Notice::Yielded(starve.victim));
        }
        assert!(matches!(starve.phase, Phase::Until(_)));
        starve.notice(Notice::Yielded(ThreadId(LOW)));
        assert!(matches!(starve.phase, Phase::Over));
    }
}
