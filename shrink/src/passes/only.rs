//! Keeps little: the decisions of one kind or two, of one thread or two, the last few, one stretch of the run.
//!
//! Bets that the failure needs few decisions that belong together, which it does when it is a race of two threads; each bet that is won
//! saves hundreds of small steps. Does not know which belong together but by name and place. Invariant: candidates come in the order of how little
//! they keep.

use std::collections::{BTreeMap, BTreeSet};

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};
use photofinish_sim::thread::Pedigree;

use crate::edit::{only, runs};
use crate::search::{Over, Search};
use crate::walk::again;

/// So many candidates for each plan at most.
const CANDIDATES_MAX: usize = 100;
/// So many groups are combined with each other.
const GROUPS_MAX: usize = 12;

/// Whether time passes instead of a thread's run is a kind of its own.
type Sort = (Kind, bool);

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    again(search, |plan| {
        let keeps = keeps(&plan);
        keeps.into_iter().map(move |keep| only(&plan, |index, _| keep.contains(&index)))
    })
}

/// What to keep, least first.
fn keeps(plan: &Plan) -> Vec<BTreeSet<usize>> {
    let all = &plan.decisions;
    let mut keeps = Vec::new();
    let by_sort = groups(all, |decision| vec![sort(decision)]);
    let by_thread = groups(all, |decision| vec![decision.thread.clone()]);
    keeps.extend(alone_and_in_pairs(&by_sort));
    keeps.extend(alone_and_in_pairs(&by_thread));
    keeps.extend(among_pairs(all, &by_thread));
    for count in (0..).map(|doubled| 1 << doubled).take_while(|count: &usize| *count < all.len()) {
        keeps.push((all.len() - count..all.len()).collect());
    }
    for parts in [2, 4, 8] {
        let length = all.len().div_ceil(parts).max(1);
        let starts = (0..all.len()).step_by(length);
        keeps.extend(starts.map(|start| (start..(start + length).min(all.len())).collect()));
    }
    keeps.retain(|keep| !keep.is_empty() && keep.len() < all.len());
    keeps.sort_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
    keeps.dedup();
    keeps.truncate(CANDIDATES_MAX);
    keeps
}

fn sort(decision: &Decision) -> Sort {
    (decision.kind, decision.answer == Answer::Clock)
}

/// The numbers of the decisions by what they belong to, the largest groups only.
fn groups<K: Ord>(all: &[Decision], keys: impl Fn(&Decision) -> Vec<K>) -> Vec<(K, BTreeSet<usize>)> {
    let mut groups: BTreeMap<K, BTreeSet<usize>> = BTreeMap::new();
    for (index, decision) in all.iter().enumerate() {
        for key in keys(decision) {
            groups.entry(key).or_default().insert(index);
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    // Stable: groups of one size stay in the order of their keys.
    groups.sort_by_key(|(_, members)| core::cmp::Reverse(members.len()));
    groups.truncate(GROUPS_MAX);
    groups
}

fn alone_and_in_pairs<K>(groups: &[(K, BTreeSet<usize>)]) -> Vec<BTreeSet<usize>> {
    let mut keeps = Vec::new();
    for (index, (_, group)) in groups.iter().enumerate() {
        keeps.push(group.clone());
        keeps.extend(groups[..index].iter().map(|(_, other)| group | other));
    }
    keeps
}

/// What two threads decide among themselves.
fn among_pairs(all: &[Decision], threads: &[(Pedigree, BTreeSet<usize>)]) -> Vec<BTreeSet<usize>> {
    let mut keeps = Vec::new();
    for (index, (one, _)) in threads.iter().enumerate() {
        for (other, _) in &threads[..index] {
            let is_either = |thread: &Pedigree| thread == one || thread == other;
            let is_among =
                |decision: &Decision| is_either(&decision.thread) && runs(decision).is_none_or(is_either);
            keeps.push((0..all.len()).filter(|index| is_among(&all[*index])).collect());
        }
    }
    keeps
}
