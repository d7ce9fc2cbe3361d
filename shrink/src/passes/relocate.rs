//! Drops decisions that only brought threads to where the others are taken, and takes those where the threads then come by themselves.
//!
//! Where a decision is taken is said by its thread's points. Whatever is dropped before may change how many of them its thread passes on
//! the way, or which of several equal threads comes by; then no decision can be dropped alone, and the plan is stuck. The judge may know
//! where threads are by what they do. Does not know itself. Invariant: what is kept is always less than all.

use crate::search::{Over, Search};

/// Plans of at most so many decisions are small enough that each way to drop some is looked at,
const DECISIONS_MAX: usize = 16;
/// and of at most so many, each two.
const PAIRS_MAX: usize = 10;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let count = search.plan().decisions.len();
    if !(2..=DECISIONS_MAX).contains(&count) {
        return Ok(());
    }
    for keep in keeps(count) {
        let plans = search.relocated(&keep)?;
        // What it is then moves on by the other passes.
        if search.first(plans)?.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

/// What is kept: the last few, for races are late in their runs; then all but one or two.
fn keeps(count: usize) -> Vec<Vec<usize>> {
    let last = (1..count).map(|kept| (count - kept..count).collect());
    let but = |dropped: &[usize]| (0..count).filter(|index| !dropped.contains(index)).collect::<Vec<_>>();
    let one = (1..count).map(|dropped| but(&[dropped]));
    let of_pairs = if count <= PAIRS_MAX { 0..count } else { 0..0 };
    let two = of_pairs.flat_map(|second| (0..second).map(move |first| [first, second]));
    let mut keeps: Vec<Vec<usize>> = last.chain(two.map(|pair| but(&pair))).chain(one).collect();
    keeps.retain(|keep| !keep.is_empty());
    let mut seen = std::collections::BTreeSet::new();
    keeps.retain(|keep| seen.insert(keep.clone()));
    keeps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_keep_less_comes_once() {
        assert_eq!(keeps(2), [vec![1], vec![0]]);
        let four = keeps(4);
        assert_eq!(four[..3], [vec![3], vec![2, 3], vec![1, 2, 3]]);
        // Of four: the last one to three, each of six pairs and each of four triples.
        assert_eq!(four.len(), 3 + 6 - 1 + 4 - 1);
        assert_eq!(keeps(16).len(), 15 + 15);
        assert!(keeps(16).iter().all(|keep| keep.len() < 16));
    }
}
