//! Gives another answer where that is simpler: time passes instead of a thread's run, another thread runs and a later decision is not
//! needed any more, two neighbours change places.
//!
//! Does not know which threads can run. Invariant: a place keeps its question.

use std::collections::BTreeSet;

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::edit::{answered, runs, without};
use crate::search::{Over, Search};
use crate::walk::each;

/// In plans of at most so many decisions, answers are exchanged.
const DECISIONS_MAX: usize = 24;
/// How many decisions later may be made superfluous;
const REACH: usize = 4;
/// in plans of at most so many, any other.
const ANY_MAX: usize = 8;

/// Another answer to a question, and what is not needed then.
struct Change {
    at: Decision,
    answer: Answer,
    without: Option<Decision>,
}

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let all = search.plan().decisions.clone();
    if all.len() > DECISIONS_MAX {
        return Ok(());
    }
    let named = all.iter().flat_map(|decision| runs(decision).into_iter().chain([&decision.thread]));
    let named: BTreeSet<_> = named.cloned().collect();
    let mut changes = Vec::new();
    for (index, decision) in all.iter().enumerate().rev() {
        if !matches!(decision.kind, Kind::Preempt | Kind::Next) {
            continue;
        }
        let (from, to) = if all.len() <= ANY_MAX { (0, all.len()) } else { (index, index + 1 + REACH) };
        let others = all.iter().enumerate().take(to).skip(from).filter(|(other, _)| *other != index);
        let others: Vec<&Decision> = others.map(|(_, other)| other).collect();
        let mut answers = vec![Answer::Clock];
        answers.extend(named.iter().cloned().map(Answer::Thread));
        answers.retain(|answer| *answer != decision.answer);
        for answer in answers {
            let change = |without| Change { at: decision.clone(), answer: answer.clone(), without };
            changes.extend(others.iter().map(|other| change(Some((*other).clone()))));
            changes.push(change(None));
        }
    }
    each(search, &changes, changed)?;
    each(search, &(1..all.len()).rev().collect::<Vec<_>>(), swapped)
}

fn changed(plan: &Plan, change: &Change) -> Option<Plan> {
    let at = |wanted: &Decision| plan.decisions.iter().position(|decision| decision == wanted);
    let plan = answered(plan, at(&change.at)?, change.answer.clone());
    match &change.without {
        None => Some(plan),
        Some(later) => {
            let later = plan.decisions.iter().position(|decision| decision == later)?;
            Some(without(&plan, &[later]))
        }
    }
}

/// The answers of two neighbours, changed for each other.
fn swapped(plan: &Plan, second: &usize) -> Option<Plan> {
    let (one, other) = (plan.decisions.get(second - 1)?, plan.decisions.get(*second)?);
    if one.kind != other.kind || one.answer == other.answer {
        return None;
    }
    let once = answered(plan, second - 1, other.answer.clone());
    Some(answered(&once, *second, one.answer.clone()))
}
