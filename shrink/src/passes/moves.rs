//! Moves preemptions and stalls: to a lock, a call or a function's boundary nearby, and to the earliest point of their thread at which the
//! run still fails.
//!
//! Two seeds that hit one race hit it at different points of the same window; its beginning is the same for both. Does not know
//! where the boundaries are; the judge may. Invariant: a decision that is moved stays in its thread, and its answer stays.

use photofinish_sim::choice::{Candidate, Kind};
use photofinish_sim::plan::{Decision, Plan};

use crate::edit::{Place, placed};
use crate::search::{Over, Search};
use crate::walk::{Number, descend};

/// So many of the judge's boundaries are tried for each decision.
const BOUNDARIES_MAX: usize = 16;
/// A preemption between two instructions is tried so many points around.
const AROUND: u64 = 8;

/// The points at which a decision is taken.
struct PointsOf(Decision);

impl PointsOf {
    fn find(&self, plan: &Plan, points: u64) -> Option<usize> {
        let Decision { thread, kind, answer, .. } = &self.0;
        let is_it = |decision: &Decision| {
            (&decision.thread, &decision.kind, &decision.answer) == (thread, kind, answer)
                && decision.points == points
        };
        plan.decisions.iter().position(is_it)
    }
}

impl Number for PointsOf {
    fn of(&self, plan: &Plan, last: u64) -> Option<u64> {
        self.find(plan, last).map(|_| last)
    }

    fn set(&self, plan: &Plan, from: u64, to: u64) -> Plan {
        let place = Place { thread: self.0.thread.clone(), points: to, kind: self.0.kind };
        self.find(plan, from).map_or_else(|| plan.clone(), |index| placed(plan, index, &place))
    }
}

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let is_movable = |decision: &&Decision| decision.kind == Kind::Preempt;
    let decisions: Vec<Decision> = search.plan().decisions.iter().rev().filter(is_movable).cloned().collect();
    for decision in decisions {
        if search.is_tired() {
            break;
        }
        let from = decision.points;
        let number = PointsOf(decision);
        let Some(index) = number.find(search.plan(), from) else { continue };
        let from = nearby(search, &number, index, from)?;
        if number.find(search.plan(), from).is_some() {
            descend(search, &number, (0, from))?;
        }
    }
    Ok(())
}

/// Moves to a place nearby that reads better, and says where that is.
fn nearby(search: &mut Search<'_>, number: &PointsOf, index: usize, from: u64) -> Result<u64, Over> {
    let mut places = search.boundaries(&number.0.thread, from);
    places.retain(|place| *place != from);
    places.sort_by_key(|place| (place.abs_diff(from), *place));
    places.dedup();
    places.truncate(BOUNDARIES_MAX);
    let pick = search.best().trace.picks.get(index);
    if pick.is_some_and(|pick| pick.pc != 0 && matches!(pick.to, Some(Candidate::Thread(_)))) {
        let around = (1..=AROUND).flat_map(|by| [from.checked_sub(by), from.checked_add(by)]);
        places.extend(around.flatten());
    }
    let plan = search.plan().clone();
    let taken = search.first(places.iter().map(|to| number.set(&plan, from, *to)))?;
    Ok(taken.map_or(from, |taken| places[taken]))
}
