//! The woken run before the waker: whoever starts something is held back until what it started has come to rest.
//!
//! A real scheduler does this to a thread that wakes another one now and then (wake-up preemption), and a loaded machine does
//! it for as long as it likes; a listener that is attached after the work was begun is then late. Does not know priorities.
//! Invariant: a thread that is held goes on when nothing else can happen, the last held first.

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
    /// Threads held back, the last held last.
    held: Vec<ThreadId>,
    schedule: Draws,
    aside: Aside,
}

impl Eager {
    /// Holds a thread back in `percent` of a hundred cases in which it woke or created a thread, or sent something.
    #[must_use]
    pub fn new(seed: Seed, percent: u64) -> Self {
        let schedule = Draws::new(seed, Stream::Schedule);
        Self { percent, held: Vec::new(), schedule, aside: Aside::new(seed) }
    }

    /// The newest thread that is not held, else the clock, else the last held.
    fn pick(&mut self, question: &Question<'_>) -> u64 {
        let is_free = |candidate: &Candidate| matches!(candidate, Candidate::Thread(t) if !self.held.contains(t));
        let free: Vec<u64> =
            (0..).zip(question.candidates).filter(|(_, candidate)| is_free(candidate)).map(|(pick, _)| pick).collect();
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
    fn quiet_points(&mut self, _at: &Moment) -> u64 {
        u64::MAX
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        match question.kind {
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
        if let Candidate::Thread(chosen) = question.candidates[usize::try_from(pick).expect("a small number")] {
            self.held.retain(|held| *held != chosen);
        }
        Ok(pick)
    }

    fn attention(&self) -> Attention {
        Attention::AtEveryChange
    }
}
