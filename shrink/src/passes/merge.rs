//! Merges switches that follow each other: a thread that is left and come back to stays, and a thread that runs only to be left for a
//! third is skipped.
//!
//! Does not know what the threads do in between. Invariant: each candidate has at least one switch fewer.

use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::edit::{answered, runs, without};
use crate::search::{Over, Search};
use crate::walk::each;

/// Two decisions to merge, by what they are: numbers change when others go.
struct Pair {
    first: Decision,
    second: Decision,
    way: Way,
}

#[derive(Clone, Copy)]
enum Way {
    /// Neither switch.
    Neither,
    /// The first goes where the second went.
    Through,
    /// Time passes while the thread that was switched to would have run.
    Stall,
}

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let all = &search.plan().decisions;
    let mut pairs = Vec::new();
    // From the end, for what is behind is known to matter.
    for (index, first) in all.iter().enumerate().rev() {
        let Some(to) = runs(first) else { continue };
        let Some(second) = all[index + 1..].iter().find(|second| second.thread == *to) else { continue };
        for way in [Way::Neither, Way::Through, Way::Stall] {
            pairs.push(Pair { first: first.clone(), second: second.clone(), way });
        }
    }
    each(search, &pairs, merged)
}

fn merged(plan: &Plan, pair: &Pair) -> Option<Plan> {
    let at = |wanted: &Decision| plan.decisions.iter().position(|decision| decision == wanted);
    let (first, second) = (at(&pair.first)?, at(&pair.second)?);
    match pair.way {
        Way::Neither => Some(without(plan, &[first, second])),
        Way::Through => {
            let answer = pair.second.answer.clone();
            let is_switch = answer != Answer::Thread(pair.first.thread.clone());
            is_switch.then(|| without(&answered(plan, first, answer), &[second]))
        }
        Way::Stall => Some(without(&answered(plan, first, Answer::Clock), &[second])),
    }
}
