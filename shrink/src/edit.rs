//! Plans made of plans: fewer decisions, or one that is another.
//!
//! Does not know which edits are worth a run. Invariant: what is left keeps its order and, but for the rest of a series of stalls, its
//! places.

use std::collections::BTreeMap;

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};
use photofinish_sim::thread::Pedigree;

/// The plan with those decisions alone whose number and self are accepted.
///
/// A question of who runs is put again, with the next number, only after time has passed instead. So where such a stall goes, those after
/// it at the same place move up, or they could never be given.
pub(crate) fn only(plan: &Plan, keep: impl Fn(usize, &Decision) -> bool) -> Plan {
    let mut gone: BTreeMap<(&Pedigree, u64, Kind), Vec<u32>> = BTreeMap::new();
    let mut decisions = Vec::new();
    for (index, decision) in plan.decisions.iter().enumerate() {
        let place = (&decision.thread, decision.points, decision.kind);
        if keep(index, decision) {
            let moved =
                gone.get(&place).map_or(0, |gone| gone.iter().filter(|nth| **nth < decision.nth).count());
            let moved = u32::try_from(moved).expect("fewer than there are numbers");
            decisions.push(Decision { nth: decision.nth - moved, ..decision.clone() });
        } else if decision.answer == Answer::Clock {
            let gone = gone.entry(place).or_default();
            // Where threads wait in turns a place is met more than once.
            if !gone.contains(&decision.nth) {
                gone.push(decision.nth);
            }
        }
    }
    Plan { decisions }
}

/// The plan without the decisions of these numbers.
pub(crate) fn without(plan: &Plan, dropped: &[usize]) -> Plan {
    only(plan, |index, _| !dropped.contains(&index))
}

/// The plan with one answer boring and everything else as it is: what undoing a decision means.
pub(crate) fn undone(plan: &Plan, index: usize) -> Plan {
    let mut plan = plan.clone();
    plan.decisions.remove(index);
    plan
}

/// The plan with another answer to one of its questions.
pub(crate) fn answered(plan: &Plan, index: usize, answer: Answer) -> Plan {
    let mut plan = plan.clone();
    plan.decisions[index].answer = answer;
    plan
}

/// Where a question of who runs is put.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) thread: Pedigree,
    pub(crate) points: u64,
    pub(crate) kind: Kind,
}

/// The plan with one of its decisions of who runs at another place, and with it whatever is decided at the same place after time has passed
/// there, or before.
pub(crate) fn placed(plan: &Plan, index: usize, place: &Place) -> Plan {
    let was = &plan.decisions[index];
    let is_there = |decision: &Decision| {
        (&decision.thread, decision.points, decision.kind) == (&was.thread, was.points, was.kind)
    };
    let first =
        plan.decisions.iter().filter(|decision| is_there(decision)).map(|decision| decision.nth).min();
    let first = first.expect("the decision itself is there");
    let Place { thread, points, kind } = place;
    let placed = |decision: &Decision| match is_there(decision) {
        true => Decision {
            thread: thread.clone(),
            points: *points,
            kind: *kind,
            nth: decision.nth - first,
            answer: decision.answer.clone(),
        },
        false => decision.clone(),
    };
    Plan { decisions: plan.decisions.iter().map(placed).collect() }
}

/// The thread that a decision lets run.
pub(crate) fn runs(decision: &Decision) -> Option<&Pedigree> {
    match &decision.answer {
        Answer::Thread(thread) => Some(thread),
        Answer::Clock | Answer::Hold | Answer::Pick(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(points: u64, nth: u32, answer: Answer) -> Decision {
        Decision { thread: Pedigree(vec![]), points, kind: Kind::Preempt, nth, answer }
    }

    #[test]
    fn what_follows_a_stall_at_its_place_moves_up_when_the_stall_goes() {
        let thread = Answer::Thread(Pedigree(vec![0]));
        let plan = Plan {
            decisions: vec![
                at(5, 0, Answer::Clock),
                at(5, 1, Answer::Clock),
                at(5, 2, thread.clone()),
                at(6, 1, Answer::Clock),
            ],
        };
        let expected = vec![at(5, 0, Answer::Clock), at(5, 1, thread.clone()), at(6, 1, Answer::Clock)];
        assert_eq!(without(&plan, &[1]).decisions, expected);
        assert_eq!(without(&plan, &[0, 1]).decisions, [at(5, 0, thread), at(6, 1, Answer::Clock)]);
        assert_eq!(undone(&plan, 0).decisions, plan.decisions[1..]);
    }

    #[test]
    fn a_series_of_stalls_moves_as_one() {
        let plan = Plan {
            decisions: vec![at(5, 1, Answer::Clock), at(5, 2, Answer::Clock), at(6, 0, Answer::Clock)],
        };
        let place = Place { thread: Pedigree(vec![]), points: 3, kind: Kind::Preempt };
        let expected = [at(3, 0, Answer::Clock), at(3, 1, Answer::Clock), at(6, 0, Answer::Clock)];
        assert_eq!(placed(&plan, 1, &place).decisions, expected);
    }
}
