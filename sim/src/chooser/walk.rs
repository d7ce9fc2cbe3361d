//! Random walk: at drawn intervals, and right after something new became possible, something else happens.
//!
//! A thread that is preempted may be off the processor for a while, as on a real machine, where the least it loses is a time
//! slice: longer than many a round trip. And it may lose its turn to the thread it has just woken, as a real scheduler's
//! wake-up preemption has it. Does not know priorities. Invariant: a thread that is off is chosen only when nothing else can
//! happen.

use super::aside::Aside;
use crate::choice::{Attention, Candidate, Chooser, Divergence, Kind, Moment, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// The knobs of a [`Walk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkKnobs {
    /// Mean points between two preemptions; 1 asks at every point.
    pub gap: u64,
    /// Mean virtual nanoseconds for which a preempted thread is off the processor; 0 for not at all.
    pub nap_ns: u64,
    /// A thread is preempted once in so many times that it made something new possible; 0 for never.
    pub change_one_in: u64,
}

/// Switches to a uniformly drawn candidate now and then.
#[derive(Debug)]
pub struct Walk {
    knobs: WalkKnobs,
    /// The step of the next preemption that is due to the gap.
    own_step: u64,
    /// By thread: until when it is off the processor.
    off_until_ns: Vec<u64>,
    schedule: Draws,
    aside: Aside,
}

impl Walk {
    /// A walk with these knobs.
    ///
    /// # Panics
    /// If the gap is 0.
    #[must_use]
    pub fn new(seed: Seed, knobs: WalkKnobs) -> Self {
        assert!(knobs.gap > 0, "a walk cannot switch more often than at every point");
        let schedule = Draws::new(seed, Stream::Schedule);
        Self { knobs, own_step: 0, off_until_ns: Vec::new(), schedule, aside: Aside::new(seed) }
    }

    fn is_off(&self, thread: ThreadId, now_ns: u64) -> bool {
        self.off_until_ns.get(thread.index()).is_some_and(|until_ns| *until_ns > now_ns)
    }

    /// Whether the running thread is preempted at a question that was put for this step.
    fn preempts(&mut self, at: &Moment) -> bool {
        // The question comes again for the same thread after each event that the clock let happen.
        self.is_off(at.thread, at.now_ns)
            || at.step >= self.own_step
            || self.knobs.change_one_in > 0 && self.schedule.one_in(self.knobs.change_one_in)
    }

    fn nap(&mut self, at: &Moment) {
        if self.knobs.nap_ns == 0 || self.is_off(at.thread, at.now_ns) {
            return;
        }
        if self.off_until_ns.len() <= at.thread.index() {
            self.off_until_ns.resize(at.thread.index() + 1, 0);
        }
        self.off_until_ns[at.thread.index()] = at.now_ns + self.schedule.below(2 * self.knobs.nap_ns);
    }

    /// A uniformly drawn pick: without naps among everything; with naps among the threads that are on, else the clock, else
    /// whoever is first.
    fn draw(&mut self, question: &Question<'_>) -> u64 {
        if self.knobs.nap_ns == 0 {
            return self.schedule.below(question.bound);
        }
        let now_ns = question.at.now_ns;
        let on: Vec<u64> = (0..)
            .zip(question.candidates)
            .filter(|(_, candidate)| matches!(candidate, Candidate::Thread(t) if !self.is_off(*t, now_ns)))
            .map(|(pick, _)| pick)
            .collect();
        if on.is_empty() {
            let clock = question.candidates.iter().position(|candidate| *candidate == Candidate::Clock);
            return clock.unwrap_or(0) as u64;
        }
        let nth = self.schedule.below(on.len() as u64);
        on[usize::try_from(nth).expect("below the number of candidates")]
    }
}

impl Chooser for Walk {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        let quiet = self.schedule.below(2 * self.knobs.gap - 1);
        self.own_step = at.step + 1 + quiet;
        quiet
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        Ok(match question.kind {
            Kind::Preempt if !self.preempts(&question.at) => 0,
            Kind::Preempt => {
                self.nap(&question.at);
                self.draw(question)
            }
            Kind::Next => self.draw(question),
            _ => self.aside.choose(question),
        })
    }

    fn attention(&self) -> Attention {
        if self.knobs.change_one_in > 0 { Attention::AtEveryChange } else { Attention::AtOwnPoints }
    }
}
