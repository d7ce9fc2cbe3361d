//! Takes a decision of who runs to another thread: threads of one sort do the same at the same points, and the race may need fewer decisions with
//! the one that runs first anyway.
//!
//! Without it a plan keeps the switches that only brought one of several equal threads to where the race is. Does not know which threads are
//! of one sort. Invariant: a decision that is transferred keeps its points.

use std::collections::BTreeSet;

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};
use photofinish_sim::thread::{Pedigree, ThreadId};

use crate::edit::{Place, answered, only, placed, runs, without};
use crate::search::{Over, Search};
use crate::walk::again;

/// Plans of at most so many decisions of who runs,
const DECISIONS_MAX: usize = 8;
/// among the first so many threads.
const THREADS_MAX: usize = 16;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let pedigrees = search.best().trace.family.pedigrees();
    let ids = (0..).map(ThreadId).take(THREADS_MAX);
    let threads: Vec<Pedigree> = ids.map_while(|id| pedigrees.of(id).cloned()).collect();
    again(search, |plan| {
        let decides = |decision: &&Decision| is_of_who_runs(decision);
        let count = plan.decisions.iter().filter(decides).count();
        let few = (1..=DECISIONS_MAX).contains(&count);
        let plans = if few { candidates(&plan, &threads) } else { Vec::new() };
        plans.into_iter()
    })
}

fn is_of_who_runs(decision: &Decision) -> bool {
    matches!(decision.kind, Kind::Preempt | Kind::Next)
}

fn candidates(plan: &Plan, threads: &[Pedigree]) -> Vec<Plan> {
    [singles(plan, threads), pairs(plan, threads), stalls(plan, threads)].concat()
}

/// Instead of all decisions of who runs, one preemption at the points of one of them, of any thread for any other.
fn singles(plan: &Plan, threads: &[Pedigree]) -> Vec<Plan> {
    let rest = only(plan, |_, decision| !is_of_who_runs(decision));
    let is_preempt = |decision: &&Decision| decision.kind == Kind::Preempt;
    let points: BTreeSet<u64> =
        plan.decisions.iter().filter(is_preempt).map(|decision| decision.points).collect();
    let mut plans = Vec::new();
    // Late in their threads is where races are; what was decided early brought them there.
    for points in points.into_iter().rev() {
        for thread in threads {
            let to = threads.iter().filter(|to| *to != thread).cloned().map(Answer::Thread);
            for answer in [Answer::Clock].into_iter().chain(to) {
                let thread = thread.clone();
                let mut plan = rest.clone();
                plan.decisions.push(Decision { thread, points, kind: Kind::Preempt, nth: 0, answer });
                plans.push(plan);
            }
        }
    }
    plans
}

/// One decision fewer, and one of the others at another thread. Where that is the one that would have run, the two change places.
fn pairs(plan: &Plan, threads: &[Pedigree]) -> Vec<Plan> {
    let all = &plan.decisions;
    let who: Vec<usize> = (0..all.len()).filter(|index| is_of_who_runs(&all[*index])).collect();
    let mut plans = Vec::new();
    for changed in who.iter().rev() {
        for thread in threads.iter().filter(|thread| **thread != all[*changed].thread) {
            let Decision { thread: from, points, kind, .. } = &all[*changed];
            let place = Place { thread: thread.clone(), points: *points, kind: *kind };
            let mut plan = placed(plan, *changed, &place);
            let decision = &mut plan.decisions[*changed];
            if decision.answer == Answer::Thread(thread.clone()) {
                decision.answer = Answer::Thread(from.clone());
            }
            let dropped = who.iter().filter(|dropped| *dropped != changed);
            plans.extend(dropped.map(|dropped| without(&plan, &[*dropped])));
            plans.push(plan);
        }
    }
    plans
}

/// A stall at the beginning of another thread's part or at the same points of it; besides, perhaps, one decision fewer, or a switch that goes
/// where the next one goes.
fn stalls(plan: &Plan, threads: &[Pedigree]) -> Vec<Plan> {
    let all = 0..plan.decisions.len();
    let fewer = all.clone().rev().map(|index| without(plan, &[index]));
    let shorter = all.rev().filter_map(|index| shortcut(plan, index));
    let mut plans = Vec::new();
    for base in fewer.chain(shorter).chain([plan.clone()]) {
        let is_stall = |index: &usize| base.decisions[*index].answer == Answer::Clock;
        for index in (0..base.decisions.len()).filter(is_stall) {
            for points in BTreeSet::from([1, base.decisions[index].points]) {
                let kind = Kind::Preempt;
                let places = threads.iter().cloned().map(|thread| Place { thread, points, kind });
                plans.extend(places.map(|place| placed(&base, index, &place)));
            }
        }
    }
    plans
}

/// A switch that goes where the thread that it let run would have been left for.
fn shortcut(plan: &Plan, index: usize) -> Option<Plan> {
    let to = runs(&plan.decisions[index])?;
    let second = (index + 1..plan.decisions.len()).find(|second| plan.decisions[*second].thread == *to)?;
    let answer = plan.decisions[second].answer.clone();
    Some(without(&answered(plan, index, answer), &[second]))
}
