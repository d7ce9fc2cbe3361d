//! Takes some decisions away and lets one file operation or one packet take longer instead, whichever that is: what a thread that is stopped
//! does for a failure this often does, too, and it is simpler.
//!
//! All other passes lower answers or take them away. Does not know what takes how long in a run; the judge does. No fault is tried: it would be
//! another cause with the same face. Invariant: what is asked for is simpler than the plan, and bounded by how long its runs are.

use photofinish_sim::plan::{Answer, Decision, Plan};

use super::bases::{Base, bases};
use crate::cost::Weight;
use crate::judge::Asked;
use crate::search::{Over, Search};

/// So many points in all runs together, each taken to be as long as the simplest: they take some seconds.
const POINTS_MAX: u64 = 1 << 23;
/// Of so few answers each is tried; of more, the largest, the one half as large, and so on.
const FEW: u64 = 16;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let mut left = search.runs_of(POINTS_MAX);
    let mut bases = bases(search.plan());
    bases.retain(|base| Weight::LEAST < base.gone);
    // None takes what all have.
    let most = left / bases.len().max(1);
    // The largest answers first: what is late enough for a failure is mostly late enough if it is later.
    for level in 0..u64::BITS {
        let mut is_over = true;
        for base in &bases {
            if left == 0 {
                return Ok(());
            }
            if level == 0 {
                // What is asked is seen by making its run.
                left -= 1;
            }
            let asked = search.asked(&base.plan)?;
            let raised: Vec<Decision> = asked.iter().filter_map(|asked| raised(base, asked, level)).collect();
            is_over &= raised.is_empty();
            // All through the run, if they are too many.
            let step = raised.len().div_ceil(most.min(left).max(1)).max(1);
            let few = raised.into_iter().step_by(step).take(left);
            let plans: Vec<Plan> = few.map(|decision| base.with(decision)).collect();
            left -= plans.len();
            if search.first(plans)?.is_some() {
                return Ok(());
            }
        }
        if is_over {
            break;
        }
    }
    Ok(())
}

/// A larger answer to a question that is boring in what is left of a plan, if that is simpler than what is gone.
fn raised(base: &Base, asked: &Asked, level: u32) -> Option<Decision> {
    let Asked { thread, points, kind, nth, bound } = asked;
    let largest = bound - 1;
    let pick = if *bound <= FEW { largest.saturating_sub(level.into()) } else { largest >> level };
    let is_there = |other: &Decision| other.place() == (thread, *points, *kind, *nth);
    if pick == 0 || base.plan.decisions.iter().any(is_there) {
        return None;
    }
    let (thread, answer) = (thread.clone(), Answer::Pick(pick));
    let decision = Decision { thread, points: *points, kind: *kind, nth: *nth, answer };
    (Weight::of([&decision]) < base.gone).then_some(decision)
}
