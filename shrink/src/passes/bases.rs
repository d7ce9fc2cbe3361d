//! What is left of a plan when some of its decisions go, for another to take their place.
//!
//! Does not know which. Invariant: of a long plan there is no base, of any other there are few.

use photofinish_sim::plan::{Decision, Plan};

use crate::cost::Weight;
use crate::edit::without;

/// In longer plans so little is rarely enough.
pub(super) const DECISIONS_MAX: usize = 12;
/// So few decisions are left beside the new one,
const LEFT_MAX: usize = 2;
/// or so few are taken away.
const GONE_MAX: usize = 2;

/// What is left of a plan.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) plan: Plan,
    /// What weighed those that went.
    pub(super) gone: Weight,
}

impl Base {
    /// With this decision besides.
    pub(super) fn with(&self, decision: Decision) -> Plan {
        let mut plan = self.plan.clone();
        plan.decisions.push(decision);
        plan
    }
}

/// All that may be left of a plan, least first.
pub(super) fn bases(plan: &Plan) -> Vec<Base> {
    let count = plan.decisions.len();
    if count > DECISIONS_MAX {
        return Vec::new();
    }
    let chosen = |set: u32| (0..count).filter(|index| set >> index & 1 == 1).collect();
    let mut sets: Vec<Vec<usize>> = (1..1 << count).map(chosen).collect();
    sets.retain(|gone| gone.len() <= GONE_MAX || count - gone.len() <= LEFT_MAX);
    sets.sort_by_key(|gone| core::cmp::Reverse(gone.len()));
    let base = |gone: &Vec<usize>| {
        let weight = Weight::of(gone.iter().map(|index| &plan.decisions[*index]));
        Base { plan: without(plan, gone), gone: weight }
    };
    sets.iter().map(base).collect()
}
