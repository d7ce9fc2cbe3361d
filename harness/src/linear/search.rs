//! The search for an order, depth first, with Lowe's memory of what was tried.
//!
//! Does not tell people anything. Invariant: an operation is put in order only when every one that was over before its call is.

use std::collections::BTreeSet;

use super::history::{Call, History};
use super::model::Model;

/// What a search came to.
pub(super) enum Outcome {
    /// An order.
    Ordered(Vec<Call>),
    /// There is none.
    None(Furthest),
    /// It took too many steps.
    GaveUp,
}

/// The order that explained the most answers.
pub(super) struct Furthest {
    pub(super) order: Vec<Call>,
    /// The state it leaves, as text.
    pub(super) state: String,
}

/// A set of operations, one bit for each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Set(Vec<u64>);

impl Set {
    fn has(&self, index: usize) -> bool {
        self.0[index / 64] >> (index % 64) & 1 == 1
    }

    fn flip(&mut self, index: usize) {
        self.0[index / 64] ^= 1 << (index % 64);
    }
}

/// Searches for an order of all calls that were answered, and of those others that it takes.
pub(super) fn search<M: Model>(model: &M, history: &History<M::Op, M::Answer>, steps_max: u64) -> Outcome {
    let calls = &history.calls;
    let answers = history.answers();
    let mut ordered = Set(vec![0; calls.len().div_ceil(64)]);
    let mut tried: BTreeSet<(Set, M)> = BTreeSet::new();
    // What was put in order, each with the state before it, and how many answers that explains.
    let mut order: Vec<(usize, M)> = Vec::new();
    let mut explained = 0;
    let mut furthest = (0, Furthest { order: Vec::new(), state: format!("{model:?}") });
    let mut state = model.clone();
    // The candidate to look at next.
    let mut from = 0;
    for _ in 0..steps_max {
        if explained == answers {
            return Outcome::Ordered(order.into_iter().map(|(index, _)| Call(index)).collect());
        }
        if let Some(index) = candidate(history, &ordered, from) {
            from = index + 1;
            let operation = &calls[index];
            let answer = operation.answered.as_ref().map(|(_, answer)| answer);
            let Some(next) = state.apply(&operation.op, answer) else { continue };
            ordered.flip(index);
            if !tried.insert((ordered.clone(), next.clone())) {
                ordered.flip(index);
                continue;
            }
            order.push((index, std::mem::replace(&mut state, next)));
            explained += usize::from(answer.is_some());
            if explained > furthest.0 {
                let order = order.iter().map(|(index, _)| Call(*index)).collect();
                furthest = (explained, Furthest { order, state: format!("{state:?}") });
            }
            from = 0;
        } else {
            let Some((index, before)) = order.pop() else { return Outcome::None(furthest.1) };
            ordered.flip(index);
            explained -= usize::from(calls[index].answered.is_some());
            state = before;
            from = index + 1;
        }
    }
    Outcome::GaveUp
}

/// The first operation from a number on that can come next: it was called before any other that waits to be put in order was over.
fn candidate<Op, Answer>(history: &History<Op, Answer>, ordered: &Set, from: usize) -> Option<usize> {
    let mut over = usize::MAX;
    for (index, operation) in history.calls.iter().enumerate().filter(|(index, _)| !ordered.has(*index)) {
        if operation.called > over {
            return None;
        }
        if index >= from {
            return Some(index);
        }
        over = over.min(operation.over());
    }
    None
}
