//! Partial order sampling: Yuan, Yang, Gu, CAV 2018, in its basic form.
//!
//! Each thread's next event has a random priority, drawn when the one before it is over; of the events that can happen, the
//! highest does. Against a random walk, an event that drew a low priority is late behind many of the others', not
//! only behind a few. The clock's next timer or packet is an event, too. The paper's full form also redraws the priority of each
//! pending event that conflicts with the one that happened (same word, one of them a write). Here events are stretches of points,
//! whatever they touch, and a point that is simply passed is a counter and a comparison: this is the paper's BasicPOS, which redraws
//! nothing besides. The full form, over the touches of a few words, is `spos.rs`. Does not know conflicts. Invariant: the priority of
//! an event is drawn once, and changes only when its thread gives up its turn: then it is the lowest.

use super::aside::Aside;
use crate::choice::{Attention, Candidate, Chooser, Divergence, Kind, Moment, Notice, Question};
use crate::seed::{Draws, Seed, Stream};
use crate::thread::ThreadId;

/// The priority of whoever gave up its turn.
const LOWEST: u64 = 0;

/// Basic POS over threads and the clock.
#[derive(Debug)]
pub struct Pos {
    /// Mean points of an event.
    gap: u64,
    /// By thread: the priority of its next event.
    priorities: Vec<u64>,
    /// That of the next timer or packet.
    clock: u64,
    running: ThreadId,
    /// The step at which the running thread's event is over; none once its next one has its priority.
    over_step: Option<u64>,
    /// The step of the last question about who runs.
    asked_step: Option<u64>,
    schedule: Draws,
    aside: Aside,
}

impl Pos {
    /// POS whose events are stretches of `gap` scheduling points on average; with 1, as in the paper, each point is one.
    ///
    /// # Panics
    /// If `gap` is 0.
    #[must_use]
    pub fn new(seed: Seed, gap: u64) -> Self {
        assert!(gap > 0, "an event has at least one point");
        let mut schedule = Draws::new(seed, Stream::Schedule);
        let clock = draw(&mut schedule);
        Self {
            gap,
            priorities: Vec::new(),
            clock,
            running: ThreadId::MAIN,
            over_step: None,
            asked_step: None,
            schedule,
            aside: Aside::new(seed),
        }
    }

    fn redraw(&mut self, thread: ThreadId) {
        self.priorities[thread.index()] = draw(&mut self.schedule);
    }

    fn priority(&self, candidate: Candidate) -> u64 {
        match candidate {
            Candidate::Thread(thread) => self.priorities[thread.index()],
            Candidate::Clock => self.clock,
        }
    }

    /// The running thread's event is over if the step says so, or if the thread stopped: its next one gets a priority.
    fn settle(&mut self, question: &Question<'_>) {
        let over = match question.kind {
            Kind::Preempt => self.over_step.is_some_and(|step| step <= question.at.step),
            _ => self.over_step.is_some(),
        };
        if over {
            self.over_step = None;
            self.redraw(question.at.thread);
        }
    }
}

/// Any priority but the lowest.
fn draw(schedule: &mut Draws) -> u64 {
    schedule.word() | 1
}

