//! Holds threads: one decision that keeps a thread from running, instead of the many by which a search let all others run first.
//!
//! A search that lets a thread be late says so at each question of who runs meanwhile; none of these can be undone alone, though the reader
//! would say: it was late. Does not know which thread was. Invariant: a thread is held at a point at which it was stopped, or near one.

use std::collections::BTreeSet;

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::edit::{answered, without};
use crate::search::{Over, Search};
use crate::walk::{again, each};

/// So many places are tried for a thread that alone is held, spread over the run if there are more.
const PLACES_MAX: usize = 100;
/// Of so many places, each two are tried together.
const PAIRED_MAX: usize = 12;
/// In plans of at most so many decisions, each is tried as a hold.
const DECISIONS_MAX: usize = 40;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    if is_one_hold(search.plan()) {
        return Ok(());
    }
    let places = spread(&places(search.plan()), PLACES_MAX);
    search.first(places.iter().map(|place| Plan { decisions: vec![place.clone()] }))?;
    if is_one_hold(search.plan()) {
        return Ok(());
    }
    search.go_on();
    let few = spread(&places, PAIRED_MAX);
    let pairs = few.iter().enumerate().flat_map(|(index, other)| {
        few[..index].iter().map(move |one| Plan { decisions: vec![one.clone(), other.clone()] })
    });
    search.first(pairs)?;
    search.go_on();
    if search.plan().decisions.len() > DECISIONS_MAX {
        return Ok(());
    }
    again(search, |plan| instead(&plan))?;
    let all = search.plan().decisions.clone();
    each(search, &all, |plan, decision| {
        let index = plan.decisions.iter().position(|other| other == decision)?;
        stopped(decision).map(|_| answered(plan, index, Answer::Hold))
    })
}

fn is_one_hold(plan: &Plan) -> bool {
    plan.decisions.len() <= 1 && plan.decisions.iter().all(|decision| decision.answer == Answer::Hold)
}

/// A hold in the place of a decision that stops a thread.
fn stopped(decision: &Decision) -> Option<Decision> {
    let is_stop = decision.kind == Kind::Preempt;
    is_stop.then(|| Decision { nth: 0, answer: Answer::Hold, ..decision.clone() })
}

/// Where threads are stopped.
fn places(plan: &Plan) -> Vec<Decision> {
    let mut seen = BTreeSet::new();
    let places = plan.decisions.iter().filter_map(stopped);
    places.filter(|place| seen.insert(place.clone())).collect()
}

/// So many of the places, at even distances.
fn spread(places: &[Decision], most: usize) -> Vec<Decision> {
    let count = places.len().min(most);
    (0..count).map(|index| places[index * places.len() / count].clone()).collect()
}

/// A hold instead of a decision and of others: of all stalls and answers of who is next, of all that follow up to some other.
fn instead(plan: &Plan) -> Vec<Plan> {
    let all = &plan.decisions;
    let mut plans = Vec::new();
    for (index, decision) in all.iter().enumerate() {
        let Some(hold) = stopped(decision) else { continue };
        let held = answered(plan, index, Answer::Hold);
        let place = |other: &Decision| (&other.thread, other.points) == (&hold.thread, hold.points);
        let waiting = |other: &usize| {
            *other != index
                && (all[*other].answer == Answer::Clock
                    || all[*other].kind == Kind::Next
                    || place(&all[*other]))
        };
        plans.push(without(&held, &(0..all.len()).filter(waiting).collect::<Vec<_>>()));
        plans.extend(
            (index + 2..=all.len()).rev().map(|end| without(&held, &(index + 1..end).collect::<Vec<_>>())),
        );
    }
    plans
}
