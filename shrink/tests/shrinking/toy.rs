//! A judge without runs: a function says what of a plan a run would record, if that run fails.
//!
//! Does not know what the shrinker wants. Invariant: it notes every plan that it is asked for.

use photofinish_shrink::{Budget, Judge, Kept, Minimal, Places, Shrunk, Size, Stopped, shrink};
use photofinish_sim::choice::{Candidate, Kind, Pick};
use photofinish_sim::plan::{Answer, Decision, Plan};
use photofinish_sim::thread::{Family, Pedigree, ThreadId};
use photofinish_sim::trace::Trace;

/// Threads besides the main one, all its children.
pub(crate) const CHILDREN: u32 = 6;

/// The decisions that a run of a plan records, if it fails.
pub(crate) type Predicate<'a> = dyn FnMut(&Plan) -> Option<Plan> + 'a;

pub(crate) struct Toy<'a> {
    pub(crate) width: usize,
    pub(crate) predicate: Box<Predicate<'a>>,
    /// Every plan asked for.
    pub(crate) asked: Vec<Plan>,
    /// After so many plans it stops.
    pub(crate) stops_after: usize,
    /// Answers to each question.
    pub(crate) bound: u64,
    /// Where threads can be stopped, whatever the plan.
    pub(crate) places: Vec<Places>,
}

impl<'a> Toy<'a> {
    pub(crate) fn new(width: usize, predicate: impl FnMut(&Plan) -> Option<Plan> + 'a) -> Self {
        Self {
            width,
            predicate: Box::new(predicate),
            asked: Vec::new(),
            stops_after: usize::MAX,
            bound: u64::MAX,
            places: Vec::new(),
        }
    }

    /// Where every decision fits, and the run fails if this holds for the plan.
    pub(crate) fn of(width: usize, fails: impl Fn(&Plan) -> bool + 'a) -> Self {
        Self::new(width, move |plan| fails(plan).then(|| plan.clone()))
    }
}

impl Judge for Toy<'_> {
    fn width(&self) -> usize {
        self.width
    }

    fn ask(&mut self, plans: &[Plan]) -> Result<Vec<Option<Kept>>, Stopped> {
        assert!((1..=self.width).contains(&plans.len()), "asked for {} at once", plans.len());
        self.asked.extend_from_slice(plans);
        if self.asked.len() > self.stops_after {
            return Err(Stopped);
        }
        let recorded = plans.iter().map(|plan| (self.predicate)(plan));
        Ok(recorded.map(|plan| plan.map(|plan| bounded(&plan, self.bound))).collect())
    }

    fn places(&mut self, _: &Plan) -> Result<Vec<Places>, Stopped> {
        Ok(self.places.clone())
    }
}

/// A run that recorded this.
pub(crate) fn kept(plan: &Plan) -> Kept {
    bounded(plan, u64::MAX)
}

/// The same, with so many answers to each question.
fn bounded(plan: &Plan, bound: u64) -> Kept {
    let mut family = Family::default();
    (0..CHILDREN).for_each(|_| family.born(ThreadId::MAIN));
    let pick = |(step, decision): (u64, &Decision)| Pick {
        step,
        nth: decision.nth,
        kind: decision.kind,
        bound,
        pick: if let Answer::Pick(pick) = decision.answer { pick } else { 1 },
        to: match &decision.answer {
            Answer::Thread(thread) => Some(Candidate::Thread(id(thread))),
            Answer::Clock | Answer::Hold => Some(Candidate::Clock),
            Answer::Pick(_) => None,
        },
        thread: id(&decision.thread),
        thread_points: decision.points,
        // Every tenth point is a call.
        pc: if decision.points.is_multiple_of(10) { 0 } else { 7 },
    };
    let picks = (0..).zip(&plan.decisions).map(pick).collect();
    let size =
        Size { threads: u64::from(CHILDREN) + 1, hosts: 1, messages: 0, points: 1000, virtual_ns: 1000 };
    let kept = Kept { plan: plan.clone(), trace: Trace { picks, family }, size };
    assert_eq!(plan.taken_in(&kept.trace), *plan);
    kept
}

fn id(thread: &Pedigree) -> ThreadId {
    match thread.0.as_slice() {
        [] => ThreadId::MAIN,
        [child] => ThreadId(child + 1),
        _ => unreachable!("no thread here has grandchildren"),
    }
}

/// A thread of a toy run, 0 being the main one.
pub(crate) fn thread(number: u32) -> Pedigree {
    Pedigree(number.checked_sub(1).into_iter().collect())
}

/// A preemption of one thread for another.
pub(crate) fn preempt(from: u32, points: u64, to: u32) -> Decision {
    Decision { thread: thread(from), points, kind: Kind::Preempt, nth: 0, answer: Answer::Thread(thread(to)) }
}

/// A thread is held.
pub(crate) fn hold(of: u32, points: u64) -> Decision {
    Decision { answer: Answer::Hold, ..preempt(of, points, 0) }
}

/// A number picked.
pub(crate) fn number(kind: Kind, at: u32, points: u64, pick: u64) -> Decision {
    Decision { thread: thread(at), points, kind, nth: 0, answer: Answer::Pick(pick) }
}

/// Many decisions of all kinds, as a random walk takes them: `salt` makes others.
pub(crate) fn crowd(count: u64, salt: u64) -> Plan {
    let decision = |index: u64| {
        // The high bits of a multiplicative hash: spread, and the same everywhere.
        let drawn = (index + 1 + salt * 1000).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let children = u64::from(CHILDREN) + 1;
        let from = u32::try_from(drawn % children).expect("few");
        let to = u32::try_from((u64::from(from) + 1 + drawn / 7 % (children - 1)) % children).expect("few");
        match drawn / 49 % 10 {
            0..5 => preempt(from, index, to),
            5 => Decision { answer: Answer::Clock, ..preempt(from, index, to) },
            6 => Decision { kind: Kind::Next, ..preempt(from, index, to) },
            7 => number(Kind::Latency, from, index, 1 + drawn % 7),
            8 => number(Kind::Loss, from, index, 1),
            _ => number(Kind::FutexWake, from, index, 1 + drawn % 3),
        }
    };
    Plan { decisions: (0..count).map(decision).collect() }
}

/// Shrinks with as many runs as it takes.
pub(crate) fn shrink_all(failing: &Plan, judge: &mut Toy<'_>) -> Shrunk {
    let shrunk = shrink(bounded(failing, judge.bound), judge, Budget { runs: 100_000 });
    assert_eq!(shrunk.minimal, Minimal::Proved);
    shrunk
}
