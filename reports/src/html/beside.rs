//! Two runs beside each other in columns: each keeps its own order, and what both did stands in one column as far as that goes.
//!
//! Two threads that did the same in another order cannot both stand beside themselves. The longest part of the comparison that is
//! in the order of both runs stands in columns; the other pairs are named, so that a picture can cross them: a race is such a cross.
//!
//! Invariant: the columns hold every step of both runs once, in the order of each.

use serde::Serialize;

use crate::story::compare::{Aligned, Comparison};

/// How two runs stand beside each other.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Beside {
    /// Where they part: a step of each.
    first: Option<(usize, usize)>,
    /// What stands in the columns, one after the other: 0 a step of both, 1 of the failing run, 2 of the passing run, each followed by how
    /// often.
    ops: Vec<usize>,
    /// Steps that both made, in another order: one of the failing run, and the same of the passing run.
    moved: Vec<usize>,
}

/// Lays out a comparison of runs with so many steps.
pub(super) fn beside(comparison: &Comparison, failing: usize, passing: usize) -> Beside {
    let pairs: Vec<(usize, usize)> = comparison
        .pairs
        .iter()
        .filter_map(|pair| match *pair {
            Aligned::Both(ours, theirs) => Some((ours, theirs)),
            Aligned::Failing(_) | Aligned::Passing(_) => None,
        })
        .collect();
    let straight = ascending(&pairs);
    let mut beside = Beside { first: comparison.first.zip(comparison.first_passing), ..Beside::default() };
    let mut is_straight = vec![false; pairs.len()];
    let (mut ours, mut theirs) = (0, 0);
    for at in straight {
        is_straight[at] = true;
        let pair = pairs[at];
        beside.push(1, pair.0 - ours);
        beside.push(2, pair.1 - theirs);
        beside.push(0, 1);
        (ours, theirs) = (pair.0 + 1, pair.1 + 1);
    }
    beside.push(1, failing - ours);
    beside.push(2, passing - theirs);
    let moved = pairs.iter().zip(is_straight).filter(|(_, is_straight)| !is_straight);
    beside.moved = moved.flat_map(|((ours, theirs), _)| [*ours, *theirs]).collect();
    beside
}

impl Beside {
    fn push(&mut self, op: usize, count: usize) {
        match self.ops.as_mut_slice() {
            _ if count == 0 => {}
            [.., last, often] if *last == op => *often += count,
            _ => self.ops.extend([op, count]),
        }
    }
}

/// The indices of a longest part of these pairs in which both numbers ascend; the first ascend as they are.
fn ascending(pairs: &[(usize, usize)]) -> Vec<usize> {
    // By length of such a part: the last of it that is least, and for each pair the one before it.
    let mut least: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, theirs)) in pairs.iter().enumerate() {
        let length = least.partition_point(|last| pairs[*last].1 < *theirs);
        before.push(length.checked_sub(1).map(|shorter| least[shorter]));
        if length == least.len() { least.push(at) } else { least[length] = at }
    }
    let mut part = Vec::with_capacity(least.len());
    let mut at = least.last().copied();
    while let Some(this) = at {
        part.push(this);
        at = before[this];
    }
    part.reverse();
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[Aligned], (failing, passing): (usize, usize), ops: &[usize], moved: &[usize]) {
        let comparison = Comparison { pairs: pairs.to_vec(), ..Comparison::default() };
        let beside = beside(&comparison, failing, passing);
        assert_eq!((&beside.ops[..], &beside.moved[..]), (ops, moved), "{pairs:?}");
        let of = |op: usize| -> usize {
            beside.ops.chunks(2).filter(|run| run[0] == 0 || run[0] == op).map(|run| run[1]).sum()
        };
        assert_eq!((of(1), of(2)), (failing, passing));
    }

    #[test]
    fn each_run_keeps_its_order_and_what_both_did_stands_together() {
        use Aligned::{Both, Failing, Passing};
        check(&[], (0, 0), &[], &[]);
        check(&[Both(0, 0), Both(1, 1)], (2, 2), &[0, 2], &[]);
        check(&[Both(0, 0), Failing(1), Passing(1), Both(2, 2)], (3, 3), &[0, 1, 1, 1, 2, 1, 0, 1], &[]);
        // Two threads in another order: one of them stays, the other crosses.
        check(
            &[Both(0, 0), Both(1, 2), Both(2, 1), Both(3, 3)],
            (4, 4),
            &[0, 1, 1, 1, 0, 1, 2, 1, 0, 1],
            &[1, 2],
        );
        check(&[Passing(0)], (0, 1), &[2, 1], &[]);
    }
}
