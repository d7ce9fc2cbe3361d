//! Decisions by names that mean something in other runs, too: the wish list of a lenient replay.
//!
//! Does not know whether the decisions fit a run. Invariant: the plan of a trace, followed leniently in the build that recorded it,
//! gives the trace again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::choice::{Candidate, Kind, Pick};
use crate::thread::{Pedigree, ThreadId};
use crate::trace::Trace;

/// An answer by what it means, as opposed to its number among the answers there were.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// This thread runs.
    Thread(Pedigree),
    /// Time passes although threads could run.
    Clock,
    /// The thread that runs is held: it stops, and does not run again while anything else can happen, nor before a decision lets it.
    /// No single pick means that; a run that follows it records as many as it takes.
    Hold,
    /// The pick of this number.
    Pick(u64),
}

/// One answer that is not boring. Where it is given is said from the thread that runs, or ran last: the same place exists in every run
/// in which that thread did the same so far, whatever others did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// The thread that runs, or ran last.
    pub thread: Pedigree,
    /// Scheduling points it has passed.
    pub points: u64,
    /// What is asked.
    pub kind: Kind,
    /// How many questions of this kind were asked there before: a thread that wakes and goes back to sleep in one call comes there again.
    pub nth: u32,
    /// What is answered.
    pub answer: Answer,
}

/// Decisions in the order in which the run they come from took them. All others are boring.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// The decisions.
    pub decisions: Vec<Decision>,
}

impl Trace {
    /// The trace's decisions by name.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let pedigrees = self.family.pedigrees();
        let name = |thread: ThreadId| pedigrees.of(thread).cloned().unwrap_or_default();
        let answer = |pick: &Pick| match pick.to {
            Some(Candidate::Thread(thread)) => Answer::Thread(name(thread)),
            Some(Candidate::Clock) => Answer::Clock,
            None => Answer::Pick(pick.pick),
        };
        let decision = |pick: &Pick| Decision {
            thread: name(pick.thread),
            points: pick.thread_points,
            kind: pick.kind,
            nth: pick.nth,
            answer: answer(pick),
        };
        Plan { decisions: self.picks.iter().map(decision).collect() }
    }
}

impl Plan {
    /// Of this plan, the decisions that a run took which followed it, in the order in which it took them.
    #[must_use]
    pub fn taken_in(&self, trace: &Trace) -> Self {
        let mut wishes: BTreeMap<Place<'_>, &Decision> = BTreeMap::new();
        for decision in &self.decisions {
            wishes.entry(decision.place()).or_insert(decision);
        }
        let taken = trace.plan().decisions;
        let given = taken.iter().filter_map(|taken| {
            let wish = *wishes.get(&taken.place())?;
            (wish.answer == Answer::Hold || wish.answer == taken.answer).then(|| wish.clone())
        });
        Self { decisions: given.collect() }
    }
}

/// Where a decision is given: thread, its points, kind of question, number there.
pub type Place<'a> = (&'a Pedigree, u64, Kind, u32);

impl Decision {
    /// Where it is given.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        (&self.thread, self.points, self.kind, self.nth)
    }
}
