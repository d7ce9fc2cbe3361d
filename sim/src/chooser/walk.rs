//! Random walk: at drawn intervals, something else happens.
//!
//! A thread that is preempted may be off the processor for a while, as on a real machine, where the least it loses is a time
//! slice: longer than many a round trip. Does not know priorities. Invariant: between two of its own points it never preempts,
//! and a thread that is off is chosen only when nothing else can happen.

use super::aside::Aside;
use crate::choice::{Candidate, Chooser, Divergence, Kind, Moment, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// Switches to a uniformly drawn candidate every `gap` points on average.
#[derive(Debug)]
pub struct Walk {
    gap: u64,
    nap_ns: u64,
    /// By thread: until when it is off the processor, if it was preempted.
    off_until_ns: Vec<u64>,
    schedule: Draws,
    aside: Aside,
}

impl Walk {
    /// A walk that switches once in `gap` points on average (1 asks at every point), and keeps what it preempts off the
    /// processor for up to twice `nap_ns` of virtual time.
    ///
    /// # Panics
    /// If `gap` is 0.
    #[must_use]
    pub fn new(seed: Seed, gap: u64, nap_ns: u64) -> Self {
        assert!(gap > 0, "a walk cannot switch more often than at every point");
        let schedule = Draws::new(seed, Stream::Schedule);
        Self { gap, nap_ns, off_until_ns: Vec::new(), schedule, aside: Aside::new(seed) }
    }

    fn is_on(&self, candidate: Candidate, now_ns: u64) -> bool {
        match candidate {
            Candidate::Clock => false,
            Candidate::Thread(thread) => self.off_until_ns.get(thread.index()).is_none_or(|until| *until <= now_ns),
        }
    }

    /// A uniformly drawn pick: without naps among everything; with naps among the threads that are on, else the clock, else
    /// anything.
    fn draw(&mut self, question: &Question<'_>) -> u64 {
        if self.nap_ns == 0 {
            return self.schedule.below(question.bound);
        }
        let now_ns = question.at.now_ns;
        let on = question.candidates.iter().filter(|candidate| self.is_on(**candidate, now_ns)).count() as u64;
        if on == 0 {
            let clock = question.candidates.iter().position(|candidate| *candidate == Candidate::Clock);
            return clock.map_or_else(|| self.schedule.below(question.bound), |pick| pick as u64);
        }
        let nth = usize::try_from(self.schedule.below(on)).expect("below the number of candidates");
        let mut picks = (0_u64..).zip(question.candidates).filter(|(_, candidate)| self.is_on(**candidate, now_ns));
        picks.nth(nth).expect("counted above").0
    }

    fn nap(&mut self, thread: ThreadId, now_ns: u64) {
        if self.nap_ns == 0 {
            return;
        }
        if self.off_until_ns.len() <= thread.index() {
            self.off_until_ns.resize(thread.index() + 1, 0);
        }
        self.off_until_ns[thread.index()] = now_ns + self.schedule.below(2 * self.nap_ns);
    }
}

impl Chooser for Walk {
    fn quiet_points(&mut self, _at: &Moment) -> u64 {
        self.schedule.below(2 * self.gap - 1)
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        Ok(match question.kind {
            Kind::Preempt => {
                self.nap(question.at.thread, question.at.now_ns);
                self.draw(question)
            }
            Kind::Next => self.draw(question),
            _ => self.aside.choose(question),
        })
    }
}
