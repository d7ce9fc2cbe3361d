//! Strict replay: gives recorded picks again, and stops at the first that does not fit.
//!
//! Does not know how the trace was found. Invariant: every recorded pick is given exactly once, to the question it was
//! recorded for, or the run diverges.

use crate::choice::{Candidate, Chooser, Divergence, Moment, Pick, Question};
use crate::trace::Trace;

/// Replays a trace.
#[derive(Clone, Debug)]
pub struct Strict {
    picks: Vec<Pick>,
    next: usize,
}

impl Strict {
    /// Replays `trace` from its first pick.
    #[must_use]
    pub fn new(trace: Trace) -> Self {
        Self { picks: trace.picks, next: 0 }
    }

    fn overdue(&self, at: &Moment) -> Option<Divergence> {
        let pick = self.picks.get(self.next)?;
        (pick.step < at.step).then(|| Divergence {
            expected: *pick,
            found: format!("the program passed step {} without asking it", at.step),
        })
    }
}

impl Chooser for Strict {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        // Every recorded step is visited, whatever was asked there: a pick that was not asked for is found at the next visit.
        self.picks[self.next..]
            .iter()
            .map(|pick| pick.step)
            .find(|step| *step > at.step)
            .map_or(u64::MAX, |step| step - at.step - 1)
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        if let Some(divergence) = self.overdue(&question.at) {
            return Err(divergence);
        }
        let Some(pick) = self.picks.get(self.next) else { return Ok(0) };
        let Moment { step, thread, thread_points, .. } = question.at;
        if (pick.step, pick.thread, pick.kind, pick.nth) != (step, thread, question.kind, question.nth) {
            return Ok(0);
        }
        if pick.pick >= pick.bound {
            let found = String::from("no question has that answer: the trace is damaged");
            return Err(Divergence { expected: *pick, found });
        }
        if (pick.bound, pick.thread_points) != (question.bound, thread_points) {
            let (bound, points) = (question.bound, thread_points);
            let found = format!("here it has {bound} answers, at point {points} of thread {}", thread.0);
            return Err(Divergence { expected: *pick, found });
        }
        let found = question.chosen(pick.pick);
        if pick.to != found {
            let shown = |to: Option<Candidate>| to.map_or(String::from("nobody"), |to| format!("{to:?}"));
            let found =
                format!("here that answer lets {} go on, instead of {}", shown(found), shown(pick.to));
            return Err(Divergence { expected: *pick, found });
        }
        self.next += 1;
        Ok(pick.pick)
    }

    fn finish(&mut self, at: &Moment) -> Result<(), Divergence> {
        match self.picks.get(self.next) {
            None => Ok(()),
            Some(pick) => Err(Divergence {
                expected: *pick,
                found: format!("the run ended at step {} without asking it", at.step),
            }),
        }
    }
}
