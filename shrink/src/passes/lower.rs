//! Lowers picks that are numbers: all at once to 1, then each as far as it goes.
//!
//! Does not know what a number stands for. Invariant: no pick becomes 0, which would be no decision.

use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::edit::answered;
use crate::search::{Over, Search};
use crate::walk::{Number, descend};

/// The pick at a place.
struct PickAt(Decision);

impl PickAt {
    fn find(&self, plan: &Plan) -> Option<(usize, u64)> {
        let is_here = |decision: &Decision| {
            let Decision { thread, points, kind, nth, answer: _ } = &self.0;
            (&decision.thread, &decision.points, &decision.kind, &decision.nth) == (thread, points, kind, nth)
        };
        let index = plan.decisions.iter().position(is_here)?;
        match plan.decisions[index].answer {
            Answer::Pick(pick) => Some((index, pick)),
            Answer::Thread(_) | Answer::Clock | Answer::Hold => None,
        }
    }
}

impl Number for PickAt {
    fn of(&self, plan: &Plan, _: u64) -> Option<u64> {
        self.find(plan).map(|(_, pick)| pick)
    }

    fn set(&self, plan: &Plan, _: u64, to: u64) -> Plan {
        match self.find(plan) {
            Some((index, _)) => answered(plan, index, Answer::Pick(to)),
            None => plan.clone(),
        }
    }
}

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let mut least = search.plan().clone();
    for decision in &mut least.decisions {
        if let Answer::Pick(pick) = &mut decision.answer {
            *pick = 1;
        }
    }
    search.takes(least)?;
    let is_high = |decision: &&Decision| matches!(decision.answer, Answer::Pick(pick) if pick > 1);
    let high: Vec<Decision> = search.plan().decisions.iter().rev().filter(is_high).cloned().collect();
    for decision in high {
        if search.is_tired() {
            break;
        }
        let number = PickAt(decision);
        if let Some((_, pick)) = number.find(search.plan()) {
            descend(search, &number, (1, pick))?;
        }
    }
    Ok(())
}
