//! Drops two or three decisions at once that are not next to each other: a switch away and the switch back go together or not at all.
//!
//! Does not know which belong together. Invariant: of a small plan, every pair is tried.

use photofinish_sim::plan::Decision;

use crate::edit::{runs, without};
use crate::search::{Over, Search};
use crate::walk::again;

/// All pairs of so many decisions are tried,
const ALL_PAIRS_MAX: usize = 12;
/// all triples of so many,
const ALL_TRIPLES_MAX: usize = 8;
/// and in longer plans, up to so many, pairs of which the second follows the first closely or undoes it.
const NEAR_PAIRS_MAX: usize = 120;
/// How closely.
const NEAR: usize = 3;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    again(search, |plan| {
        let sets = sets(&plan.decisions);
        sets.into_iter().map(move |set| without(&plan, &set))
    })
}

fn sets(all: &[Decision]) -> Vec<Vec<usize>> {
    let count = all.len();
    if count > NEAR_PAIRS_MAX {
        return Vec::new();
    }
    let mut sets = Vec::new();
    for second in (0..count).rev() {
        // The last that stopped the thread which this one lets run.
        let undone = (0..second).rev().find(|first| undoes(&all[*first], &all[second]));
        for first in (0..second).rev() {
            if count <= ALL_PAIRS_MAX || second - first <= NEAR || undone == Some(first) {
                sets.push(vec![first, second]);
            }
        }
    }
    if count <= ALL_TRIPLES_MAX {
        let pairs = sets.clone();
        sets.extend(pairs.iter().flat_map(|pair| (0..pair[0]).map(|first| vec![first, pair[0], pair[1]])));
    }
    sets
}

/// Whether the second lets the thread run that the first stopped.
fn undoes(first: &Decision, second: &Decision) -> bool {
    runs(second) == Some(&first.thread)
}

#[cfg(test)]
mod tests {
    use photofinish_sim::choice::Kind;
    use photofinish_sim::plan::{Answer, Plan};
    use photofinish_sim::thread::Pedigree;

    use super::*;

    #[test]
    fn all_pairs_and_triples_of_a_small_plan_are_tried() {
        let decision = |points| Decision {
            thread: Pedigree(vec![]),
            points,
            kind: Kind::Preempt,
            nth: 0,
            answer: Answer::Clock,
        };
        let all: Vec<Decision> = (0..6).map(decision).collect();
        assert_eq!(sets(&all).len(), 15 + 20);
        let plan = Plan { decisions: all };
        assert!(sets(&plan.decisions).iter().all(|set| without(&plan, set).decisions.len() == 6 - set.len()));
    }
}
