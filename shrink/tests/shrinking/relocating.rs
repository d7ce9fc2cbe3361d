//! Decisions that no run takes where they were once those before them are gone, and a judge that knows where it takes them instead.
//!
//! Does not know how a judge finds out. Invariant: without the judge's help the same failure stays larger.

use std::collections::BTreeSet;

use photofinish_shrink::{Budget, Judge, Kept, Minimal, Shrunk, Stopped, shrink};
use photofinish_sim::plan::{Decision, Plan};

use crate::toy::{Toy, kept, preempt};

/// Whether a judge knows where decisions are without others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knows {
    Yes,
    No,
}

struct Relocating<'a> {
    toy: Toy<'a>,
    knows: Knows,
    /// What it was asked to find: of which plan, which decisions.
    sought: BTreeSet<(Plan, Vec<usize>)>,
}

impl Judge for Relocating<'_> {
    fn width(&self) -> usize {
        self.toy.width()
    }

    fn ask(&mut self, plans: &[Plan]) -> Result<Vec<Option<Kept>>, Stopped> {
        self.toy.ask(plans)
    }

    fn relocated(&mut self, of: &Kept, keep: &[usize]) -> Result<Vec<Plan>, Stopped> {
        assert!(self.sought.insert((of.plan.clone(), keep.to_vec())), "{keep:?} was sought before");
        let kept: Vec<&Decision> = keep.iter().map(|index| &of.plan.decisions[*index]).collect();
        let is_race = kept == [&brought().decisions[2]];
        let plans = vec![Plan { decisions: vec![preempt(4, 3, 1)] }, Plan { decisions: vec![alone()] }];
        Ok(if is_race && self.knows == Knows::Yes { plans } else { Vec::new() })
    }
}

/// Two decisions bring a thread to where the third is the race.
fn brought() -> Plan {
    Plan { decisions: vec![preempt(1, 10, 2), preempt(2, 20, 1), preempt(2, 30, 1)] }
}

/// Without them another thread comes there, and later.
fn alone() -> Decision {
    preempt(3, 137, 1)
}

fn shrunk(width: usize, knows: Knows) -> Shrunk {
    let fails = |plan: &Plan| {
        let has = |decision: &Decision| plan.decisions.contains(decision);
        brought().decisions.iter().all(has) || has(&alone())
    };
    let mut judge = Relocating { toy: Toy::of(width, fails), knows, sought: BTreeSet::new() };
    shrink(kept(&brought()), &mut judge, Budget { runs: 100_000 })
}

#[test]
fn a_decision_is_taken_where_its_thread_comes_without_the_others() {
    for width in [1, 4] {
        let found = shrunk(width, Knows::Yes);
        assert_eq!((found.best.plan, found.minimal), (Plan { decisions: vec![alone()] }, Minimal::Proved));
    }
    assert_eq!(shrunk(1, Knows::No).best.plan, brought());
}
