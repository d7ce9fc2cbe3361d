//! Failures that threads being stopped show from one seed, and an answer to some other question from another, and a judge that knows what
//! is asked.
//!
//! Does not know how a judge finds out. Invariant: without the judge's help the same failure stays heavier.

use std::collections::BTreeSet;

use photofinish_shrink::{Asked, Budget, Judge, Kept, Minimal, Shrunk, Stopped, shrink};
use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::toy::{Toy, hold, kept, number, preempt, thread};

struct Raising<'a> {
    toy: Toy<'a>,
    asked: Vec<Asked>,
    /// The plans of whose runs it was sought what is asked there.
    sought: BTreeSet<Plan>,
    /// Scheduling points of each run.
    points: u64,
}

impl<'a> Raising<'a> {
    /// Every run asks the second thread how long each of a hundred files takes and the third how long each of a hundred packets does.
    fn of(width: usize, fails: impl Fn(&Plan) -> bool + 'a) -> Self {
        let of = |number: u32, kind, bound| {
            (1..=100).map(move |points| Asked { thread: thread(number), points, kind, nth: 0, bound })
        };
        let asked = of(1, Kind::FileTime, 12).chain(of(2, Kind::Latency, 4096)).collect();
        Self { toy: Toy::of(width, fails), asked, sought: BTreeSet::new(), points: 1000 }
    }

    fn shrunk(&mut self, failing: &[Decision]) -> Shrunk {
        let failing = self.long(kept(&plan(failing)));
        shrink(failing, self, Budget { runs: 1_000_000 })
    }

    fn long(&self, mut kept: Kept) -> Kept {
        kept.size.points = self.points;
        kept
    }
}

impl Judge for Raising<'_> {
    fn width(&self) -> usize {
        self.toy.width()
    }

    fn ask(&mut self, plans: &[Plan]) -> Result<Vec<Option<Kept>>, Stopped> {
        let answers = self.toy.ask(plans)?;
        Ok(answers.into_iter().map(|answer| answer.map(|kept| self.long(kept))).collect())
    }

    fn asked(&mut self, plan: &Plan) -> Result<Vec<Asked>, Stopped> {
        assert!(self.sought.insert(plan.clone()), "what is asked in the run of {plan:?} was sought before");
        Ok(self.asked.clone())
    }
}

fn plan(decisions: &[Decision]) -> Plan {
    Plan { decisions: decisions.to_vec() }
}

/// Whether the plan has all of these, or one of the others alone.
fn fails_by<'a>(all: &'a [Decision], alone: &'a [Decision]) -> impl Fn(&Plan) -> bool + 'a {
    move |plan| {
        all.iter().all(|decision| plan.decisions.contains(decision))
            || alone.iter().any(|decision| plan.decisions.contains(decision))
    }
}

#[test]
fn a_file_that_takes_longer_somewhere_else_is_found_where_stops_are_stuck() {
    let late = [number(Kind::FileTime, 1, 77, 3)];
    for failing in [vec![hold(1, 70)], vec![preempt(1, 70, 2)], vec![preempt(1, 70, 2), hold(2, 90)]] {
        for width in [1, 4] {
            let mut judge = Raising::of(width, fails_by(&failing, &late));
            let found = judge.shrunk(&failing);
            assert_eq!((found.best.plan, found.minimal), (plan(&late), Minimal::Proved));
        }
        let mut knows_none = Toy::of(1, fails_by(&failing, &late));
        let found = shrink(kept(&plan(&failing)), &mut knows_none, Budget { runs: 1_000_000 });
        assert_eq!(found.best.plan, plan(&failing));
    }
}

#[test]
fn two_answers_are_not_taken_for_one_that_is_heavier() {
    let two = [number(Kind::FileTime, 1, 7, 1), number(Kind::FileTime, 1, 9, 1)];
    let late = |kind, of| [number(kind, of, 77, 1)];
    let mut judge = Raising::of(2, fails_by(&two, const { &[] }));
    assert_eq!(judge.shrunk(&two).best.plan.decisions, two);
    let (packet, file) = (late(Kind::Latency, 2), late(Kind::FileTime, 1));
    let mut judge = Raising::of(2, fails_by(&two, &packet));
    assert_eq!(judge.shrunk(&two).best.plan.decisions, two);
    let mut judge = Raising::of(2, fails_by(&two, &file));
    assert_eq!(judge.shrunk(&two).best.plan.decisions, file);
}

#[test]
fn of_many_answers_the_largest_is_tried_first_and_then_made_smaller() {
    let two = [hold(1, 70), hold(2, 90)];
    let is_late = |decision: &Decision| {
        let is_packet = (decision.kind, decision.points, &decision.thread) == (Kind::Latency, 33, &thread(2));
        is_packet && matches!(decision.answer, Answer::Pick(pick) if pick >= 700)
    };
    let mut judge = Raising::of(1, |plan| fails_by(&two, &[])(plan) || plan.decisions.iter().any(is_late));
    assert_eq!(judge.shrunk(&two).best.plan, plan(&[number(Kind::Latency, 2, 33, 700)]));
}

/// The base without any decision asks for more than there are runs.
#[test]
fn one_of_two_stops_stays_where_all_that_takes_long_is_more_than_can_be_tried() {
    let two = [hold(1, 70), hold(2, 90)];
    let is_late = |decision: &Decision| decision.kind == Kind::Latency && (30..40).contains(&decision.points);
    let has = |plan: &Plan, all: &[Decision]| all.iter().all(|decision| plan.decisions.contains(decision));
    let mut judge = Raising::of(1, |plan| {
        has(plan, &two) || (has(plan, &two[..1]) && plan.decisions.iter().any(is_late))
    });
    // Some two hundred runs of so many points may be made, for three bases that ask two hundred questions each.
    judge.points = (1 << 23) / 210;
    let found = judge.shrunk(&two);
    assert_eq!(found.best.plan.decisions.len(), 2);
    assert!(found.best.plan.decisions.contains(&two[0]) && found.best.plan.decisions.iter().any(is_late));
}
