//! The woken run before the waker: whoever starts something is held back until what it started has come to rest.
//!
//! A real scheduler does this to a thread that wakes another one now and then (wake-up preemption), and a loaded machine does
//! it for as long as it likes; a listener that is attached after the work was begun is then late. At drawn points a held thread
//! and the running one change places, which lands the late one in the middle of what it was late for. Does not know
//! priorities. Invariant: a thread that is held goes on at the latest when nothing else can happen, the last held first.

use super::aside::Aside;
use crate::choice::{Attention, Candidate, Chooser, Divergence, Kind, Moment, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// Once in so many picks among threads that are not held, any of them runs instead of the newest.
const SURPRISE_ONE_IN: u64 = 16;

/// Holds a thread back in so many of a hundred cases in which it made something new possible.
#[derive(Debug)]
pub struct Eager {
    percent: u64,
    /// Mean points between two exchanges of places; none without.
    gap: Option<u64>,
    /// The step of the next exchange.
    exchange_step: u64,
    /// Threads held back, the last held last.
    held: Vec<ThreadId>,
    schedule: Draws,
    aside: Aside,
}

impl Eager {
    /// Holds a thread back in `percent` of a hundred cases in which it woke or created a thread, or sent something; exchanges
    /// places once in `gap` points on average, or with 0 never.
    #[must_use]
    pub fn new(seed: Seed, percent: u64, gap: u64) -> Self {
        let schedule = Draws::new(seed, Stream::Schedule);
        let gap = (gap > 0).then_some(gap);
        Self { percent, gap, exchange_step: u64::MAX, held: Vec::new(), schedule, aside: Aside::new(seed) }
    }

    /// Holds the running thread back and lets a held one go on, if there is one.
    fn exchange(&mut self, question: &Question<'_>) -> Option<u64> {
        let is_held =
            |candidate: &Candidate| matches!(candidate, Candidate::Thread(t) if self.held.contains(t));
        let held: Vec<u64> = (0..)
            .zip(question.candidates)
            .filter(|(_, candidate)| is_held(candidate))
            .map(|(pick, _)| pick)
            .collect();
        if held.is_empty() {
            return None;
        }
        let pick = held[usize::try_from(self.schedule.below(held.len() as u64)).expect("below a length")];
        let chosen = question.candidates[usize::try_from(pick).expect("a small number")];
        self.held.retain(|held| chosen != Candidate::Thread(*held));
        if !self.held.contains(&question.at.thread) && chosen != Candidate::Thread(question.at.thread) {
            self.held.push(question.at.thread);
        }
        Some(pick)
    }

    /// The newest thread that is not held, else the clock, else the last held.
    fn pick(&mut self, question: &Question<'_>) -> u64 {
        let is_free =
            |candidate: &Candidate| matches!(candidate, Candidate::Thread(t) if !self.held.contains(t));
        let free: Vec<u64> = (0..)
            .zip(question.candidates)
            .filter(|(_, candidate)| is_free(candidate))
            .map(|(pick, _)| pick)
            .collect();
        if !free.is_empty() {
            let surprise = self.schedule.one_in(SURPRISE_ONE_IN);
            let nth = if surprise { self.schedule.below(free.len() as u64) } else { free.len() as u64 - 1 };
            return free[usize::try_from(nth).expect("below the number of candidates")];
        }
        if let Some(clock) = question.candidates.iter().position(|candidate| *candidate == Candidate::Clock) {
            return clock as u64;
        }
        let last = self.held.iter().rev().find_map(|held| {
            question.candidates.iter().position(|candidate| *candidate == Candidate::Thread(*held))
        });
        last.unwrap_or(0) as u64
    }
}

impl Chooser for Eager {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        // It goes on, perhaps because there was nobody else and so no question.
        self.held.retain(|held| *held != at.thread);
        // An exchange is planned once, and stands until it comes: who runs meanwhile does not matter.
        if let Some(gap) =
            self.gap.filter(|_| self.exchange_step == u64::MAX || self.exchange_step <= at.step)
        {
            self.exchange_step = at.step + 1 + self.schedule.below(2 * gap - 1);
        }
        self.exchange_step.saturating_sub(at.step + 1)
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        match question.kind {
            Kind::Preempt if question.at.step == self.exchange_step => {
                return Ok(self.exchange(question).unwrap_or(0));
            }
            Kind::Preempt => {
                // The question comes again for the same thread after each event that the clock let happen.
                let held = self.held.contains(&question.at.thread);
                if !held && self.schedule.below(100) >= self.percent {
                    return Ok(0);
                }
                if !held {
                    self.held.push(question.at.thread);
                }
            }
            Kind::Next => {}
            _ => return Ok(self.aside.choose(question)),
        }
        let pick = self.pick(question);
        if let Candidate::Thread(chosen) = question.candidates[usize::try_from(pick).expect("a small number")]
        {
            self.held.retain(|held| *held != chosen);
        }
        Ok(pick)
    }

    fn attention(&self) -> Attention {
        Attention::AtEveryChange
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ThreadId = ThreadId(0);
    const B: ThreadId = ThreadId(1);

    fn at(step: u64, thread: ThreadId) -> Moment {
        Moment { step, now_ns: 10 * step, thread, thread_points: step, pc: 0, word: 0 }
    }

    fn pick(eager: &mut Eager, kind: Kind, at: Moment, candidates: &[Candidate]) -> Candidate {
        let question = Question { kind, bound: candidates.len() as u64, at, nth: 0, candidates, odds: None };
        candidates[usize::try_from(eager.choose(&question).unwrap()).unwrap()]
    }

    #[test]
    fn whoever_runs_because_there_was_nobody_else_is_held_no_longer() {
        let (a, b) = (Candidate::Thread(A), Candidate::Thread(B));
        let mut eager = Eager::new(Seed(1), 100, 0);
        assert_eq!(pick(&mut eager, Kind::Preempt, at(1, A), &[a, b]), b);
        assert_eq!(eager.held, [A]);
        // B blocks; A is the only candidate, so the kernel does not ask, and A blocks in turn.
        let _ = eager.quiet_points(&at(2, A));
        assert_eq!(eager.held, []);
        // B wakes A: it is B that is held.
        assert_eq!(pick(&mut eager, Kind::Preempt, at(3, B), &[b, a]), a);
        assert_eq!(eager.held, [B]);
    }

    #[test]
    fn time_passes_before_a_held_thread_goes_on() {
        let a = Candidate::Thread(A);
        let mut eager = Eager::new(Seed(1), 100, 0);
        assert_eq!(pick(&mut eager, Kind::Preempt, at(1, A), &[a, Candidate::Clock]), Candidate::Clock);
        assert_eq!(pick(&mut eager, Kind::Next, at(1, A), &[a, Candidate::Clock]), Candidate::Clock);
        assert_eq!(pick(&mut eager, Kind::Next, at(1, A), &[Candidate::Thread(B), a]), Candidate::Thread(B));
    }
}
