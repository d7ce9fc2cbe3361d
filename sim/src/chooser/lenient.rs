//! Lenient replay: follows a plan as far as the run has its places, and is boring everywhere else.
//!
//! Does not know where the plan comes from. Invariant: a decision is given at most once, at the place that it names, and never
//! makes a run diverge: what did not fit is missing from the picks that the run records.

use std::collections::BTreeMap;

use crate::choice::{Candidate, Chooser, Divergence, Kind, Moment, Notice, Question};
use crate::plan::{Answer, Plan};
use crate::thread::{Pedigree, Pedigrees, ThreadId};

/// A place of one thread: its points, the kind of question, and its number there.
type Place = (u64, Kind, u32);

/// What is still to be given while one thread runs, by place. No place is met twice, so of two wishes for one the first counts.
type Wishes = BTreeMap<Place, Answer>;

/// Follows a plan.
#[derive(Clone, Debug, Default)]
pub struct Lenient {
    wishes: BTreeMap<Pedigree, Wishes>,
    /// The threads that there are.
    threads: Pedigrees,
    /// Those that are held, and the points at which they were stopped.
    held: Vec<(ThreadId, u64)>,
}

impl Lenient {
    /// Follows `plan`.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let mut wishes: BTreeMap<Pedigree, Wishes> = BTreeMap::new();
        for decision in plan.decisions {
            let place = (decision.points, decision.kind, decision.nth);
            let of_thread = wishes.entry(decision.thread).or_default();
            of_thread.entry(place).or_insert(decision.answer);
        }
        Self { wishes, ..Self::default() }
    }

    fn wishes(&mut self, thread: ThreadId) -> Option<&mut Wishes> {
        let Self { wishes, threads, .. } = self;
        wishes.get_mut(threads.of(thread)?)
    }

    /// What is wished for at a question, which is then given and gone.
    fn take(&mut self, question: &Question<'_>) -> Option<Answer> {
        let place = (question.at.thread_points, question.kind, question.nth);
        self.wishes(question.at.thread)?.remove(&place)
    }

    /// The number of an answer among those to a question, if it is one.
    fn pick(&self, answer: &Answer, question: &Question<'_>) -> Option<u64> {
        let is_meant = |candidate: &Candidate| match (answer, candidate) {
            (Answer::Thread(wanted), Candidate::Thread(thread)) => self.threads.of(*thread) == Some(wanted),
            (Answer::Clock, Candidate::Clock) => true,
            (Answer::Hold, Candidate::Thread(thread)) => !self.is_held(*thread),
            (_, _) => false,
        };
        let position = |is_meant: &dyn Fn(&Candidate) -> bool| {
            let at = question.candidates.iter().position(is_meant)?;
            u64::try_from(at).ok().filter(|at| question.chosen(*at).is_some())
        };
        match answer {
            Answer::Pick(pick) => (*pick < question.bound).then_some(*pick),
            Answer::Thread(_) | Answer::Clock => position(&is_meant),
            // Whoever else could run, else time; else nothing can happen, and the held thread runs.
            Answer::Hold => position(&is_meant).or_else(|| position(&|other| *other == Candidate::Clock)),
        }
    }

    fn is_held(&self, thread: ThreadId) -> bool {
        self.held.iter().any(|(held, _)| *held == thread)
    }

    fn release(&mut self, thread: ThreadId) {
        self.held.retain(|(held, _)| *held != thread);
    }

    /// What is answered where nothing is wished for: the boring answer, unless it lets a held thread run.
    fn unasked(&self, question: &Question<'_>) -> u64 {
        match question.candidates.first() {
            Some(Candidate::Thread(first)) if question.chosen(0).is_some() && self.is_held(*first) => {
                self.pick(&Answer::Hold, question).unwrap_or(0)
            }
            _ => 0,
        }
    }
}

impl Chooser for Lenient {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        // It runs although it was held: nothing else could happen.
        self.release(at.thread);
        let points = at.thread_points;
        let next = self.wishes(at.thread).and_then(|wishes| {
            let later = wishes.range((points + 1, Kind::Preempt, 0)..);
            later.map(|((points, kind, _), _)| (*points, *kind)).find(|(_, kind)| *kind == Kind::Preempt)
        });
        next.map_or(u64::MAX, |(next, _)| next - points - 1)
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        let Moment { thread, thread_points, .. } = question.at;
        self.held.retain(|(held, at)| *held != thread || *at == thread_points);
        let answer = self.take(question);
        if answer == Some(Answer::Hold) && question.kind == Kind::Preempt {
            self.held.push((thread, thread_points));
        }
        let wished = answer.and_then(|answer| self.pick(&answer, question));
        let pick = wished.unwrap_or_else(|| self.unasked(question));
        if let Some(Candidate::Thread(next)) = question.chosen(pick) {
            self.release(next);
        }
        Ok(pick)
    }

    fn notice(&mut self, notice: Notice) {
        if let Notice::Spawned { parent, .. } = notice {
            self.threads.born(parent);
        }
    }
}
