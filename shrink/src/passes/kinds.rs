//! Makes all answers of one kind boring at once: all faults off, all latencies the least, first come first served, no entropy.
//!
//! Before anything else: where a run fails without any preemption, nothing that needs one is worth looking at. Does not know what a kind does.
//! Invariant: the classes go first, in the order in which they make a run less simple, then the kinds, that with most decisions first.

use std::collections::BTreeMap;

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision};

use crate::cost::Class;
use crate::edit::only;
use crate::search::{Over, Search};
use crate::walk::each;

/// What goes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Class(Class),
    Kind(Kind),
    Stalls(Kind),
}

impl Group {
    fn all(decision: &Decision) -> [Self; 2] {
        let kind = decision.kind;
        let inner = if decision.answer == Answer::Clock { Self::Stalls(kind) } else { Self::Kind(kind) };
        [Self::Class(Class::of(decision)), inner]
    }
}

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let mut sizes: BTreeMap<Group, usize> = BTreeMap::new();
    for group in search.plan().decisions.iter().flat_map(Group::all) {
        *sizes.entry(group).or_default() += 1;
    }
    let mut groups: Vec<_> = sizes.into_iter().collect();
    groups.sort_by_key(|(group, size)| match group {
        Group::Class(class) => (false, Some(*class), core::cmp::Reverse(0)),
        Group::Kind(_) | Group::Stalls(_) => (true, None, core::cmp::Reverse(*size)),
    });
    each(search, &groups, |plan, (group, _)| {
        Some(only(plan, |_, decision| !Group::all(decision).contains(group)))
    })
}
