//! Failures that two decisions show from one seed, and one decision somewhere else from another, and a judge that knows where threads can
//! be stopped.
//!
//! Does not know how a judge finds out. Invariant: without the judge's help the same failure stays larger.

use std::collections::BTreeSet;

use photofinish_shrink::{Budget, Judge, Kept, Minimal, Places, Shrunk, Stopped, shrink};
use photofinish_sim::plan::{Decision, Plan};

use crate::toy::{Toy, hold, kept, preempt, thread};

struct Stopping<'a> {
    toy: Toy<'a>,
    /// Of the second thread and of the third.
    places: [Vec<u64>; 2],
    /// Scheduling points of each run.
    points: u64,
    /// The plans whose places it was asked for.
    sought: BTreeSet<Plan>,
}

impl<'a> Stopping<'a> {
    fn of(width: usize, fails: impl Fn(&Plan) -> bool + 'a) -> Self {
        let places = [(1..300).collect(), (1..300).collect()];
        Self { toy: Toy::of(width, fails), places, points: 1000, sought: BTreeSet::new() }
    }

    fn shrunk(&mut self, failing: &[Decision]) -> Shrunk {
        let failing = self.long(kept(&Plan { decisions: failing.to_vec() }));
        shrink(failing, self, Budget { runs: 1_000_000 })
    }

    fn long(&self, mut kept: Kept) -> Kept {
        kept.size.points = self.points;
        kept
    }
}

impl Judge for Stopping<'_> {
    fn width(&self) -> usize {
        self.toy.width()
    }

    fn ask(&mut self, plans: &[Plan]) -> Result<Vec<Option<Kept>>, Stopped> {
        let answers = self.toy.ask(plans)?;
        Ok(answers.into_iter().map(|answer| answer.map(|kept| self.long(kept))).collect())
    }

    fn places(&mut self, plan: &Plan) -> Result<Vec<Places>, Stopped> {
        assert!(self.sought.insert(plan.clone()), "the places of {plan:?} were sought before");
        let of =
            |(number, points): (u32, &Vec<u64>)| Places { thread: thread(number), points: points.clone() };
        Ok((1..).zip(&self.places).map(of).collect())
    }
}

/// Whether the plan has all of these, or fails by what it has of others.
fn fails_by(two: &[Decision], alone: impl Fn(&Decision) -> bool) -> impl Fn(&Plan) -> bool {
    move |plan| {
        two.iter().all(|decision| plan.decisions.contains(decision)) || plan.decisions.iter().any(&alone)
    }
}

#[test]
fn one_stop_somewhere_else_is_found_where_two_decisions_are_stuck() {
    let two = [hold(1, 70), hold(1, 90)];
    for (width, at) in [(1, 137), (4, 137), (1, 1), (4, 299)] {
        let mut judge = Stopping::of(width, fails_by(&two, |decision| *decision == hold(2, at)));
        let found = judge.shrunk(&two);
        let expected = Plan { decisions: vec![hold(2, at)] };
        assert_eq!((found.best.plan, found.minimal), (expected, Minimal::Proved));
    }
    let mut knows_none = Toy::of(1, fails_by(&two, |decision| *decision == hold(2, 137)));
    let plan = Plan { decisions: two.to_vec() };
    assert_eq!(shrink(kept(&plan), &mut knows_none, Budget { runs: 1_000_000 }).best.plan, plan);
}

#[test]
fn a_wide_window_takes_few_runs() {
    let two = [hold(1, 70), hold(1, 90)];
    let is_in = |decision: &Decision| {
        let place = hold(2, decision.points);
        *decision == place && (100..150).contains(&decision.points)
    };
    let asked = |alone: &dyn Fn(&Decision) -> bool| {
        let mut judge = Stopping::of(1, fails_by(&two, alone));
        let found = judge.shrunk(&two);
        let of_pass = found.stats.passes.iter().find(|pass| pass.name == "instead");
        (found.best.plan.decisions.len(), of_pass.expect("it is there").tried)
    };
    let (decisions, tried) = asked(&|_| false);
    assert_eq!(decisions, 2);
    assert!((580..=598).contains(&tried), "{tried} runs");
    let (decisions, tried) = asked(&is_in);
    assert_eq!(decisions, 1);
    assert!(tried < 40, "{tried} runs");
}

#[test]
fn some_of_what_is_left_stays() {
    let three = [hold(1, 70), hold(1, 90), preempt(2, 40, 3)];
    let alone = [hold(1, 90), hold(2, 201)];
    let has = |plan: &Plan, all: &[Decision]| all.iter().all(|decision| plan.decisions.contains(decision));
    let mut judge = Stopping::of(2, |plan| has(plan, &three) || has(plan, &alone));
    let found = judge.shrunk(&three);
    assert_eq!(
        found.best.plan.decisions.iter().cloned().collect::<BTreeSet<_>>(),
        BTreeSet::from(alone.clone())
    );
}

#[test]
fn a_preemption_takes_the_place_of_two_where_a_hold_does_not() {
    let two = [preempt(1, 70, 2), preempt(2, 90, 1)];
    let mut judge = Stopping::of(2, fails_by(&two, |decision| *decision == preempt(2, 137, 1)));
    assert_eq!(judge.shrunk(&two).best.plan.decisions, [preempt(2, 137, 1)]);
    // But not of one that is as simple.
    let mixed = [hold(1, 70), preempt(2, 90, 1)];
    let mut judge = Stopping::of(2, fails_by(&mixed, |decision| *decision == preempt(2, 137, 1)));
    assert_eq!(judge.shrunk(&mixed).best.plan.decisions, mixed);
}

#[test]
fn what_needs_one_decision_or_none_costs_nothing_more() {
    for failing in [vec![], vec![hold(1, 70)], vec![preempt(1, 70, 2)]] {
        let mut judge = Stopping::of(1, fails_by(&failing, |_| false));
        assert_eq!(judge.shrunk(&failing).best.plan.decisions, failing);
        assert_eq!(judge.sought, BTreeSet::new());
    }
}

#[test]
fn the_longer_its_runs_the_fewer_are_made() {
    let two = [hold(1, 70), hold(1, 90)];
    let tried = |points| {
        let mut judge = Stopping { points, ..Stopping::of(1, fails_by(&two, |_| false)) };
        let found = judge.shrunk(&two);
        found.stats.passes.iter().find(|pass| pass.name == "instead").expect("it is there").tried
    };
    for (points, most) in [(1000, 598), (1 << 18, 128), (1 << 21, 0), (1 << 40, 0)] {
        let tried = tried(points);
        // A few were asked for before by others.
        assert!((most - most / 20..=most).contains(&tried), "{tried} runs of {points} points");
    }
}
