//! Leaves one thread alone: nothing is decided at its points, and nobody is stopped for it.
//!
//! Does not know what the thread does. Invariant: a thread goes with all its decisions or with none.

use std::collections::BTreeMap;

use photofinish_sim::plan::Decision;
use photofinish_sim::thread::Pedigree;

use crate::edit::{only, runs};
use crate::search::{Over, Search};
use crate::walk::each;

/// In which way a thread has to do with a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    /// It is taken at its point, or lets it run.
    Any,
    /// It is taken at its point.
    Place,
    /// It lets it run.
    Answer,
}

fn has_to_do(decision: &Decision, thread: &Pedigree, role: Role) -> bool {
    let (is_place, is_answer) = (decision.thread == *thread, runs(decision) == Some(thread));
    match role {
        Role::Any => is_place || is_answer,
        Role::Place => is_place,
        Role::Answer => is_answer,
    }
}

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    let mut sizes: BTreeMap<(Pedigree, Role), usize> = BTreeMap::new();
    for decision in &search.plan().decisions {
        let answer = runs(decision).filter(|thread| **thread != decision.thread);
        *sizes.entry((decision.thread.clone(), Role::Place)).or_default() += 1;
        *sizes.entry((decision.thread.clone(), Role::Any)).or_default() += 1;
        if let Some(thread) = answer {
            *sizes.entry((thread.clone(), Role::Answer)).or_default() += 1;
            *sizes.entry((thread.clone(), Role::Any)).or_default() += 1;
        }
    }
    let mut threads: Vec<_> = sizes.into_iter().collect();
    threads.sort_by_key(|(_, size)| core::cmp::Reverse(*size));
    each(search, &threads, |plan, ((thread, role), _)| {
        Some(only(plan, |_, decision| !has_to_do(decision, thread, *role)))
    })
}