impl Chooser for Pos {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        let changed = at.thread != self.running;
        if changed && self.over_step.is_some() && self.asked_step != Some(at.step) {
            // It stopped where there was nobody else to ask for.
            self.redraw(self.running);
        }
        self.running = at.thread;
        let over_step = match self.over_step {
            Some(step) if !changed && step > at.step => step,
            _ => at.step + 1 + self.schedule.below(2 * self.gap - 1),
        };
        self.over_step = Some(over_step);
        over_step - at.step - 1
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        if !matches!(question.kind, Kind::Preempt | Kind::Next) {
            return Ok(self.aside.choose(question));
        }
        self.asked_step = Some(question.at.step);
        self.settle(question);
        let (mut best, mut highest) = (0, 0);
        for (pick, candidate) in question.candidates.iter().enumerate() {
            let priority = self.priority(*candidate);
            if priority > highest {
                (best, highest) = (pick, priority);
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
                let priority = draw(&mut self.schedule);
                self.priorities.push(priority);
            }
            Notice::Yielded(thread) => {
                self.priorities[thread.index()] = LOWEST;
                self.over_step = None;
            }
        }
    }

    fn attention(&self) -> Attention {
        Attention::AtEveryChange
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREADS: u32 = 4;

    fn pos(seed: Seed, gap: u64) -> Pos {
        let mut pos = Pos::new(seed, gap);
        (0..THREADS).for_each(|id| pos.notice(Notice::Spawned { thread: ThreadId(id), parent: None }));
        pos
    }

    fn at(step: u64, thread: ThreadId) -> Moment {
        Moment { step, now_ns: 10 * step, thread, thread_points: step, pc: 0, word: 0 }
    }

    /// The running thread first, then the others and the clock.
    fn candidates(running: ThreadId) -> Vec<Candidate> {
        let others = (0..THREADS).map(ThreadId).filter(|thread| *thread != running);
        core::iter::once(running).chain(others).map(Candidate::Thread).chain([Candidate::Clock]).collect()
    }

    /// Asks at a step until a thread goes on, as the kernel does; returns it.
    fn ask(pos: &mut Pos, kind: Kind, step: u64, running: ThreadId) -> ThreadId {
        for nth in 0.. {
            let candidates = candidates(running);
            let bound = candidates.len() as u64;
            let question =
                Question { kind, bound, at: at(step, running), nth, candidates: &candidates, odds: None };
            let before = (pos.clock, pos.priorities.clone());
            let pick = usize::try_from(pos.choose(&question).unwrap()).unwrap();
            let highest = pos.priorities.iter().max().unwrap();
            match candidates[pick] {
                Candidate::Thread(thread) => {
                    assert_eq!(pos.priorities[thread.index()], *highest, "the highest runs");
                    assert!(*highest >= before.0, "and the clock is not above it");
                    let _ = pos.quiet_points(&at(step, thread));
                    return thread;
                }
                Candidate::Clock => assert!(before.0 >= *highest, "the clock was the highest"),
            }
        }
        unreachable!("the clock is not the highest for ever")
    }

    #[test]
    fn with_gap_1_only_the_event_that_happened_is_drawn_anew() {
        for seed in (0..30).map(Seed) {
            let mut pos = pos(seed, 1);
            let mut running = ThreadId(0);
            assert_eq!(pos.quiet_points(&at(0, running)), 0);
            for step in 1..500 {
                let before = pos.priorities.clone();
                let next = ask(&mut pos, Kind::Preempt, step, running);
                for (thread, priority) in (0..).map(ThreadId).zip(&before) {
                    let same = pos.priorities[thread.index()] == *priority;
                    assert_eq!(same, thread != running, "seed {seed} step {step} thread {thread:?}");
                }
                running = next;
            }
        }
    }

    #[test]
    fn whoever_gives_up_its_turn_comes_last() {
        for seed in (0..30).map(Seed) {
            let mut pos = pos(seed, 1);
            let _ = pos.quiet_points(&at(0, ThreadId(0)));
            pos.notice(Notice::Yielded(ThreadId(0)));
            assert_ne!(ask(&mut pos, Kind::Next, 1, ThreadId(0)), ThreadId(0), "seed {seed}");
            assert_eq!(pos.priorities[0], LOWEST);
        }
    }

    #[test]
    fn every_thread_is_first_equally_often() {
        let mut first = [0_u32; THREADS as usize];
        for seed in (0..4_000).map(Seed) {
            let mut pos = pos(seed, 1);
            let _ = pos.quiet_points(&at(0, ThreadId(0)));
            first[ask(&mut pos, Kind::Preempt, 1, ThreadId(0)).index()] += 1;
        }
        assert!(first.iter().all(|count| (850..1_150).contains(count)), "{first:?}");
    }

    #[test]
    fn an_event_lasts_as_long_as_the_gap_says() {
        let mut pos = pos(Seed(5), 8);
        let mut lengths = Vec::new();
        let mut step = 0;
        while step < 80_000 {
            let quiet = pos.quiet_points(&at(step, ThreadId(0)));
            step += quiet + 1;
            lengths.push(quiet + 1);
            pos.over_step = None;
        }
        assert_eq!((lengths.iter().min(), lengths.iter().max()), (Some(&1), Some(&15)));
        assert!((9_700..10_300).contains(&lengths.len()), "{}", lengths.len());
    }
}
