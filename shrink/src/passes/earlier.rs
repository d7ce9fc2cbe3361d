//! Numbers that the program lets the search choose one after another: an answer is given to an earlier question, or two change places.
//!
//! A program that asks several times at one point for the same sort of thing, as which fault strikes, does the same whichever question has
//! the answer. Without this pass two seeds of one failure would differ in that alone. Does not know what is asked for. Invariant: an answer
//! stays in its thread and at its point.

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Decision, Plan};

use crate::search::{Over, Search};
use crate::walk::again;

/// So many questions before its own are tried for each answer.
const BEFORE_MAX: u32 = 16;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    again(search, |plan| {
        let chosen = |decision: &Decision| decision.kind == Kind::Chosen;
        let indexes: Vec<usize> =
            (0..plan.decisions.len()).filter(|at| chosen(&plan.decisions[*at])).collect();
        indexes.into_iter().flat_map(move |at| moved(&plan, at))
    })
}

/// The plans in which the answer of one decision is given to a question before its own.
fn moved(plan: &Plan, at: usize) -> Vec<Plan> {
    let own = &plan.decisions[at];
    let to = |nth: u32| {
        let mut plan = plan.clone();
        let place = Decision { nth, ..own.clone() };
        match plan.decisions.iter().position(|decision| decision.place() == place.place()) {
            // The other question has an answer: they change places.
            Some(other) => {
                plan.decisions[at].answer = plan.decisions[other].answer.clone();
                plan.decisions[other].answer = own.answer.clone();
            }
            None => {
                plan.decisions.remove(at);
                let stands =
                    |decision: &Decision| decision.place() > place.place() && is_beside(decision, own);
                let before = plan.decisions.iter().position(stands).unwrap_or(at);
                plan.decisions.insert(before.min(at), place);
            }
        }
        plan
    };
    (own.nth.saturating_sub(BEFORE_MAX)..own.nth).map(to).collect()
}

/// Whether two decisions are of the same point.
fn is_beside(one: &Decision, other: &Decision) -> bool {
    (&one.thread, one.points, one.kind) == (&other.thread, other.points, other.kind)
}
