//! Takes some decisions away and gives another answer to one question instead, wherever that is put: a packet or a file that takes longer does
//! for a failure what a thread that is stopped does, and is simpler.
//!
//! All other passes lower answers or take them away. Does not know what is asked in a run; the judge does. Invariant: what is asked for
//! is simpler than the plan, and bounded by how long its runs are.

use photofinish_sim::choice::Kind;
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
    let runs = POINTS_MAX / search.best().size.points.max(1);
    let mut left = usize::try_from(runs).unwrap_or(usize::MAX);
    let bases = bases(search.plan());
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
            let raised = asked.iter().filter_map(|asked| raised(base, asked, level));
            let plans: Vec<Plan> = raised.map(|decision| base.with(decision)).take(left).collect();
            is_over &= plans.is_empty();
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

/// Another answer to a question that is boring in what is left of a plan, if it is simpler than what is gone.
fn raised(base: &Base, asked: &Asked, level: u32) -> Option<Decision> {
    let Asked { thread, points, kind, nth, bound } = asked.clone();
    // What random bytes are made of means nothing, and what a program makes of a number that it lets the search choose is its own.
    if matches!(kind, Kind::Entropy | Kind::Chosen) {
        return None;
    }
    let largest = bound - 1;
    let pick = if bound <= FEW { largest.saturating_sub(level.into()) } else { largest >> level };
    let decision = Decision { thread, points, kind, nth, answer: Answer::Pick(pick) };
    let is_boring = base.plan.decisions.iter().all(|other| other.place() != decision.place());
    (pick > 0 && is_boring && Weight::of([&decision]) < base.gone).then_some(decision)
}
