//! Drops what was decided after the failure was certain: the shortest prefix that still fails.
//!
//! Does not know when the failure happened. Invariant: what is dropped is the end of the plan.

use photofinish_sim::plan::Plan;

use crate::edit::only;
use crate::search::{Over, Search};
use crate::walk::{Number, descend};

struct Length;

impl Number for Length {
    fn of(&self, plan: &Plan, _: u64) -> Option<u64> {
        Some(plan.decisions.len() as u64)
    }

    fn set(&self, plan: &Plan, _: u64, to: u64) -> Plan {
        only(plan, |index, _| (index as u64) < to)
    }
}

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let length = search.plan().decisions.len() as u64;
    descend(search, &Length, (0, length))
}
